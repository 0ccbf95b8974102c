import type { WireRequest, WireResponse } from "../wire/types.ts";
import type { ApiStage } from "./apiStore.ts";
import type { Overrides } from "./mapping.ts";

/** A request on its way through a stage. */
export interface GatewayCall {
  req: WireRequest;
  apiId: string;
  region: string;
  accountId: string;
  stage: ApiStage;
  /** Path below the stage, percent-encoded as sent, beginning with a slash. */
  path: string;
  resourceId: string;
  resourcePath: string;
  pathParameters: Record<string, string>;
  binaryMediaTypes: readonly string[];
  requestId: string;
  extendedRequestId: string;
  traceId: string;
  /** Epoch ms. */
  receivedAt: number;
  /** What an authorizer said of the caller: its principal and its context. */
  authorizer?: Record<string, string | number | boolean>;
  /** Who signed the request, where the method asks for it. */
  signedBy?: { accessKeyId: string; principalArn: string };
  /** The key that let the request in. */
  apiKey?: { id: string; value: string };
  /** What mapping templates have overridden so far. */
  overrides?: Overrides;
  /** Real ms from asking the integration to its answer; absent when it was not asked. */
  integrationMs?: number;
}

/** Headers that are between two hops and never reach the integration. */
const HOP_HEADERS = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "proxy-authorization",
  "content-length",
  "expect",
]);
/** Headers of an integration that the gateway sends under another name (AWS: "Amazon API Gateway important notes"). */
const REMAPPED = new Set([
  "authorization",
  "connection",
  "content-length",
  "content-md5",
  "date",
  "expect",
  "host",
  "max-forwards",
  "proxy-authenticate",
  "server",
  "te",
  "transfer-encoding",
  "trailer",
  "upgrade",
  "www-authenticate",
]);

/** The event of a Lambda proxy integration, format 1.0 (AWS: "Input format of a Lambda function for proxy integration"). */
export function proxyEvent(call: GatewayCall): Record<string, unknown> {
  const { req, stage } = call;
  const domainName = `${call.apiId}.execute-api.${call.region}.amazonaws.com`;
  const headers = requestHeaders(call, domainName);
  const query = [...req.query];
  const path = decodePath(call.path);
  const binary = matchesMedia(call.binaryMediaTypes, req.headers["content-type"]);
  const body = Buffer.from(req.body);
  return {
    resource: call.resourcePath,
    path,
    httpMethod: req.method,
    headers: Object.fromEntries(headers.map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.length
      ? Object.fromEntries(query.map(([name, values]) => [name, values.at(-1)]))
      : null,
    multiValueQueryStringParameters: query.length ? Object.fromEntries(query) : null,
    pathParameters: Object.keys(call.pathParameters).length ? call.pathParameters : null,
    stageVariables: Object.keys(stage.variables).length ? stage.variables : null,
    requestContext: {
      resourceId: call.resourceId,
      resourcePath: call.resourcePath,
      httpMethod: req.method,
      extendedRequestId: call.extendedRequestId,
      requestTime: requestTime(call.receivedAt),
      path: `/${stage.name}${path}`,
      accountId: call.accountId,
      protocol: "HTTP/1.1",
      stage: stage.name,
      domainPrefix: call.apiId,
      requestTimeEpoch: call.receivedAt,
      requestId: call.requestId,
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        sourceIp: "127.0.0.1",
        principalOrgId: null,
        accessKey: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        userAgent: req.headers["user-agent"] ?? null,
        user: null,
        ...(call.signedBy && signerOf(call.signedBy)),
        ...(call.apiKey && { apiKey: call.apiKey.value, apiKeyId: call.apiKey.id }),
      },
      domainName,
      deploymentId: stage.deploymentId,
      apiId: call.apiId,
      ...(call.authorizer && { authorizer: call.authorizer }),
    },
    body: body.byteLength === 0 ? null : body.toString(binary ? "base64" : "utf8"),
    isBase64Encoded: binary && body.byteLength > 0,
  };
}

/** The caller of a signed request (AWS: "$context.identity"); the sandbox's principals have no ids but their names. */
function signerOf({ accessKeyId, principalArn }: { accessKeyId: string; principalArn: string }) {
  const [, , , , accountId, name = ""] = principalArn.split(":");
  const user = name === "root" ? accountId : name.split("/").slice(1).join(":");
  return { accountId, caller: user, accessKey: accessKeyId, userArn: principalArn, user };
}

/** Headers with the names that most clients of HTTP/1.1 write; node hands them over in lower case. */
function requestHeaders(call: GatewayCall, domainName: string): [string, string[]][] {
  const out: [string, string[]][] = [];
  for (const [name, value] of Object.entries(call.req.headers))
    if (value !== undefined && !HOP_HEADERS.has(name) && name !== "host")
      out.push([name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()), [value]]);
  out.push(
    ["Host", [domainName]],
    ["X-Amzn-Trace-Id", [call.traceId]],
    ["X-Forwarded-For", ["127.0.0.1"]],
    ["X-Forwarded-Port", ["443"]],
    ["X-Forwarded-Proto", ["https"]],
  );
  return out;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** `10/Mar/2025:09:02:33 +0000` */
function requestTime(at: number): string {
  const [, , month] = new Date(at).toUTCString().split(" ");
  const iso = new Date(at).toISOString();
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

/** True when the first media type of a header is among the binary ones (a wildcard part matches all). */
function matchesMedia(binary: readonly string[], header: string | undefined): boolean {
  const type = header?.split(",")[0]?.split(";")[0]?.trim().toLowerCase();
  if (binary.includes("*/*")) return true;
  if (!type) return false;
  const [family] = type.split("/");
  return binary.some((item) => item.toLowerCase() === type || item.toLowerCase() === `${family}/*`);
}

/**
 * The answer that a function's result stands for; undefined when it is malformed
 * (AWS: "Output format of a Lambda function for proxy integration").
 */
export function proxyAnswer(result: unknown, call: GatewayCall): WireResponse | undefined {
  if (typeof result !== "object" || result === null || Array.isArray(result)) return undefined;
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded, ...unknown } = result as Record<
    string,
    unknown
  >;
  if (Object.keys(unknown).length) return undefined;
  const status = Number(statusCode ?? 200);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (body !== undefined && body !== null && typeof body !== "string") return undefined;
  if (isBase64Encoded !== undefined && typeof isBase64Encoded !== "boolean") return undefined;
  const out: Record<string, string> = {};
  const cookies: string[] = [];
  for (const [map, many] of [
    [multiValueHeaders, true],
    [headers, false],
  ] as const) {
    if (map === undefined || map === null) continue;
    if (typeof map !== "object" || Array.isArray(map)) return undefined;
    for (const [name, value] of Object.entries(map)) {
      if (many ? !Array.isArray(value) : typeof value === "object" && value !== null) return undefined;
      const text = many ? (value as unknown[]).join(", ") : String(value ?? "");
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n\0]/.test(text)) return undefined;
      const lower = name.toLowerCase();
      if (lower === "set-cookie" && many) cookies.push(...(value as unknown[]).map(String));
      else {
        const sent = REMAPPED.has(lower) ? `x-amzn-remapped-${lower}` : lower;
        out[sent] = out[sent] === undefined ? text : `${out[sent]}, ${text}`;
      }
    }
  }
  out["content-type"] ??= "application/json";
  const text = (body as string | null | undefined) ?? "";
  const decode =
    isBase64Encoded === true &&
    (matchesMedia(call.binaryMediaTypes, call.req.headers.accept) ||
      matchesMedia(call.binaryMediaTypes, out["content-type"]));
  return {
    status,
    headers: out,
    ...(cookies.length && { cookies }),
    body: decode ? Buffer.from(text, "base64") : text,
  };
}
