/** What a template works with: JSON's values with mappings as Map, and objects with methods of ours. */
export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | TemplateValue[]
  | Map<string, TemplateValue>
  | TemplateObject;

/** An object of the gateway (`$input`, `$util`) with the methods that templates may call. */
export interface TemplateObject {
  methods: ReadonlyMap<string, (...args: TemplateValue[]) => TemplateValue>;
  get?(name: string): TemplateValue;
}

/** A list that came out of JSON: it is written as JSON, unlike one that the template made. */
class JsonList extends Array<TemplateValue> {}

/** JSON's value as templates see it. */
export function fromJson(value: unknown): TemplateValue {
  if (Array.isArray(value)) return JsonList.from(value, fromJson);
  if (typeof value === "object" && value !== null)
    return new Map(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
  return value as string | number | boolean | null;
}

/** A template's value as JSON has it. */
export function toJson(value: TemplateValue): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, toJson(item)]));
  return typeof value === "object" ? null : value;
}

/**
 * What API Gateway writes for a value: mappings and lists as Java prints them, but JSON's lists as JSON (recorded on
 * AWS).
 */
export function textOf(value: TemplateValue): string {
  if (value === undefined || value === null) return "";
  if (value instanceof JsonList) return JSON.stringify(toJson(value));
  if (Array.isArray(value)) return `[${value.map(nested).join(", ")}]`;
  if (value instanceof Map) return `{${[...value].map(([key, item]) => `${key}=${nested(item)}`).join(", ")}}`;
  return typeof value === "object" ? "" : String(value);
}

const nested = (value: TemplateValue): string => (value === null || value === undefined ? "null" : textOf(value));

/** Whether a condition holds: everything but false and nothing. */
export function isTrue(value: TemplateValue): boolean {
  return value !== false && value !== null && value !== undefined;
}

/** Calls a method of Java's String, List or Map, or one of the gateway's own; undefined for one that is not known. */
export function callMethod(holder: TemplateValue, name: string, args: TemplateValue[]): TemplateValue {
  if (typeof holder === "string") return textMethod(holder, name, args);
  if (Array.isArray(holder)) return listMethod(holder, name, args);
  if (holder instanceof Map) return mapMethod(holder, name, args);
  if (typeof holder === "number" || typeof holder === "boolean")
    return name === "toString" || name === "intValue" ? (name === "toString" ? String(holder) : holder) : undefined;
  return typeof holder === "object" && holder !== null ? holder.methods.get(name)?.(...args) : undefined;
}

function textMethod(text: string, name: string, args: TemplateValue[]): TemplateValue {
  const [a = "", b = ""] = args.map(textOf);
  switch (name) {
    case "length":
      return text.length;
    case "isEmpty":
      return text === "";
    case "toString":
      return text;
    case "toUpperCase":
      return text.toUpperCase();
    case "toLowerCase":
      return text.toLowerCase();
    case "trim":
      return text.trim();
    case "equals":
      return text === a;
    case "equalsIgnoreCase":
      return text.toLowerCase() === a.toLowerCase();
    case "contains":
      return text.includes(a);
    case "startsWith":
      return text.startsWith(a);
    case "endsWith":
      return text.endsWith(a);
    case "indexOf":
      return text.indexOf(a);
    case "lastIndexOf":
      return text.lastIndexOf(a);
    case "substring":
      return text.substring(Number(a), args.length > 1 ? Number(b) : undefined);
    case "concat":
      return text + a;
    case "replace":
      return text.replaceAll(a, () => b);
    case "replaceAll":
    case "replaceFirst":
      return replaced(text, a, b, name === "replaceAll");
    case "matches":
      return expression(`^(?:${a})$`)?.test(text);
    case "split": {
      const by = expression(a);
      return by && text.slice(0, MAX_MATCHED).split(by);
    }
    case "charAt":
      return text.charAt(Number(a));
    default:
      return undefined;
  }
}

/** A pattern is run on so much text at most: a template could otherwise hold the gateway up. */
const MAX_MATCHED = 65_536;

function expression(source: string, flags = ""): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

function replaced(text: string, pattern: string, by: string, all: boolean): string | undefined {
  const found = text.length <= MAX_MATCHED ? expression(pattern, all ? "g" : "") : undefined;
  return found && text.replace(found, by.replaceAll("\\\\", "\\").replaceAll('\\"', '"'));
}

function listMethod(list: TemplateValue[], name: string, args: TemplateValue[]): TemplateValue {
  const [first] = args;
  switch (name) {
    case "size":
      return list.length;
    case "isEmpty":
      return list.length === 0;
    case "get":
      return list[Number(first)];
    case "contains":
      return list.some((item) => textOf(item) === textOf(first));
    case "add":
      list.push(first);
      return true;
    default:
      return undefined;
  }
}

function mapMethod(map: Map<string, TemplateValue>, name: string, args: TemplateValue[]): TemplateValue {
  const key = textOf(args[0]);
  switch (name) {
    case "get":
      return map.get(key);
    case "getOrDefault":
      return map.get(key) ?? args[1];
    case "put": {
      const before = map.get(key);
      map.set(key, args[1]);
      return before ?? "";
    }
    case "containsKey":
      return map.has(key);
    case "remove": {
      const before = map.get(key);
      map.delete(key);
      return before;
    }
    case "size":
      return map.size;
    case "isEmpty":
      return map.size === 0;
    case "keySet":
      return [...map.keys()];
    case "values":
      return [...map.values()];
    case "entrySet":
      return [...map].map(
        ([k, v]) =>
          new Map<string, TemplateValue>([
            ["key", k],
            ["value", v],
          ]),
      );
    case "toString":
      return textOf(map);
    default:
      return undefined;
  }
}
