import { fieldsOf } from "./filterPattern.ts";
import { pathOf, selectorsOf, valuesAt } from "./jsonPattern.ts";

/** What a pattern finds in an event by its own names: `$.latency`, `$ip`, `$3` (AWS: TestMetricFilter, extractedValues). */
export function extractedValues(pattern: string | undefined, message: string): Record<string, string> {
  const text = pattern?.trim() ?? "";
  const selectors = text.startsWith("{")
    ? selectorsOf(text)
    : text.startsWith("[")
      ? fieldsOf(text, message).map(([name]) => `$${name}`)
      : [];
  return Object.fromEntries(
    selectors.flatMap((selector) => {
      const value = selectedValue(selector, text, message);
      return value === undefined ? [] : [[selector, value]];
    }),
  );
}

/** The value of a selector in an event; undefined when it is not there or is no scalar. */
export function selectedValue(selector: string, pattern: string, message: string): string | undefined {
  if (pattern.trim().startsWith("[") && /^\$\w+$/.test(selector))
    return fieldsOf(pattern.trim(), message).find(([name]) => `$${name}` === selector)?.[1];
  let event: unknown;
  try {
    event = JSON.parse(message);
  } catch {
    return undefined;
  }
  const [value] = valuesAt(event, pathOf(selector));
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}
