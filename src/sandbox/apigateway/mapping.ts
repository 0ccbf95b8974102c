import { type GatewayCall, proxyEvent } from "./proxyEvent.ts";
import { renderVelocity, TemplateError } from "./velocity.ts";
import { fromJson, type TemplateObject, type TemplateValue, textOf, toJson } from "./velocityValues.ts";

/** What a template of an answer puts in place of what was mapped: `$context.responseOverride`. */
export interface ResponseOverride {
  status?: number;
  /** By lower-case names. */
  headers: Record<string, string>;
}

/** Renders the mapping template of a request. @throws TemplateError */
export function renderMapping(template: string, call: GatewayCall, body: string): string {
  return renderVelocity(template, variablesOf(call, body));
}

/**
 * Renders the mapping template of an integration's answer (AWS: "Override your API's request and response parameters and
 * status codes").
 * @throws TemplateError
 */
export function renderAnswer(
  template: string,
  call: GatewayCall,
  body: string,
  status: number,
): { body: string; override: ResponseOverride } {
  const variables = variablesOf(call, body);
  const header = new Map<string, TemplateValue>();
  const responseOverride = new Map<string, TemplateValue>([["header", header]]);
  variables.context.set("status", status).set("responseOverride", responseOverride);
  const rendered = renderVelocity(template, variables);
  const wanted = Number(responseOverride.get("status"));
  const headers = [...header].map(([name, value]) => [name.toLowerCase(), textOf(value)] as const);
  return {
    body: rendered,
    override: {
      status: Number.isInteger(wanted) && wanted >= 100 && wanted <= 599 ? wanted : undefined,
      headers: Object.fromEntries(headers.filter(([, value]) => !/[\r\n\0]/.test(value))),
    },
  };
}

function variablesOf(call: GatewayCall, body: string) {
  const event = proxyEvent(call);
  const context = fromJson({ ...(event.requestContext as object), authorizer: call.authorizer ?? {} }) as Map<
    string,
    TemplateValue
  >;
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
    get: (name) => (name === "body" ? body : undefined),
    methods: new Map<string, (...args: TemplateValue[]) => TemplateValue>([
      ["body", () => body],
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
