import {
  CreateApiKeyCommand,
  CreateAuthorizerCommand,
  CreateModelCommand,
  CreateRequestValidatorCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteAuthorizerCommand,
  DeleteModelCommand,
  DeleteRequestValidatorCommand,
  DeleteUsagePlanCommand,
  DeleteUsagePlanKeyCommand,
  GetUsagePlanCommand,
  type PatchOperation,
  UpdateAccountCommand,
  UpdateApiKeyCommand,
  UpdateAuthorizerCommand,
  UpdateModelCommand,
  UpdateRequestValidatorCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import { isMap, sameValue, type ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { document, maps, only, optionalText, text, texts, toInput, without } from "./properties.ts";

const replace = (path: string, value: string): PatchOperation => ({ op: "replace", path, value });

/** AWS::ApiGateway::Account, ApiKey, Authorizer, UsagePlan, UsagePlanKey, Model and RequestValidator. */
export const apiGatewayKeyHandlers: HandlerTable = {
  "AWS::ApiGateway::Account": {
    attributes: ["Id"],
    replaceOn: [],
    async create(properties, ctx) {
      const id = ctx.generatedName(128);
      await ctx.call(UpdateAccountCommand, { patchOperations: accountPatch(properties) });
      return { id, attributes: { Id: id } };
    },
    async update(_id, properties, _previous, ctx) {
      await ctx.call(UpdateAccountCommand, { patchOperations: accountPatch(properties) });
      return undefined;
    },
    // The account's settings stay when the resource goes (AWS: AWS::ApiGateway::Account).
    async remove() {},
  },

  "AWS::ApiGateway::ApiKey": {
    attributes: ["APIKeyId"],
    replaceOn: ["Name", "Value", "GenerateDistinctId"],
    async create(properties, ctx) {
      const own = without(properties, "GenerateDistinctId");
      const Name = optionalText(properties, "Name") ?? ctx.generatedName(128);
      const input = toInput(CreateApiKeyCommand, { ...own, Name, Tags: ctx.tags(properties) });
      const { id } = await ctx.call(CreateApiKeyCommand, input);
      return { id: id!, attributes: { APIKeyId: id! } };
    },
    async update(apiKey, properties, previous, ctx) {
      const stage = ({ RestApiId, StageName }: ValueMap) => `${String(RestApiId)}/${String(StageName)}`;
      const patchOperations = [
        replace("/enabled", optionalText(properties, "Enabled") ?? "false"),
        replace("/description", optionalText(properties, "Description") ?? ""),
        replace("/customerId", optionalText(properties, "CustomerId") ?? ""),
        ...maps(previous, "StageKeys").map((key) => ({ op: "remove" as const, path: "/stages", value: stage(key) })),
        ...maps(properties, "StageKeys").map((key) => ({ op: "add" as const, path: "/stages", value: stage(key) })),
      ];
      await ctx.call(UpdateApiKeyCommand, { apiKey, patchOperations });
      return undefined;
    },
    async remove(apiKey, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteApiKeyCommand, { apiKey }), isNotFound);
    },
  },

  "AWS::ApiGateway::UsagePlan": {
    attributes: ["Id"],
    replaceOn: [],
    async create(properties, ctx) {
      const { UsagePlanName: _name, ...own } = properties;
      const Name = optionalText(properties, "UsagePlanName") ?? ctx.generatedName(128);
      const input = toInput(CreateUsagePlanCommand, { ...own, Name, Tags: ctx.tags(properties) });
      const { id } = await ctx.call(CreateUsagePlanCommand, input);
      return { id: id!, attributes: { Id: id! } };
    },
    async update(usagePlanId, properties, previous, ctx) {
      await ctx.call(UpdateUsagePlanCommand, { usagePlanId, patchOperations: planPatch(properties, previous) });
      return undefined;
    },
    async remove(usagePlanId, _properties, ctx) {
      await unlessMissing(
        ctx.call(GetUsagePlanCommand, { usagePlanId }).then(async ({ apiStages = [] }) => {
          // A plan with stages refuses to be deleted.
          const patchOperations = apiStages.map(({ apiId, stage }) => ({
            op: "remove" as const,
            path: "/apiStages",
            value: `${apiId}:${stage}`,
          }));
          await ctx.call(UpdateUsagePlanCommand, { usagePlanId, patchOperations });
          await ctx.call(DeleteUsagePlanCommand, { usagePlanId });
        }),
        isNotFound,
      );
    },
  },

  "AWS::ApiGateway::UsagePlanKey": {
    attributes: ["Id"],
    replaceOn: [],
    async create(properties, ctx) {
      await ctx.call(CreateUsagePlanKeyCommand, toInput(CreateUsagePlanKeyCommand, properties));
      const id = `${text(properties, "KeyId")}:${text(properties, "UsagePlanId")}`;
      return { id, attributes: { Id: id } };
    },
    async remove(_id, properties, ctx) {
      const input = { keyId: text(properties, "KeyId"), usagePlanId: text(properties, "UsagePlanId") };
      await unlessMissing(ctx.call(DeleteUsagePlanKeyCommand, input), isNotFound);
    },
  },

  "AWS::ApiGateway::Authorizer": {
    attributes: ["AuthorizerId"],
    replaceOn: ["RestApiId"],
    async create(properties, ctx) {
      const { id } = await ctx.call(CreateAuthorizerCommand, toInput(CreateAuthorizerCommand, properties));
      return { id: id!, attributes: { AuthorizerId: id! } };
    },
    async update(authorizerId, properties, previous, ctx) {
      const names = [
        "Name",
        "AuthType",
        "AuthorizerUri",
        "AuthorizerCredentials",
        "IdentitySource",
        "IdentityValidationExpression",
        "AuthorizerResultTtlInSeconds",
      ];
      const patchOperations = names.flatMap((name): PatchOperation[] => {
        const path = `/${name.charAt(0).toLowerCase()}${name.slice(1)}`;
        const value = optionalText(properties, name);
        if (value !== undefined) return [replace(path, value)];
        if (previous[name] === undefined) return [];
        return [name === "AuthorizerResultTtlInSeconds" ? replace(path, "300") : { op: "remove", path }];
      });
      const pools = (from: ValueMap) => texts(from, "ProviderARNs");
      const path = "/providerARNs";
      for (const value of pools(properties)) patchOperations.push({ op: "add", path, value });
      for (const value of pools(previous))
        if (!pools(properties).includes(value)) patchOperations.push({ op: "remove", path, value });
      await ctx.call(UpdateAuthorizerCommand, {
        restApiId: text(properties, "RestApiId"),
        authorizerId,
        patchOperations,
      });
      return undefined;
    },
    async remove(authorizerId, properties, ctx) {
      const restApiId = text(properties, "RestApiId");
      await unlessMissing(ctx.call(DeleteAuthorizerCommand, { restApiId, authorizerId }), isNotFound);
    },
  },

  "AWS::ApiGateway::Model": {
    attributes: [],
    replaceOn: ["RestApiId", "Name", "ContentType"],
    async create(properties, ctx) {
      const Name = optionalText(properties, "Name") ?? ctx.generatedName(64).replace(/[^a-zA-Z0-9]/g, "");
      const ContentType = optionalText(properties, "ContentType") ?? "application/json";
      await ctx.call(CreateModelCommand, toInput(CreateModelCommand, { ...properties, Name, ContentType }));
      return { id: Name, attributes: {} };
    },
    async update(modelName, properties, _previous, ctx) {
      const patchOperations = [replace("/description", optionalText(properties, "Description") ?? "")];
      if (properties.Schema !== undefined) patchOperations.push(replace("/schema", document(properties, "Schema")));
      await ctx.call(UpdateModelCommand, { restApiId: text(properties, "RestApiId"), modelName, patchOperations });
      return undefined;
    },
    async remove(modelName, properties, ctx) {
      const restApiId = text(properties, "RestApiId");
      await unlessMissing(ctx.call(DeleteModelCommand, { restApiId, modelName }), isNotFound);
    },
  },

  "AWS::ApiGateway::RequestValidator": {
    attributes: ["RequestValidatorId"],
    replaceOn: ["RestApiId", "Name"],
    async create(properties, ctx) {
      const input = toInput(CreateRequestValidatorCommand, properties);
      const { id } = await ctx.call(CreateRequestValidatorCommand, input);
      return { id: id!, attributes: { RequestValidatorId: id! } };
    },
    async update(requestValidatorId, properties, _previous, ctx) {
      const patchOperations = (["ValidateRequestBody", "ValidateRequestParameters"] as const).map((name) =>
        replace(`/v${name.slice(1)}`, optionalText(properties, name) ?? "false"),
      );
      const restApiId = text(properties, "RestApiId");
      await ctx.call(UpdateRequestValidatorCommand, { restApiId, requestValidatorId, patchOperations });
      return undefined;
    },
    async remove(requestValidatorId, properties, ctx) {
      const restApiId = text(properties, "RestApiId");
      await unlessMissing(ctx.call(DeleteRequestValidatorCommand, { restApiId, requestValidatorId }), isNotFound);
    },
  },
};

function accountPatch(properties: ValueMap): PatchOperation[] {
  return [replace("/cloudwatchRoleArn", optionalText(properties, "CloudWatchRoleArn") ?? "")];
}

function planPatch(properties: ValueMap, previous: ValueMap): PatchOperation[] {
  const out = [replace("/description", optionalText(properties, "Description") ?? "")];
  const name = optionalText(properties, "UsagePlanName");
  if (name) out.push(replace("/name", name));
  const parts = [
    ["Throttle", "throttle", ["RateLimit", "BurstLimit"]],
    ["Quota", "quota", ["Limit", "Offset", "Period"]],
  ] as const;
  for (const [property, path, members] of parts) {
    const value = properties[property];
    if (!isMap(value)) out.push({ op: "remove", path: `/${path}` });
    else
      for (const member of members) {
        const part = optionalText(only(value, member), member);
        if (part !== undefined) out.push(replace(`/${path}/${member[0]!.toLowerCase()}${member.slice(1)}`, part));
      }
  }
  const stage = (item: ValueMap) => `${text(item, "ApiId")}:${text(item, "Stage")}`;
  const [before, after] = [maps(previous, "ApiStages"), maps(properties, "ApiStages")];
  if (sameValue(before, after)) return out;
  for (const item of before) out.push({ op: "remove", path: "/apiStages", value: stage(item) });
  for (const item of after) out.push({ op: "add", path: "/apiStages", value: stage(item) });
  return out;
}
