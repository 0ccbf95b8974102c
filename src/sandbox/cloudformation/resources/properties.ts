import type { NormalizedSchema } from "@smithy/core/schema";
import { inputOf, membersOf, requiredCount } from "../../wire/schema.ts";
import { schemaOfCommand } from "../../wire/serviceBuilder.ts";
import type { CommandClass } from "../../wire/types.ts";
import { isMap, isScalar, type Value, type ValueMap } from "../template/value.ts";

/** A property that a resource type does not have, lacks, or that has the wrong form. */
export class PropertyError extends Error {}

/** Names that differ between the template and the API: template name → API name, at any depth. */
export type Renames = Readonly<Record<string, string>>;

/**
 * Turns the properties of a resource into the input of an operation, guided by the operation's own schema: names may
 * differ in the case of the first letter, scalars become what the API takes (templates pass text), documents become
 * JSON text, lists of `{Key, Value}` become maps where the API wants them.
 * @throws PropertyError for unknown and missing properties, with CloudFormation's texts
 */
export function toInput<I extends object, O>(
  command: CommandClass<I, O>,
  properties: ValueMap,
  renames: Renames = {},
): I {
  return convert(inputOf(schemaOfCommand(command)), properties, "#", renames) as I;
}

/** The properties without some of them. */
export function without(properties: ValueMap, ...names: string[]): ValueMap {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

/** Only some of the properties. */
export function only(properties: ValueMap, ...names: string[]): ValueMap {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)));
}

/** A property as text. @throws PropertyError when it is absent or not a scalar */
export function text(properties: ValueMap, name: string): string {
  return optionalText(properties, name) ?? fail(`#: required key [${name}] not found`);
}

/** A property as text, if it is there. @throws PropertyError when it is not a scalar */
export function optionalText(properties: ValueMap, name: string): string | undefined {
  const value = properties[name];
  if (value === undefined || isScalar(value)) return value === undefined ? undefined : String(value);
  return fail(`#/${name}: expected type: String, found: ${kindOf(value)}`);
}

/** A property as a list of mappings; absent counts as empty. @throws PropertyError */
export function maps(properties: ValueMap, name: string): ValueMap[] {
  const value = properties[name] ?? [];
  if (!Array.isArray(value) || !value.every(isMap)) return fail(`#/${name}: expected type: JSONArray of objects`);
  return value as ValueMap[];
}

/** A property as a list of texts; absent counts as empty. @throws PropertyError */
export function texts(properties: ValueMap, name: string): string[] {
  const value = properties[name] ?? [];
  if (!Array.isArray(value) || !value.every(isScalar)) return fail(`#/${name}: expected type: JSONArray of strings`);
  return value.map(String);
}

/** A document (a policy) as JSON text. @throws PropertyError */
export function document(properties: ValueMap, name: string): string {
  const value = properties[name];
  if (value === undefined) return fail(`#: required key [${name}] not found`);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function fail(message: string): never {
  throw new PropertyError(message);
}

function kindOf(value: Value): string {
  return Array.isArray(value)
    ? "JSONArray"
    : isMap(value)
      ? "JSONObject"
      : typeof value === "string"
        ? "String"
        : typeof value;
}

function convert(schema: NormalizedSchema, value: Value, path: string, renames: Renames): unknown {
  if (schema.isStructSchema()) return convertStructure(schema, value, path, renames);
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return fail(`${path}: expected type: JSONArray, found: ${kindOf(value)}`);
    const item = schema.getValueSchema();
    return value.map((entry, index) => convert(item, entry, `${path}/${index}`, renames));
  }
  if (schema.isMapSchema()) {
    const map = Array.isArray(value) ? fromPairs(value, path) : value;
    if (!isMap(map)) return fail(`${path}: expected type: JSONObject, found: ${kindOf(map)}`);
    const item = schema.getValueSchema();
    return Object.fromEntries(
      Object.entries(map).map(([key, entry]) => [key, convert(item, entry, `${path}/${key}`, renames)]),
    );
  }
  return convertScalar(schema, value, path);
}

function fromPairs(pairs: Value[], path: string): ValueMap {
  return Object.fromEntries(
    pairs.map((pair) =>
      isMap(pair) && typeof pair.Key === "string" && pair.Value !== undefined
        ? [pair.Key, pair.Value]
        : fail(`${path}: expected a list of {Key, Value}`),
    ),
  );
}

function convertStructure(schema: NormalizedSchema, value: Value, path: string, renames: Renames): unknown {
  if (!isMap(value)) return fail(`${path}: expected type: JSONObject, found: ${kindOf(value)}`);
  const members = new Map(membersOf(schema).map(([name, member]) => [name.toLowerCase(), { name, member }]));
  const out: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const found = members.get((renames[key] ?? key).toLowerCase());
    if (!found) return fail(`${path}: extraneous key [${key}] is not permitted`);
    out[found.name] = convert(found.member, entry, `${path}/${key}`, renames);
  }
  for (const [name] of membersOf(schema).slice(0, requiredCount(schema)))
    if (out[name] === undefined)
      return fail(`${path}: required key [${name.charAt(0).toUpperCase()}${name.slice(1)}] not found`);
  return out;
}

function convertScalar(schema: NormalizedSchema, value: Value, path: string): unknown {
  if (schema.isNumericSchema()) {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number)
      ? number
      : fail(`${path}: expected type: Number, found: ${kindOf(value)}`);
  }
  if (schema.isBooleanSchema()) {
    if (value === true || value === false) return value;
    return value === "true"
      ? true
      : value === "false"
        ? false
        : fail(`${path}: expected type: Boolean, found: ${kindOf(value)}`);
  }
  if (schema.isBlobSchema()) return Buffer.from(String(value), "base64");
  // A policy may be written as a mapping where the API takes JSON text.
  if (schema.isStringSchema()) return isScalar(value) ? String(value) : JSON.stringify(value);
  return value;
}
