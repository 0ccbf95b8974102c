import {
  type ApiKeySourceType,
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
import { defaultModels } from "./models.ts";
import { applyPatches, numberOf } from "./patch.ts";

/** CreateRestApi, GetRestApi(s), UpdateRestApi, DeleteRestApi and tags. */
export function addRestApiOperations(service: ServiceBuilder, world: World, store: ApiStore): void {
  service
    .on(CreateRestApiCommand)((input, ctx) => {
      if (!input.name) throw badRequest("API name must not be empty");
      if (input.cloneFrom) throw badRequest("This sandbox does not clone APIs; create the resources anew.");
      const api = newApi(world, ctx.region, {
        name: input.name,
        description: input.description,
        version: input.version,
        endpointConfiguration: input.endpointConfiguration ?? { types: ["EDGE"] },
        apiKeySource: input.apiKeySource ?? "HEADER",
        minimumCompressionSize: input.minimumCompressionSize,
        disableExecuteApiEndpoint: input.disableExecuteApiEndpoint ?? false,
        policy: input.policy,
        tags: input.tags ?? {},
        binaryMediaTypes: input.binaryMediaTypes ?? [],
      });
      store.apis.set(api.id, api);
      ctx.status = 201;
      return describeApi(api);
    })
    .on(GetRestApiCommand)((input, ctx) => describeApi(store.api(input.restApiId, ctx.region)))
    .on(GetRestApisCommand)((input, ctx) => {
      const apis = [...store.apis.values()].filter((api) => api.region === ctx.region);
      const page = pageOf(apis, input.limit, input.position);
      return { items: page.items.map(describeApi), position: page.position };
    })
    .on(UpdateRestApiCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      patch(api, input.patchOperations);
      return describeApi(api);
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

/** An API with nothing but its root and the models that every new one has. */
export function newApi(world: World, region: string, about: Pick<RestApi, "name"> & Partial<RestApi>): RestApi {
  const rootResourceId = apiId(10);
  return {
    id: apiId(10),
    region,
    createdAt: world.clock.now(),
    endpointConfiguration: { types: ["EDGE"] },
    apiKeySource: "HEADER",
    disableExecuteApiEndpoint: false,
    tags: {},
    binaryMediaTypes: [],
    rootResourceId,
    resources: new Map([[rootResourceId, { id: rootResourceId, path: "/", methods: new Map() }]]),
    gatewayResponses: new Map(),
    models: defaultModels(),
    validators: new Map(),
    authorizers: new Map(),
    deployments: new Map(),
    stages: new Map(),
    ...about,
  };
}

/** An API as clients see it. */
export function describeApi(api: RestApi) {
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

function patch(api: RestApi, operations: PatchOperation[] | undefined): void {
  applyPatches(operations, {
    "/name": ({ value }) => {
      api.name = value;
    },
    "/description": ({ value }) => {
      api.description = value;
    },
    "/version": ({ value }) => {
      api.version = value;
    },
    "/policy": ({ value }) => {
      api.policy = value || undefined;
    },
    "/apiKeySource": ({ value }) => {
      api.apiKeySource = value as ApiKeySourceType;
    },
    "/minimumCompressionSize": ({ op, value }) => {
      api.minimumCompressionSize = op === "remove" || value === "" ? undefined : numberOf(value);
    },
    "/disableExecuteApiEndpoint": ({ value }) => {
      api.disableExecuteApiEndpoint = value === "true";
    },
    "/binaryMediaTypes/{type}": ({ op, value, parts: [type = ""] }) => {
      api.binaryMediaTypes = api.binaryMediaTypes.filter((item) => item !== type);
      if (op === "replace") api.binaryMediaTypes.push(value || type);
      if (op === "add") api.binaryMediaTypes.push(type);
    },
    "/endpointConfiguration/types/{type}": ({ value }) => {
      if (value !== "EDGE" && value !== "REGIONAL" && value !== "PRIVATE")
        throw badRequest(`Invalid endpoint type specified: ${value}`);
      api.endpointConfiguration = { ...api.endpointConfiguration, types: [value] };
    },
  });
}

/** Some clients encode the ARN twice; a text that is not percent-encoded stays what it is. */
function decoded(arn: string): string {
  try {
    return decodeURIComponent(arn);
  } catch {
    return arn;
  }
}

/** Tags of the API, stage, key or plan that an ARN names. */
function tagsOf(store: ApiStore, arn: string, region: string): Record<string, string> {
  const [, kind, id] = /^arn:aws[\w-]*:apigateway:[^:]*::\/(apikeys|usageplans)\/([^/]+)$/.exec(decoded(arn)) ?? [];
  const other = kind === "apikeys" ? store.keys.get(id ?? "") : store.plans.get(id ?? "");
  if (kind && other?.region === region) return other.tags;
  const [, apiIdentifier, stage] =
    /^arn:aws[\w-]*:apigateway:[^:]*::\/restapis\/([^/]+)(?:\/stages\/([^/]+))?$/.exec(decoded(arn)) ?? [];
  if (!apiIdentifier) throw notFound(`Invalid resource identifier specified: ${arn}`);
  const api = store.api(apiIdentifier, region);
  return stage === undefined ? api.tags : store.stage(api, stage).tags;
}
