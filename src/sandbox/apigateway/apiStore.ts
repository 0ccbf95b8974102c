import { randomBytes } from "node:crypto";
import {
  type ApiKeySourceType,
  type ApiStage as ApiStageReference,
  type Authorizer,
  BadRequestException,
  ConflictException,
  type EndpointConfiguration,
  type GatewayResponseType,
  type Method,
  type MethodSetting,
  NotFoundException,
  type QuotaSettings,
  type RequestValidator,
  type ThrottleSettings,
} from "@aws-sdk/client-api-gateway";

/** One path of an API with its methods by verb (`ANY` for all). */
export interface ApiResource {
  id: string;
  parentId?: string;
  pathPart?: string;
  /** `/a/{b}`, `/` for the root. */
  path: string;
  methods: Map<string, Method>;
}

/** A customised answer of the gateway itself. */
export interface GatewayAnswer {
  statusCode?: string;
  responseParameters: Record<string, string>;
  /** The default template is served when absent. */
  responseTemplates?: Record<string, string>;
}

/** A model: a JSON schema that bodies can be held to. */
export interface ApiModel {
  id: string;
  name: string;
  description?: string;
  contentType: string;
  schema?: string;
}

/** An authorizer of an API. */
export type StoredAuthorizer = Authorizer & { id: string };

/** What is served: everything of the API that a deployment freezes. */
export interface ApiSnapshot {
  models: Map<string, ApiModel>;
  validators: Map<string, RequestValidator & { id: string }>;
  authorizers: Map<string, StoredAuthorizer>;
  resources: Map<string, ApiResource>;
  gatewayResponses: Map<GatewayResponseType, GatewayAnswer>;
  binaryMediaTypes: string[];
}

/** A deployment: a snapshot that stages point to. */
export interface ApiDeployment {
  id: string;
  description?: string;
  createdAt: number;
  snapshot: ApiSnapshot;
}

/** A stage: a name under which a deployment is served. */
export interface ApiStage {
  name: string;
  deploymentId: string;
  description?: string;
  variables: Record<string, string>;
  /** By `RESOURCE_PATH/VERB`, the wildcard being a `*` for each. */
  methodSettings: Map<string, MethodSetting>;
  tracingEnabled: boolean;
  accessLog: { destinationArn?: string; format?: string };
  tags: Record<string, string>;
  createdAt: number;
  updatedAt: number;
}

/** Key of the method setting that applies to a method: the most specific one; empty when there is none. */
export function settingKey({ methodSettings }: ApiStage, resourcePath: string, verb: string): string {
  const keys = [`${resourcePath}/${verb}`, `${resourcePath}/*`, `*/${verb}`, "*/*"];
  return keys.find((key) => methodSettings.has(key)) ?? "";
}

/** A REST API as it is edited. */
export interface RestApi extends ApiSnapshot {
  id: string;
  region: string;
  name: string;
  description?: string;
  version?: string;
  createdAt: number;
  endpointConfiguration: EndpointConfiguration;
  apiKeySource: ApiKeySourceType;
  minimumCompressionSize?: number;
  disableExecuteApiEndpoint: boolean;
  policy?: string;
  tags: Record<string, string>;
  rootResourceId: string;
  deployments: Map<string, ApiDeployment>;
  stages: Map<string, ApiStage>;
}

/** An API key of one region. */
export interface StoredApiKey {
  id: string;
  region: string;
  value: string;
  name?: string;
  description?: string;
  customerId?: string;
  enabled: boolean;
  createdAt: number;
  updatedAt: number;
  /** `API_ID/STAGE` that it opens without a usage plan (deprecated on AWS, still there). */
  stages: Set<string>;
  tags: Record<string, string>;
}

/** A usage plan of one region with the keys in it. */
export interface StoredPlan {
  id: string;
  region: string;
  name: string;
  description?: string;
  stages: ApiStageReference[];
  throttle?: ThrottleSettings;
  quota?: QuotaSettings;
  tags: Record<string, string>;
  keys: Set<string>;
  /** Requests of each key in its present period. */
  used: Map<string, { period: number; count: number }>;
}

/** REST APIs of all regions; their ids are unique among all. */
export class ApiStore {
  readonly apis = new Map<string, RestApi>();
  readonly keys = new Map<string, StoredApiKey>();
  readonly plans = new Map<string, StoredPlan>();
  /** Role by which API Gateway writes logs, by region. */
  readonly cloudWatchRoles = new Map<string, string>();

  constructor(private readonly accountId: string) {}

  /** @throws NotFoundException */
  api(id: string | undefined, region: string): RestApi {
    const api = this.apis.get(id ?? "");
    if (api?.region !== region) throw notFound(`Invalid API identifier specified ${this.accountId}:${id}`);
    return api as RestApi;
  }

  /** @throws NotFoundException */
  resource(api: RestApi, id: string | undefined): ApiResource {
    return api.resources.get(id ?? "") ?? raise(notFound("Invalid Resource identifier specified"));
  }

  /** @throws NotFoundException */
  method(api: RestApi, resourceId: string | undefined, verb: string | undefined): Method {
    const method = this.resource(api, resourceId).methods.get(verb ?? "");
    return method ?? raise(notFound("Invalid Method identifier specified"));
  }

  /** @throws NotFoundException */
  stage(api: RestApi, name: string | undefined): ApiStage {
    return api.stages.get(name ?? "") ?? raise(notFound("Invalid stage identifier specified"));
  }

  /** @throws NotFoundException */
  deployment(api: RestApi, id: string | undefined): ApiDeployment {
    return api.deployments.get(id ?? "") ?? raise(notFound("Invalid Deployment identifier specified"));
  }
}

/** The part of an API that a deployment freezes, copied. */
export function snapshotOf(api: RestApi): ApiSnapshot {
  const { resources, gatewayResponses, binaryMediaTypes, models, validators, authorizers } = api;
  return structuredClone({ resources, gatewayResponses, binaryMediaTypes, models, validators, authorizers });
}

/** Lower-case letters and digits, as API Gateway's ids. */
export function apiId(length: number): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  return [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

export const notFound = (message: string) => new NotFoundException({ message, $metadata: {} });
export const badRequest = (message: string) => new BadRequestException({ message, $metadata: {} });
export const conflict = (message: string) => new ConflictException({ message, $metadata: {} });

/** Throws inside of an expression. */
function raise(error: Error): never {
  throw error;
}

/** One page of a list: `position` is the index to go on from, as text. */
export function pageOf<T>(items: T[], limit = 25, position?: string): { items: T[]; position?: string } {
  const from = position === undefined ? 0 : Number(Buffer.from(position, "base64url").toString());
  if (!Number.isInteger(from) || from < 0) throw badRequest("Invalid position parameter");
  const next = from + Math.min(limit, 500);
  return {
    items: items.slice(from, next),
    position: next < items.length ? Buffer.from(String(next)).toString("base64url") : undefined,
  };
}
