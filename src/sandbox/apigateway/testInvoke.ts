import { TestInvokeAuthorizerCommand, TestInvokeMethodCommand } from "@aws-sdk/client-api-gateway";
import { parseTarget } from "../wire/httpServer.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { WireRequest } from "../wire/types.ts";
import type { World } from "../world.ts";
import { type ApiStage, type ApiStore, badRequest, notFound, snapshotOf } from "./apiStore.ts";
import type { Authorization } from "./authorization.ts";
import { callOf, invokeUndeployed } from "./stageServer.ts";

/** TestInvokeMethod runs a method as it is edited, without a stage; TestInvokeAuthorizer asks an authorizer. */
export function addTestOperations(
  service: ServiceBuilder,
  world: World,
  store: ApiStore,
  authorization: Authorization,
): void {
  service.on(TestInvokeAuthorizerCommand)(async (input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    const authorizer = api.authorizers.get(input.authorizerId ?? "");
    if (!authorizer) throw notFound("Invalid Authorizer identifier specified");
    const req = requestOf("GET", input.pathWithQueryString || "/", input);
    const call = callOf(world, api, testStage(world, input.stageVariables), req);
    const from = performance.now();
    const { status, principalId, policy, context } = await authorization.test(api, authorizer, call);
    const latency = Math.round(performance.now() - from);
    return {
      clientStatus: status,
      log: [
        `Execution log for request ${ctx.requestId}`,
        `Starting authorizer: ${authorizer.id} for request: ${ctx.requestId}`,
        status === 200 ? `Successfully completed authorizer execution` : `Unauthorized request: ${ctx.requestId}`,
        "",
      ].join("\n"),
      latency,
      principalId,
      policy,
      authorization:
        context && Object.fromEntries(Object.entries(context).map(([name, value]) => [name, [String(value)]])),
    };
  });

  service.on(TestInvokeMethodCommand)(async (input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    const resource = store.resource(api, input.resourceId);
    const method = resource.methods.get(input.httpMethod!) ?? resource.methods.get("ANY");
    if (!method) throw notFound("Invalid Method identifier specified");
    const verb = input.httpMethod === "ANY" ? "GET" : input.httpMethod!;
    const req = requestOf(verb, input.pathWithQueryString || resource.path, input);
    const stage = testStage(world, input.stageVariables);
    const from = performance.now();
    const answer = await invokeUndeployed(world, api, { resource, method, stage, snapshot: snapshotOf(api), req });
    const latency = Math.round(performance.now() - from);
    const body =
      typeof answer.body === "string" ? answer.body : Buffer.from((answer.body as Uint8Array) ?? []).toString();
    return {
      status: answer.status,
      body,
      headers: answer.headers,
      multiValueHeaders: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, [value]])),
      log: [
        `Execution log for request ${ctx.requestId}`,
        `Starting execution for request: ${ctx.requestId}`,
        `HTTP Method: ${req.method}, Resource Path: ${req.rawPath}`,
        `Method response body after transformations: ${body}`,
        `Method completed with status: ${answer.status}`,
        "",
      ].join("\n"),
      latency,
    };
  });
}

/** What a test's input would be as a request. @throws BadRequestException */
function requestOf(
  method: string,
  path: string,
  input: { headers?: Record<string, string>; multiValueHeaders?: Record<string, string[]>; body?: string },
): WireRequest {
  const target = parseTarget(path);
  if (!target) throw badRequest("Invalid path specified");
  const many = Object.entries(input.multiValueHeaders ?? {}).map(([name, values]) => [name, values.join(", ")]);
  const headers = [...many, ...Object.entries(input.headers ?? {})];
  return {
    method,
    ...target,
    headers: Object.fromEntries(headers.map(([name, value]) => [name!.toLowerCase(), value])),
    body: Buffer.from(input.body ?? ""),
  };
}

function testStage(world: World, variables: Record<string, string> | undefined): ApiStage {
  const now = world.clock.now();
  return {
    name: "test-invoke-stage",
    deploymentId: "",
    variables: variables ?? {},
    methodSettings: new Map(),
    tracingEnabled: false,
    accessLog: {},
    tags: {},
    createdAt: now,
    updatedAt: now,
  };
}
