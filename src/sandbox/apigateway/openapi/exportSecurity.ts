import type { Method } from "@aws-sdk/client-api-gateway";
import type { ApiSnapshot, StoredAuthorizer } from "../apiStore.ts";
import type { Json } from "./definitionText.ts";

const API_KEY = "api_key";
const SIGNATURE = "sigv4";

/** The security schemes that an API's methods ask for. */
export function securitySchemes(snapshot: ApiSnapshot, withAuthorizers: boolean): Json {
  const methods = [...snapshot.resources.values()].flatMap((resource) => [...resource.methods.values()]);
  const schemes: Json = {};
  if (methods.some(({ apiKeyRequired }) => apiKeyRequired))
    schemes[API_KEY] = { type: "apiKey", name: "x-api-key", in: "header" };
  if (methods.some(({ authorizationType }) => authorizationType === "AWS_IAM"))
    schemes[SIGNATURE] = {
      type: "apiKey",
      name: "Authorization",
      in: "header",
      "x-amazon-apigateway-authtype": "awsSigv4",
    };
  for (const authorizer of snapshot.authorizers.values())
    schemes[authorizer.name!] = {
      type: "apiKey",
      name: headerOf(authorizer),
      in: "header",
      "x-amazon-apigateway-authtype": authorizer.authType,
      ...(withAuthorizers && { "x-amazon-apigateway-authorizer": authorizerOf(authorizer) }),
    };
  return schemes;
}

/** What one method asks for. */
export function securityOf(snapshot: ApiSnapshot, method: Method): Json[] {
  const out: Json[] = [];
  if (method.authorizationType === "AWS_IAM") out.push({ [SIGNATURE]: [] });
  const authorizer = snapshot.authorizers.get(method.authorizerId ?? "");
  if (authorizer) out.push({ [authorizer.name!]: method.authorizationScopes ?? [] });
  if (method.apiKeyRequired) out.push({ [API_KEY]: [] });
  return out;
}

/** The header that names the caller; requests that are told by more than one have none of their own. */
function headerOf({ identitySource }: StoredAuthorizer): string {
  return /^method\.request\.header\.([^,]+)$/.exec(identitySource ?? "")?.[1] ?? "Unused";
}

function authorizerOf(authorizer: StoredAuthorizer): Json {
  const isToken = authorizer.type !== "REQUEST";
  const own = {
    type: authorizer.type?.toLowerCase(),
    authorizerUri: authorizer.authorizerUri,
    authorizerCredentials: authorizer.authorizerCredentials,
    authorizerResultTtlInSeconds: authorizer.authorizerResultTtlInSeconds,
    identitySource: isToken ? undefined : authorizer.identitySource,
    identityValidationExpression: authorizer.identityValidationExpression,
    providerARNs: authorizer.providerARNs,
  };
  return Object.fromEntries(Object.entries(own).filter(([, item]) => item !== undefined));
}
