import type { NormalizedSchema } from "@smithy/core/schema";
import { NumericValue } from "@smithy/core/serde";
import { membersOf, requiredCount, shapeName } from "./schema.ts";
import { WireError } from "./types.ts";

/** Limits of one member as AWS's API model states them; lengths are in characters, items or bytes. */
export interface Constraint {
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
}

/** Structure name → member name → limits; extracted from botocore's models at build time. */
export type Constraints = Record<string, Record<string, Constraint>>;

/** One thing that is wrong with an input. */
export interface Violation {
  kind: "required" | "type" | "constraint";
  /** `a.1.member.b`, each with a small first letter. */
  path: string;
  value: unknown;
  message: string;
}

const lowerFirst = (s: string) => s.charAt(0).toLowerCase() + s.slice(1);

/**
 * Refuses an input as AWS does: a value of the wrong JSON type is a SerializationException, everything else is
 * `N validation errors detected: Value '…' at '…' failed to satisfy constraint: …` (form seen in AWS's answers).
 * @param errorCode `ValidationError` for the Query services, `ValidationException` elsewhere
 * @param refuse how a service that words it otherwise refuses its input (S3)
 */
export function assertValid(
  schema: NormalizedSchema,
  value: unknown,
  constraints: Constraints | undefined,
  errorCode: string,
  refuse?: (found: readonly [Violation, ...Violation[]]) => Error,
): void {
  const found: Violation[] = [];
  walk(schema, value, constraints, "", found);
  const [first, ...others] = found;
  if (!first) return;
  if (refuse) throw refuse([first, ...others]);
  const type = found.find((v) => v.kind === "type");
  if (type) throw new WireError("SerializationException", type.message, 400);
  const plural = found.length > 1 ? "s" : "";
  throw new WireError(
    errorCode,
    `${found.length} validation error${plural} detected: ${found.map((v) => v.message).join("; ")}`,
  );
}

function walk(
  schema: NormalizedSchema,
  value: unknown,
  constraints: Constraints | undefined,
  path: string,
  out: Violation[],
): void {
  if (schema.isStructSchema()) {
    walkStructure(schema, value, constraints, path, out);
    return;
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) {
      wrongType(out, path, "list");
      return;
    }
    const item = schema.getValueSchema();
    for (let i = 0; i < value.length; i++)
      if (value[i] != null) walk(item, value[i], constraints, `${path}.${i + 1}.member`, out);
    return;
  }
  if (schema.isMapSchema()) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      wrongType(out, path, "map");
      return;
    }
    const item = schema.getValueSchema();
    for (const [key, v] of Object.entries(value))
      if (v != null) walk(item, v, constraints, `${path}.${key}.member`, out);
    return;
  }
  const expected = scalarMismatch(schema, value);
  if (expected) wrongType(out, path, expected);
}

/** The SDK's deserializers do not check types: a JSON "abc" for a number arrives as "abc", a form "abc" as NaN. */
function scalarMismatch(schema: NormalizedSchema, value: unknown): string | undefined {
  if (schema.isTimestampSchema())
    return value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : "timestamp";
  if (schema.isNumericSchema()) {
    const ok =
      typeof value === "number" ? !Number.isNaN(value) : typeof value === "bigint" || value instanceof NumericValue;
    return ok ? undefined : "number";
  }
  if (schema.isBooleanSchema()) return typeof value === "boolean" ? undefined : "boolean";
  if (schema.isStringSchema()) return typeof value === "string" || value instanceof String ? undefined : "string";
  return undefined;
}

function walkStructure(
  schema: NormalizedSchema,
  value: unknown,
  constraints: Constraints | undefined,
  path: string,
  out: Violation[],
): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    wrongType(out, path, "structure");
    return;
  }
  const required = requiredCount(schema);
  const rules = constraints?.[shapeName(schema)];
  membersOf(schema).forEach(([name, member], i) => {
    const v = (value as Record<string, unknown>)[name];
    if (i >= required && (v === undefined || v === null)) return;
    const at = path ? `${path}.${lowerFirst(name)}` : lowerFirst(name);
    if (v === undefined || v === null) {
      out.push({
        kind: "required",
        path: at,
        value: v,
        message: `Value null at '${at}' failed to satisfy constraint: Member must not be null`,
      });
      return;
    }
    walk(member, v, constraints, at, out);
    const rule = rules?.[name];
    if (rule) checkConstraint(rule, v, at, out);
  });
}

function wrongType(out: Violation[], path: string, type: string): void {
  out.push({ kind: "type", path, value: undefined, message: `Value at '${path}' could not be converted to ${type}` });
}

function checkConstraint(c: Constraint, v: unknown, path: string, out: Violation[]): void {
  const fail = (text: string) => {
    const shown = typeof v === "object" ? JSON.stringify(v) : String(v);
    out.push({
      kind: "constraint",
      path,
      value: v,
      message: `Value '${shown}' at '${path}' failed to satisfy constraint: ${text}`,
    });
  };
  if (c.enum && typeof v === "string" && !c.enum.includes(v))
    fail(`Member must satisfy enum value set: [${c.enum.join(", ")}]`);
  const size = sizeOf(v);
  const noun = typeof v === "number" ? "value" : "length";
  if (size !== undefined && c.min !== undefined && size < c.min)
    fail(`Member must have ${noun} greater than or equal to ${c.min}`);
  if (size !== undefined && c.max !== undefined && size > c.max)
    fail(`Member must have ${noun} less than or equal to ${c.max}`);
  if (c.pattern && typeof v === "string" && compilePattern(c.pattern)?.test(v) === false)
    fail(`Member must satisfy regular expression pattern: ${c.pattern}`);
}

function sizeOf(v: unknown): number | undefined {
  if (typeof v === "number") return v;
  if (typeof v === "string" || Array.isArray(v)) return v.length;
  return v instanceof Uint8Array ? v.byteLength : undefined;
}

const POSIX: Record<string, string> = {
  Print: "\\x20-\\x7e",
  Graph: "\\x21-\\x7e",
  Alnum: "A-Za-z0-9",
  Alpha: "A-Za-z",
  ASCII: "\\x00-\\x7f",
  Punct: "!-\\/:-@\\[-`\\{-~",
  Digit: "0-9",
  Space: "\\s",
};
/** Java's `\p{Print}` as a range; a set of its own where it does not stand in one. */
function posixClasses(pattern: string): string {
  let inSet = false;
  return pattern.replace(/\\p\{(\w+)\}|\\.|[[\]]/g, (token, name: string | undefined) => {
    if (token === "[") inSet = true;
    else if (token === "]") inSet = false;
    const range = name === undefined ? undefined : POSIX[name];
    if (range === undefined) return token;
    return inSet ? range : `[${range}]`;
  });
}
const compiled = new Map<string, RegExp | null>();

/**
 * The models' patterns are Java's. Under the `u` flag a foreign escape is a syntax error instead of a wrong match;
 * what cannot be translated is not enforced.
 * @returns null for a pattern that JavaScript cannot express; a unit test lists them
 */
export function compilePattern(pattern: string): RegExp | null {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  // Java's dot stops at the end of a line unless `(?s)` says otherwise.
  const flags = pattern.startsWith("(?s)") ? "su" : "u";
  const plain = pattern.replace(/^\(\?s\)/, "");
  const js = posixClasses(plain.replace(/\\[Az]/g, ""))
    .replace(/([*+?}])\+/g, "$1")
    .replace(/\\([_:@#=,%&~!'"; ])/g, "$1");
  let found: RegExp | null = null;
  for (const text of [plain, js, js.replace(/\\-/g, "\\x2d")]) {
    try {
      found ??= new RegExp(`^(?:${text})$`, flags);
    } catch {
      // try the next spelling
    }
  }
  compiled.set(pattern, found);
  return found;
}
