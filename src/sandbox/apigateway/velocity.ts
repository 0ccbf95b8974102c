import { parse } from "velocityjs";
import { callMethod, isTrue, type TemplateObject, type TemplateValue, textOf } from "./velocityValues.ts";

/** The parts of velocityjs's syntax tree that are evaluated; its own evaluator reaches every property of JavaScript. */
interface Node {
  type: string;
  id?: string | Node;
  value?: unknown;
  leader?: string;
  isWraped?: boolean;
  isEval?: boolean;
  isRange?: boolean;
  path?: { type: "property" | "method" | "index"; id: string | Node; args?: Node[] | false }[];
  equal?: [Node, Node];
  condition?: Node;
  expression?: Node[];
  operator?: string;
  from?: Node;
  to?: string;
}
type Tree = (string | Node | Tree)[];

/** A template that Velocity does not understand, or that goes on for too long. */
export class TemplateError extends Error {}

/** Iterations of one loop (AWS: "API Gateway mapping template reference", #foreach). */
const MAX_ITERATIONS = 1000;
const MAX_STEPS = 100_000;
const MAX_OUTPUT = 10 * 1024 * 1024;

/** What `#stop` and `#break` unwind to. */
class Unwind extends Error {
  constructor(readonly to: "stop" | "break") {
    super(to);
  }
}

/** Reads a template. @throws TemplateError */
function treeOf(template: string): Tree {
  try {
    return parse(template, {}, true) as unknown as Tree;
  } catch (error) {
    throw new TemplateError(String((error as Error).message).split("\n")[0]);
  }
}

/** Whether a text is a template at all. @throws TemplateError */
export function checkVelocity(template: string): void {
  treeOf(template);
}

/**
 * Evaluates a mapping template (Velocity 1.7 as API Gateway has it): references, methods, #set, #if, #foreach, #stop.
 * @param variables `input`, `context`, `util`, `stageVariables`
 * @throws TemplateError
 */
export function renderVelocity(template: string, variables: Record<string, TemplateValue>): string {
  const run = new Rendering(new Map(Object.entries(variables)));
  try {
    run.block(treeOf(template));
  } catch (error) {
    if (!(error instanceof Unwind)) throw error;
  }
  return run.out.join("");
}

class Rendering {
  readonly out: string[] = [];
  private steps = 0;
  private length = 0;

  constructor(private readonly variables: Map<string, TemplateValue>) {}

  block(tree: Tree): void {
    for (const item of tree) {
      this.count();
      if (typeof item === "string") this.write(item);
      else if (Array.isArray(item)) this.structure(item);
      else this.statement(item);
    }
  }

  private count(): void {
    if (++this.steps > MAX_STEPS) throw new TemplateError("The template takes too many steps");
  }

  private write(text: string): void {
    this.length += text.length;
    if (this.length > MAX_OUTPUT) throw new TemplateError("The template's output is too large");
    this.out.push(text);
  }

  private statement(node: Node): void {
    if (node.type === "references") this.write(this.reference(node) ?? "");
    else if (node.type === "set") this.set(node.equal!);
    else if (node.type === "raw") this.write(String(node.value ?? ""));
    else if (node.type === "stop") throw new Unwind("stop");
    else if (node.type === "break") throw new Unwind("break");
    else if (node.type === "macro_call" && node.id === "stop") throw new Unwind("stop");
    else if (node.type === "macro_call") this.write(`#${String(node.id)}`);
    else if (node.type !== "comment") throw new TemplateError(`#${node.type} is not supported`);
  }

  /** `#if … #elseif … #else` and `#foreach`: the first entry is the directive, the rest what it holds. */
  private structure([head, ...body]: Tree): void {
    const directive = head as Node;
    if (directive.type === "foreach") {
      this.loop(directive, body);
      return;
    }
    if (directive.type !== "if") throw new TemplateError(`#${directive.type} is not supported`);
    let taken = isTrue(this.value(directive.condition!));
    let done = taken;
    const chosen: Tree = [];
    for (const item of body) {
      const branch = typeof item === "object" && !Array.isArray(item) ? item.type : "";
      if (branch === "elseif" || branch === "else") {
        taken = !done && (branch === "else" || isTrue(this.value((item as Node).condition!)));
        done ||= taken;
      } else if (taken) chosen.push(item);
    }
    this.block(chosen);
  }

  private loop({ from, to = "" }: Node, body: Tree): void {
    const list = this.value(from!);
    const items = Array.isArray(list) ? list : list instanceof Map ? [...list.values()] : [];
    const before = [this.variables.get(to), this.variables.get("foreach")] as const;
    for (const [index, item] of items.slice(0, MAX_ITERATIONS).entries()) {
      this.variables.set(to, item);
      this.variables.set("velocityCount", index + 1);
      const state: [string, TemplateValue][] = [
        ["index", index],
        ["count", index + 1],
        ["hasNext", index + 1 < items.length],
        ["first", index === 0],
        ["last", index + 1 === items.length],
      ];
      this.variables.set("foreach", new Map(state));
      try {
        this.block(body);
      } catch (error) {
        if (error instanceof Unwind && error.to === "break") break;
        throw error;
      }
    }
    this.variables.set(to, before[0]);
    this.variables.set("foreach", before[1]);
  }

  private set([target, source]: [Node, Node]): void {
    const value = this.value(source);
    const name = String(target.id);
    const path = target.path ?? [];
    const last = path.at(-1);
    if (!last) {
      this.variables.set(name, value);
      return;
    }
    const holder = this.walk(this.variables.get(name), path.slice(0, -1));
    const key = last.type === "index" ? this.value(last.id as Node) : String(last.id);
    if (holder instanceof Map) holder.set(textOf(key), value);
    else if (Array.isArray(holder) && typeof key === "number" && key < MAX_ITERATIONS) holder[key] = value;
  }

  /**
   * What a reference writes: nothing where a known name leads to no value (recorded on AWS), its own text where the name
   * is unknown, unless it is a quiet one.
   */
  private reference(node: Node): string | undefined {
    const value = this.value(node);
    if (value !== undefined && value !== null) return textOf(value);
    return node.leader === "$!" || this.variables.has(String(node.id)) ? "" : sourceOf(node);
  }

  private walk(start: TemplateValue, path: NonNullable<Node["path"]>): TemplateValue {
    let at: TemplateValue = start;
    for (const part of path) {
      this.count();
      if (at === undefined || at === null) return undefined;
      if (part.type === "method") {
        const args = (part.args || []).map((arg) => this.value(arg));
        at = callMethod(at, String(part.id), args);
      } else at = memberOf(at, part.type === "index" ? this.value(part.id as Node) : String(part.id));
    }
    return at;
  }

  private value(node: Node | string | number): TemplateValue {
    this.count();
    if (typeof node !== "object") return node;
    switch (node.type) {
      case "references":
        return this.walk(this.variables.get(String(node.id)), node.path ?? []);
      case "string":
        return node.isEval ? this.interpolated(String(node.value)) : String(node.value);
      case "integer":
      case "decimal":
        return Number(node.value);
      case "bool":
        return node.value === "true" ? true : node.value === "false" ? false : null;
      case "array":
        return this.list(node);
      case "map":
        return new Map(
          Object.entries(node.value as Record<string, Node>).map(([key, item]) => [key, this.value(item)]),
        );
      case "math":
        return this.math(node);
      default:
        return undefined;
    }
  }

  private interpolated(text: string): string {
    if (!/[$#]/.test(text)) return text;
    const inner = new Rendering(this.variables);
    inner.steps = this.steps;
    inner.block(treeOf(text));
    this.steps = inner.steps;
    return inner.out.join("");
  }

  private list({ value, isRange }: Node): TemplateValue {
    const items = (value as (Node | string | number)[]).map((item) => this.value(item));
    if (!isRange) return items;
    const [from = 0, to = 0] = items.map(Number);
    const length = Math.min(Math.abs(to - from) + 1, MAX_ITERATIONS);
    return Array.from({ length }, (_, index) => (from <= to ? from + index : from - index));
  }

  private math({ operator, expression = [] }: Node): TemplateValue {
    const [left, right] = expression as [Node, Node];
    if (operator === "&&" || operator === "and") return isTrue(this.value(left)) && isTrue(this.value(right));
    if (operator === "||" || operator === "or") return isTrue(this.value(left)) || isTrue(this.value(right));
    if (operator === "not") return !isTrue(this.value(left));
    if (operator === "parenthesis") return this.value(left);
    if (operator === "minus") return -Number(this.value(left));
    return calculate(operator ?? "", this.value(left), this.value(right));
  }
}

function memberOf(holder: TemplateValue, key: TemplateValue): TemplateValue {
  if (holder instanceof Map) return holder.get(textOf(key));
  if (Array.isArray(holder)) return typeof key === "number" ? holder[key] : undefined;
  return isObject(holder) ? holder.get?.(textOf(key)) : undefined;
}

function isObject(value: TemplateValue): value is TemplateObject {
  return typeof value === "object" && value !== null && "methods" in value;
}

function calculate(operator: string, left: TemplateValue, right: TemplateValue): TemplateValue {
  const [a, b] = [Number(left), Number(right)];
  const whole = Number.isInteger(a) && Number.isInteger(b);
  switch (operator) {
    case "+":
      return typeof left === "string" || typeof right === "string" ? textOf(left) + textOf(right) : a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    // Java's integers: what is divided stays whole, and by zero there is nothing.
    case "/":
      return b === 0 ? null : whole ? Math.trunc(a / b) : a / b;
    case "%":
      return b === 0 ? null : a % b;
    case "==":
    case "eq":
      return textOf(left) === textOf(right);
    case "!=":
    case "ne":
      return textOf(left) !== textOf(right);
    case ">":
    case "gt":
      return a > b;
    case ">=":
    case "ge":
      return a >= b;
    case "<":
    case "lt":
      return a < b;
    case "<=":
    case "le":
      return a <= b;
    default:
      throw new TemplateError(`The operator ${operator} is not supported`);
  }
}

/** A reference as the template says it, which is what Velocity writes for one without a value. */
function sourceOf({ id, leader = "$", path = [], isWraped }: Node): string {
  const parts = path.map((part) => {
    if (part.type === "property") return `.${String(part.id)}`;
    if (part.type === "method") return `.${String(part.id)}(${(part.args || []).map(argumentSource).join(", ")})`;
    return `[${argumentSource(part.id as Node)}]`;
  });
  const whole = String(id) + parts.join("");
  return isWraped ? `${leader}{${whole}}` : `${leader}${whole}`;
}

function argumentSource(node: Node): string {
  if (node.type === "references") return sourceOf(node);
  const quote = node.isEval ? '"' : "'";
  return node.type === "string" ? `${quote}${String(node.value)}${quote}` : String(node.value);
}
