import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { isMap, sameValue, type Value, type ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { optionalText, PropertyError, text, toInput, without } from "./properties.ts";

/** AWS::Lambda::Function and AWS::Lambda::Permission. */
export const lambdaHandlers: HandlerTable = {
  "AWS::Lambda::Function": {
    attributes: ["Arn"],
    replaceOn: ["FunctionName", "PackageType"],
    async create(properties, ctx) {
      const FunctionName = optionalText(properties, "FunctionName") ?? ctx.generatedName(64);
      const own = without(properties, "Code");
      const input = toInput(CreateFunctionCommand, {
        ...own,
        FunctionName,
        Code: {},
        Tags: ctx.tags(properties),
      });
      const made = await ctx.call(CreateFunctionCommand, { ...input, Code: codeOf(properties.Code) });
      ctx.exists(FunctionName);
      await untilReady(FunctionName, ctx);
      return { id: FunctionName, attributes: { Arn: made.FunctionArn! } };
    },
    async update(FunctionName, properties, previous, ctx) {
      await untilReady(FunctionName, ctx);
      if (!sameValue(properties.Code, previous.Code)) {
        await ctx.call(UpdateFunctionCodeCommand, { FunctionName, ...codeOf(properties.Code) });
        await untilReady(FunctionName, ctx);
      }
      const configuration = without(properties, "Code", "Tags", "Architectures", "PackageType");
      // What the template no longer says goes back to its default.
      const defaults: ValueMap = { Description: "", Timeout: 3, MemorySize: 128, Environment: { Variables: {} } };
      const input = toInput(UpdateFunctionConfigurationCommand, { ...defaults, ...configuration, FunctionName });
      const { FunctionArn } = await ctx.call(UpdateFunctionConfigurationCommand, input);
      await untilReady(FunctionName, ctx);
      const tags = ctx.tags(properties);
      if (tags.length)
        await ctx.call(TagResourceCommand, {
          Resource: FunctionArn!,
          Tags: Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value])),
        });
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

/** Source in the template itself becomes `index.mjs` or `index.js` (AWS: AWS::Lambda::Function Code, ZipFile). */
function codeOf(code: Value | undefined): { ZipFile: Uint8Array } | { S3Bucket: string; S3Key: string } {
  if (!isMap(code)) throw new PropertyError("#: required key [Code] not found");
  const source = optionalText(code, "ZipFile");
  if (source !== undefined) {
    const file = /^\s*(import|export)\s/m.test(source) ? "index.mjs" : "index.js";
    return { ZipFile: zipSync({ [file]: strToU8(source) }) };
  }
  if (code.ImageUri !== undefined)
    throw new PropertyError("#/Code: ImageUri is not supported by this sandbox; use S3Bucket and S3Key");
  return { S3Bucket: text(code, "S3Bucket"), S3Key: text(code, "S3Key") };
}

async function untilReady(FunctionName: string, ctx: ResourceContext): Promise<void> {
  await ctx.poll(async () => {
    const { Configuration } = await ctx.call(GetFunctionCommand, { FunctionName });
    return Configuration?.State === "Active" && Configuration.LastUpdateStatus !== "InProgress" ? true : undefined;
  });
}
