import { randomBytes, randomUUID } from "node:crypto";
import type { Method } from "@aws-sdk/client-api-gateway";
import type { WireRequest, WireResponse } from "../wire/types.ts";
import type { World } from "../world.ts";
import { KeyAdmission } from "./admission.ts";
import { ApiMetrics } from "./apiMetrics.ts";
import type { ApiResource, ApiSnapshot, ApiStage, ApiStore, RestApi } from "./apiStore.ts";
import type { Authorization } from "./authorization.ts";
import { answerOf, DEFAULT_TEMPLATE } from "./gatewayResponses.ts";
import { integrate } from "./integrations.ts";
import type { GatewayCall } from "./proxyEvent.ts";
import {
  FORBIDDEN,
  KEY_REFUSALS,
  MAX_BODY_BYTES,
  MISSING_TOKEN,
  type Refusal,
  THROTTLED,
  TOO_LARGE,
} from "./refusals.ts";
import { validateRequest } from "./requestValidation.ts";
import { Throttle } from "./throttle.ts";

/** Path under which stages are served; the rest is `API_ID/STAGE/PATH`. */
export const STAGE_PREFIX = "/_aws/execute-api/";

/** Serves the deployed stages of all APIs. */
export function createStageServer(
  world: World,
  store: ApiStore,
  authorization: Authorization,
): (req: WireRequest) => Promise<WireResponse> {
  const throttles = new WeakMap<ApiStage, Throttle>();
  const admission = new KeyAdmission(store);
  const metrics = new ApiMetrics(world);

  /** Answers a request for a method, or says why the gateway refuses it. */
  const serve = async (
    api: RestApi,
    snapshot: ApiSnapshot,
    method: Method,
    call: GatewayCall,
  ): Promise<WireResponse | Refusal> => {
    const { req, stage } = call;
    let throttle = throttles.get(stage);
    if (!throttle) {
      throttle = new Throttle();
      throttles.set(stage, throttle);
    }
    if (!throttle.admit(stage, call.resourcePath, req.method, Date.now())) return THROTTLED;
    if (req.body.byteLength > MAX_BODY_BYTES) return TOO_LARGE;
    const authorized = await authorization.admit(api, snapshot, method, call);
    if ("type" in authorized) return authorized;
    if (method.apiKeyRequired) {
      const sent = api.apiKeySource === "AUTHORIZER" ? authorized.key : req.headers["x-api-key"];
      const admitted = admission.admit(sent, api.id, stage.name, Date.now());
      if (typeof admitted === "string") return KEY_REFUSALS[admitted];
      call.apiKey = { id: admitted.key.id, value: admitted.key.value };
    }
    const invalid = validateRequest(snapshot, method, call);
    if (invalid) return { ...invalid, status: 400, error: "BadRequestException" };
    return integrate(world, api, method, call);
  };

  return async (req) => {
    const from = performance.now();
    const { apiId, stageName, path } = locate(req);
    const api = store.apis.get(apiId);
    const stage = api?.stages.get(stageName);
    const snapshot = api && stage ? api.deployments.get(stage.deploymentId)?.snapshot : undefined;
    const base = callBase(world, req, apiId, path);
    if (!api || !stage || !snapshot || api.disableExecuteApiEndpoint) return refuse(FORBIDDEN, snapshot, base);
    const found = match(snapshot, path);
    const method = found?.resource.methods.get(req.method) ?? found?.resource.methods.get("ANY");
    const measure = (status: number, call?: GatewayCall) =>
      metrics.record(api, stage, call, status, performance.now() - from);
    if (!found || !method) {
      const answer = refuse(MISSING_TOKEN, snapshot, base);
      measure(answer.status);
      return answer;
    }
    const call: GatewayCall = {
      ...base,
      region: api.region,
      stage,
      resourceId: found.resource.id,
      resourcePath: found.resource.path,
      pathParameters: found.parameters,
      binaryMediaTypes: snapshot.binaryMediaTypes,
    };
    const outcome = await serve(api, snapshot, method, call);
    const answer = "type" in outcome ? refuse(outcome, snapshot, call) : withIds(outcome, call);
    // A refusal that the API words as a success is still an error (AWS: "counts modified gateway response status codes").
    measure(answer.status < 400 ? outcome.status : answer.status, call);
    return answer;
  };
}

/** Runs a method that need not be deployed, as TestInvokeMethod does: without keys, limits and throttles. */
export async function invokeUndeployed(
  world: World,
  api: RestApi,
  target: { resource: ApiResource; method: Method; stage: ApiStage; snapshot: ApiSnapshot; req: WireRequest },
): Promise<WireResponse> {
  const { resource, method, stage, snapshot, req } = target;
  const call: GatewayCall = {
    ...callBase(world, req, api.id, req.rawPath),
    region: api.region,
    stage,
    resourceId: resource.id,
    resourcePath: resource.path,
    pathParameters: match(snapshot, req.rawPath)?.parameters ?? {},
    binaryMediaTypes: snapshot.binaryMediaTypes,
  };
  const invalid = validateRequest(snapshot, method, call);
  if (invalid) return refuse({ ...invalid, status: 400, error: "BadRequestException" }, snapshot, call);
  const answer = await integrate(world, api, method, call);
  return "type" in answer ? refuse(answer, snapshot, call) : answer;
}

/** A request to a path of an API that is not served by a stage. */
export function callOf(world: World, api: RestApi, stage: ApiStage, req: WireRequest): GatewayCall {
  return {
    ...callBase(world, req, api.id, req.rawPath),
    region: api.region,
    stage,
    resourceId: "test-invoke-resource-id",
    resourcePath: req.rawPath,
    pathParameters: {},
    binaryMediaTypes: api.binaryMediaTypes,
  };
}

type CallBase = Pick<
  GatewayCall,
  "req" | "apiId" | "path" | "requestId" | "extendedRequestId" | "traceId" | "receivedAt" | "accountId"
> &
  Partial<GatewayCall>;

function callBase(world: World, req: WireRequest, apiId: string, path: string): CallBase {
  const receivedAt = world.clock.now();
  return {
    req,
    apiId,
    path,
    accountId: world.accountId,
    requestId: randomUUID(),
    extendedRequestId: randomBytes(9).toString("base64url"),
    traceId: `Root=1-${Math.floor(receivedAt / 1000).toString(16)}-${randomBytes(12).toString("hex")}`,
    receivedAt,
  };
}

/** API, stage and path below it, from the path or from a host such as `abc123.execute-api.localhost`. */
function locate(req: WireRequest): { apiId: string; stageName: string; path: string } {
  const host = /^([a-z0-9]+)\.execute-api\./i.exec(req.headers.host ?? "")?.[1];
  const rest = req.rawPath.startsWith(STAGE_PREFIX) ? req.rawPath.slice(STAGE_PREFIX.length) : `${host}${req.rawPath}`;
  const [apiId = "", stageName = "", ...segments] = rest.split("/");
  // A slash at the end makes no other path (AWS matches /a/ to the resource /a).
  const path = `/${segments.join("/")}`.replace(/(?<=.)\/$/, "");
  return { apiId, stageName, path };
}

interface Match {
  resource: ApiResource;
  parameters: Record<string, string>;
}

/** The resource of a path: exact parts come before variables, these before greedy ones. */
function match(snapshot: ApiSnapshot, path: string): Match | undefined {
  const wanted = path === "/" ? [] : path.slice(1).split("/");
  let best: (Match & { score: string }) | undefined;
  for (const resource of snapshot.resources.values()) {
    const parts = resource.path === "/" ? [] : resource.path.slice(1).split("/");
    const greedy = parts.at(-1)?.endsWith("+}") ?? false;
    if (greedy ? wanted.length < parts.length : wanted.length !== parts.length) continue;
    const parameters: Record<string, string> = {};
    let score = "";
    const fits = parts.every((part, index) => {
      const sent = wanted[index]!;
      const name = /^\{(.+?)(\+?)\}$/.exec(part);
      score += name ? (name[2] ? "2" : "1") : "0";
      if (!name) return part === decode(sent);
      parameters[name[1]!] = decode(name[2] ? wanted.slice(index).join("/") : sent);
      return true;
    });
    if (fits && (!best || score < best.score)) best = { resource, parameters, score };
  }
  return best;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The gateway's own answer, as the API customises it. */
function refuse(refusal: Refusal, snapshot: ApiSnapshot | undefined, call: CallBase): WireResponse {
  const headers: Record<string, string> = { "x-amzn-errortype": refusal.error };
  if (!snapshot)
    return withIds(
      {
        status: refusal.status,
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ message: refusal.message }),
      },
      call,
    );
  const answer = answerOf(snapshot, refusal.type, refusal.status);
  const values: Record<string, string> = {
    "context.error.messageString": JSON.stringify(refusal.message),
    "context.error.message": refusal.message ?? "null",
    "context.authorizer.principalId": String(call.authorizer?.principalId ?? ""),
    "context.error.responseType": refusal.type,
    "context.requestId": call.requestId,
    "context.extendedRequestId": call.extendedRequestId,
    "context.apiId": call.apiId,
    "context.stage": call.stage?.name ?? "",
    "context.httpMethod": call.req.method,
    "context.resourcePath": call.resourcePath ?? "",
    "context.path": call.path,
  };
  for (const [target, source] of Object.entries(answer.responseParameters)) {
    const name = target.slice("gatewayresponse.header.".length).toLowerCase();
    const literal = /^'(.*)'$/s.exec(source)?.[1];
    const value = literal ?? values[source] ?? sentValue(source, call);
    if (value !== undefined && !/[\r\n\0]/.test(value)) headers[name] = value;
  }
  const [contentType, template] = Object.entries(answer.responseTemplates)[0] ?? ["application/json", ""];
  headers["content-type"] ??= contentType;
  // Where nobody has said otherwise, an authorizer's no is written with a capital letter.
  const isDefault =
    template === DEFAULT_TEMPLATE && refusal.type === "ACCESS_DENIED" && refusal.message !== "Forbidden";
  const body = (isDefault ? template.replace("message", "Message") : template).replace(
    /\$(?:\{(context\.[\w.]*\w)\}|(context\.[\w.]*\w))/g,
    (whole, braced?: string, bare?: string) => values[braced ?? bare ?? ""] ?? whole,
  );
  return withIds({ status: Number(answer.statusCode ?? refusal.status), headers, body }, call);
}

/** What a gateway response's parameter takes from the request. */
function sentValue(source: string, call: CallBase): string | undefined {
  const header = /^method\.request\.header\.(.+)$/.exec(source)?.[1];
  if (header) return call.req.headers[header.toLowerCase()];
  const query = /^method\.request\.querystring\.(.+)$/.exec(source)?.[1];
  if (query) return call.req.query.get(query)?.at(-1);
  const variable = /^stageVariables\.(\w+)$/.exec(source)?.[1];
  return variable ? call.stage?.variables[variable] : undefined;
}

function withIds(answer: WireResponse, call: CallBase): WireResponse {
  answer.headers["x-amzn-requestid"] = call.requestId;
  answer.headers["x-amz-apigw-id"] = call.extendedRequestId;
  if (call.stage) answer.headers["x-amzn-trace-id"] ??= call.traceId;
  return answer;
}
