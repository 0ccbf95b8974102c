import { InvalidParameterException } from "@aws-sdk/client-cloudwatch-logs";
import { readJsonPattern } from "./jsonPattern.ts";

/** Whether a message matches a pattern. */
export type Matcher = (message: string) => boolean;

export const invalidPattern = () => new InvalidParameterException({ message: "Invalid filter pattern", $metadata: {} });

/**
 * Reads a filter pattern (AWS: "Filter pattern syntax"): terms, "quoted phrases", `-term`, `?term`, `%regex%`; a JSON
 * pattern `{ $.a = 1 }`; a space-delimited one `[ip, user, status = 4*]`. An empty pattern matches everything.
 * @throws InvalidParameterException
 */
export function readFilterPattern(pattern: string | undefined): Matcher {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => true;
  if (text.startsWith("{")) return readJsonPattern(text);
  if (text.startsWith("[")) return readFields(text);
  return readTerms(text);
}

function readTerms(text: string): Matcher {
  const must: Matcher[] = [];
  const mustNot: Matcher[] = [];
  const any: Matcher[] = [];
  for (const match of text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)+)%|(\S+))/g)) {
    const [, sign, quoted, expression, word] = match;
    const list = sign === "-" ? mustNot : sign === "?" ? any : must;
    if (expression !== undefined) list.push(expressionOf(expression));
    else {
      const term = quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : word!;
      list.push((message) => message.includes(term));
    }
  }
  return (message) =>
    must.every((matches) => matches(message)) &&
    !mustNot.some((matches) => matches(message)) &&
    (any.length === 0 || must.length > 0 || any.some((matches) => matches(message)));
}

/** A regular expression between percent signs. @throws InvalidParameterException */
export function expressionOf(source: string): Matcher {
  try {
    const expression = new RegExp(source);
    return (text) => expression.test(text);
  } catch {
    throw invalidPattern();
  }
}

/** `[a, b = "x*", ..., c > 4]`: fields between spaces, brackets or quotation marks. */
function readFields(text: string): Matcher {
  if (!text.endsWith("]")) throw invalidPattern();
  const parts = text
    .slice(1, -1)
    .split(",")
    .map((part) => part.trim());
  const tests = parts.map(readField);
  const gap = parts.indexOf("...");
  return (message) => {
    const fields = splitFields(message);
    if (gap < 0) return fields.length === tests.length && tests.every((test, index) => test(fields[index]!));
    const tail = tests.length - gap - 1;
    if (fields.length < tests.length - 1) return false;
    return (
      tests.slice(0, gap).every((test, index) => test(fields[index]!)) &&
      tests.slice(gap + 1).every((test, index) => test(fields[fields.length - tail + index]!))
    );
  };
}

/** The fields of an event between spaces, brackets or quotation marks. */
function splitFields(message: string): string[] {
  return [...message.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? "");
}

/** Names that a space-delimited pattern gives, with the fields of an event; one without a name counts from 1. */
export function fieldsOf(pattern: string, message: string): [name: string, field: string][] {
  const names = pattern
    .slice(1, -1)
    .split(",")
    .map((part) => part.trim());
  const fields = splitFields(message);
  const gap = names.indexOf("...");
  return names.flatMap((part, index): [string, string][] => {
    if (part === "...") return [];
    const at = gap >= 0 && index > gap ? fields.length - (names.length - index) : index;
    const field = fields[at];
    return field === undefined ? [] : [[/^\w+/.exec(part)?.[0] ?? String(at + 1), field]];
  });
}

function readField(part: string): (field: string) => boolean {
  if (part === "..." || /^\w*$/.test(part)) return () => true;
  // Several conditions on one field are joined by && or ||.
  const or = part.split("||").map((side) => side.split("&&").map((condition) => readCondition(condition.trim())));
  return (field) => or.some((all) => all.every((test) => test(field)));
}

function readCondition(text: string): (field: string) => boolean {
  const match = /^\w*\s*(!=|>=|<=|=|>|<)\s*(?:"((?:[^"\\]|\\.)*)"|%(.+)%|(\S+))$/.exec(text);
  if (!match) throw invalidPattern();
  const [, operator, quoted, expression, word] = match;
  if (expression !== undefined) {
    const test = expressionOf(expression);
    return operator === "!=" ? (field) => !test(field) : test;
  }
  return comparison(operator!, quoted ?? word!, quoted === undefined);
}

/** Compares a field's text with a wanted value, as numbers when both are. */
export function comparison(operator: string, wanted: string, mayBeNumber: boolean): (field: string) => boolean {
  const number = mayBeNumber && wanted.trim() !== "" ? Number(wanted) : Number.NaN;
  if (operator === "=" || operator === "!=") {
    const equal = wanted.includes("*")
      ? expressionOf(`^${wanted.split("*").map(escaped).join(".*")}$`)
      : (field: string) => field === wanted || (!Number.isNaN(number) && field !== "" && Number(field) === number);
    return operator === "=" ? equal : (field) => !equal(field);
  }
  if (Number.isNaN(number)) throw invalidPattern();
  const compare: Record<string, (value: number) => boolean> = {
    ">": (value) => value > number,
    ">=": (value) => value >= number,
    "<": (value) => value < number,
    "<=": (value) => value <= number,
  };
  return (field) => field !== "" && (compare[operator]?.(Number(field)) ?? false);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
