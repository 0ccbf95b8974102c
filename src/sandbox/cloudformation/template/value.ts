import { WireError } from "../../wire/types.ts";

/** Anything a template may hold, once its text is parsed and the short forms of the intrinsics are written out. */
export type Value = string | number | boolean | Value[] | ValueMap;

/** A mapping of a template. Keys keep the order of the text. */
export interface ValueMap {
  [key: string]: Value;
}

/** True for a mapping (not for a list). */
export function isMap(value: unknown): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for what the template language calls a scalar. */
export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** What is wrong with a template, a parameter or a reference; its message stands alone as a resource's reason. */
export class TemplateError extends WireError {
  constructor(message: string) {
    super("ValidationError", message, 400);
  }
}

/** Refuses the request the way CloudFormation does: a ValidationError with this text. */
export function invalid(message: string): never {
  throw new TemplateError(message);
}

/** The single entry of a mapping, or undefined: the form that every intrinsic has. */
export function onlyEntry(value: unknown): [name: string, argument: Value] | undefined {
  if (!isMap(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length === 1 ? entries[0] : undefined;
}

/**
 * The intrinsic that a mapping stands for, or undefined when it is plain data.
 * `Condition` is one only inside of conditions, where the caller asks for it.
 */
export function intrinsicOf(value: unknown): [name: string, argument: Value] | undefined {
  const entry = onlyEntry(value);
  return entry && (entry[0] === "Ref" || entry[0].startsWith("Fn::")) ? entry : undefined;
}

/** Deep equality of template values; scalars compare by their text, since CloudFormation passes every scalar as text. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (isScalar(a) && isScalar(b)) return String(a) === String(b);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameValue(a[key], b[key]));
}
