import { constant, type Known } from "./constants.ts";
import { invalid, isMap, type Value, type ValueMap } from "./value.ts";

/** The transform that puts text from S3 in its place. */
export const INCLUDE = "AWS::Include";

/** The location of an include, when a value is one. */
function locationOf(transform: Value | undefined, known: Known): string | undefined {
  if (!isMap(transform) || transform.Name !== INCLUDE) return undefined;
  const { Location } = isMap(transform.Parameters) ? transform.Parameters : {};
  const location = Location === undefined ? undefined : constant(Location, known);
  if (typeof location !== "string")
    return invalid(
      "Transform AWS::Include failed with: The location parameter must be known: text, or made of parameters.",
    );
  return location;
}

/** Every location that a template includes. @throws WireError ValidationError for one that is not known */
export function includeLocations(value: Value, known: Known): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => includeLocations(item, known));
  if (!isMap(value)) return [];
  const own = [value["Fn::Transform"], ...topLevel(value)].flatMap((item) => locationOf(item, known) ?? []);
  return [...own, ...Object.values(value).flatMap((item) => includeLocations(item, known))];
}

/** Entries of the section Transform. */
function topLevel(value: ValueMap): Value[] {
  return value.Transform === undefined || value.Resources === undefined ? [] : [value.Transform].flat();
}

/** The template with what it includes in place; what stands beside an include goes before it. */
export function include(value: Value, known: Known, snippets: ReadonlyMap<string, ValueMap>): Value {
  if (Array.isArray(value)) return value.map((item) => include(item, known, snippets));
  if (!isMap(value)) return value;
  const sources = [value["Fn::Transform"], ...topLevel(value)];
  const merged: ValueMap = {};
  for (const source of sources) Object.assign(merged, snippets.get(locationOf(source, known) ?? ""));
  for (const [key, item] of Object.entries(value)) {
    if (key === "Fn::Transform" && locationOf(item, known) !== undefined) continue;
    const own = include(item, known, snippets);
    const taken = merged[key];
    // Sections of the template are joined, entry by entry.
    merged[key] = value.Resources !== undefined && isMap(own) && isMap(taken) ? { ...taken, ...own } : own;
  }
  return merged;
}
