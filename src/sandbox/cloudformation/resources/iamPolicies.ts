import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateInstanceProfileCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeleteInstanceProfileCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  ListPolicyVersionsCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { sameValue, type ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { document, only, optionalText, PropertyError, text, texts, toInput } from "./properties.ts";

/** AWS::IAM::Policy, ManagedPolicy and InstanceProfile. */
export const iamPolicyHandlers: HandlerTable = {
  "AWS::IAM::Policy": {
    attributes: ["Id"],
    replaceOn: ["PolicyName"],
    async create(properties, ctx) {
      checkPrincipals(properties);
      const id = ctx.generatedName(128);
      ctx.exists(id);
      await putInline(properties, ctx);
      return { id, attributes: { Id: id } };
    },
    async update(_id, properties, previous, ctx) {
      checkPrincipals(properties);
      await putInline(properties, ctx);
      await dropInline(previous, properties, ctx);
      return undefined;
    },
    async remove(_id, properties, ctx) {
      await dropInline(properties, {}, ctx);
    },
  },

  "AWS::IAM::ManagedPolicy": {
    attributes: ["PolicyArn", "PolicyId", "DefaultVersionId", "CreateDate"],
    replaceOn: ["ManagedPolicyName", "Path", "Description"],
    async create(properties, ctx) {
      noGroups(properties);
      const { Policy } = await ctx.call(CreatePolicyCommand, {
        ...toInput(CreatePolicyCommand, {
          ...only(properties, "Path", "Description"),
          PolicyName: optionalText(properties, "ManagedPolicyName") ?? ctx.generatedName(128),
          PolicyDocument: document(properties, "PolicyDocument"),
        }),
      });
      ctx.exists(Policy!.Arn!);
      await attach(Policy!.Arn!, properties, {}, ctx);
      return { id: Policy!.Arn!, attributes: await attributesOf(Policy!.Arn!, ctx) };
    },
    async update(PolicyArn, properties, previous, ctx) {
      noGroups(properties);
      if (!sameValue(properties.PolicyDocument, previous.PolicyDocument)) {
        // A policy keeps five versions; CloudFormation lets go of the ones that are not the default.
        const { Versions = [] } = await ctx.call(ListPolicyVersionsCommand, { PolicyArn });
        for (const { VersionId, IsDefaultVersion } of Versions)
          if (!IsDefaultVersion) await ctx.call(DeletePolicyVersionCommand, { PolicyArn, VersionId });
        const PolicyDocument = document(properties, "PolicyDocument");
        await ctx.call(CreatePolicyVersionCommand, { PolicyArn, PolicyDocument, SetAsDefault: true });
      }
      await attach(PolicyArn, properties, previous, ctx);
      return attributesOf(PolicyArn, ctx);
    },
    async remove(PolicyArn, properties, ctx) {
      await attach(PolicyArn, {}, properties, ctx);
      const gone = (work: Promise<unknown>) => unlessMissing(work, isNotFound);
      await gone(
        ctx.call(ListPolicyVersionsCommand, { PolicyArn }).then(async ({ Versions = [] }) => {
          for (const { VersionId, IsDefaultVersion } of Versions)
            if (!IsDefaultVersion) await ctx.call(DeletePolicyVersionCommand, { PolicyArn, VersionId });
        }),
      );
      await gone(ctx.call(DeletePolicyCommand, { PolicyArn }));
    },
  },

  "AWS::IAM::InstanceProfile": {
    attributes: ["Arn"],
    replaceOn: ["InstanceProfileName", "Path"],
    async create(properties, ctx) {
      const InstanceProfileName = optionalText(properties, "InstanceProfileName") ?? ctx.generatedName(128);
      const { InstanceProfile } = await ctx.call(CreateInstanceProfileCommand, {
        InstanceProfileName,
        Path: optionalText(properties, "Path"),
      });
      ctx.exists(InstanceProfileName);
      for (const RoleName of texts(properties, "Roles"))
        await ctx.call(AddRoleToInstanceProfileCommand, { InstanceProfileName, RoleName });
      return { id: InstanceProfileName, attributes: { Arn: InstanceProfile!.Arn! } };
    },
    async update(InstanceProfileName, properties, previous, ctx) {
      for (const RoleName of texts(previous, "Roles"))
        await unlessMissing(
          ctx.call(RemoveRoleFromInstanceProfileCommand, { InstanceProfileName, RoleName }),
          isNotFound,
        );
      for (const RoleName of texts(properties, "Roles"))
        await ctx.call(AddRoleToInstanceProfileCommand, { InstanceProfileName, RoleName });
      return undefined;
    },
    async remove(InstanceProfileName, properties, ctx) {
      for (const RoleName of texts(properties, "Roles"))
        await unlessMissing(
          ctx.call(RemoveRoleFromInstanceProfileCommand, { InstanceProfileName, RoleName }),
          isNotFound,
        );
      await unlessMissing(ctx.call(DeleteInstanceProfileCommand, { InstanceProfileName }), isNotFound);
    },
  },
};

function noGroups(properties: ValueMap): void {
  if (texts(properties, "Groups").length)
    throw new PropertyError("#/Groups: this sandbox has no IAM groups; use Roles or Users");
}

function checkPrincipals(properties: ValueMap): void {
  noGroups(properties);
  if (texts(properties, "Roles").length + texts(properties, "Users").length === 0)
    throw new PropertyError("At least one of [Groups,Roles,Users] must be non-empty.");
}

async function putInline(properties: ValueMap, ctx: ResourceContext): Promise<void> {
  const PolicyName = text(properties, "PolicyName");
  const PolicyDocument = document(properties, "PolicyDocument");
  for (const RoleName of texts(properties, "Roles"))
    await ctx.call(PutRolePolicyCommand, { RoleName, PolicyName, PolicyDocument });
  for (const UserName of texts(properties, "Users"))
    await ctx.call(PutUserPolicyCommand, { UserName, PolicyName, PolicyDocument });
}

/** Takes the policy away from those that `kept` does not name any more. */
async function dropInline(properties: ValueMap, kept: ValueMap, ctx: ResourceContext): Promise<void> {
  const PolicyName = text(properties, "PolicyName");
  const dropped = (kind: string) => texts(properties, kind).filter((name) => !texts(kept, kind).includes(name));
  for (const RoleName of dropped("Roles"))
    await unlessMissing(ctx.call(DeleteRolePolicyCommand, { RoleName, PolicyName }), isNotFound);
  for (const UserName of dropped("Users"))
    await unlessMissing(ctx.call(DeleteUserPolicyCommand, { UserName, PolicyName }), isNotFound);
}

async function attach(PolicyArn: string, wanted: ValueMap, previous: ValueMap, ctx: ResourceContext): Promise<void> {
  for (const RoleName of texts(wanted, "Roles")) await ctx.call(AttachRolePolicyCommand, { RoleName, PolicyArn });
  for (const UserName of texts(wanted, "Users")) await ctx.call(AttachUserPolicyCommand, { UserName, PolicyArn });
  const dropped = (kind: string) => texts(previous, kind).filter((name) => !texts(wanted, kind).includes(name));
  for (const RoleName of dropped("Roles"))
    await unlessMissing(ctx.call(DetachRolePolicyCommand, { RoleName, PolicyArn }), isNotFound);
  for (const UserName of dropped("Users"))
    await unlessMissing(ctx.call(DetachUserPolicyCommand, { UserName, PolicyArn }), isNotFound);
}

async function attributesOf(PolicyArn: string, ctx: ResourceContext): Promise<Record<string, string>> {
  const { Policy } = await ctx.call(GetPolicyCommand, { PolicyArn });
  return {
    PolicyArn,
    PolicyId: Policy!.PolicyId!,
    DefaultVersionId: Policy!.DefaultVersionId!,
    CreateDate: Policy!.CreateDate!.toISOString(),
  };
}
