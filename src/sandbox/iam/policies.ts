import { createHash } from "node:crypto";
import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  LimitExceededException,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
  ListEntitiesForPolicyCommand,
  ListPoliciesCommand,
  ListPolicyTagsCommand,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  ListUserPoliciesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  SetDefaultPolicyVersionCommand,
  type Tag,
  TagPolicyCommand,
  UntagPolicyCommand,
} from "@aws-sdk/client-iam";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { checkIdentityPolicy, encodeDocument } from "./documents.ts";
import {
  attachedList,
  conflict,
  type IamStore,
  isAwsPolicy,
  type ManagedPolicy,
  noSuch,
  type Principal,
  pageOf,
  shownTags,
  tagList,
  tagMap,
} from "./iamStore.ts";

/** Versions that a policy keeps (AWS: "IAM and STS quotas"). */
const MAX_VERSIONS = 5;

/** Customer-managed policies with their versions. */
export function addPolicyOperations(service: ServiceBuilder, store: IamStore): void {
  const { policies, world } = store;
  const describe = (policy: ManagedPolicy) => {
    const { roles, users } = store.attachedTo(policy.arn);
    const bounded = [...store.roles.all(), ...store.users.all()].filter(({ boundary }) => boundary === policy.arn);
    return {
      PolicyName: policy.name,
      PolicyId: policy.id,
      Arn: policy.arn,
      Path: policy.path,
      DefaultVersionId: policy.defaultVersion,
      AttachmentCount: roles.length + users.length,
      PermissionsBoundaryUsageCount: bounded.length,
      IsAttachable: true,
      Description: policy.description,
      CreateDate: new Date(policy.createdAt),
      UpdateDate: new Date(policy.updatedAt),
      Tags: shownTags(policy.tags),
    };
  };
  const describeVersion = (policy: ManagedPolicy, { id, document, createdAt }: ManagedPolicy["versions"][number]) => ({
    Document: encodeDocument(document),
    VersionId: id,
    IsDefaultVersion: id === policy.defaultVersion,
    CreateDate: new Date(createdAt),
  });
  const versionOf = (policy: ManagedPolicy, id: string | undefined) => {
    const version = policy.versions.find((item) => item.id === id);
    if (!version) throw noSuch(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`);
    return version;
  };

  service
    .on(CreatePolicyCommand)((input) => {
      const entity = store.entity("policy", "ANPA", input.PolicyName!, input.Path, input.Tags);
      const { createdAt } = entity;
      const document = checkIdentityPolicy(input.PolicyDocument!);
      const policy: ManagedPolicy = {
        ...entity,
        description: input.Description,
        versions: [{ id: "v1", document, createdAt }],
        defaultVersion: "v1",
        nextVersion: 2,
        updatedAt: createdAt,
      };
      // The description is told by GetPolicy only.
      return { Policy: { ...describe(policies.add(policy)), Description: undefined } };
    })
    .on(GetPolicyCommand)((input) => {
      const arn = input.PolicyArn!;
      return { Policy: isAwsPolicy(arn) ? awsPolicy(arn) : withTags(describe(store.policy(arn))) };
    })
    .on(ListPoliciesCommand)((input) => {
      const all = policies
        .all()
        .filter(() => input.Scope !== "AWS")
        .filter((policy) => policy.path.startsWith(input.PathPrefix ?? "/"))
        .map(describe)
        .filter(({ AttachmentCount }) => !input.OnlyAttached || AttachmentCount > 0);
      const { page, rest } = pageOf(all, input);
      return { Policies: page.map((policy) => ({ ...policy, Description: undefined, Tags: undefined })), ...rest };
    })
    .on(DeletePolicyCommand)((input) => {
      const policy = store.policy(input.PolicyArn);
      const { roles, users } = store.attachedTo(policy.arn);
      if (roles.length || users.length) throw conflict("Cannot delete a policy attached to entities.");
      if (policy.versions.length > 1)
        throw conflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        );
      policies.remove(policy);
      return {};
    })
    .on(CreatePolicyVersionCommand)((input) => {
      const policy = store.policy(input.PolicyArn);
      const document = checkIdentityPolicy(input.PolicyDocument!);
      if (policy.versions.length >= MAX_VERSIONS)
        throw new LimitExceededException({
          message: `A managed policy can have up to ${MAX_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
          $metadata: {},
        });
      const version = { id: `v${policy.nextVersion++}`, document, createdAt: world.clock.now() };
      policy.versions.push(version);
      policy.updatedAt = version.createdAt;
      if (input.SetAsDefault) policy.defaultVersion = version.id;
      return { PolicyVersion: { ...describeVersion(policy, version), Document: undefined } };
    })
    .on(GetPolicyVersionCommand)((input) => {
      const arn = input.PolicyArn!;
      if (isAwsPolicy(arn))
        throw noSuch(`This sandbox does not hold the documents of AWS's own policies, so not that of ${arn}.`);
      const policy = store.policy(arn);
      return { PolicyVersion: describeVersion(policy, versionOf(policy, input.VersionId)) };
    })
    .on(ListPolicyVersionsCommand)((input) => {
      const policy = store.policy(input.PolicyArn);
      const { page, rest } = pageOf([...policy.versions].reverse(), input);
      return {
        Versions: page.map((version) => ({ ...describeVersion(policy, version), Document: undefined })),
        ...rest,
      };
    })
    .on(SetDefaultPolicyVersionCommand)((input) => {
      const policy = store.policy(input.PolicyArn);
      policy.defaultVersion = versionOf(policy, input.VersionId).id;
      policy.updatedAt = world.clock.now();
      return {};
    })
    .on(DeletePolicyVersionCommand)((input) => {
      const policy = store.policy(input.PolicyArn);
      const version = versionOf(policy, input.VersionId);
      if (version.id === policy.defaultVersion) throw conflict("Cannot delete the default version of a policy.");
      policy.versions.splice(policy.versions.indexOf(version), 1);
      return {};
    })
    .on(ListEntitiesForPolicyCommand)((input) => {
      const arn = input.PolicyArn!;
      if (!isAwsPolicy(arn)) store.policy(arn);
      const { roles, users } = store.attachedTo(arn);
      const wanted = (kind: string) => input.EntityFilter === undefined || input.EntityFilter === kind;
      return {
        PolicyGroups: [],
        PolicyRoles: wanted("Role") ? roles.map(({ name, id }) => ({ RoleName: name, RoleId: id })) : [],
        PolicyUsers: wanted("User") ? users.map(({ name, id }) => ({ UserName: name, UserId: id })) : [],
        IsTruncated: false,
      };
    })
    .on(TagPolicyCommand)((input) => {
      const policy = store.policy(input.PolicyArn);
      for (const [key, value] of tagMap(input.Tags)) policy.tags.set(key, value);
      return {};
    })
    .on(UntagPolicyCommand)((input) => {
      const policy = store.policy(input.PolicyArn);
      for (const key of input.TagKeys ?? []) policy.tags.delete(key);
      return {};
    })
    .on(ListPolicyTagsCommand)((input) => {
    const { page, rest } = pageOf(tagList(store.policy(input.PolicyArn).tags), input);
    return { Tags: page, ...rest };
  });
}

/** *Simulated* date of AWS's own policies: that of the service's first ones. */
const AWS_POLICIES_MS = Date.UTC(2015, 1, 6);

/** A policy of AWS: what its ARN tells. */
function awsPolicy(arn: string) {
  const [, path = "/", name = ""] = /:policy(\/(?:.*\/)?)([^/]+)$/.exec(arn) ?? [];
  // Clients read dates and an id of every policy; these are made up of nothing but the name.
  const PolicyId = `ANPA${createHash("sha256").update(arn).digest("hex").slice(0, 17).toUpperCase()}`;
  const made = new Date(AWS_POLICIES_MS);
  return {
    PolicyName: name,
    PolicyId,
    Arn: arn,
    Path: path,
    DefaultVersionId: "v1",
    IsAttachable: true,
    CreateDate: made,
    UpdateDate: made,
  };
}

/** Inline and attached policies of roles and of users. */
export function addPrincipalPolicyOperations(service: ServiceBuilder, store: IamStore): void {
  const role = (input: { RoleName?: string }) => store.roles.get(input.RoleName);
  const user = (input: { UserName?: string }) => store.users.get(input.UserName);
  const put = (principal: Principal, input: { PolicyName?: string; PolicyDocument?: string }) => {
    principal.inline.set(input.PolicyName!, checkIdentityPolicy(input.PolicyDocument!));
    return {};
  };
  const inlineOf = (kind: string, principal: Principal, name: string | undefined) => {
    const document = principal.inline.get(name ?? "");
    if (document === undefined) throw noSuch(`The ${kind} policy with name ${name} cannot be found.`);
    return encodeDocument(document);
  };
  const drop = (kind: string, principal: Principal, name: string | undefined) => {
    inlineOf(kind, principal, name);
    principal.inline.delete(name!);
    return {};
  };
  const attach = (principal: Principal, arn: string | undefined) => {
    store.checkAttachable(arn!);
    principal.attached.add(arn!);
    return {};
  };
  const detach = (principal: Principal, arn: string | undefined) => {
    if (!principal.attached.delete(arn!)) throw noSuch(`Policy ${arn} was not found.`);
    return {};
  };
  const inlineNames = (principal: Principal, input: { MaxItems?: number; Marker?: string }) => {
    const { page, rest } = pageOf([...principal.inline.keys()].sort(), input);
    return { PolicyNames: page, ...rest };
  };
  const attached = (principal: Principal, input: { MaxItems?: number; Marker?: string; PathPrefix?: string }) => {
    const inPath = attachedList(principal).filter(({ PolicyArn }) =>
      PolicyArn.slice(PolicyArn.indexOf(":policy/") + ":policy".length).startsWith(input.PathPrefix ?? "/"),
    );
    const { page, rest } = pageOf(inPath, input);
    return { AttachedPolicies: page, ...rest };
  };

  service
    .on(PutRolePolicyCommand)((input) => put(role(input), input))
    .on(PutUserPolicyCommand)((input) => put(user(input), input))
    .on(GetRolePolicyCommand)((input) => ({
      RoleName: input.RoleName,
      PolicyName: input.PolicyName,
      PolicyDocument: inlineOf("role", role(input), input.PolicyName),
    }))
    .on(GetUserPolicyCommand)((input) => ({
      UserName: input.UserName,
      PolicyName: input.PolicyName,
      PolicyDocument: inlineOf("user", user(input), input.PolicyName),
    }))
    .on(DeleteRolePolicyCommand)((input) => drop("role", role(input), input.PolicyName))
    .on(DeleteUserPolicyCommand)((input) => drop("user", user(input), input.PolicyName))
    .on(ListRolePoliciesCommand)((input) => inlineNames(role(input), input))
    .on(ListUserPoliciesCommand)((input) => inlineNames(user(input), input))
    .on(AttachRolePolicyCommand)((input) => attach(role(input), input.PolicyArn))
    .on(AttachUserPolicyCommand)((input) => attach(user(input), input.PolicyArn))
    .on(DetachRolePolicyCommand)((input) => detach(role(input), input.PolicyArn))
    .on(DetachUserPolicyCommand)((input) => detach(user(input), input.PolicyArn))
    .on(ListAttachedRolePoliciesCommand)((input) => attached(role(input), input))
    .on(ListAttachedUserPoliciesCommand)((input) => attached(user(input), input));
}

/** GetPolicy tells that there are no tags; the others leave them out. */
function withTags<T extends { Tags?: Tag[] }>(policy: T): T {
  return { ...policy, Tags: policy.Tags ?? [] };
}
