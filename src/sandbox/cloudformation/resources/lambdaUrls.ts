import {
  CreateFunctionUrlConfigCommand,
  DeleteFunctionEventInvokeConfigCommand,
  DeleteFunctionUrlConfigCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { optionalText, text, toInput, without } from "./properties.ts";

/** AWS::Lambda::Url, whose Ref is the function's ARN, and AWS::Lambda::EventInvokeConfig. */
export const lambdaUrlHandlers: HandlerTable = {
  "AWS::Lambda::Url": {
    attributes: ["FunctionArn", "FunctionUrl"],
    replaceOn: ["TargetFunctionArn", "Qualifier"],
    async create(properties, ctx) {
      const input = toInput(CreateFunctionUrlConfigCommand, ofFunction(properties));
      const { FunctionArn = "", FunctionUrl = "" } = await ctx.call(CreateFunctionUrlConfigCommand, input);
      return { id: FunctionArn, attributes: { FunctionArn, FunctionUrl } };
    },
    async update(_id, properties, _previous, ctx) {
      const input = toInput(UpdateFunctionUrlConfigCommand, { Cors: {}, ...ofFunction(properties) });
      const { FunctionArn = "", FunctionUrl = "" } = await ctx.call(UpdateFunctionUrlConfigCommand, input);
      return { FunctionArn, FunctionUrl };
    },
    async remove(_id, properties, ctx) {
      const FunctionName = text(properties, "TargetFunctionArn");
      const Qualifier = optionalText(properties, "Qualifier");
      await unlessMissing(ctx.call(DeleteFunctionUrlConfigCommand, { FunctionName, Qualifier }), isNotFound);
    },
  },

  "AWS::Lambda::EventInvokeConfig": {
    attributes: [],
    replaceOn: ["FunctionName", "Qualifier"],
    async create(properties, ctx) {
      text(properties, "Qualifier"); // required of a template, though not of the operation
      const id = ctx.generatedName(128);
      await ctx.call(PutFunctionEventInvokeConfigCommand, toInput(PutFunctionEventInvokeConfigCommand, properties));
      return { id, attributes: {} };
    },
    async update(_id, properties, _previous, ctx) {
      await ctx.call(PutFunctionEventInvokeConfigCommand, toInput(PutFunctionEventInvokeConfigCommand, properties));
      return undefined;
    },
    async remove(_id, properties, ctx) {
      const FunctionName = text(properties, "FunctionName");
      const Qualifier = text(properties, "Qualifier");
      await unlessMissing(ctx.call(DeleteFunctionEventInvokeConfigCommand, { FunctionName, Qualifier }), isNotFound);
    },
  },
};

/** The operation names the function by FunctionName, the template by TargetFunctionArn. */
function ofFunction(properties: ValueMap): ValueMap {
  return { ...without(properties, "TargetFunctionArn"), FunctionName: text(properties, "TargetFunctionArn") };
}
