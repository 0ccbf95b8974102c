import {
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  DeleteDeploymentCommand,
  DeleteGatewayResponseCommand,
  DeleteMethodCommand,
  DeleteResourceCommand,
  DeleteRestApiCommand,
  DeleteStageCommand,
  type PatchOperation,
  PutGatewayResponseCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  PutRestApiCommand,
  UpdateDeploymentCommand,
  UpdateRestApiCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { isMap, type ValueMap } from "../template/value.ts";
import { type ApiDefinition, DEFINITION_PROPERTIES, definitionOf } from "./apiDefinition.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { document, maps, only, optionalText, text, texts, toInput, without } from "./properties.ts";

const tagged = (properties: ValueMap, ctx: ResourceContext): ValueMap => ({
  ...properties,
  Tags: ctx.tags(properties),
});
const replace = (path: string, value: string): PatchOperation => ({ op: "replace", path, value });

/** AWS::ApiGateway::* of REST APIs. */
export const apiGatewayHandlers: HandlerTable = {
  "AWS::ApiGateway::RestApi": {
    attributes: ["RootResourceId", "RestApiId"],
    replaceOn: [],
    async create(properties, ctx) {
      const own = without(properties, ...DEFINITION_PROPERTIES);
      const definition = await definitionOf(properties, ctx);
      const Name = optionalText(properties, "Name") ?? definition?.title ?? ctx.generatedName(255);
      const input = toInput(CreateRestApiCommand, { ...tagged(own, ctx), Name }, { ApiKeySourceType: "apiKeySource" });
      const { id, rootResourceId } = await ctx.call(CreateRestApiCommand, input);
      ctx.exists(id!);
      if (definition) await putDefinition(id!, definition, properties, {}, ctx);
      return { id: id!, attributes: { RootResourceId: rootResourceId!, RestApiId: id! } };
    },
    async update(restApiId, properties, previous, ctx) {
      const definition = await definitionOf(properties, ctx);
      if (definition) await putDefinition(restApiId, definition, properties, previous, ctx);
      else await ctx.call(UpdateRestApiCommand, { restApiId, patchOperations: apiPatch(properties, previous) });
      return undefined;
    },
    async remove(restApiId, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteRestApiCommand, { restApiId }), isNotFound);
    },
  },

  "AWS::ApiGateway::Resource": {
    attributes: ["ResourceId"],
    replaceOn: [],
    async create(properties, ctx) {
      const { id } = await ctx.call(CreateResourceCommand, toInput(CreateResourceCommand, properties));
      return { id: id!, attributes: { ResourceId: id! } };
    },
    async remove(resourceId, properties, ctx) {
      await unlessMissing(
        ctx.call(DeleteResourceCommand, { restApiId: text(properties, "RestApiId"), resourceId }),
        isNotFound,
      );
    },
  },

  "AWS::ApiGateway::Method": {
    attributes: [],
    replaceOn: ["RestApiId", "ResourceId", "HttpMethod"],
    async create(properties, ctx) {
      const id = ["RestApiId", "ResourceId", "HttpMethod"].map((name) => text(properties, name)).join("|");
      await putMethod(id, properties, ctx);
      return { id, attributes: {} };
    },
    async update(id, properties, _previous, ctx) {
      await unlessMissing(ctx.call(DeleteMethodCommand, methodKey(id)), isNotFound);
      await putMethod(id, properties, ctx);
      return undefined;
    },
    async remove(id, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteMethodCommand, methodKey(id)), isNotFound);
    },
  },

  "AWS::ApiGateway::GatewayResponse": {
    attributes: ["Id"],
    replaceOn: ["RestApiId", "ResponseType"],
    async create(properties, ctx) {
      await ctx.call(PutGatewayResponseCommand, toInput(PutGatewayResponseCommand, properties));
      const id = `${text(properties, "RestApiId")}|${text(properties, "ResponseType")}`;
      return { id, attributes: { Id: id } };
    },
    async update(_id, properties, _previous, ctx) {
      await ctx.call(PutGatewayResponseCommand, toInput(PutGatewayResponseCommand, properties));
      return undefined;
    },
    async remove(_id, properties, ctx) {
      const { RestApiId, ResponseType } = properties;
      const input = toInput(DeleteGatewayResponseCommand, { RestApiId: RestApiId!, ResponseType: ResponseType! });
      await unlessMissing(ctx.call(DeleteGatewayResponseCommand, input), isNotFound);
    },
  },

  "AWS::ApiGateway::Deployment": {
    attributes: ["DeploymentId"],
    replaceOn: ["RestApiId", "StageName", "StageDescription", "DeploymentCanarySettings"],
    async create(properties, ctx) {
      // What the deployment says about its stage goes into the stage.
      const stage = isMap(properties.StageDescription) ? properties.StageDescription : {};
      const { id } = await ctx.call(CreateDeploymentCommand, {
        ...toInput(CreateDeploymentCommand, without(properties, "StageDescription")),
        ...toInput(CreateDeploymentCommand, {
          ...only(stage, "Variables", "TracingEnabled"),
          RestApiId: properties.RestApiId!,
        }),
        stageDescription: optionalText(stage, "Description"),
      });
      ctx.exists(id!);
      const stageName = optionalText(properties, "StageName");
      if (stageName && Object.keys(stage).length)
        await patchStage(stageName, { ...stage, RestApiId: properties.RestApiId! }, {}, ctx);
      return { id: id!, attributes: { DeploymentId: id! } };
    },
    async update(deploymentId, properties, _previous, ctx) {
      const patchOperations = [replace("/description", optionalText(properties, "Description") ?? "")];
      const restApiId = text(properties, "RestApiId");
      await ctx.call(UpdateDeploymentCommand, { restApiId, deploymentId, patchOperations });
      return undefined;
    },
    async remove(deploymentId, properties, ctx) {
      const restApiId = text(properties, "RestApiId");
      // A stage that the deployment itself made goes with it.
      const stageName = optionalText(properties, "StageName");
      if (stageName) await unlessMissing(ctx.call(DeleteStageCommand, { restApiId, stageName }), isNotFound);
      await unlessMissing(ctx.call(DeleteDeploymentCommand, { restApiId, deploymentId }), isNotFound);
    },
  },

  "AWS::ApiGateway::Stage": {
    attributes: [],
    replaceOn: ["RestApiId", "StageName"],
    async create(properties, ctx) {
      const own = without(properties, "MethodSettings", "AccessLogSetting");
      const stageName = text(properties, "StageName");
      await ctx.call(CreateStageCommand, toInput(CreateStageCommand, tagged(own, ctx)));
      ctx.exists(stageName);
      await patchStage(stageName, properties, {}, ctx);
      return { id: stageName, attributes: {} };
    },
    async update(stageName, properties, previous, ctx) {
      await patchStage(stageName, properties, previous, ctx);
      return undefined;
    },
    async remove(stageName, properties, ctx) {
      await unlessMissing(
        ctx.call(DeleteStageCommand, { restApiId: text(properties, "RestApiId"), stageName }),
        isNotFound,
      );
    },
  },
};

/** Makes an API what its definition says; what the template says itself comes before it (AWS: AWS::ApiGateway::RestApi). */
async function putDefinition(
  restApiId: string,
  definition: ApiDefinition,
  properties: ValueMap,
  previous: ValueMap,
  ctx: ResourceContext,
): Promise<void> {
  await ctx.call(PutRestApiCommand, { restApiId, ...definition.input });
  const said = apiPatch(properties, previous).filter(({ path = "", op }) => {
    const [, name = ""] = path.split("/");
    const property = name === "apiKeySource" ? "ApiKeySourceType" : `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return op !== "remove" && properties[property] !== undefined;
  });
  if (said.length) await ctx.call(UpdateRestApiCommand, { restApiId, patchOperations: said });
}

/** What changes an API in place; every property can be (AWS: AWS::ApiGateway::RestApi). */
function apiPatch(properties: ValueMap, previous: ValueMap): PatchOperation[] {
  const out = [
    replace("/description", optionalText(properties, "Description") ?? ""),
    replace("/policy", properties.Policy === undefined ? "" : document(properties, "Policy")),
    replace("/apiKeySource", optionalText(properties, "ApiKeySourceType") ?? "HEADER"),
    replace("/minimumCompressionSize", optionalText(properties, "MinimumCompressionSize") ?? ""),
    replace("/disableExecuteApiEndpoint", optionalText(properties, "DisableExecuteApiEndpoint") ?? "false"),
  ];
  const name = optionalText(properties, "Name");
  if (name) out.push(replace("/name", name));
  const escaped = (type: string) => `/binaryMediaTypes/${type.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  for (const type of texts(previous, "BinaryMediaTypes")) out.push({ op: "remove", path: escaped(type) });
  for (const type of texts(properties, "BinaryMediaTypes")) out.push({ op: "add", path: escaped(type) });
  const types = (from: ValueMap) =>
    isMap(from.EndpointConfiguration) ? texts(from.EndpointConfiguration, "Types") : ["EDGE"];
  const [type = "EDGE"] = types(properties);
  if (type !== types(previous)[0]) out.push(replace(`/endpointConfiguration/types/${types(previous)[0]}`, type));
  return out;
}

function methodKey(id: string): { restApiId: string; resourceId: string; httpMethod: string } {
  const [restApiId = "", resourceId = "", httpMethod = ""] = id.split("|");
  return { restApiId, resourceId, httpMethod };
}

async function putMethod(id: string, properties: ValueMap, ctx: ResourceContext): Promise<void> {
  const { Integration, MethodResponses: _responses, ...own } = properties;
  const { restApiId: RestApiId, resourceId: ResourceId, httpMethod: HttpMethod } = methodKey(id);
  const key = { RestApiId, ResourceId, HttpMethod };
  await ctx.call(PutMethodCommand, toInput(PutMethodCommand, own));
  ctx.exists(id);
  for (const response of maps(properties, "MethodResponses"))
    await ctx.call(PutMethodResponseCommand, toInput(PutMethodResponseCommand, { ...key, ...response }));
  if (!isMap(Integration)) return;
  const integration = { ...key, ...without(Integration, "IntegrationResponses") };
  await ctx.call(PutIntegrationCommand, toInput(PutIntegrationCommand, integration));
  for (const response of maps(Integration, "IntegrationResponses"))
    await ctx.call(PutIntegrationResponseCommand, toInput(PutIntegrationResponseCommand, { ...key, ...response }));
}

/** Method settings as a template writes them → last parts of the patch paths. */
const SETTING_PATHS: Record<string, string> = {
  ThrottlingRateLimit: "throttling/rateLimit",
  ThrottlingBurstLimit: "throttling/burstLimit",
  MetricsEnabled: "metrics/enabled",
  LoggingLevel: "logging/loglevel",
  DataTraceEnabled: "logging/dataTrace",
};

async function patchStage(
  stageName: string,
  properties: ValueMap,
  previous: ValueMap,
  ctx: ResourceContext,
): Promise<void> {
  const restApiId = text(properties, "RestApiId");
  const patchOperations: PatchOperation[] = [];
  for (const setting of maps(properties, "MethodSettings")) {
    // Templates write the path with its slash (`/*`, `/~1a~1b`), patches without it and escaped.
    const path = text(setting, "ResourcePath").replace(/^\//, "");
    const resource = path.startsWith("~1") || path === "*" ? path : `~1${path.replaceAll("/", "~1")}`;
    for (const [name, last] of Object.entries(SETTING_PATHS)) {
      const value = optionalText(setting, name);
      if (value !== undefined)
        patchOperations.push(replace(`/${resource}/${text(setting, "HttpMethod")}/${last}`, value));
    }
  }
  const deployment = optionalText(properties, "DeploymentId");
  if (deployment && deployment !== optionalText(previous, "DeploymentId") && Object.keys(previous).length)
    patchOperations.push(replace("/deploymentId", deployment));
  const tracing = optionalText(properties, "TracingEnabled");
  if (tracing !== undefined || previous.TracingEnabled !== undefined)
    patchOperations.push(replace("/tracingEnabled", tracing ?? "false"));
  patchOperations.push(replace("/description", optionalText(properties, "Description") ?? ""));
  const variables = isMap(properties.Variables) ? properties.Variables : {};
  for (const [name, value] of Object.entries(variables))
    patchOperations.push(replace(`/variables/${name}`, String(value)));
  for (const name of Object.keys(isMap(previous.Variables) ? previous.Variables : {}))
    if (!(name in variables)) patchOperations.push({ op: "remove", path: `/variables/${name}` });
  const access = properties.AccessLogSetting;
  if (isMap(access)) {
    patchOperations.push(replace("/accessLogSettings/destinationArn", text(access, "DestinationArn")));
    patchOperations.push(replace("/accessLogSettings/format", text(access, "Format")));
  }
  await ctx.call(UpdateStageCommand, { restApiId, stageName, patchOperations });
}
