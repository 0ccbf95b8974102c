import {
  CreateAppCommand,
  CreateBranchCommand,
  DeleteAppCommand,
  DeleteBranchCommand,
  UpdateAppCommand,
  UpdateBranchCommand,
} from "@aws-sdk/client-amplify";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { text, toInput, without } from "./properties.ts";

const tagged = (properties: ValueMap, ctx: ResourceContext): ValueMap => {
  const tags = ctx.tags(properties);
  return tags.length ? { ...properties, Tags: tags } : without(properties, "Tags");
};

/** Templates list environment variables as pairs of Name and Value. */
const variables = (properties: ValueMap): ValueMap => {
  const list = properties.EnvironmentVariables;
  if (!Array.isArray(list)) return properties;
  return {
    ...properties,
    EnvironmentVariables: Object.fromEntries(
      (list as ValueMap[]).map((item) => [text(item, "Name"), text(item, "Value")]),
    ),
  };
};

const appIdOf = (arn: string) => /:apps\/([^/]+)/.exec(arn)?.[1] ?? arn;

/** AWS::Amplify::App and AWS::Amplify::Branch; Ref of each is its ARN. */
export const amplifyHandlers: HandlerTable = {
  "AWS::Amplify::App": {
    attributes: ["AppId", "AppName", "Arn", "DefaultDomain"],
    replaceOn: [],
    async create(properties, ctx) {
      const { app } = await ctx.call(
        CreateAppCommand,
        toInput(CreateAppCommand, variables(tagged(properties, ctx)), { IAMServiceRole: "iamServiceRoleArn" }),
      );
      return { id: app!.appArn!, attributes: attributesOf(app!) };
    },
    async update(arn, properties, _previous, ctx) {
      const input = { ...variables(without(properties, "Tags")), AppId: appIdOf(arn) };
      const { app } = await ctx.call(
        UpdateAppCommand,
        toInput(UpdateAppCommand, input, { IAMServiceRole: "iamServiceRoleArn" }),
      );
      return attributesOf(app!);
    },
    async remove(arn, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteAppCommand, { appId: appIdOf(arn) }), isNotFound);
    },
  },

  "AWS::Amplify::Branch": {
    attributes: ["Arn", "BranchName"],
    replaceOn: ["AppId", "BranchName"],
    async create(properties, ctx) {
      const { branch } = await ctx.call(
        CreateBranchCommand,
        toInput(CreateBranchCommand, variables(tagged(properties, ctx))),
      );
      return { id: branch!.branchArn!, attributes: { Arn: branch!.branchArn!, BranchName: branch!.branchName! } };
    },
    async update(_arn, properties, _previous, ctx) {
      await ctx.call(UpdateBranchCommand, toInput(UpdateBranchCommand, variables(without(properties, "Tags"))));
      return undefined;
    },
    async remove(arn, properties, ctx) {
      const branchName = text(properties, "BranchName");
      await unlessMissing(ctx.call(DeleteBranchCommand, { appId: appIdOf(arn), branchName }), isNotFound);
    },
  },
};

function attributesOf(app: {
  appId?: string;
  name?: string;
  appArn?: string;
  defaultDomain?: string;
}): Record<string, string> {
  return { AppId: app.appId!, AppName: app.name!, Arn: app.appArn!, DefaultDomain: app.defaultDomain! };
}
