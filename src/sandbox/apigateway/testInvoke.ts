import { TestInvokeMethodCommand } from "@aws-sdk/client-api-gateway";
import { parseTarget } from "../wire/httpServer.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { WireRequest } from "../wire/types.ts";
import type { World } from "../world.ts";
import { type ApiStage, type ApiStore, badRequest, notFound, snapshotOf } from "./apiStore.ts";
import { invokeUndeployed } from "./stageServer.ts";

/** TestInvokeMethod: runs a method as it is edited, without a stage. */
export function addTestOperation(service: ServiceBuilder, world: World, store: ApiStore): void {
  service.on(TestInvokeMethodCommand)(async (input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    const resource = store.resource(api, input.resourceId);
    const method = resource.methods.get(input.httpMethod!) ?? resource.methods.get("ANY");
    if (!method) throw notFound("Invalid Method identifier specified");
    const target = parseTarget(input.pathWithQueryString || resource.path);
    if (!target) throw badRequest("Invalid path specified");
    const headers = Object.entries(input.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
    const req: WireRequest = {
      method: input.httpMethod === "ANY" ? "GET" : input.httpMethod!,
      ...target,
      headers: Object.fromEntries(headers),
      body: Buffer.from(input.body ?? ""),
    };
    const now = world.clock.now();
    const stage: ApiStage = {
      name: "test-invoke-stage",
      deploymentId: "",
      variables: input.stageVariables ?? {},
      methodSettings: new Map(),
      tracingEnabled: false,
      accessLog: {},
      tags: {},
      createdAt: now,
      updatedAt: now,
    };
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
