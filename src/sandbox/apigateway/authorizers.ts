import {
  type Authorizer,
  type AuthorizerType,
  CreateAuthorizerCommand,
  DeleteAuthorizerCommand,
  FlushStageAuthorizersCacheCommand,
  GetAuthorizerCommand,
  GetAuthorizersCommand,
  UpdateAuthorizerCommand,
} from "@aws-sdk/client-api-gateway";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import {
  type ApiStore,
  apiId,
  badRequest,
  conflict,
  notFound,
  pageOf,
  type RestApi,
  type StoredAuthorizer,
} from "./apiStore.ts";
import type { Authorization } from "./authorization.ts";
import { functionArnOf } from "./functionCall.ts";
import { applyPatches, numberOf } from "./patch.ts";

const DEFAULT_TTL_SECONDS = 300;
const MAX_TTL_SECONDS = 3600;
const USER_POOL = /^arn:aws[\w-]*:cognito-idp:[\w-]+:\d{12}:userpool\/[\w-]+$/;

/**
 * Authorizers of an API: Lambda functions, and Cognito's user pools, of which the sandbox has none that could know a token.
 * @param authorization what remembers verdicts; absent where nothing is served
 */
export function addAuthorizerOperations(service: ServiceBuilder, store: ApiStore, authorization?: Authorization): void {
  const authorizerOf = (api: RestApi, id: string | undefined): StoredAuthorizer => {
    const authorizer = api.authorizers.get(id ?? "");
    if (!authorizer) throw notFound("Invalid Authorizer identifier specified");
    return authorizer;
  };

  service
    .on(CreateAuthorizerCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      if ([...api.authorizers.values()].some(({ name }) => name === input.name))
        throw conflict(`Authorizer name must be unique. Authorizer ${input.name} already exists in this RestApi.`);
      const authorizer: StoredAuthorizer = {
        id: apiId(6),
        name: input.name,
        type: input.type,
        authType: input.authType ?? (input.type === "COGNITO_USER_POOLS" ? "cognito_user_pools" : "custom"),
        providerARNs: input.providerARNs?.length ? input.providerARNs : undefined,
        authorizerUri: input.authorizerUri,
        authorizerCredentials: input.authorizerCredentials,
        identitySource: input.identitySource,
        identityValidationExpression: input.identityValidationExpression,
        authorizerResultTtlInSeconds: input.authorizerResultTtlInSeconds ?? DEFAULT_TTL_SECONDS,
      };
      check(authorizer);
      api.authorizers.set(authorizer.id, authorizer);
      ctx.status = 201;
      return authorizer;
    })
    .on(GetAuthorizerCommand)((input, ctx) => authorizerOf(store.api(input.restApiId, ctx.region), input.authorizerId))
    .on(GetAuthorizersCommand)((input, ctx) =>
      pageOf([...store.api(input.restApiId, ctx.region).authorizers.values()], input.limit, input.position),
    )
    .on(UpdateAuthorizerCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const changed = { ...authorizerOf(api, input.authorizerId) };
      const text =
        (
          name:
            | "name"
            | "authorizerUri"
            | "authorizerCredentials"
            | "identitySource"
            | "identityValidationExpression"
            | "authType",
        ) =>
        ({ op, value }: { op: string; value: string }) => {
          changed[name] = op === "remove" ? undefined : value;
        };
      applyPatches(input.patchOperations, {
        "/name": text("name"),
        "/type": ({ value }) => {
          changed.type = value as AuthorizerType;
        },
        "/authType": text("authType"),
        "/providerARNs": ({ op, value }) => {
          const rest = (changed.providerARNs ?? []).filter((arn) => arn !== value);
          changed.providerARNs = op === "remove" ? rest : [...rest, value];
        },
        "/authorizerUri": text("authorizerUri"),
        "/authorizerCredentials": text("authorizerCredentials"),
        "/identitySource": text("identitySource"),
        "/identityValidationExpression": text("identityValidationExpression"),
        "/authorizerResultTtlInSeconds": ({ value }) => {
          changed.authorizerResultTtlInSeconds = numberOf(value);
        },
      });
      check(changed);
      api.authorizers.set(changed.id, changed);
      return changed;
    })
    .on(DeleteAuthorizerCommand)((input, ctx) => {
      const api = store.api(input.restApiId, ctx.region);
      const { id } = authorizerOf(api, input.authorizerId);
      const user = [...api.resources.values()].find(({ methods }) =>
        [...methods.values()].some(({ authorizerId }) => authorizerId === id),
      );
      if (user) throw conflict(`Cannot delete authorizer '${id}', is referenced in method: ${user.path}`);
      api.authorizers.delete(id);
      ctx.status = 202;
      return {};
    })
    .on(FlushStageAuthorizersCacheCommand)((input, ctx) => {
    const api = store.api(input.restApiId, ctx.region);
    authorization?.flush(api.id, store.stage(api, input.stageName).name);
    ctx.status = 202;
    return {};
  });
}

/** @throws BadRequestException */
function check(authorizer: Authorizer): void {
  if (!authorizer.name) throw badRequest("Authorizer name must not be empty");
  if (authorizer.type === "COGNITO_USER_POOLS") {
    const arns = authorizer.providerARNs ?? [];
    if (arns.length === 0 || !arns.every((arn) => USER_POOL.test(arn)))
      throw badRequest("Invalid Authorizer provider ARN: it must be the ARN of a Cognito user pool");
  } else if (authorizer.type !== "TOKEN" && authorizer.type !== "REQUEST") {
    throw badRequest(`Invalid authorizer type specified: ${authorizer.type}`);
  } else if (!functionArnOf(authorizer.authorizerUri))
    throw badRequest(
      `Invalid Authorizer URI: ${authorizer.authorizerUri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
    );
  const ttl = authorizer.authorizerResultTtlInSeconds ?? DEFAULT_TTL_SECONDS;
  if (ttl > MAX_TTL_SECONDS)
    throw badRequest(`Invalid Authorizer result ttl value specified: ${ttl}. Must be between 0 and ${MAX_TTL_SECONDS}`);
  const sources = (authorizer.identitySource ?? "")
    .split(",")
    .map((source) => source.trim())
    .filter(Boolean);
  if (authorizer.type !== "REQUEST" ? sources.length !== 1 : ttl > 0 && sources.length === 0)
    throw badRequest("Identity source expressions must be provided");
  for (const source of sources)
    if (!/^method\.request\.(header|querystring)\.[\w!#$%&'*+.^`|~-]+$|^(context|stageVariables)\.[\w.]+$/.test(source))
      throw badRequest(`Invalid identity source expression: ${source}`);
}
