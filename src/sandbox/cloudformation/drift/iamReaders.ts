import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from "@aws-sdk/client-iam";
import { isMap } from "../template/value.ts";
import type { Reader } from "./reader.ts";

/** A role with its policies; inline ones in the order in which the template has them. */
export const readRole: Reader = async (RoleName, call, properties) => {
  const { Role } = await call(GetRoleCommand, { RoleName });
  const { PolicyNames = [] } = await call(ListRolePoliciesCommand, { RoleName });
  const { AttachedPolicies = [] } = await call(ListAttachedRolePoliciesCommand, { RoleName });
  const declared = (Array.isArray(properties.Policies) ? properties.Policies : []).flatMap((policy) =>
    isMap(policy) ? [String(policy.PolicyName)] : [],
  );
  const names = [...PolicyNames].sort((a, b) => declared.indexOf(a) - declared.indexOf(b));
  // A policy that another resource of the stack (AWS::IAM::Policy) has put there is no difference of the role.
  const own = names.filter((name) => declared.includes(name) || declared.length === 0);
  const Policies = [];
  for (const PolicyName of own) {
    const { PolicyDocument } = await call(GetRolePolicyCommand, { RoleName, PolicyName });
    Policies.push({ PolicyName, PolicyDocument: decodeURIComponent(PolicyDocument ?? "") });
  }
  return {
    RoleName,
    Path: Role?.Path,
    Description: Role?.Description,
    MaxSessionDuration: Role?.MaxSessionDuration,
    AssumeRolePolicyDocument: decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ""),
    PermissionsBoundary: Role?.PermissionsBoundary?.PermissionsBoundaryArn,
    ManagedPolicyArns: AttachedPolicies.map(({ PolicyArn }) => PolicyArn),
    Policies,
  };
};

/** A managed policy with the document of its default version. */
export const readManagedPolicy: Reader = async (PolicyArn, call) => {
  const { Policy } = await call(GetPolicyCommand, { PolicyArn });
  const { PolicyVersion } = await call(GetPolicyVersionCommand, { PolicyArn, VersionId: Policy?.DefaultVersionId });
  return {
    ManagedPolicyName: Policy?.PolicyName,
    Path: Policy?.Path,
    Description: Policy?.Description,
    PolicyDocument: decodeURIComponent(PolicyVersion?.Document ?? ""),
  };
};
