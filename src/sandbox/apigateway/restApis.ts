import {
  CreateRestApiCommand,
  DeleteRestApiCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetTagsCommand,
  type PatchOperation,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { type ApiStore, apiId, badRequest, notFound, pageOf, type RestApi } from "./apiStore.ts";

/** CreateRestApi, GetRestApi(s), UpdateRestApi, DeleteRestApi and tags. */
export function addRestApiOperations(service: ServiceBuilder, world: World, store: ApiStore): void {
  service
    .on(CreateRestApiCommand)((input, ctx) => {
      if (!input.name) throw badRequest("API name must not be empty");
      if (input.cloneFrom) throw badRequest("This sandbox does not clone APIs; create the resources anew.");
      const rootResourceId = apiId(10);
      const api: RestApi = {
        id: apiId(10),
        region: ctx.region,
        name: input.name,
        description: input.description,
        version: input.version,
        createdAt: world.clock.now(),
        endpointConfiguration: input.endpointConfiguration ?? { types: ["EDGE"] },
        apiKeySource: input.apiKeySource ?? "HEADER",
        minimumCompressionSize: input.minimumCompressionSize,
        disableExecuteApiEndpoint: input.disableExecuteApiEndpoint ?? false,
        policy: input.policy,
        tags: input.tags ?? {},
        binaryMediaTypes: input.binaryMediaTypes ?? [],
        rootResourceId,
        resources: new Map([[rootResourceId, { id: rootResourceId, path: "/", methods: new Map() }]]),
        gatewayResponses: new Map(),
        deployments: new Map(),
        stages: new Map(),
      };
      store.apis.set(api.id, api);
      ctx.status = 201;
      return describe(api);
    })
    .on(GetRestApiCommand)((input, ctx) => describe(store.api(input.restApiId, ctx.region)))
    .on(GetRestApisCommand)((input, ctx) => {
      const apis = [...store.apis.values()].filter((api) => api.region === ctx.region);
      const page = pageOf(apis, input.limit, input.position);
      return { items: page.items.map(describe), position: page.position };
    })
    .on(UpdateRestApiCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      for (const operation of input.patchOperations ?? []) patch(api, operation);
      return describe(api);
    })
    .on(DeleteRestApiCommand)((input, ctx) => {
      store.apis.delete(store.api(input.restApiId, ctx.region).id);
      ctx.status = 202;
      return {};
    })
    .on(GetTagsCommand)((input, ctx) => ({ tags: tagsOf(store, input.resourceArn!, ctx.region) }))
    .on(TagResourceCommand)((input, ctx) => {
      Object.assign(tagsOf(store, input.resourceArn!, ctx.region), input.tags);
      ctx.status = 204;
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
    const tags = tagsOf(store, input.resourceArn!, ctx.region);
    for (const key of input.tagKeys ?? []) delete tags[key];
    ctx.status = 204;
    return {};
  });
}

function describe(api: RestApi) {
  return {
    id: api.id,
    name: api.name,
    description: api.description,
    version: api.version,
    createdDate: new Date(api.createdAt),
    binaryMediaTypes: api.binaryMediaTypes.length ? api.binaryMediaTypes : undefined,
    minimumCompressionSize: api.minimumCompressionSize,
    apiKeySource: api.apiKeySource,
    endpointConfiguration: api.endpointConfiguration,
    policy: api.policy,
    tags: Object.keys(api.tags).length ? api.tags : undefined,
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    rootResourceId: api.rootResourceId,
  };
}

/** A JSON pointer's part: `~1` stands for a slash, `~0` for a tilde. */
export function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function patch(api: RestApi, { op, path = "", value = "" }: PatchOperation): void {
  const mediaType = /^\/binaryMediaTypes\/(.+)$/.exec(path)?.[1];
  if (mediaType) {
    const type = unescapePointer(mediaType);
    api.binaryMediaTypes = api.binaryMediaTypes.filter((item) => item !== type);
    if (op === "replace") api.binaryMediaTypes.push(value);
    if (op === "add") api.binaryMediaTypes.push(type);
    return;
  }
  if (op !== "replace") throw badRequest(`Invalid patch path '${path}' specified for op '${op}'.`);
  if (path === "/name") api.name = value;
  else if (path === "/description") api.description = value;
  else if (path === "/version") api.version = value;
  else if (path === "/policy") api.policy = value || undefined;
  else if (path === "/apiKeySource") api.apiKeySource = value === "AUTHORIZER" ? "AUTHORIZER" : "HEADER";
  else if (path === "/minimumCompressionSize") api.minimumCompressionSize = value === "" ? undefined : Number(value);
  else if (path === "/disableExecuteApiEndpoint") api.disableExecuteApiEndpoint = value === "true";
  else
    throw badRequest(
      `Invalid patch path '${path}' specified for op '${op}'. Must be one of: [/name, /description, /version, /policy, /apiKeySource, /minimumCompressionSize, /disableExecuteApiEndpoint, /binaryMediaTypes/{type}]`,
    );
}

/** Some clients encode the ARN twice; a text that is not percent-encoded stays what it is. */
function decoded(arn: string): string {
  try {
    return decodeURIComponent(arn);
  } catch {
    return arn;
  }
}

/** Tags of the API or the stage that an ARN names. */
function tagsOf(store: ApiStore, arn: string, region: string): Record<string, string> {
  const [, apiIdentifier, stage] =
    /^arn:aws[\w-]*:apigateway:[^:]*::\/restapis\/([^/]+)(?:\/stages\/([^/]+))?$/.exec(decoded(arn)) ?? [];
  if (!apiIdentifier) throw notFound(`Invalid resource identifier specified: ${arn}`);
  const api = store.api(apiIdentifier, region);
  return stage === undefined ? api.tags : store.stage(api, stage).tags;
}
