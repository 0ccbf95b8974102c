import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteLayerVersionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { isMap, type ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { maps, optionalText, PropertyError, text, toInput, without } from "./properties.ts";

/** AWS::Lambda::Version, LayerVersion and Alias; Ref of each is its ARN. */
export const lambdaVersionHandlers: HandlerTable = {
  "AWS::Lambda::Version": {
    attributes: ["Version", "FunctionArn"],
    replaceOn: [],
    async create(properties, ctx) {
      noProvisioned(properties);
      const made = await ctx.call(PublishVersionCommand, toInput(PublishVersionCommand, properties));
      return { id: made.FunctionArn!, attributes: { Version: made.Version!, FunctionArn: made.FunctionArn! } };
    },
    async remove(arn, _properties, ctx) {
      const [FunctionName = "", Qualifier = ""] = splitArn(arn);
      await unlessMissing(ctx.call(DeleteFunctionCommand, { FunctionName, Qualifier }), isNotFound);
    },
  },

  "AWS::Lambda::LayerVersion": {
    attributes: ["LayerVersionArn"],
    replaceOn: [],
    async create(properties, ctx) {
      const LayerName = optionalText(properties, "LayerName") ?? ctx.generatedName(64);
      const input = toInput(PublishLayerVersionCommand, { ...properties, LayerName });
      const { LayerVersionArn = "" } = await ctx.call(PublishLayerVersionCommand, input);
      return { id: LayerVersionArn, attributes: { LayerVersionArn } };
    },
    async remove(arn, _properties, ctx) {
      const [LayerName = "", VersionNumber = ""] = splitArn(arn);
      await ctx.call(DeleteLayerVersionCommand, { LayerName, VersionNumber: Number(VersionNumber) });
    },
  },

  "AWS::Lambda::Alias": {
    attributes: ["AliasArn"],
    replaceOn: ["FunctionName", "Name"],
    async create(properties, ctx) {
      noProvisioned(properties);
      const { AliasArn } = await ctx.call(CreateAliasCommand, toInput(CreateAliasCommand, routing(properties)));
      return { id: AliasArn!, attributes: { AliasArn: AliasArn! } };
    },
    async update(arn, properties, _previous, ctx) {
      noProvisioned(properties);
      const defaults: ValueMap = { Description: "", RoutingConfig: {} };
      const input = toInput(UpdateAliasCommand, { ...defaults, ...routing(properties) });
      await ctx.call(UpdateAliasCommand, input);
      return { AliasArn: arn };
    },
    async remove(_arn, properties, ctx) {
      const FunctionName = text(properties, "FunctionName");
      await unlessMissing(ctx.call(DeleteAliasCommand, { FunctionName, Name: text(properties, "Name") }), isNotFound);
    },
  },
};

/** Function and qualifier of `arn:…:function:NAME:QUALIFIER`. */
function splitArn(arn: string): [functionArn: string, qualifier: string] {
  const colon = arn.lastIndexOf(":");
  return [arn.slice(0, colon), arn.slice(colon + 1)];
}

function noProvisioned(properties: ValueMap): void {
  if (properties.ProvisionedConcurrencyConfig !== undefined)
    throw new PropertyError("#/ProvisionedConcurrencyConfig: provisioned concurrency is not supported by this sandbox");
}

/** Templates list the weights of versions as pairs. */
function routing(properties: ValueMap): ValueMap {
  const { RoutingConfig } = properties;
  if (!isMap(RoutingConfig)) return properties;
  const weights = maps(RoutingConfig, "AdditionalVersionWeights").map((item) => [
    text(item, "FunctionVersion"),
    Number(text(item, "FunctionWeight")),
  ]);
  return {
    ...without(properties, "RoutingConfig"),
    RoutingConfig: { AdditionalVersionWeights: Object.fromEntries(weights) },
  };
}
