import type { Method } from "@aws-sdk/client-api-gateway";
import type { ApiSnapshot, ApiStage, RestApi } from "../apiStore.ts";
import type { Json } from "./definitionText.ts";
import { exportIntegration } from "./exportIntegration.ts";
import { securityOf, securitySchemes } from "./exportSecurity.ts";

/** What is told beside paths and models. */
export interface ExportParts {
  integrations: boolean;
  authorizers: boolean;
  /** Validators, gateway responses, policy and settings of API Gateway. */
  rest: boolean;
}

/** A deployed API. */
export interface Exported {
  api: RestApi;
  snapshot: ApiSnapshot;
  stage: ApiStage;
}

/** The models' schemas as a definition holds them, with references within it. */
function schemasOf(snapshot: ApiSnapshot, place: string): Json {
  const schemas: Json = {};
  for (const { name, schema } of snapshot.models.values()) {
    const { $schema: _version, ...own } = JSON.parse(schema || "{}") as Json;
    schemas[name] = withReferences(own, place);
  }
  return usedOnly(snapshot, schemas);
}

/** Only models that a method or another model names are told. */
function usedOnly(snapshot: ApiSnapshot, schemas: Json): Json {
  const used = new Set<string>();
  const add = (name: string) => {
    if (used.has(name) || !(name in schemas)) return;
    used.add(name);
    for (const [, other] of JSON.stringify(schemas[name]).matchAll(/"\$ref":"#\/[\w/]+\/(\w+)"/g)) add(other!);
  };
  for (const { methods } of snapshot.resources.values())
    for (const { requestModels, methodResponses } of methods.values())
      for (const models of [requestModels, ...Object.values(methodResponses ?? {}).map((one) => one.responseModels)])
        for (const name of Object.values(models ?? {})) add(name);
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
}

function withReferences(value: unknown, place: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, place));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const name = key === "$ref" && typeof item === "string" ? /\/models\/(\w+)$/.exec(item)?.[1] : undefined;
      return [key, name === undefined ? withReferences(item, place) : `${place}${name}`];
    }),
  );
}

const infoOf = (api: RestApi): Json => ({
  title: api.name,
  ...(api.description && { description: api.description }),
  version: api.version ?? new Date(api.createdAt).toISOString().replace(/\.\d+Z$/, "Z"),
});

/** Swagger 2.0 of a stage (AWS: GetExport, exportType swagger). */
export function exportSwagger(exported: Exported, parts: ExportParts): Json {
  const { api, snapshot, stage } = exported;
  const place = "#/definitions/";
  const schemes = securitySchemes(snapshot, parts.authorizers);
  const definitions = schemasOf(snapshot, place);
  return {
    swagger: "2.0",
    info: infoOf(api),
    host: `${api.id}.execute-api.${api.region}.amazonaws.com`,
    basePath: `/${stage.name}`,
    schemes: ["https"],
    paths: pathsOf(exported, parts, (method) => ({
      ...typesOf(method),
      parameters: [
        ...parametersOf(method, (one) => ({ ...one, type: "string" })),
        ...Object.values(method.requestModels ?? {})
          .slice(0, 1)
          .map((name) => ({ in: "body", name, required: true, schema: { $ref: `${place}${name}` } })),
      ],
      responses: responsesOf(
        method,
        () => ({ type: "string" }),
        (models) =>
          Object.values(models)
            .slice(0, 1)
            .map((name) => ["schema", { $ref: `${place}${name}` }]),
      ),
    })),
    ...(Object.keys(schemes).length && { securityDefinitions: schemes }),
    ...(Object.keys(definitions).length && { definitions }),
    ...(parts.rest && extensionsOf(exported)),
  };
}

/** OpenAPI 3.0 of a stage (AWS: GetExport, exportType oas30). */
export function exportOpenApi3(exported: Exported, parts: ExportParts): Json {
  const { api, snapshot, stage } = exported;
  const place = "#/components/schemas/";
  const content = (models: Record<string, string>): [string, unknown][] =>
    Object.keys(models).length
      ? [
          [
            "content",
            Object.fromEntries(
              Object.entries(models).map(([type, name]) => [type, { schema: { $ref: `${place}${name}` } }]),
            ),
          ],
        ]
      : [];
  const schemes = securitySchemes(snapshot, parts.authorizers);
  const schemas = schemasOf(snapshot, place);
  const components = {
    ...(Object.keys(schemas).length && { schemas }),
    ...(Object.keys(schemes).length && { securitySchemes: schemes }),
  };
  return {
    openapi: "3.0.1",
    info: infoOf(api),
    servers: [
      {
        url: `https://${api.id}.execute-api.${api.region}.amazonaws.com/{basePath}`,
        variables: { basePath: { default: `/${stage.name}` } },
      },
    ],
    paths: pathsOf(exported, parts, (method) => ({
      parameters: parametersOf(method, (one) => ({ ...one, schema: { type: "string" } })),
      ...(Object.keys(method.requestModels ?? {}).length && {
        requestBody: { ...Object.fromEntries(content(method.requestModels!)), required: true },
      }),
      responses: responsesOf(method, () => ({ schema: { type: "string" } }), content),
    })),
    components,
    ...(parts.rest && extensionsOf(exported)),
  };
}

function pathsOf({ snapshot }: Exported, parts: ExportParts, body: (method: Method) => Json): Json {
  const paths: Json = {};
  const resources = [...snapshot.resources.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, methods } of resources) {
    if (methods.size === 0) continue;
    paths[path] = Object.fromEntries(
      [...methods].map(([verb, method]) => {
        const { parameters, ...rest } = body(method);
        const security = securityOf(snapshot, method);
        const validator = snapshot.validators.get(method.requestValidatorId ?? "")?.name;
        return [
          verb === "ANY" ? "x-amazon-apigateway-any-method" : verb.toLowerCase(),
          {
            ...(method.operationName && { operationId: method.operationName }),
            ...rest,
            ...((parameters as unknown[]).length && { parameters }),
            ...(security.length && { security }),
            ...(parts.rest && validator && { "x-amazon-apigateway-request-validator": validator }),
            ...(parts.integrations && { "x-amazon-apigateway-integration": exportIntegration(method) }),
          },
        ];
      }),
    );
  }
  return paths;
}

const PLACES: Record<string, string> = { path: "path", querystring: "query", header: "header" };

function parametersOf(method: Method, finish: (one: Json) => Json): Json[] {
  return Object.entries(method.requestParameters ?? {}).flatMap(([name, required]) => {
    const [, kind = "", own = ""] = /^method\.request\.(\w+)\.(.+)$/.exec(name) ?? [];
    const place = PLACES[kind];
    return place ? [finish({ name: own, in: place, required: place === "path" || required })] : [];
  });
}

function responsesOf(
  method: Method,
  header: () => Json,
  models: (models: Record<string, string>) => [string, unknown][],
): Json {
  return Object.fromEntries(
    Object.entries(method.methodResponses ?? {}).map(([status, { responseParameters, responseModels }]) => {
      const headers = Object.keys(responseParameters ?? {}).map((name) => [
        name.replace("method.response.header.", ""),
        header(),
      ]);
      return [
        status,
        {
          description: `${status} response`,
          ...(headers.length && { headers: Object.fromEntries(headers) }),
          ...Object.fromEntries(models(responseModels ?? {})),
        },
      ];
    }),
  );
}

function typesOf(method: Method): Json {
  const consumes = Object.keys(method.requestModels ?? {});
  const produces = [
    ...new Set(
      Object.values(method.methodResponses ?? {}).flatMap(({ responseModels }) => Object.keys(responseModels ?? {})),
    ),
  ];
  return { ...(consumes.length && { consumes }), ...(produces.length && { produces }) };
}

/** Settings of API Gateway at the root of a definition. */
function extensionsOf({ api, snapshot }: Exported): Json {
  const validators = [...snapshot.validators.values()].map(
    ({ name, validateRequestBody, validateRequestParameters }) => [
      name,
      { validateRequestParameters, validateRequestBody },
    ],
  );
  const answers = [...snapshot.gatewayResponses].map(
    ([type, { statusCode, responseParameters, responseTemplates }]) => [
      type,
      {
        ...(statusCode && { statusCode: Number(statusCode) }),
        ...(Object.keys(responseParameters).length && { responseParameters }),
        ...(responseTemplates && { responseTemplates }),
      },
    ],
  );
  return {
    ...(answers.length && { "x-amazon-apigateway-gateway-responses": Object.fromEntries(answers) }),
    ...(validators.length && { "x-amazon-apigateway-request-validators": Object.fromEntries(validators) }),
    ...(api.policy && { "x-amazon-apigateway-policy": JSON.parse(api.policy) as unknown }),
    ...(snapshot.binaryMediaTypes.length && { "x-amazon-apigateway-binary-media-types": snapshot.binaryMediaTypes }),
    ...(api.minimumCompressionSize !== undefined && {
      "x-amazon-apigateway-minimum-compression-size": api.minimumCompressionSize,
    }),
    ...(api.apiKeySource !== "HEADER" && { "x-amazon-apigateway-api-key-source": api.apiKeySource }),
  };
}
