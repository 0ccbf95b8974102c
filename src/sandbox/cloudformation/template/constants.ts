import { isMap, isScalar, sameValue, type Value, type ValueMap } from "./value.ts";

/** What is known before anything is created. */
export interface Known {
  parameters: ReadonlyMap<string, string>;
  mappings: ValueMap;
  /** Of the template, for what Fn::If chooses. */
  conditions?: ValueMap;
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
  if (name === "Condition") return typeof argument === "string" ? condition(argument, known) : undefined;
  if (name === "Fn::If" && Array.isArray(argument)) {
    const [when, yes, no] = argument;
    const holds = typeof when === "string" ? condition(when, known) : undefined;
    const chosen = holds === undefined ? undefined : holds ? yes : no;
    return chosen === undefined ? undefined : constant(chosen, known);
  }
  const parts = constant(argument, known);
  if (!Array.isArray(parts)) return undefined;
  if (name === "Fn::Equals") return sameValue(parts[0], parts[1]);
  if (name === "Fn::And") return parts.every((part) => part === true);
  if (name === "Fn::Or") return parts.includes(true);
  if (name === "Fn::Not") return parts[0] !== true;
  if (name === "Fn::Join" && Array.isArray(parts[1])) return parts[1].map(String).join(String(parts[0]));
  if (name === "Fn::Split") return String(parts[1]).split(String(parts[0]));
  if (name === "Fn::Select" && Array.isArray(parts[1])) return parts[1][Number(parts[0])];
  if (name !== "Fn::FindInMap") return undefined;
  return parts.reduce<Value | undefined>(
    (at, key) => (at !== undefined && isMap(at) && Object.hasOwn(at, String(key)) ? at[String(key)] : undefined),
    known.mappings,
  );
}

function condition(name: string, known: Known): boolean | undefined {
  const { [name]: expression, ...others } = known.conditions ?? {};
  // Without itself: a circle of conditions is refused elsewhere.
  const value = expression === undefined ? undefined : constant(expression, { ...known, conditions: others });
  return typeof value === "boolean" ? value : undefined;
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
