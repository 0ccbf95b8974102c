import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { isMap, sameValue, type ValueMap } from "../template/value.ts";
import { responseModule } from "./cfnResponse.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { optionalText, PropertyError, text, toInput, without } from "./properties.ts";

/** AWS::Lambda::Function and AWS::Lambda::Permission. */
export const lambdaHandlers: HandlerTable = {
  "AWS::Lambda::Function": {
    attributes: ["Arn"],
    replaceOn: ["FunctionName", "PackageType"],
    async create(properties, ctx) {
      const FunctionName = optionalText(properties, "FunctionName") ?? ctx.generatedName(64);
      const own = without(properties, "Code", "ReservedConcurrentExecutions");
      const input = toInput(CreateFunctionCommand, {
        ...own,
        FunctionName,
        Code: {},
        Tags: ctx.tags(properties),
      });
      const made = await ctx.call(CreateFunctionCommand, { ...input, Code: codeOf(properties) });
      ctx.exists(FunctionName);
      await untilReady(FunctionName, ctx);
      await reserve(FunctionName, properties, {}, ctx);
      return { id: FunctionName, attributes: { Arn: made.FunctionArn! } };
    },
    async update(FunctionName, properties, previous, ctx) {
      await untilReady(FunctionName, ctx);
      if (!sameValue(properties.Code, previous.Code)) {
        await ctx.call(UpdateFunctionCodeCommand, { FunctionName, ...codeOf(properties) });
        await untilReady(FunctionName, ctx);
      }
      const configuration = without(
        properties,
        "Code",
        "Tags",
        "Architectures",
        "PackageType",
        "ReservedConcurrentExecutions",
      );
      await reserve(FunctionName, properties, previous, ctx);
      // What the template no longer says goes back to its default.
      const defaults: ValueMap = { Description: "", Timeout: 3, MemorySize: 128, Environment: { Variables: {} } };
      const input = toInput(UpdateFunctionConfigurationCommand, { ...defaults, ...configuration, FunctionName });
      const { FunctionArn } = await ctx.call(UpdateFunctionConfigurationCommand, input);
      await untilReady(FunctionName, ctx);
      return { Arn: FunctionArn! };
    },
    async remove(FunctionName, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteFunctionCommand, { FunctionName }), isNotFound);
    },
  },

  "AWS::Lambda::Permission": {
    attributes: ["Id"],
    replaceOn: [],
    async create(properties, ctx) {
      const StatementId = ctx.generatedName(100);
      await ctx.call(AddPermissionCommand, toInput(AddPermissionCommand, { ...properties, StatementId }));
      return { id: StatementId, attributes: { Id: StatementId } };
    },
    async remove(StatementId, properties, ctx) {
      const FunctionName = text(properties, "FunctionName");
      await unlessMissing(ctx.call(RemovePermissionCommand, { FunctionName, StatementId }), isNotFound);
    },
  },
};

async function reserve(
  FunctionName: string,
  properties: ValueMap,
  previous: ValueMap,
  ctx: ResourceContext,
): Promise<void> {
  const wanted = optionalText(properties, "ReservedConcurrentExecutions");
  if (wanted !== undefined)
    await ctx.call(PutFunctionConcurrencyCommand, { FunctionName, ReservedConcurrentExecutions: Number(wanted) });
  else if (previous.ReservedConcurrentExecutions !== undefined)
    await ctx.call(DeleteFunctionConcurrencyCommand, { FunctionName });
}

/** Source in the template itself becomes the file `index` (AWS: AWS::Lambda::Function Code, ZipFile). */
function codeOf(
  properties: ValueMap,
): { ZipFile: Uint8Array } | { S3Bucket: string; S3Key: string; S3ObjectVersion?: string } {
  const code = properties.Code;
  if (!isMap(code)) throw new PropertyError("#: required key [Code] not found");
  const source = optionalText(code, "ZipFile");
  if (source !== undefined) {
    const python = optionalText(properties, "Runtime")?.startsWith("python") ?? false;
    const file = python ? "index.py" : /^\s*(import|export)\s/m.test(source) ? "index.mjs" : "index.js";
    // AWS adds its module for custom resources to inline code that mentions it.
    const more = /cfn-?response/.test(source) ? responseModule(python) : {};
    return { ZipFile: zipSync({ [file]: strToU8(source), ...more }) };
  }
  if (code.ImageUri !== undefined)
    throw new PropertyError("#/Code: ImageUri is not supported by this sandbox; use S3Bucket and S3Key");
  const S3ObjectVersion = optionalText(code, "S3ObjectVersion");
  return { S3Bucket: text(code, "S3Bucket"), S3Key: text(code, "S3Key"), S3ObjectVersion };
}

async function untilReady(FunctionName: string, ctx: ResourceContext): Promise<void> {
  await ctx.poll(async () => {
    const { Configuration } = await ctx.call(GetFunctionCommand, { FunctionName });
    return Configuration?.State === "Active" && Configuration.LastUpdateStatus !== "InProgress" ? true : undefined;
  });
}
