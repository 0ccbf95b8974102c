import type { Integration } from "@aws-sdk/client-api-gateway";
import { requestOverride } from "./mapping.ts";
import { type GatewayCall, proxyEvent } from "./proxyEvent.ts";
import { fromJson, type TemplateValue, textOf } from "./velocityValues.ts";

/** What a request's parameter mapping makes for the integration. */
export interface MappedRequest {
  headers: Record<string, string>;
  query: [string, string][];
  path: Record<string, string>;
}

/** Applies `requestParameters` (AWS: "Parameter mapping examples for REST APIs"), and what templates override of them. */
export function mappedRequest(integration: Integration, call: GatewayCall): MappedRequest {
  const out: MappedRequest = { headers: {}, query: [], path: {} };
  for (const [target, source] of Object.entries(integration.requestParameters ?? {})) {
    const [, kind, name = ""] = /^integration\.request\.(header|querystring|path)\.(.+)$/.exec(target) ?? [];
    const value = readParameter(source, call);
    if (value === undefined || /[\r\n\0]/.test(value)) continue;
    if (kind === "header") out.headers[name.toLowerCase()] = value;
    else if (kind === "querystring") out.query.push([name, value]);
    else if (kind === "path") out.path[name] = value;
  }
  const override = requestOverride(call);
  Object.assign(out.headers, Object.fromEntries(override.header));
  Object.assign(out.path, Object.fromEntries(override.path));
  const replaced = new Set(override.querystring.map(([name]) => name));
  out.query = [...out.query.filter(([name]) => !replaced.has(name)), ...override.querystring];
  return out;
}

/** The value that a mapping expression or an identity source stands for. */
export function readParameter(source: string, call: GatewayCall): string | undefined {
  const literal = /^'(.*)'$/s.exec(source)?.[1];
  if (literal !== undefined) return literal;
  const [, kind, name = ""] =
    /^method\.request\.(header|querystring|path|body|multivalueheader|multivaluequerystring)\.?(.*)$/.exec(source) ??
    [];
  if (kind?.endsWith("header")) return call.req.headers[name.toLowerCase()];
  if (kind === "path") return call.pathParameters[name];
  if (kind === "body")
    return name === "" ? Buffer.from(call.req.body).toString() : member(Buffer.from(call.req.body).toString(), name);
  if (kind) return call.req.query.get(name)?.at(-1);
  const variable = /^stageVariables\.(\w+)$/.exec(source)?.[1];
  if (variable) return call.stage.variables[variable];
  const context = /^context\.(.+)$/.exec(source)?.[1];
  if (!context) return undefined;
  const { requestContext } = proxyEvent(call);
  return walk(fromJson({ ...(requestContext as object), authorizer: call.authorizer ?? {} }), context);
}

function walk(from: TemplateValue, path: string): string | undefined {
  const found = path
    .split(".")
    .reduce<TemplateValue>((at, name) => (at instanceof Map ? at.get(name) : undefined), from);
  return found === undefined || found === null ? undefined : textOf(found);
}

function member(body: string, path: string): string | undefined {
  try {
    return walk(fromJson(JSON.parse(body)), path);
  } catch {
    return undefined;
  }
}

/** Applies `responseParameters` to an integration's answer. */
export function responseHeaders(
  parameters: Record<string, string> | undefined,
  answer: { headers: Record<string, string>; body: string },
  call: GatewayCall,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [target, source] of Object.entries(parameters ?? {})) {
    const name = /^method\.response\.header\.(.+)$/.exec(target)?.[1];
    if (!name) continue;
    const [, kind, key = ""] = /^integration\.response\.(header|multivalueheader|body)\.?(.*)$/.exec(source) ?? [];
    const value =
      kind === "body"
        ? key === ""
          ? answer.body
          : member(answer.body, key)
        : kind
          ? answer.headers[key.toLowerCase()]
          : readParameter(source, call);
    if (value !== undefined && !/[\r\n\0]/.test(value)) headers[name.toLowerCase()] = value;
  }
  return headers;
}
