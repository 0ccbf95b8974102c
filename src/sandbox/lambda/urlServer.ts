import { randomUUID } from "node:crypto";
import { type Cors, InvokeCommand } from "@aws-sdk/client-lambda";
import { WireError, type WireRequest, type WireResponse } from "../wire/types.ts";
import type { World } from "../world.ts";
import type { FunctionStore, LambdaFunction } from "./functionStore.ts";
import { type FunctionUrl, URL_PREFIX } from "./functionUrls.ts";

const MAX_BYTES = 6 * 1024 * 1024;
/** What a function answers with, when it speaks of HTTP (AWS: "Response payload format"). */
interface HttpResult {
  statusCode: number;
  headers?: Record<string, unknown>;
  body?: unknown;
  cookies?: unknown;
  isBase64Encoded?: unknown;
}

interface Target {
  fn: LambdaFunction;
  qualifier: string;
  url: FunctionUrl;
  /** Path below the URL, with one slash at its begin however many were sent. */
  path: string;
}

const refused = (status: number, type: string, body: object): WireResponse => ({
  status,
  headers: { "content-type": "application/json", "x-amzn-errortype": type },
  body: JSON.stringify(body),
});
const FORBIDDEN = () =>
  refused(403, "AccessDeniedException", {
    Message:
      "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
  });

/** Answers a request to a function's URL by running the function (AWS: "Invoking Lambda function URLs"). */
export async function serveUrl(world: World, store: FunctionStore, req: WireRequest): Promise<WireResponse> {
  const target = locate(store, req);
  if (!target) return refused(403, "AccessDeniedException", { Message: null });
  const { fn, qualifier, url } = target;
  const origin = req.headers.origin;
  // Lambda answers a preflight by itself where the URL has CORS settings.
  if (url.cors && req.method === "OPTIONS" && origin && req.headers["access-control-request-method"])
    return { status: 200, headers: corsHeaders(url.cors, origin, true) };
  let signer: { accessKeyId: string; principalArn: string } | undefined;
  if (url.authType === "AWS_IAM") {
    if (req.headers.authorization === undefined && !req.query.has("X-Amz-Signature")) return FORBIDDEN();
    try {
      signer = world.authenticate(req, "lambda");
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return refused(403, error.code, { message: error.message });
    }
  } else if (!isOpen(fn, qualifier)) return FORBIDDEN();
  if (req.body.byteLength > MAX_BYTES)
    return refused(413, "RequestEntityTooLargeException", { Message: "Request Entity Too Large" });
  const answer = await run(world, target, req, signer);
  if (url.cors && origin) Object.assign(answer.headers, corsHeaders(url.cors, origin, false));
  return answer;
}

/** By the path form, or by a host such as `abc.lambda-url.us-east-1.localhost`. */
function locate(store: FunctionStore, req: WireRequest): Target | undefined {
  const host = /^([a-z0-9]+)\.lambda-url\./i.exec(req.headers.host ?? "")?.[1];
  const byPath = req.rawPath.startsWith(URL_PREFIX);
  const [id, ...rest] = byPath
    ? req.rawPath.slice(URL_PREFIX.length).split("/")
    : [host, ...req.rawPath.slice(1).split("/")];
  for (const fn of store.all())
    for (const [qualifier, url] of fn.family.urls ?? [])
      if (url.id === id) return { fn, qualifier, url, path: `/${rest.join("/")}`.replace(/^\/+/, "/") };
  return undefined;
}

/** The path of `requestContext.http`, which is decoded (recorded on AWS). */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Whether the function's policy lets everybody in through its URL. */
function isOpen(fn: LambdaFunction, qualifier: string): boolean {
  return (fn.family.policies.get(qualifier) ?? []).some(
    ({ Principal, Action, Condition }) =>
      Principal === "*" &&
      /^(lambda:InvokeFunctionUrl|lambda:\*|\*)$/i.test(Action) &&
      (Condition?.StringEquals?.["lambda:FunctionUrlAuthType"] ?? "NONE") === "NONE",
  );
}

async function run(
  world: World,
  target: Target,
  req: WireRequest,
  signer: { accessKeyId: string; principalArn: string } | undefined,
): Promise<WireResponse> {
  const { fn, qualifier } = target;
  const Payload = Buffer.from(JSON.stringify(eventOf(world, target, req, signer)));
  try {
    const FunctionName = qualifier === "" ? fn.arn : `${fn.arn}:${qualifier}`;
    const result = await world.call(InvokeCommand, { FunctionName, Payload }, { region: fn.region });
    if (result.FunctionError) return failed(502);
    return answerOf(Buffer.from(result.Payload as Uint8Array).toString()) ?? failed(502);
  } catch (error) {
    if ((error as Error).name === "TooManyRequestsException")
      return refused(429, "TooManyRequestsException", { Message: "Rate Exceeded." });
    return failed(502); // it cannot run: its state or its runtime says why
  }
}

const failed = (status: number): WireResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: "Internal Server Error",
});

/** The event in format 2.0 (AWS: "Request payload format"). */
function eventOf(
  world: World,
  { url, path, fn }: Target,
  req: WireRequest,
  signer: { accessKeyId: string; principalArn: string } | undefined,
): Record<string, unknown> {
  const now = world.clock.now();
  const domainName = `${url.id}.lambda-url.${fn.region}.on.aws`;
  const { cookie, host: _host, connection: _connection, ...own } = req.headers;
  const headers = {
    ...own,
    host: domainName,
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-port": "443",
    "x-forwarded-proto": "https",
  };
  // Forms too are handed over in base64 (seen in events of curl -d).
  const isText = /^(text\/|application\/(json|xml|javascript))|\+(json|xml)/i.test(req.headers["content-type"] ?? "");
  const body = Buffer.from(req.body);
  const [, , , , accountId, name = ""] = signer?.principalArn.split(":") ?? [];
  const callerId = name === "root" ? accountId : name.split("/").slice(1).join(":");
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: req.rawQuery,
    ...(cookie && { cookies: cookie.split(/;\s*/) }),
    headers,
    ...(req.query.size && {
      queryStringParameters: Object.fromEntries([...req.query].map(([key, values]) => [key, values.join(",")])),
    }),
    requestContext: {
      accountId: accountId ?? "anonymous",
      apiId: url.id,
      ...(signer && {
        authorizer: {
          iam: {
            accessKey: signer.accessKeyId,
            accountId,
            callerId,
            cognitoIdentity: null,
            principalOrgId: null,
            userArn: signer.principalArn,
            userId: callerId,
          },
        },
      }),
      domainName,
      domainPrefix: url.id,
      http: {
        method: req.method,
        path: decoded(path),
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: req.headers["user-agent"],
      },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: timeText(now),
      timeEpoch: now,
    },
    ...(body.byteLength && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.byteLength > 0 && !isText,
  };
}

/** `10/Mar/2025:09:02:33 +0000` */
function timeText(at: number): string {
  const [, day, month, year, time] = new Date(at).toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

/** What a client gets for a function's result; undefined when the result is malformed. */
function answerOf(payload: string): WireResponse | undefined {
  const result: unknown = JSON.parse(payload);
  const isHttp = typeof result === "object" && result !== null && "statusCode" in result;
  // Whatever says nothing of HTTP is the body itself.
  if (!isHttp) {
    const body = typeof result === "string" ? result : JSON.stringify(result);
    return { status: 200, headers: { "content-type": "application/json" }, body };
  }
  const { statusCode, headers, body, cookies, isBase64Encoded } = result as HttpResult;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const text = String(value);
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n\0]/.test(text)) return undefined;
    if (!/^(content-length|transfer-encoding|connection)$/i.test(name)) out[name.toLowerCase()] = text;
  }
  const list = (Array.isArray(cookies) ? cookies : []).map(String);
  if (list.some((cookie) => /[\r\n\0]/.test(cookie))) return undefined;
  out["content-type"] ??= "application/json";
  const text = body === undefined || body === null ? "" : typeof body === "string" ? body : JSON.stringify(body);
  return {
    status,
    headers: out,
    ...(list.length && { cookies: list }),
    body: isBase64Encoded === true ? Buffer.from(text, "base64") : text,
  };
}

function corsHeaders(cors: Cors, origin: string, isPreflight: boolean): Record<string, string> {
  const origins = cors.AllowOrigins ?? [];
  if (!origins.includes("*") && !origins.some((one) => matches(one, origin))) return {};
  const list = (values: string[] | undefined) => (values?.length ? values.join(",") : undefined);
  const headers: Record<string, string | undefined> = {
    "access-control-allow-origin": origins.includes("*") ? "*" : origin,
    vary: "Origin",
    "access-control-allow-credentials": cors.AllowCredentials ? "true" : undefined,
    ...(isPreflight
      ? {
          "access-control-allow-headers": list(cors.AllowHeaders),
          "access-control-allow-methods": list(cors.AllowMethods),
          "access-control-max-age": cors.MaxAge === undefined ? undefined : String(cors.MaxAge),
        }
      : { "access-control-expose-headers": list(cors.ExposeHeaders) }),
  };
  return Object.fromEntries(Object.entries(headers).filter((item): item is [string, string] => item[1] !== undefined));
}

/** `https://*.example.com` stands for all below. */
function matches(pattern: string, origin: string): boolean {
  const expression = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  return new RegExp(`^${expression}$`, "i").test(origin);
}
