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
      `No transform named ${typeof name === "string" ? name : JSON.stringify(name)} found. This sandbox runs ${LANGUAGE_EXTENSIONS} only; expand Fn::Transform before you deploy.`,
    );
  }
  for (const entry of Object.values(value)) if (entry !== undefined) refuseMacros(entry);
}

/**
 * Runs the one transform that needs no server of its own: AWS::LanguageExtensions with Fn::ForEach
 * (Fn::Length, Fn::ToJsonString and default values of Fn::FindInMap are understood everywhere).
 * @param parameters values that the collection of a loop may name
 * @throws WireError ValidationError for another transform
 */
export function expandTransforms(root: ValueMap, parameters: ReadonlyMap<string, string>): ValueMap {
  const transforms = transformsOf(root);
  refuseMacros(root);
  const other = transforms.find((name) => name !== LANGUAGE_EXTENSIONS);
  if (other)
    invalid(
      `No transform named ${other} found. This sandbox runs ${LANGUAGE_EXTENSIONS} only; expand other macros before you deploy.`,
    );
  if (transforms.length === 0) return root;
  const rounds = { left: MAX_ROUNDS };
  return expandMap(root, new Map(), parameters, rounds);
}

/** True when a template asks for the capability to be expanded. */
export function needsAutoExpand(root: ValueMap): boolean {
  return transformsOf(root).length > 0;
}

type Bindings = ReadonlyMap<string, string>;

function expandMap(
  map: ValueMap,
  bindings: Bindings,
  parameters: ReadonlyMap<string, string>,
  rounds: { left: number },
): ValueMap {
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

function expand(
  value: Value,
  bindings: Bindings,
  parameters: ReadonlyMap<string, string>,
  rounds: { left: number },
): Value {
  if (typeof value === "string") return substitute(value, bindings);
  if (Array.isArray(value)) return value.map((item) => expand(item, bindings, parameters, rounds));
  if (!isMap(value)) return value;
  const bound = typeof value.Ref === "string" ? bindings.get(value.Ref) : undefined;
  return bound === undefined ? expandMap(value, bindings, parameters, rounds) : bound;
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

function collectionOf(
  collection: Value | undefined,
  key: string,
  bindings: Bindings,
  parameters: ReadonlyMap<string, string>,
): string[] {
  if (isMap(collection) && typeof collection.Ref === "string") {
    const text = parameters.get(collection.Ref);
    if (text === undefined)
      invalid(`Template error: the collection of ${key} names ${collection.Ref}, which is no parameter.`);
    return text.split(",").map((item) => item.trim());
  }
  if (!Array.isArray(collection) || !collection.every(isScalar))
    invalid(`Template error: the collection of ${key} must be a list of strings or a Ref to a list parameter.`);
  return collection.map((item) => substitute(String(item), bindings));
}
