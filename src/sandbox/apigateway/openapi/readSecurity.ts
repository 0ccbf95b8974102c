import type { AuthorizerType } from "@aws-sdk/client-api-gateway";
import type { ApiPlan } from "./apiPlan.ts";
import { asList, asNumber, asObject, asText, type Definition, type Json } from "./definitionText.ts";

/** What a method asks of its callers. */
export interface MethodSecurity {
  authorizationType: "NONE" | "AWS_IAM" | "CUSTOM" | "COGNITO_USER_POOLS";
  authorizer?: string;
  authorizationScopes?: string[];
  apiKeyRequired: boolean;
}

/** Security schemes by name. */
function schemesOf({ version, root }: Definition): Json {
  return asObject(version === 2 ? root.securityDefinitions : asObject(root.components).securitySchemes);
}

/** The authorizers of a definition (AWS: x-amazon-apigateway-authorizer). */
export function readAuthorizers(definition: Definition): ApiPlan["authorizers"] {
  return Object.entries(schemesOf(definition)).flatMap(([name, scheme]) => {
    const {
      "x-amazon-apigateway-authorizer": extension,
      "x-amazon-apigateway-authtype": authType,
      in: place,
    } = asObject(scheme);
    if (extension === undefined) return [];
    const authorizer = asObject(extension);
    const type = (asText(authorizer.type) ?? "token").toUpperCase() as AuthorizerType;
    const header = asText(asObject(scheme).name);
    // A token stands where the scheme says; only requests name their sources themselves.
    const fromScheme =
      type !== "REQUEST" && header && place === "header" ? `method.request.header.${header}` : undefined;
    const providerARNs = asList(authorizer.providerARNs).map(String);
    return [
      {
        name,
        type,
        authType: asText(authType),
        authorizerUri: asText(authorizer.authorizerUri),
        authorizerCredentials: asText(authorizer.authorizerCredentials),
        identitySource: asText(authorizer.identitySource) ?? fromScheme,
        identityValidationExpression: asText(authorizer.identityValidationExpression),
        authorizerResultTtlInSeconds: asNumber(authorizer.authorizerResultTtlInSeconds),
        ...(providerARNs.length && { providerARNs }),
      },
    ];
  });
}

/** What an operation asks of its callers, by itself or by the definition's default. */
export function readSecurity(definition: Definition, operation: Json, warn: (text: string) => void): MethodSecurity {
  const schemes = schemesOf(definition);
  const out: MethodSecurity = { authorizationType: "NONE", apiKeyRequired: false };
  const auth = operation["x-amazon-apigateway-auth"] ?? definition.root["x-amazon-apigateway-auth"];
  if (asText(asObject(auth).type)?.toUpperCase() === "AWS_IAM") out.authorizationType = "AWS_IAM";
  for (const requirement of asList(operation.security ?? definition.root.security))
    for (const [name, scopes] of Object.entries(asObject(requirement))) {
      const scheme = asObject(schemes[name]);
      const authType = asText(scheme["x-amazon-apigateway-authtype"])?.toLowerCase();
      const authorizer = scheme["x-amazon-apigateway-authorizer"];
      if (authorizer !== undefined) {
        const isCognito = asText(asObject(authorizer).type)?.toUpperCase() === "COGNITO_USER_POOLS";
        out.authorizationType = isCognito ? "COGNITO_USER_POOLS" : "CUSTOM";
        out.authorizer = name;
        const list = asList(scopes).map(String);
        if (isCognito && list.length) out.authorizationScopes = list;
      } else if (authType === "awssigv4") out.authorizationType = "AWS_IAM";
      else if (scheme.type === "apiKey" && asText(scheme.name)?.toLowerCase() === "x-api-key")
        out.apiKeyRequired = true;
      else warn(`Ignoring the security scheme '${name}', which has no authorizer of API Gateway.`);
    }
  return out;
}
