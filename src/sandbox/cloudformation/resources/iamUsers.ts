import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { document, maps, optionalText, text, texts, toInput, without } from "./properties.ts";

/** AWS::IAM::User and AccessKey. */
export const iamUserHandlers: HandlerTable = {
  "AWS::IAM::User": {
    attributes: ["Arn"],
    replaceOn: ["UserName"],
    async create(properties, ctx) {
      const UserName = optionalText(properties, "UserName") ?? ctx.generatedName(64);
      const own = without(properties, "Policies", "ManagedPolicyArns");
      const input = toInput(CreateUserCommand, { ...own, UserName, Tags: ctx.tags(properties) });
      const { User } = await ctx.call(CreateUserCommand, input);
      ctx.exists(UserName);
      await putPolicies(UserName, properties, {}, ctx);
      return { id: UserName, attributes: { Arn: User!.Arn! } };
    },
    async update(UserName, properties, previous, ctx) {
      await putPolicies(UserName, properties, previous, ctx);
      return undefined;
    },
    async remove(UserName, properties, ctx) {
      await putPolicies(UserName, {}, properties, ctx);
      await unlessMissing(ctx.call(DeleteUserCommand, { UserName }), isNotFound);
    },
  },

  "AWS::IAM::AccessKey": {
    attributes: ["SecretAccessKey"],
    replaceOn: ["UserName", "Serial"],
    async create(properties, ctx) {
      const UserName = text(properties, "UserName");
      const { AccessKey } = await ctx.call(CreateAccessKeyCommand, { UserName });
      const AccessKeyId = AccessKey!.AccessKeyId!;
      ctx.exists(AccessKeyId);
      await setStatus(AccessKeyId, properties, ctx);
      return { id: AccessKeyId, attributes: { SecretAccessKey: AccessKey!.SecretAccessKey! } };
    },
    async update(AccessKeyId, properties, _previous, ctx) {
      await setStatus(AccessKeyId, properties, ctx);
      return undefined;
    },
    async remove(AccessKeyId, properties, ctx) {
      const UserName = text(properties, "UserName");
      await unlessMissing(ctx.call(DeleteAccessKeyCommand, { UserName, AccessKeyId }), isNotFound);
    },
  },
};

async function setStatus(AccessKeyId: string, properties: ValueMap, ctx: ResourceContext): Promise<void> {
  const Status = optionalText(properties, "Status") === "Inactive" ? "Inactive" : "Active";
  await ctx.call(UpdateAccessKeyCommand, { UserName: text(properties, "UserName"), AccessKeyId, Status });
}

/** Brings a user's policies from what was to what shall be. */
async function putPolicies(
  UserName: string,
  wanted: ValueMap,
  previous: ValueMap,
  ctx: ResourceContext,
): Promise<void> {
  const names = new Set<string>();
  for (const policy of maps(wanted, "Policies")) {
    const PolicyName = text(policy, "PolicyName");
    names.add(PolicyName);
    await ctx.call(PutUserPolicyCommand, { UserName, PolicyName, PolicyDocument: document(policy, "PolicyDocument") });
  }
  const arns = new Set(texts(wanted, "ManagedPolicyArns"));
  for (const PolicyArn of arns) await ctx.call(AttachUserPolicyCommand, { UserName, PolicyArn });
  for (const policy of maps(previous, "Policies")) {
    const PolicyName = text(policy, "PolicyName");
    if (!names.has(PolicyName))
      await unlessMissing(ctx.call(DeleteUserPolicyCommand, { UserName, PolicyName }), isNotFound);
  }
  for (const PolicyArn of texts(previous, "ManagedPolicyArns"))
    if (!arns.has(PolicyArn))
      await unlessMissing(ctx.call(DetachUserPolicyCommand, { UserName, PolicyArn }), isNotFound);
}
