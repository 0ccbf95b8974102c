import { type GatewayCall, proxyEvent } from "./proxyEvent.ts";
import { renderVelocity, TemplateError } from "./velocity.ts";
import { fromJson, type TemplateObject, type TemplateValue, textOf, toJson } from "./velocityValues.ts";

/**
 * What templates put in place of what was mapped, in the request's template and, for the response, in either (AWS:
 * "Override your API's request and response parameters and status codes").
 */
export interface Overrides {
  /** `$context.requestOverride`: `header`, `path` and `querystring`. */
  request: Map<string, TemplateValue>;
  /** `$context.responseOverride`: `header` and `status`. */
  response: Map<string, TemplateValue>;
}

const group = () => new Map<string, TemplateValue>();

function overridesOf(call: GatewayCall): Overrides {
  call.overrides ??= {
    request: new Map([
      ["header", group()],
      ["path", group()],
      ["querystring", group()],
    ]),
    response: new Map([["header", group()]]),
  };
  return call.overrides;
}

/** One group of overrides as texts, without values that would break a header. */
function textsOf(from: Map<string, TemplateValue>, name: string): [string, string][] {
  const values = from.get(name);
  const entries =
    values instanceof Map ? [...values].map(([key, value]) => [key, textOf(value)] as [string, string]) : [];
  return entries.filter(([, value]) => !/[\r\n\0]/.test(value));
}

/** What the request's template overrides of headers (lower-case names), path and query. */
export function requestOverride(call: GatewayCall): Record<"header" | "path" | "querystring", [string, string][]> {
  const { request } = overridesOf(call);
  return {
    header: textsOf(request, "header").map(([name, value]) => [name.toLowerCase(), value]),
    path: textsOf(request, "path"),
    querystring: textsOf(request, "querystring"),
  };
}

/** What the templates override of the answer; headers by lower-case names. */
export function responseOverride(call: GatewayCall): { status?: number; headers: Record<string, string> } {
  const { response } = overridesOf(call);
  const wanted = Number(response.get("status"));
  const headers = textsOf(response, "header").map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    status: Number.isInteger(wanted) && wanted >= 100 && wanted <= 599 ? wanted : undefined,
    headers: Object.fromEntries(headers),
  };
}

/** Renders the mapping template of a request. @throws TemplateError */
export function renderMapping(template: string, call: GatewayCall, body: string): string {
  return renderVelocity(template, variablesOf(call, body));
}

/** Renders the mapping template of an integration's answer. @throws TemplateError */
export function renderAnswer(template: string, call: GatewayCall, body: string, status: number): string {
  const variables = variablesOf(call, body);
  variables.context.set("status", status);
  return renderVelocity(template, variables);
}

function variablesOf(call: GatewayCall, body: string) {
  const event = proxyEvent(call);
  const context = fromJson({ ...(event.requestContext as object), authorizer: call.authorizer ?? {} }) as Map<
    string,
    TemplateValue
  >;
  const { request, response } = overridesOf(call);
  context.set("requestOverride", request).set("responseOverride", response);
  return {
    input: inputOf(call, body),
    context,
    util: UTIL,
    stageVariables: fromJson(call.stage.variables),
  };
}

/** `$input` (AWS: "API Gateway mapping template and access logging variable reference"). */
function inputOf(call: GatewayCall, body: string): TemplateObject {
  const event = proxyEvent(call);
  const headers = (event.headers ?? {}) as Record<string, string>;
  const query = (event.queryStringParameters ?? {}) as Record<string, string>;
  const groups = fromJson({ path: call.pathParameters, querystring: query, header: headers }) as Map<
    string,
    TemplateValue
  >;
  let parsed: { value: TemplateValue } | undefined;
  const json = () => {
    parsed ??= { value: fromJson(parseOrEmpty(body)) };
    return parsed.value;
  };
  const find = (path: TemplateValue) => atPath(json(), textOf(path));
  return {
    // An empty body reads as an empty object (recorded on AWS).
    get: (name) => (name === "body" ? body || "{}" : undefined),
    methods: new Map<string, (...args: TemplateValue[]) => TemplateValue>([
      ["body", () => body || "{}"],
      ["path", find],
      ["json", (path) => JSON.stringify(toJson(find(path)) ?? "")],
      [
        "params",
        (name) => {
          if (name === undefined) return groups;
          const wanted = textOf(name);
          // Path, then query string, then headers.
          const header = Object.entries(headers).find(([key]) => key.toLowerCase() === wanted.toLowerCase())?.[1];
          return call.pathParameters[wanted] ?? query[wanted] ?? header ?? "";
        },
      ],
    ]),
  };
}

/** An empty body, and one that is no JSON, count as they do on AWS: as an empty object and as text. */
function parseOrEmpty(body: string): unknown {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** JSONPath's dotted and bracketed steps, `*` and `..name`. */
function atPath(value: TemplateValue, path: string): TemplateValue {
  const steps = path.match(/\.\.[\w-]+|\.[\w-]+|\.\*|\[\d+\]|\[\*\]|\['[^']*'\]|\["[^"]*"\]/g) ?? [];
  if (`$${steps.join("")}` !== path.trim()) throw new TemplateError(`The JSONPath ${path} is not supported`);
  let found: TemplateValue[] = [value];
  let many = false;
  for (const step of steps) {
    many ||= step === ".*" || step === "[*]" || step.startsWith("..");
    found = found.flatMap((item) => oneStep(item, step));
  }
  return many ? found : found[0];
}

function oneStep(value: TemplateValue, step: string): TemplateValue[] {
  const children = Array.isArray(value) ? value : value instanceof Map ? [...value.values()] : [];
  if (step === ".*" || step === "[*]") return children;
  if (step.startsWith("..")) {
    const own = value instanceof Map && value.has(step.slice(2)) ? [value.get(step.slice(2))] : [];
    return [...own, ...children.flatMap((child) => oneStep(child, step))];
  }
  const index = /^\[(\d+)\]$/.exec(step)?.[1];
  if (index !== undefined) return Array.isArray(value) && Number(index) < value.length ? [value[Number(index)]] : [];
  const name = step.startsWith(".") ? step.slice(1) : step.slice(2, -2);
  return value instanceof Map && value.has(name) ? [value.get(name)] : [];
}

/** `$util`. */
const UTIL: TemplateObject = {
  methods: new Map<string, (...args: TemplateValue[]) => TemplateValue>([
    ["escapeJavaScript", (text) => escapeJavaScript(textOf(text))],
    ["parseJson", (text) => fromJson(parseOrEmpty(textOf(text)))],
    ["urlEncode", (text) => encodeURIComponent(textOf(text)).replaceAll("%20", "+")],
    ["urlDecode", (text) => decoded(textOf(text))],
    ["base64Encode", (text) => Buffer.from(textOf(text)).toString("base64")],
    ["base64Decode", (text) => Buffer.from(textOf(text), "base64").toString()],
  ]),
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** As Apache's StringEscapeUtils does it, single quotes included. */
function escapeJavaScript(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1);
  return escaped.replaceAll("'", "\\'").replaceAll("/", "\\/");
}
