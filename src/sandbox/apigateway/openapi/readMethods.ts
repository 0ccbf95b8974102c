import type { ContentHandlingStrategy, IntegrationType } from "@aws-sdk/client-api-gateway";
import type { PlannedMethod } from "./apiPlan.ts";
import {
  asFlag,
  asList,
  asNumber,
  asObject,
  asText,
  asTexts,
  type Definition,
  type Json,
  resolve,
} from "./definitionText.ts";
import type { ModelReader } from "./readModels.ts";
import { readSecurity } from "./readSecurity.ts";

const VERBS = ["get", "put", "post", "delete", "options", "head", "patch"] as const;
const ANY = "x-amazon-apigateway-any-method";
const PLACES: Record<string, string> = { path: "path", query: "querystring", header: "header" };

/** The methods below one path of a definition. */
export function readMethods(
  definition: Definition,
  path: string,
  item: Json,
  models: ModelReader,
  warn: (text: string) => void,
): PlannedMethod[] {
  return [...VERBS, ANY].flatMap((verb) =>
    item[verb] === undefined
      ? []
      : [
          readMethod(
            definition,
            path,
            verb === ANY ? "ANY" : verb.toUpperCase(),
            item,
            asObject(item[verb]),
            models,
            warn,
          ),
        ],
  );
}

function readMethod(
  definition: Definition,
  path: string,
  httpMethod: string,
  item: Json,
  operation: Json,
  models: ModelReader,
  warn: (text: string) => void,
): PlannedMethod {
  const { authorizer, ...security } = readSecurity(definition, operation, warn);
  const parameters = parametersOf(definition, item, operation);
  const integration = operation["x-amazon-apigateway-integration"];
  const validator =
    operation["x-amazon-apigateway-request-validator"] ?? definition.root["x-amazon-apigateway-request-validator"];
  return {
    path,
    httpMethod,
    method: {
      ...security,
      operationName: asText(operation.operationId),
      requestParameters: Object.fromEntries(
        parameters.flatMap(({ in: place, name, required }) => {
          const kind = PLACES[String(place)];
          return kind && name ? [[`method.request.${kind}.${String(name)}`, place === "path" || asFlag(required)]] : [];
        }),
      ),
      requestModels: requestModels(definition, operation, parameters, models),
    },
    authorizer,
    validator: asText(validator),
    responses: readResponses(definition, operation, models),
    ...(integration === undefined
      ? { integrationResponses: [] }
      : readIntegration(resolve(definition, integration), `${httpMethod} ${path}`)),
  };
}

/** Parameters of an operation with those of its path, which it may say anew. */
function parametersOf(definition: Definition, item: Json, operation: Json): Json[] {
  const all = [...asList(item.parameters), ...asList(operation.parameters)].map((one) => resolve(definition, one));
  return [...new Map(all.map((one) => [`${String(one.in)}:${String(one.name)}`, one])).values()];
}

/** Content types of what is sent or returned in Swagger 2.0. */
const typesOf = (definition: Definition, operation: Json, name: "consumes" | "produces"): string[] => {
  const types = asList(operation[name] ?? definition.root[name]).map(String);
  return types.length ? types : ["application/json"];
};

/** Models by content type, out of the `content` of OpenAPI 3.0. */
function contentModels(content: unknown, models: ModelReader): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asObject(content)).flatMap(([type, media]) => {
      const name = models.nameOf(asObject(media).schema);
      return name === undefined ? [] : [[type, name]];
    }),
  );
}

function requestModels(
  definition: Definition,
  operation: Json,
  parameters: Json[],
  models: ModelReader,
): Record<string, string> {
  if (definition.version === 3) return contentModels(resolve(definition, operation.requestBody).content, models);
  const name = models.nameOf(parameters.find((one) => one.in === "body")?.schema);
  return name === undefined
    ? {}
    : Object.fromEntries(typesOf(definition, operation, "consumes").map((type) => [type, name]));
}

function readResponses(definition: Definition, operation: Json, models: ModelReader): PlannedMethod["responses"] {
  return Object.entries(asObject(operation.responses)).flatMap(([statusCode, value]) => {
    // Ranges and `default` name no status that a method response could have.
    if (!/^\d{3}$/.test(statusCode)) return [];
    const response = resolve(definition, value);
    const name = definition.version === 2 ? models.nameOf(response.schema) : undefined;
    return [
      {
        statusCode,
        responseParameters: Object.fromEntries(
          Object.keys(asObject(response.headers)).map((header) => [`method.response.header.${header}`, false]),
        ),
        responseModels:
          definition.version === 3
            ? contentModels(response.content, models)
            : name === undefined
              ? {}
              : Object.fromEntries(typesOf(definition, operation, "produces").map((type) => [type, name])),
      },
    ];
  });
}

const upper = (value: unknown) => asText(value)?.toUpperCase();

/** AWS: x-amazon-apigateway-integration. */
function readIntegration(
  integration: Json,
  place: string,
): Pick<PlannedMethod, "integration" | "integrationResponses"> {
  const type = upper(integration.type) as IntegrationType | undefined;
  if (!type || !["HTTP", "HTTP_PROXY", "AWS", "AWS_PROXY", "MOCK"].includes(type))
    throw new Error(
      `Unable to parse API definition because of a malformed integration at path ${place.split(" ")[1]} (${place}: the type is '${asText(integration.type) ?? ""}').`,
    );
  const cacheKeyParameters = asList(integration.cacheKeyParameters).map(String);
  return {
    integration: {
      type,
      integrationHttpMethod: upper(integration.httpMethod),
      uri: asText(integration.uri),
      credentials: asText(integration.credentials),
      connectionType: upper(integration.connectionType) as "INTERNET" | "VPC_LINK" | undefined,
      connectionId: asText(integration.connectionId),
      requestParameters: asTexts(integration.requestParameters),
      requestTemplates: asTexts(integration.requestTemplates),
      passthroughBehavior: upper(integration.passthroughBehavior),
      contentHandling: upper(integration.contentHandling) as ContentHandlingStrategy | undefined,
      timeoutInMillis: asNumber(integration.timeoutInMillis),
      cacheNamespace: asText(integration.cacheNamespace),
      ...(cacheKeyParameters.length && { cacheKeyParameters }),
    },
    integrationResponses: Object.entries(asObject(integration.responses)).map(([pattern, value]) => {
      const response = asObject(value);
      return {
        statusCode: asText(response.statusCode),
        ...(pattern !== "default" && { selectionPattern: pattern }),
        responseParameters: asTexts(response.responseParameters),
        responseTemplates: asTexts(response.responseTemplates),
        contentHandling: upper(response.contentHandling) as ContentHandlingStrategy | undefined,
      };
    }),
  };
}
