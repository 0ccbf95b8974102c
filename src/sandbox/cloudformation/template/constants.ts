import { isMap, isScalar, type Value, type ValueMap } from "./value.ts";

/** What is known before anything is created. */
export interface Known {
  parameters: ReadonlyMap<string, string>;
  mappings: ValueMap;
}

/** The value of functions of parameters and mappings alone; undefined when it hangs on anything else. */
export function constant(value: Value, known: Known): Value | undefined {
  if (isScalar(value)) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => constant(item, known));
    return items.includes(undefined) ? undefined : (items as Value[]);
  }
  if (!isMap(value)) return undefined;
  const [[name, argument] = ["", undefined], ...more] = Object.entries(value);
  if (argument === undefined || more.length) return undefined;
  if (name === "Ref") return typeof argument === "string" ? known.parameters.get(argument) : undefined;
  if (name === "Fn::Sub" && typeof argument === "string") return substituted(argument, known);
  const parts = constant(argument, known);
  if (!Array.isArray(parts)) return undefined;
  if (name === "Fn::Join" && Array.isArray(parts[1])) return parts[1].map(String).join(String(parts[0]));
  if (name === "Fn::Split") return String(parts[1]).split(String(parts[0]));
  if (name === "Fn::Select" && Array.isArray(parts[1])) return parts[1][Number(parts[0])];
  if (name !== "Fn::FindInMap") return undefined;
  return parts.reduce<Value | undefined>(
    (at, key) => (at !== undefined && isMap(at) && Object.hasOwn(at, String(key)) ? at[String(key)] : undefined),
    known.mappings,
  );
}

function substituted(text: string, known: Known): string | undefined {
  let isKnown = true;
  const out = text.replace(/\$\{([\w:.]+)\}/g, (_, name: string) => {
    const value = known.parameters.get(name);
    isKnown &&= value !== undefined;
    return value ?? "";
  });
  return isKnown ? out : undefined;
}
