import {
  type ApiKeySourceType,
  CreateRestApiCommand,
  DeleteRestApiCommand,
  type EndpointConfiguration,
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
import { applyPatches, plainPath } from "./patch.ts";

/** CreateRestApi, GetRestApi(s), UpdateRestApi, DeleteRestApi and tags. */
export function addRestApiOperations(service: ServiceBuilder, world: World, store: ApiStore): void {
  service
    .on(CreateRestApiCommand)((input, ctx) => {
      if (!input.name) throw badRequest("API name must not be empty");
      if (input.description === "") throw badRequest("Description cannot be an empty string");
      if (input.cloneFrom) throw badRequest("This sandbox does not clone APIs; create the resources anew.");
      const api = newApi(world, ctx.region, {
        name: input.name,
        description: input.description,
        version: input.version,
        endpointConfiguration: endpointOf(input.endpointConfiguration),
        apiKeySource: input.apiKeySource ?? "HEADER",
        minimumCompressionSize:
          input.minimumCompressionSize === undefined ? undefined : compression(input.minimumCompressionSize),
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
      // Seen on AWS: this answer alone has the tags of an API that has none.
      return { ...describeApi(api), tags: api.tags };
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
    endpointConfiguration: endpointOf(undefined),
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

/**
 * An endpoint configuration with its defaults (AWS: EndpointConfiguration, ipAddressType; texts as seen on AWS).
 * @throws BadRequestException
 */
function endpointOf({ types = ["EDGE"], ipAddressType, vpcEndpointIds }: EndpointConfiguration = {}) {
  const [type] = types;
  if (!type) throw badRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.");
  if (types.length > 1) throw badRequest("Cannot create an api with multiple Endpoint Types.");
  const isPrivate = type === "PRIVATE";
  if (isPrivate && ipAddressType === "ipv4")
    throw badRequest("Only dualstack ipAddressType is supported for Private APIs.");
  return { types, ipAddressType: ipAddressType ?? (isPrivate ? "dualstack" : "ipv4"), vpcEndpointIds } as const;
}

/** @throws BadRequestException */
function compression(size: number): number {
  if (!Number.isInteger(size) || size < 0 || size > MAX_COMPRESSION)
    throw badRequest(`Invalid minimum compression size, must be between 0 and ${MAX_COMPRESSION}`);
  return size;
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
    endpointConfiguration: {
      ...api.endpointConfiguration,
      ipAddressType: api.endpointConfiguration.ipAddressType ?? "ipv4", // an API stored before there was the choice
    },
    policy: api.policy,
    tags: Object.keys(api.tags).length ? api.tags : undefined,
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    rootResourceId: api.rootResourceId,
  };
}

const MAX_COMPRESSION = 10_485_760;

function patch(api: RestApi, operations: PatchOperation[] | undefined): void {
  applyPatches(
    operations,
    {
      "/name": ({ value }) => {
        api.name = value;
      },
      "/description": ({ op, value }) => {
        api.description = op === "remove" ? undefined : value;
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
        if (op !== "replace") throw badRequest("Invalid patch operation specified. Must be one of: [replace]");
        api.minimumCompressionSize = value === "" ? undefined : compression(Number(value));
      },
      "/disableExecuteApiEndpoint": ({ value }) => {
        api.disableExecuteApiEndpoint = value === "true";
      },
      "/binaryMediaTypes/{type}": ({ op, value, parts: [type = ""] }) => {
        api.binaryMediaTypes = api.binaryMediaTypes.filter((item) => item !== type);
        if (op === "replace") api.binaryMediaTypes.push(value || type);
        if (op === "add") api.binaryMediaTypes.push(type);
      },
      "/endpointConfiguration/types/{type}": ({ op, value }) => {
        if (op !== "replace" && op !== "add" && op !== "remove")
          throw badRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'");
        if (value !== "EDGE" && value !== "REGIONAL" && value !== "PRIVATE")
          throw badRequest("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE");
        // A private API is dualstack whatever it was before.
        const ipAddressType = value === "PRIVATE" ? "dualstack" : api.endpointConfiguration.ipAddressType;
        api.endpointConfiguration = endpointOf({ ...api.endpointConfiguration, types: [value], ipAddressType });
      },
      "/endpointConfiguration/ipAddressType": ({ op, value }) => {
        if (op !== "replace") throw badRequest("Invalid patch operation specified. Must be one of: [replace]");
        if (value !== "ipv4" && value !== "dualstack")
          throw badRequest("ipAddressType must be either ipv4 or dualstack.");
        api.endpointConfiguration = endpointOf({ ...api.endpointConfiguration, ipAddressType: value });
      },
    },
    plainPath,
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
