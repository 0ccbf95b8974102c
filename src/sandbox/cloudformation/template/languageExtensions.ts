import { constant, type Known } from "./constants.ts";
import { INCLUDE, include } from "./includes.ts";
import { transformsOf } from "./template.ts";
import { invalid, isMap, isScalar, type Value, type ValueMap } from "./value.ts";

const LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions";
const MAX_ROUNDS = 10_000;

/** Macros are refused before anything is created, wherever in the template they stand. @throws WireError ValidationError */
function refuseMacros(value: Value): void {
  if (Array.isArray(value)) value.forEach(refuseMacros);
  if (!isMap(value)) return;
  const macro = value["Fn::Transform"];
  if (macro !== undefined) {
    const name = isMap(macro) ? macro.Name : macro;
    invalid(
      `No transform named ${typeof name === "string" ? name : JSON.stringify(name)} found. This sandbox runs ${LANGUAGE_EXTENSIONS} and ${INCLUDE} only; expand Fn::Transform before you deploy.`,
    );
  }
  for (const entry of Object.values(value)) if (entry !== undefined) refuseMacros(entry);
}

/**
 * Runs the transforms that need no server of their own: AWS::Include, and AWS::LanguageExtensions with Fn::ForEach
 * (Fn::Length, Fn::ToJsonString and default values of Fn::FindInMap are understood everywhere).
 * @param snippets what AWS::Include stands for, by location
 * @param values of the parameters, which collections of loops and names of references may be made of
 * @throws WireError ValidationError for another transform
 */
export function expandTransforms(
  given: ValueMap,
  values: ReadonlyMap<string, string>,
  snippets: ReadonlyMap<string, ValueMap> = new Map(),
): ValueMap {
  const known: Known = {
    parameters: values,
    mappings: isMap(given.Mappings) ? given.Mappings : {},
    conditions: isMap(given.Conditions) ? given.Conditions : {},
  };
  const root = snippets.size ? (include(given, known, snippets) as ValueMap) : given;
  const transforms = transformsOf(root).filter((name) => name !== INCLUDE || snippets.size === 0);
  refuseMacros(root);
  const other = transforms.find((name) => name !== LANGUAGE_EXTENSIONS);
  if (other)
    invalid(
      `No transform named ${other} found. This sandbox runs ${LANGUAGE_EXTENSIONS} and ${INCLUDE} only; expand other macros before you deploy.`,
    );
  return withPolicies(transforms.length ? expandMap(root, new Map(), known, { left: MAX_ROUNDS }) : root, known);
}

/** What becomes of a resource may hang on parameters and conditions, with any template (seen on AWS). */
function withPolicies(root: ValueMap, known: Known): ValueMap {
  if (!isMap(root.Resources)) return root;
  const Resources: ValueMap = { ...root.Resources };
  for (const [id, resource] of Object.entries(Resources))
    for (const policy of ["DeletionPolicy", "UpdateReplacePolicy"]) {
      const chosen = isMap(resource) && isMap(resource[policy]) ? constant(resource[policy], known) : undefined;
      if (chosen !== undefined) Resources[id] = { ...(Resources[id] as ValueMap), [policy]: chosen };
    }
  return { ...root, Resources };
}

/** True when a template asks for the capability to be expanded. */
export function needsAutoExpand(root: ValueMap): boolean {
  return transformsOf(root).length > 0;
}

type Bindings = ReadonlyMap<string, string>;

function expandMap(map: ValueMap, bindings: Bindings, parameters: Known, rounds: { left: number }): ValueMap {
  const out: ValueMap = {};
  for (const [key, value] of Object.entries(map)) {
    if (!key.startsWith("Fn::ForEach::")) {
      out[substitute(key, bindings)] = expand(value, bindings, parameters, rounds);
      continue;
    }
    const [variable, collection, body] = Array.isArray(value) ? value : [];
    if (typeof variable !== "string" || !isMap(body))
      invalid(`Template error: ${key} takes a variable name, a collection and a map to repeat.`);
    for (const item of collectionOf(collection, key, bindings, parameters)) {
      if (rounds.left-- <= 0) invalid(`Template error: Fn::ForEach runs more than ${MAX_ROUNDS} times.`);
      const inner = new Map([...bindings, [variable, item]]);
      for (const [name, repeated] of Object.entries(expandMap(body, inner, parameters, rounds))) {
        if (name in out) invalid(`Template error: ${key} makes the key ${name} twice.`);
        out[name] = repeated;
      }
    }
  }
  return out;
}

function expand(value: Value, bindings: Bindings, parameters: Known, rounds: { left: number }): Value {
  if (typeof value === "string") return substitute(value, bindings);
  if (Array.isArray(value)) return value.map((item) => expand(item, bindings, parameters, rounds));
  if (!isMap(value)) return value;
  const bound = typeof value.Ref === "string" ? bindings.get(value.Ref) : undefined;
  return bound === undefined ? named(expandMap(value, bindings, parameters, rounds), parameters) : bound;
}

/** `${Name}` and `&{Name}` (alphanumeric only) stand for the loop's variable; other names are left for Fn::Sub. */
function substitute(text: string, bindings: Bindings): string {
  if (bindings.size === 0) return text;
  return text.replace(/([$&])\{([A-Za-z0-9]+)\}/g, (whole, sign: string, name: string) => {
    const value = bindings.get(name);
    if (value === undefined) return whole;
    return sign === "&" ? value.replace(/[^A-Za-z0-9]/g, "") : value;
  });
}

/** With this transform a name in Ref and Fn::GetAtt may be made by functions of what is known (AWS: "AWS::LanguageExtensions"). */
function named(value: ValueMap, known: Known): ValueMap {
  if (value.Ref !== undefined && typeof value.Ref !== "string") {
    const name = constant(value.Ref, known);
    return typeof name === "string" ? { ...value, Ref: name } : value;
  }
  if (typeof value.Type === "string" && isMap(value.Condition)) {
    const name = constant(value.Condition, known);
    return typeof name === "string" ? { ...value, Condition: name } : value;
  }
  const target = value["Fn::GetAtt"];
  if (!Array.isArray(target)) return value;
  const parts = target.map((part) => (typeof part === "string" ? part : (constant(part, known) ?? part)));
  return { ...value, "Fn::GetAtt": parts };
}

function collectionOf(collection: Value | undefined, key: string, bindings: Bindings, known: Known): string[] {
  if (isMap(collection) && typeof collection.Ref === "string") {
    const text = known.parameters.get(collection.Ref);
    if (text === undefined)
      invalid(`Template error: the collection of ${key} names ${collection.Ref}, which is no parameter.`);
    return text.split(",").map((item) => item.trim());
  }
  // The collection may hang on the variable of a loop around it.
  const bound = collection === undefined ? undefined : expand(collection, bindings, known, { left: MAX_ROUNDS });
  const items = bound === undefined ? undefined : constant(bound, known);
  if (!Array.isArray(items) || !items.every(isScalar))
    invalid(`Template error: the collection of ${key} must be a list of strings or a Ref to a list parameter.`);
  return items.map(String);
}
