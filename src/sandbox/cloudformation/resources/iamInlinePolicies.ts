import {
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, type ResourceHandler, unlessMissing } from "./handler.ts";
import { document, text } from "./properties.ts";

/** AWS::IAM::RolePolicy and UserPolicy: one inline policy of one principal; Ref is its name and its principal's. */
export const iamInlinePolicyHandlers: HandlerTable = {
  "AWS::IAM::RolePolicy": inlinePolicy(
    "RoleName",
    (RoleName, policy, ctx) => ctx.call(PutRolePolicyCommand, { RoleName, ...policy }),
    (RoleName, PolicyName, ctx) => ctx.call(DeleteRolePolicyCommand, { RoleName, PolicyName }),
  ),
  "AWS::IAM::UserPolicy": inlinePolicy(
    "UserName",
    (UserName, policy, ctx) => ctx.call(PutUserPolicyCommand, { UserName, ...policy }),
    (UserName, PolicyName, ctx) => ctx.call(DeleteUserPolicyCommand, { UserName, PolicyName }),
  ),
};

function inlinePolicy(
  principal: string,
  put: (name: string, policy: { PolicyName: string; PolicyDocument: string }, ctx: ResourceContext) => Promise<unknown>,
  remove: (name: string, policyName: string, ctx: ResourceContext) => Promise<unknown>,
): ResourceHandler {
  const write = (properties: ValueMap, ctx: ResourceContext) => {
    const policy = {
      PolicyName: text(properties, "PolicyName"),
      PolicyDocument: document(properties, "PolicyDocument"),
    };
    return put(text(properties, principal), policy, ctx);
  };
  return {
    attributes: [],
    replaceOn: ["PolicyName", principal],
    async create(properties, ctx) {
      await write(properties, ctx);
      return { id: `${text(properties, "PolicyName")}|${text(properties, principal)}`, attributes: {} };
    },
    async update(_id, properties, _previous, ctx) {
      await write(properties, ctx);
      return undefined;
    },
    async remove(_id, properties, ctx) {
      await unlessMissing(remove(text(properties, principal), text(properties, "PolicyName"), ctx), isNotFound);
    },
  };
}
