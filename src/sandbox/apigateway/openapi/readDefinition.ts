import type { ApiKeySourceType, GatewayResponseType } from "@aws-sdk/client-api-gateway";
import { badRequest } from "../apiStore.ts";
import type { ApiPlan } from "./apiPlan.ts";
import { asFlag, asList, asNumber, asObject, asText, asTexts, type Definition, type Json } from "./definitionText.ts";
import { readMethods } from "./readMethods.ts";
import { ModelReader } from "./readModels.ts";
import { readAuthorizers } from "./readSecurity.ts";

/** How `basePath` counts (AWS: "Set the OpenAPI basePath property"). */
type BasePath = "ignore" | "prepend" | "split";

/**
 * What a definition wants of the API `apiId`.
 * @param parameters of the import: `basepath`; others are the caller's
 * @throws BadRequestException for a definition that cannot be understood
 */
export function readDefinition(definition: Definition, apiId: string, parameters: Record<string, string>): ApiPlan {
  const { root } = definition;
  const warnings: string[] = [];
  const warn = (text: string) => {
    if (!warnings.includes(text)) warnings.push(text);
  };
  const plan: ApiPlan = {
    about: readAbout(root),
    vpcEndpointIds: endpointOf(definition).vpcEndpointIds,
    tags: tagsOf(root),
    models: [],
    validators: Object.entries(asObject(root["x-amazon-apigateway-request-validators"])).map(([name, value]) => ({
      name,
      validateRequestBody: asFlag(asObject(value).validateRequestBody),
      validateRequestParameters: asFlag(asObject(value).validateRequestParameters),
    })),
    authorizers: readAuthorizers(definition),
    gatewayResponses: Object.entries(asObject(root["x-amazon-apigateway-gateway-responses"])).map(([type, value]) => ({
      responseType: type as GatewayResponseType,
      statusCode: asText(asObject(value).statusCode),
      responseParameters: asTexts(asObject(value).responseParameters),
      ...(asObject(value).responseTemplates !== undefined && {
        responseTemplates: asTexts(asObject(value).responseTemplates),
      }),
    })),
    paths: [],
    methods: [],
    warnings,
  };
  const { disableExecuteApiEndpoint } = endpointOf(definition);
  if (disableExecuteApiEndpoint !== undefined) plan.about.disableExecuteApiEndpoint = disableExecuteApiEndpoint;
  const models = new ModelReader(definition, apiId, plan.models);
  models.readNamed();
  const prefix = prefixOf(definition, parameters.basepath);
  for (const [written, value] of Object.entries(asObject(root.paths))) {
    if (written.startsWith("x-")) continue;
    const path = `/${[...prefix, ...written.split("/")].filter(Boolean).join("/")}`;
    plan.paths.push(path);
    try {
      plan.methods.push(...readMethods(definition, path, asObject(value), models, warn));
    } catch (error) {
      throw badRequest((error as Error).message);
    }
  }
  if (root["x-amazon-apigateway-documentation"] !== undefined && parameters.ignore !== "documentation")
    warn("Ignoring x-amazon-apigateway-documentation: this sandbox keeps no documentation parts.");
  return plan;
}

function readAbout(root: Json): ApiPlan["about"] {
  const info = asObject(root.info);
  const policy = root["x-amazon-apigateway-policy"];
  const compression = asNumber(root["x-amazon-apigateway-minimum-compression-size"]);
  const source = asText(root["x-amazon-apigateway-api-key-source"])?.toUpperCase();
  const binary = root["x-amazon-apigateway-binary-media-types"];
  return {
    name: asText(info.title),
    ...(info.description !== undefined && { description: asText(info.description) }),
    ...(info.version !== undefined && { version: asText(info.version) }),
    ...(binary !== undefined && { binaryMediaTypes: asList(binary).map(String) }),
    ...(compression !== undefined && { minimumCompressionSize: compression }),
    ...(source !== undefined && { apiKeySource: source as ApiKeySourceType }),
    ...(policy !== undefined && { policy: typeof policy === "string" ? policy : JSON.stringify(policy) }),
  };
}

/** AWS: x-amazon-apigateway-endpoint-configuration, of the servers in OpenAPI 3.0. */
function endpointOf({ version, root }: Definition): { vpcEndpointIds?: string[]; disableExecuteApiEndpoint?: boolean } {
  const holders = version === 3 ? asList(root.servers).map(asObject) : [root];
  const found = holders.map((holder) => holder["x-amazon-apigateway-endpoint-configuration"]).find(Boolean);
  const { vpcEndpointIds, disableExecuteApiEndpoint } = asObject(found);
  return {
    ...(Array.isArray(vpcEndpointIds) && { vpcEndpointIds: vpcEndpointIds.map(String) }),
    ...(disableExecuteApiEndpoint !== undefined && { disableExecuteApiEndpoint: asFlag(disableExecuteApiEndpoint) }),
  };
}

/** Tags of the API (AWS: x-amazon-apigateway-tag-value). */
function tagsOf(root: Json): Record<string, string> {
  return Object.fromEntries(
    asList(root.tags).flatMap((tag) => {
      const { name, "x-amazon-apigateway-tag-value": value } = asObject(tag);
      return name !== undefined && value !== undefined ? [[String(name), String(value)]] : [];
    }),
  );
}

function prefixOf(definition: Definition, how: string | undefined): string[] {
  const mode = (how ?? "ignore") as BasePath;
  if (!["ignore", "prepend", "split"].includes(mode))
    throw badRequest(`Invalid basepath specified: ${how}. Must be one of: ignore, prepend, split`);
  if (mode === "ignore") return [];
  const parts = basePathOf(definition).split("/").filter(Boolean);
  return mode === "split" ? parts.slice(1) : parts;
}

/** `basePath`, or the path of the first server with its variables' defaults in place. */
export function basePathOf({ version, root }: Definition): string {
  if (version === 2) return asText(root.basePath) ?? "/";
  const server = asObject(asList(root.servers)[0]);
  const variables = asObject(server.variables);
  const url = (asText(server.url) ?? "").replace(
    /\{(\w+)\}/g,
    (_, name: string) => asText(asObject(variables[name]).default)?.replace(/^\//, "") ?? "",
  );
  return url.replace(/^[a-z]+:\/\/[^/]*/i, "") || "/";
}
