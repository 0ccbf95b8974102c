import {
  DeleteGatewayResponseCommand,
  GatewayResponseType,
  GetGatewayResponseCommand,
  GetGatewayResponsesCommand,
  type PatchOperation,
  PutGatewayResponseCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type ApiSnapshot, type ApiStore, badRequest, type GatewayAnswer, notFound } from "./apiStore.ts";
import { applyPatches, mapRule } from "./patch.ts";

/** Status of each type without customisation (AWS: "Gateway response types"). */
const DEFAULT_STATUS: Partial<Record<GatewayResponseType, string>> = {
  ACCESS_DENIED: "403",
  API_CONFIGURATION_ERROR: "500",
  AUTHORIZER_CONFIGURATION_ERROR: "500",
  AUTHORIZER_FAILURE: "500",
  BAD_REQUEST_BODY: "400",
  BAD_REQUEST_PARAMETERS: "400",
  EXPIRED_TOKEN: "403",
  INTEGRATION_FAILURE: "504",
  INTEGRATION_TIMEOUT: "504",
  INVALID_API_KEY: "403",
  INVALID_SIGNATURE: "403",
  MISSING_AUTHENTICATION_TOKEN: "403",
  QUOTA_EXCEEDED: "429",
  REQUEST_TOO_LARGE: "413",
  RESOURCE_NOT_FOUND: "404",
  THROTTLED: "429",
  UNAUTHORIZED: "401",
  UNSUPPORTED_MEDIA_TYPE: "415",
  WAF_FILTERED: "403",
};

/** What the gateway's own answers look like. */
export const DEFAULT_TEMPLATE = '{"message":$context.error.messageString}';
const DEFAULT_TEMPLATES = { "application/json": DEFAULT_TEMPLATE };

/** Customised answers of the gateway: Put-, Get- and DeleteGatewayResponse. */
export function addGatewayResponseOperations(service: ServiceBuilder, store: ApiStore): void {
  service
    .on(PutGatewayResponseCommand)((input, ctx) => {
      const type = typeOf(input.responseType);
      for (const [name, value] of Object.entries(input.responseParameters ?? {})) {
        if (!/^gatewayresponse\.header\.[\w-]+$/.test(name))
          throw badRequest(
            `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: ${name}]`,
          );
        if (
          !/^('[^']*'|method\.request\.(header|querystring)\.[\w.$-]+|context\.[\w.]+|stageVariables\.\w+)$/.test(value)
        )
          throw badRequest(
            `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: ${value}]`,
          );
      }
      store.api(input.restApiId, ctx.region).gatewayResponses.set(type, {
        statusCode: input.statusCode,
        responseParameters: input.responseParameters ?? {},
        responseTemplates: input.responseTemplates,
      });
      ctx.status = 201;
      return describe(store.api(input.restApiId, ctx.region), type);
    })
    .on(GetGatewayResponseCommand)((input, ctx) =>
      describe(store.api(input.restApiId, ctx.region), typeOf(input.responseType)),
    )
    .on(GetGatewayResponsesCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      return { items: Object.values(GatewayResponseType).map((type) => describe(api, type)) };
    })
    .on(DeleteGatewayResponseCommand)((input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    if (!api.gatewayResponses.delete(typeOf(input.responseType)))
      throw notFound("Gateway response type not defined on api");
    ctx.status = 202;
    return {};
  });
}

/** UpdateGatewayResponse; one that was not customised starts from its default. */
export function changeGatewayResponse(
  api: ApiSnapshot,
  responseType: string | undefined,
  operations: PatchOperation[],
) {
  const type = typeOf(responseType);
  const before = api.gatewayResponses.get(type);
  const responseTemplates: Record<string, string> = { ...(before?.responseTemplates ?? DEFAULT_TEMPLATES) };
  const answer: GatewayAnswer = {
    statusCode: before?.statusCode,
    responseParameters: { ...before?.responseParameters },
    responseTemplates,
  };
  applyPatches(operations, {
    "/statusCode": ({ value }) => {
      answer.statusCode = value;
    },
    "/responseParameters/{name}": mapRule(answer.responseParameters, (value) => value),
    "/responseTemplates/{contentType}": mapRule(responseTemplates, (value) => value),
  });
  api.gatewayResponses.set(type, answer);
  return describe(api, type);
}

function typeOf(type: string | undefined): GatewayResponseType {
  if (!type || !(type in GatewayResponseType)) throw badRequest(`Invalid gateway response type specified: ${type}`);
  return type as GatewayResponseType;
}

function describe(api: ApiSnapshot, type: GatewayResponseType) {
  const own = api.gatewayResponses.get(type);
  return {
    responseType: type,
    statusCode: own?.statusCode ?? DEFAULT_STATUS[type],
    responseParameters: own?.responseParameters ?? {},
    // One that was customised without templates answers with the default one and lists none.
    responseTemplates: own ? own.responseTemplates : DEFAULT_TEMPLATES,
    defaultResponse: own === undefined,
  };
}

/** The customisation that applies to an answer: of its own type, else of its family, else the default. */
export function answerOf(
  snapshot: ApiSnapshot,
  type: GatewayResponseType,
  status: number,
): GatewayAnswer & { responseTemplates: Record<string, string> } {
  const family = status < 500 ? GatewayResponseType.DEFAULT_4XX : GatewayResponseType.DEFAULT_5XX;
  const own = snapshot.gatewayResponses.get(type) ?? snapshot.gatewayResponses.get(family);
  return {
    statusCode: own?.statusCode,
    responseParameters: own?.responseParameters ?? {},
    responseTemplates: own?.responseTemplates ?? DEFAULT_TEMPLATES,
  };
}
