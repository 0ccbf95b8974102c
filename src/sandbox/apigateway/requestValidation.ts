import type { Method } from "@aws-sdk/client-api-gateway";
import type { ApiSnapshot } from "./apiStore.ts";
import type { GatewayCall } from "./proxyEvent.ts";

type Schema = Record<string, unknown>;

/** Why a request is refused before its integration is asked (AWS: "Request validation for REST APIs"). */
export type InvalidRequest = { type: "BAD_REQUEST_PARAMETERS" | "BAD_REQUEST_BODY"; message: string };

/** Checks a request as its method's validator wants; undefined when it may pass. */
export function validateRequest(snapshot: ApiSnapshot, method: Method, call: GatewayCall): InvalidRequest | undefined {
  const validator = snapshot.validators.get(method.requestValidatorId ?? "");
  if (!validator) return undefined;
  if (validator.validateRequestParameters) {
    // Headers, path, query, each by name, as API Gateway lists them.
    const missing = Object.entries(method.requestParameters ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([, required]) => required)
      .flatMap(([name]) => missingParameter(name, call) ?? []);
    if (missing.length)
      return {
        type: "BAD_REQUEST_PARAMETERS",
        message: `Missing required request parameters: [${missing.join(", ")}]`,
      };
  }
  if (!validator.validateRequestBody) return undefined;
  const type = call.req.headers["content-type"]?.split(";")[0]?.trim() || "application/json";
  const name = method.requestModels?.[type] ?? method.requestModels?.$default;
  const text = snapshot.models.get(name ?? "")?.schema;
  if (text === undefined) return undefined;
  try {
    const body: unknown = JSON.parse(Buffer.from(call.req.body).toString());
    const root = JSON.parse(text) as Schema;
    if (fits(root, body, { root, models: snapshot.models, depth: 0 })) return undefined;
  } catch {
    // no JSON: said below
  }
  return { type: "BAD_REQUEST_BODY", message: "Invalid request body" };
}

/** The name of a required parameter that the request lacks. */
function missingParameter(parameter: string, call: GatewayCall): string | undefined {
  const [, kind, name = ""] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(parameter) ?? [];
  const sent =
    kind === "header"
      ? call.req.headers[name.toLowerCase()]
      : kind === "querystring"
        ? call.req.query.get(name)?.[0]
        : call.pathParameters[name];
  return sent === undefined || sent === "" ? name : undefined;
}

const TYPES: Record<string, (value: unknown) => boolean> = {
  array: Array.isArray,
  boolean: (value) => typeof value === "boolean",
  integer: Number.isInteger,
  null: (value) => value === null,
  number: (value) => typeof value === "number",
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  string: (value) => typeof value === "string",
};

/** Where references lead: within the schema, or to another model of the API. */
interface Scope {
  root: Schema;
  models: ApiSnapshot["models"];
  /** References that were followed without a look at the value. */
  depth: number;
}

/** References that lead to one another say nothing. */
const MAX_REFERENCES = 50;

function refer(reference: string, value: unknown, scope: Scope): boolean {
  if (scope.depth >= MAX_REFERENCES) return true;
  const name = /\/models\/(\w+)$/.exec(reference)?.[1];
  if (name !== undefined) {
    const text = scope.models.get(name)?.schema;
    if (text === undefined) return true;
    const root = JSON.parse(text) as Schema;
    return fits(root, value, { ...scope, root, depth: scope.depth + 1 });
  }
  const target = reference
    .replace(/^#\/?/, "")
    .split("/")
    .filter(Boolean)
    .reduce<unknown>((at, key) => (at as Schema | undefined)?.[key], scope.root);
  return target === undefined || fits(target as Schema, value, { ...scope, depth: scope.depth + 1 });
}

/** JSON Schema draft 4, without formats. */
function fits(schema: Schema, value: unknown, root: Scope): boolean {
  if (typeof schema.$ref === "string") return refer(schema.$ref, value, root);
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length && !types.some((type) => TYPES[String(type)]?.(value) ?? true)) return false;
  const all = (list: unknown) => (Array.isArray(list) ? (list as Schema[]) : []);
  if (Array.isArray(schema.enum) && !schema.enum.some((item) => JSON.stringify(item) === JSON.stringify(value)))
    return false;
  if (!all(schema.allOf).every((part) => fits(part, value, root))) return false;
  if (schema.anyOf && !all(schema.anyOf).some((part) => fits(part, value, root))) return false;
  if (schema.oneOf && all(schema.oneOf).filter((part) => fits(part, value, root)).length !== 1) return false;
  if (schema.not && fits(schema.not as Schema, value, root)) return false;
  if (typeof value === "number") return numberFits(schema, value);
  if (typeof value === "string") return textFits(schema, value);
  if (Array.isArray(value)) return arrayFits(schema, value, root);
  return typeof value === "object" && value !== null ? objectFits(schema, value as Schema, root) : true;
}

const within = (size: number, min: unknown, max: unknown) =>
  (typeof min !== "number" || size >= min) && (typeof max !== "number" || size <= max);

function numberFits(schema: Schema, value: number): boolean {
  if (!within(value, schema.minimum, schema.maximum)) return false;
  if (schema.exclusiveMinimum === true && value === schema.minimum) return false;
  if (schema.exclusiveMaximum === true && value === schema.maximum) return false;
  return typeof schema.multipleOf !== "number" || Number.isInteger(value / schema.multipleOf);
}

function textFits(schema: Schema, value: string): boolean {
  return (
    within([...value].length, schema.minLength, schema.maxLength) &&
    (typeof schema.pattern !== "string" || new RegExp(schema.pattern).test(value))
  );
}

function arrayFits(schema: Schema, value: unknown[], scope: Scope): boolean {
  const root = { ...scope, depth: 0 };
  if (!within(value.length, schema.minItems, schema.maxItems)) return false;
  if (schema.uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length) return false;
  const { items } = schema;
  if (items === undefined) return true;
  return value.every((item, index) => {
    const part = Array.isArray(items) ? (items[index] as Schema | undefined) : (items as Schema);
    return part === undefined || fits(part, item, root);
  });
}

function objectFits(schema: Schema, value: Schema, scope: Scope): boolean {
  const root = { ...scope, depth: 0 };
  const names = Object.keys(value);
  if (!within(names.length, schema.minProperties, schema.maxProperties)) return false;
  const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
  if (!required.every((name) => Object.hasOwn(value, name))) return false;
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  return names.every((name) => {
    const part = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (part) return fits(part, value[name], root);
    const rest = schema.additionalProperties;
    return rest === false ? false : typeof rest === "object" ? fits(rest as Schema, value[name], root) : true;
  });
}
