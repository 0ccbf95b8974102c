import jsep from "jsep";
import { WireError } from "../wire/types.ts";

/** Points of one line by period start (epoch ms); a period without data is absent. */
export interface Series {
  label: string;
  periodSeconds: number;
  values: Map<number, number>;
}

/** What an expression can be: a number, one time series, several, or a text argument. */
export type MathValue = number | Series | Series[] | string;

/** What the names in an expression stand for. */
export interface MathScope {
  /** A query by its id; undefined when there is none. */
  byId(id: string): MathValue | undefined;
  /** All metrics of the request whose id contains the text; METRICS(). */
  metrics(idContains: string): Series[];
  search(expression: string, statistic: string, periodSeconds: number): Series[];
  /** Period starts of the requested range, for FILL. */
  times(periodSeconds: number): number[];
}

// Metric math writes powers as ^, which in JavaScript is another operator with another precedence.
jsep.removeBinaryOp("^");
jsep.addBinaryOp("^", 11, true);

const refuse = (text: string) => new WireError("ValidationError", `Error in expression: ${text}`);

/**
 * Evaluates CloudWatch metric math: arithmetic, comparisons, and the functions of FUNCTIONS (CloudWatch user guide,
 * "Using metric math").
 * @throws WireError ValidationError for anything that is not covered, naming it
 */
export function evaluateMath(expression: string, scope: MathScope): MathValue {
  let tree: jsep.Expression;
  try {
    tree = jsep(expression);
  } catch (e) {
    throw refuse(`${expression}: ${(e as Error).message}`);
  }
  return evaluate(tree, scope);
}

function evaluate(node: jsep.Expression, scope: MathScope): MathValue {
  switch (node.type) {
    case "Literal":
      return (node as jsep.Literal).value as number | string;
    case "Identifier": {
      const { name } = node as jsep.Identifier;
      const value = scope.byId(name);
      if (value === undefined) throw refuse(`there is no query with the id ${name}.`);
      return value;
    }
    case "UnaryExpression": {
      const { operator, argument } = node as jsep.UnaryExpression;
      const value = evaluate(argument, scope);
      if (operator === "-") return each(value, (v) => -v);
      if (operator === "!") return each(value, (v) => (v === 0 ? 1 : 0));
      return value;
    }
    case "BinaryExpression": {
      const { operator, left, right } = node as jsep.BinaryExpression;
      const apply = OPERATORS[operator];
      if (!apply) throw refuse(`the operator ${operator} is not supported.`);
      return combine(evaluate(left, scope), evaluate(right, scope), apply);
    }
    case "ArrayExpression":
      return (node as jsep.ArrayExpression).elements.flatMap((e) => (e ? seriesOf(evaluate(e, scope)) : []));
    case "CallExpression":
      return call(node as jsep.CallExpression, scope);
    default:
      throw refuse(`${node.type} is not supported.`);
  }
}

const truth = (b: boolean) => (b ? 1 : 0);
const OPERATORS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  "==": (a, b) => truth(a === b),
  "!=": (a, b) => truth(a !== b),
  "<": (a, b) => truth(a < b),
  "<=": (a, b) => truth(a <= b),
  ">": (a, b) => truth(a > b),
  ">=": (a, b) => truth(a >= b),
  "&&": (a, b) => truth(a !== 0 && b !== 0),
  "||": (a, b) => truth(a !== 0 || b !== 0),
};

const sum = (v: number[]) => v.reduce((a, b) => a + b, 0);
const mean = (v: number[]) => sum(v) / v.length;
const deviation = (v: number[]) => Math.sqrt(mean(v.map((x) => (x - mean(v)) ** 2)));

/** Functions that make one number of a series, or one series of several. */
const REDUCERS: Record<string, (values: number[]) => number> = {
  SUM: sum,
  AVG: mean,
  MIN: (v) => Math.min(...v),
  MAX: (v) => Math.max(...v),
  STDDEV: deviation,
  METRIC_COUNT: (v) => v.length,
};
const POINTWISE: Record<string, (v: number) => number> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  LOG: Math.log,
  LOG10: Math.log10,
};

function call(node: jsep.CallExpression, scope: MathScope): MathValue {
  const name = (node.callee as jsep.Identifier).name ?? "";
  const args = () => node.arguments.map((a) => fillerWord(name, a) ?? evaluate(a, scope));
  if (name === "METRICS") return scope.metrics(textArgument(args()[0] ?? ""));
  if (name === "SEARCH") {
    const [expression, statistic, period] = args();
    return scope.search(textArgument(expression ?? ""), textArgument(statistic ?? "Average"), Number(period ?? 300));
  }
  const values = args();
  const first = values[0];
  if (first === undefined) throw refuse(`${name} needs an argument.`);
  const reduce = REDUCERS[name];
  if (reduce) return reduceValue(first, reduce);
  const pointwise = POINTWISE[name];
  if (pointwise) return each(first, pointwise);
  switch (name) {
    case "IF":
      return choose(first, values[1] ?? Number.NaN, values[2]);
    case "FILL":
      return fill(first, values[1] ?? 0, scope);
    case "PERIOD":
      return seriesOf(first)[0]?.periodSeconds ?? 0;
    case "RATE":
      return eachSeries(first, (s) => neighbours(s, (now, before, seconds) => (now - before) / seconds));
    case "DIFF":
      return eachSeries(first, (s) => neighbours(s, (now, before) => now - before));
    case "RUNNING_SUM": {
      return eachSeries(first, (s) => {
        let total = 0;
        return mapValues(s, (v) => {
          total += v;
          return total;
        });
      });
    }
    case "DATAPOINT_COUNT":
      return eachSeries(first, (s) => mapValues(s, () => s.values.size));
    default:
      throw refuse(`the function ${name} is not supported by the sandbox.`);
  }
}

/** FILL takes two bare words. */
function fillerWord(name: string, node: jsep.Expression): string | undefined {
  const word = node.type === "Identifier" ? (node as jsep.Identifier).name : "";
  return name === "FILL" && (word === "REPEAT" || word === "LINEAR") ? word : undefined;
}

function textArgument(value: MathValue): string {
  if (typeof value !== "string") throw refuse("a text in quotation marks is expected.");
  return value;
}

/** The lines of a value; a number or a text has none. */
export function seriesOf(value: MathValue): Series[] {
  if (Array.isArray(value)) return value;
  return typeof value === "object" ? [value] : [];
}

const mapValues = (s: Series, fn: (v: number) => number): Series => ({
  ...s,
  values: new Map([...s.values].map(([t, v]) => [t, fn(v)])),
});

function eachSeries(value: MathValue, fn: (s: Series) => Series): MathValue {
  return Array.isArray(value) ? value.map(fn) : typeof value === "object" ? fn(value) : value;
}

function each(value: MathValue, fn: (v: number) => number): MathValue {
  if (typeof value === "number") return fn(value);
  if (typeof value === "string") throw refuse(`the text "${value}" is not a number.`);
  return eachSeries(value, (s) => mapValues(s, fn));
}

/** Two lines meet where both have a point; a number meets every point; several lines meet one by one. */
function combine(a: MathValue, b: MathValue, fn: (x: number, y: number) => number): MathValue {
  if (typeof a === "string" || typeof b === "string") throw refuse("a text cannot be calculated with.");
  if (typeof a === "number") return typeof b === "number" ? fn(a, b) : each(b, (y) => fn(a, y));
  if (typeof b === "number") return each(a, (x) => fn(x, b));
  if (Array.isArray(a))
    return Array.isArray(b) ? a.flatMap((s, i) => (b[i] ? [meet(s, b[i], fn)] : [])) : a.map((s) => meet(s, b, fn));
  return Array.isArray(b) ? b.map((s) => meet(a, s, fn)) : meet(a, b, fn);
}

function meet(a: Series, b: Series, fn: (x: number, y: number) => number): Series {
  const values = new Map<number, number>();
  for (const [t, x] of a.values) {
    const y = b.values.get(t);
    if (y === undefined) continue;
    const v = fn(x, y);
    if (Number.isFinite(v)) values.set(t, v);
  }
  return { ...a, values };
}

/** One series → a number; several → one series, point by point. */
function reduceValue(value: MathValue, reduce: (values: number[]) => number): MathValue {
  if (!Array.isArray(value)) return typeof value === "object" ? reduce([...value.values.values()]) : value;
  const byTime = new Map<number, number[]>();
  for (const s of value) for (const [t, v] of s.values) byTime.set(t, [...(byTime.get(t) ?? []), v]);
  const values = new Map([...byTime].sort(([a], [b]) => a - b).map(([t, list]) => [t, reduce(list)]));
  return { label: "", periodSeconds: value[0]?.periodSeconds ?? 60, values };
}

function choose(condition: MathValue, yes: MathValue, no: MathValue | undefined): MathValue {
  if (typeof condition === "number") return condition !== 0 ? yes : (no ?? Number.NaN);
  return eachSeries(condition, (s) => {
    const at = (value: MathValue | undefined, t: number) =>
      typeof value === "number" ? value : value === undefined ? undefined : seriesOf(value)[0]?.values.get(t);
    const values = new Map<number, number>();
    for (const [t, v] of s.values) {
      const chosen = at(v !== 0 ? yes : no, t);
      if (chosen !== undefined && !Number.isNaN(chosen)) values.set(t, chosen);
    }
    return { ...s, values };
  });
}

function fill(value: MathValue, filler: MathValue, scope: MathScope): MathValue {
  return eachSeries(value, (s) => {
    const values = new Map<number, number>();
    let last: number | undefined;
    for (const t of scope.times(s.periodSeconds)) {
      const own = s.values.get(t);
      last = own ?? last;
      const other =
        typeof filler === "object"
          ? seriesOf(filler)[0]?.values.get(t)
          : filler === "REPEAT"
            ? last
            : filler === "LINEAR"
              ? between(s, t)
              : filler;
      const v = own ?? (typeof other === "number" ? other : undefined);
      if (v !== undefined) values.set(t, v);
    }
    return { ...s, values };
  });
}

/** On the straight line between the points before and after; undefined outside of them. */
function between(s: Series, t: number): number | undefined {
  const times = [...s.values.keys()].sort((a, b) => a - b);
  const before = times.findLast((u) => u < t);
  const after = times.find((u) => u > t);
  if (before === undefined || after === undefined) return undefined;
  const low = s.values.get(before) ?? 0;
  return low + (((s.values.get(after) ?? 0) - low) * (t - before)) / (after - before);
}

function neighbours(s: Series, fn: (now: number, before: number, seconds: number) => number): Series {
  const points = [...s.values].sort(([a], [b]) => a - b);
  const values = new Map<number, number>();
  for (let i = 1; i < points.length; i++) {
    const [t, v] = points[i] as [number, number];
    const [u, w] = points[i - 1] as [number, number];
    values.set(t, fn(v, w, (t - u) / 1000));
  }
  return { ...s, values };
}
