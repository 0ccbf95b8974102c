import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { document, maps, only, optionalText, PropertyError, text, texts, toInput, without } from "./properties.ts";

const KNOWN = [
  "RoleName",
  "Path",
  "Description",
  "AssumeRolePolicyDocument",
  "MaxSessionDuration",
  "PermissionsBoundary",
  "Tags",
  "Policies",
  "ManagedPolicyArns",
];

/** AWS::IAM::Role with its inline and its managed policies. */
export const iamHandlers: HandlerTable = {
  "AWS::IAM::Role": {
    attributes: ["Arn", "RoleId"],
    replaceOn: ["RoleName", "Path"],
    async create(properties, ctx) {
      const RoleName = optionalText(properties, "RoleName") ?? ctx.generatedName(64);
      const input = toInput(CreateRoleCommand, {
        ...without(properties, "Policies", "ManagedPolicyArns"),
        RoleName,
        Tags: ctx.tags(properties),
      });
      const { Role } = await ctx.call(CreateRoleCommand, input);
      ctx.exists(RoleName);
      await putPolicies(RoleName, properties, ctx);
      return { id: RoleName, attributes: { Arn: Role!.Arn!, RoleId: Role!.RoleId! } };
    },
    async update(RoleName, properties, previous, ctx) {
      const extraneous = Object.keys(properties).find((name) => !KNOWN.includes(name));
      if (extraneous) throw new PropertyError(`#: extraneous key [${extraneous}] is not permitted`);
      await ctx.call(UpdateAssumeRolePolicyCommand, {
        RoleName,
        PolicyDocument: document(properties, "AssumeRolePolicyDocument"),
      });
      await ctx.call(
        UpdateRoleCommand,
        toInput(UpdateRoleCommand, { ...only(properties, "Description", "MaxSessionDuration"), RoleName }),
      );
      const boundary = optionalText(properties, "PermissionsBoundary");
      if (boundary !== undefined)
        await ctx.call(PutRolePermissionsBoundaryCommand, { RoleName, PermissionsBoundary: boundary });
      else if (previous.PermissionsBoundary !== undefined)
        await unlessMissing(ctx.call(DeleteRolePermissionsBoundaryCommand, { RoleName }), isNotFound);
      await putPolicies(RoleName, properties, ctx);
      const kept = new Set(maps(properties, "Policies").map((policy) => text(policy, "PolicyName")));
      for (const policy of maps(previous, "Policies"))
        if (!kept.has(text(policy, "PolicyName")))
          await unlessMissing(
            ctx.call(DeleteRolePolicyCommand, { RoleName, PolicyName: text(policy, "PolicyName") }),
            isNotFound,
          );
      const attached = new Set(texts(properties, "ManagedPolicyArns"));
      for (const PolicyArn of texts(previous, "ManagedPolicyArns"))
        if (!attached.has(PolicyArn))
          await unlessMissing(ctx.call(DetachRolePolicyCommand, { RoleName, PolicyArn }), isNotFound);
      const { Role } = await ctx.call(GetRoleCommand, { RoleName });
      return { Arn: Role!.Arn!, RoleId: Role!.RoleId! };
    },
    async remove(RoleName, properties, ctx) {
      // Policies that others have attached stay, and make the deletion fail with IAM's own words.
      for (const policy of maps(properties, "Policies"))
        await unlessMissing(
          ctx.call(DeleteRolePolicyCommand, { RoleName, PolicyName: text(policy, "PolicyName") }),
          isNotFound,
        );
      for (const PolicyArn of texts(properties, "ManagedPolicyArns"))
        await unlessMissing(ctx.call(DetachRolePolicyCommand, { RoleName, PolicyArn }), isNotFound);
      await unlessMissing(ctx.call(DeleteRoleCommand, { RoleName }), isNotFound);
    },
  },
};

async function putPolicies(RoleName: string, properties: ValueMap, ctx: ResourceContext): Promise<void> {
  for (const policy of maps(properties, "Policies"))
    await ctx.call(PutRolePolicyCommand, {
      RoleName,
      PolicyName: text(policy, "PolicyName"),
      PolicyDocument: document(policy, "PolicyDocument"),
    });
  for (const PolicyArn of texts(properties, "ManagedPolicyArns"))
    await ctx.call(AttachRolePolicyCommand, { RoleName, PolicyArn });
}
