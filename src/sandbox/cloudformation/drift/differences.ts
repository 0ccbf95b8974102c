import type { PropertyDifference } from "@aws-sdk/client-cloudformation";
import { isMap, isScalar, sameValue, type Value, type ValueMap } from "../template/value.ts";

/**
 * Differences between properties as the template says them and as they are. Only what the template says explicitly is
 * compared (AWS: "Detecting unmanaged configuration changes", considerations), and only what `actual` knows.
 * @param actual live values; a name that maps to undefined is a property that is gone
 */
export function differencesOf(
  expected: ValueMap,
  actual: Readonly<Record<string, Value | undefined>>,
): PropertyDifference[] {
  const out: PropertyDifference[] = [];
  for (const [name, value] of Object.entries(expected)) {
    const key = memberOf(actual, name);
    if (key !== undefined) compare(value, actual[key], `/${name}`, out);
  }
  return out;
}

/** The values that `actual` has for what `expected` names, in the template's spelling. */
export function actualFor(expected: ValueMap, actual: Readonly<Record<string, Value | undefined>>): ValueMap {
  const out: ValueMap = {};
  for (const [name, value] of Object.entries(expected)) {
    const key = memberOf(actual, name);
    if (key === undefined) out[name] = value;
    else if (actual[key] !== undefined) out[name] = restrict(value, actual[key]);
  }
  return out;
}

/** Member of a map by its name, without regard to the case of letters: APIs spell some names in lower case. */
function memberOf(map: object, name: string): string | undefined {
  if (Object.hasOwn(map, name)) return name;
  return Object.keys(map).find((key) => key.toLowerCase() === name.toLowerCase());
}

/** An actual value without what the template does not mention. */
function restrict(expected: Value, actual: Value): Value {
  const live = unwrapped(expected, actual);
  if (isMap(expected) && isMap(live)) return actualFor(expected, live);
  if (!Array.isArray(expected) || !Array.isArray(live)) return live;
  return live.map((item, index) => (expected[index] === undefined ? item : restrict(expected[index], item)));
}

/** Documents travel as text: one that the template writes as a map is compared as a map. */
function unwrapped(expected: Value, actual: Value): Value {
  if (typeof actual !== "string" || isScalar(expected)) return actual;
  try {
    return JSON.parse(actual) as Value;
  } catch {
    return actual;
  }
}

/** Documents that the template writes as text may be laid out in another way. */
function sameDocument(expected: Value, actual: Value): boolean {
  if (typeof expected !== "string" || typeof actual !== "string" || !/^\s*[{[]/.test(expected)) return false;
  try {
    return sameValue(JSON.parse(expected) as Value, JSON.parse(actual) as Value);
  } catch {
    return false;
  }
}

const shown = (value: Value | undefined) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "null"));

function compare(expected: Value, actual: Value | undefined, path: string, out: PropertyDifference[]): void {
  const add = (DifferenceType: PropertyDifference["DifferenceType"]) =>
    out.push({
      PropertyPath: path,
      ExpectedValue: shown(expected),
      ActualValue: actual === undefined ? "null" : shown(actual),
      DifferenceType,
    });
  if (actual === undefined) {
    add("REMOVE");
    return;
  }
  const live = unwrapped(expected, actual);
  if (isMap(expected) && isMap(live)) {
    for (const [name, value] of Object.entries(expected)) {
      const key = memberOf(live, name);
      compare(value, key === undefined ? undefined : live[key], `${path}/${name}`, out);
    }
    return;
  }
  if (Array.isArray(expected) && Array.isArray(live)) {
    compareLists(expected, live, path, out);
    return;
  }
  if (!sameValue(expected, live) && !sameDocument(expected, live)) add("NOT_EQUAL");
}

/** Lists of scalars are sets to most APIs; others are compared place by place. */
function compareLists(expected: Value[], live: Value[], path: string, out: PropertyDifference[]): void {
  const scalars = [...expected, ...live].every(isScalar);
  if (scalars) {
    const sorted = (list: Value[]) => list.map(String).sort();
    if (JSON.stringify(sorted(expected)) === JSON.stringify(sorted(live))) return;
  }
  for (let index = 0; index < Math.max(expected.length, live.length); index++) {
    const value = expected[index];
    if (value !== undefined) compare(value, live[index], `${path}/${index}`, out);
    else
      out.push({
        PropertyPath: `${path}/${index}`,
        ExpectedValue: "null",
        ActualValue: shown(live[index]),
        DifferenceType: "ADD",
      });
  }
}
