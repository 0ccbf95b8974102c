import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  LimitExceededException,
  ListInstanceProfilesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePermissionsBoundaryCommand,
  RemoveRoleFromInstanceProfileCommand,
  TagInstanceProfileCommand,
  TagRoleCommand,
  UntagInstanceProfileCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
  UpdateRoleDescriptionCommand,
} from "@aws-sdk/client-iam";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { checkTrust, encodeDocument } from "./documents.ts";
import {
  boundaryOf,
  conflict,
  type IamStore,
  type InstanceProfile,
  invalidInput,
  noSuch,
  pageOf,
  type Role,
  shownTags,
  tagList,
  tagMap,
} from "./iamStore.ts";

const DEFAULT_SESSION_SECONDS = 3600;

/** Service-linked roles that the covered services ask for, by service name (AWS: "Service-linked roles" of each). */
const LINKED_ROLES: Record<string, string> = {
  "sagemaker.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
  "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
};

/** Roles and their tags. */
export function addRoleOperations(service: ServiceBuilder, store: IamStore): void {
  const { roles } = store;
  service
    .on(CreateRoleCommand)((input) => {
      const role: Role = {
        ...store.entity("role", "AROA", input.RoleName!, input.Path, input.Tags),
        trust: checkTrust(input.AssumeRolePolicyDocument!),
        description: input.Description,
        maxSessionSeconds: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
        boundary: input.PermissionsBoundary,
        inline: new Map(),
        attached: new Set(),
      };
      // How long its sessions may be is told by GetRole only (seen on AWS).
      return { Role: { ...describeRole(roles.add(role)), MaxSessionDuration: undefined } };
    })
    .on(CreateServiceLinkedRoleCommand)((input) => {
      const serviceName = input.AWSServiceName!;
      const name = LINKED_ROLES[serviceName];
      if (!name) throw invalidInput(`The service ${serviceName} has no service-linked role in this sandbox.`);
      const trust = {
        Version: "2012-10-17",
        Statement: [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: [serviceName] } }],
      };
      if (roles.all().some((role) => role.name === name))
        throw invalidInput(`Service role name ${name} has been taken in this account, please try a different suffix.`);
      const role: Role = {
        ...store.entity("role", "AROA", name, `/aws-service-role/${serviceName}/`, undefined),
        trust: JSON.stringify(trust),
        description: input.Description,
        maxSessionSeconds: DEFAULT_SESSION_SECONDS,
        inline: new Map(),
        attached: new Set(),
      };
      return { Role: describeRole(roles.add(role)) };
    })
    .on(GetRoleCommand)((input) => ({ Role: { ...describeRole(roles.get(input.RoleName)), RoleLastUsed: {} } }))
    .on(ListRolesCommand)((input) => {
      const all = roles.all().filter((role) => role.path.startsWith(input.PathPrefix ?? "/"));
      const { page, rest } = pageOf(all, input);
      // Tags and boundaries are left out of lists (AWS: ListRoles).
      return {
        Roles: page.map((role) => ({ ...describeRole(role), Tags: undefined, PermissionsBoundary: undefined })),
        ...rest,
      };
    })
    .on(DeleteRoleCommand)((input) => {
      const role = roles.get(input.RoleName);
      if (store.profiles.all().some((profile) => profile.role === role.name))
        throw conflict("Cannot delete entity, must remove roles from instance profile first.");
      if (role.inline.size) throw conflict("Cannot delete entity, must delete policies first.");
      if (role.attached.size) throw conflict("Cannot delete entity, must detach all policies first.");
      roles.remove(role);
      return {};
    })
    .on(UpdateRoleCommand)((input) => {
      const role = roles.get(input.RoleName);
      if (input.Description !== undefined) role.description = input.Description;
      if (input.MaxSessionDuration !== undefined) role.maxSessionSeconds = input.MaxSessionDuration;
      return {};
    })
    .on(UpdateRoleDescriptionCommand)((input) => {
      const role = roles.get(input.RoleName);
      role.description = input.Description;
      return { Role: describeRole(role) };
    })
    .on(UpdateAssumeRolePolicyCommand)((input) => {
      roles.get(input.RoleName).trust = checkTrust(input.PolicyDocument!);
      return {};
    })
    .on(PutRolePermissionsBoundaryCommand)((input) => {
      store.checkAttachable(input.PermissionsBoundary!);
      roles.get(input.RoleName).boundary = input.PermissionsBoundary;
      return {};
    })
    .on(DeleteRolePermissionsBoundaryCommand)((input) => {
      const role = roles.get(input.RoleName);
      if (!role.boundary) throw noSuch(`The role with name ${role.name} does not have a permissions boundary.`);
      role.boundary = undefined;
      return {};
    })
    .on(TagRoleCommand)((input) => {
      const role = roles.get(input.RoleName);
      for (const [key, value] of tagMap(input.Tags)) role.tags.set(key, value);
      return {};
    })
    .on(UntagRoleCommand)((input) => {
      const role = roles.get(input.RoleName);
      for (const key of input.TagKeys ?? []) role.tags.delete(key);
      return {};
    })
    .on(ListRoleTagsCommand)((input) => {
    const { page, rest } = pageOf(tagList(roles.get(input.RoleName).tags), input);
    return { Tags: page, ...rest };
  });
}

/** Instance profiles; nothing in the sandbox runs on one, they are kept for templates that make them. */
export function addInstanceProfileOperations(service: ServiceBuilder, store: IamStore): void {
  const { profiles, roles } = store;
  const describe = (profile: InstanceProfile) => ({
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdAt),
    Roles: profile.role === undefined ? [] : [describeRole(roles.get(profile.role))],
    Tags: shownTags(profile.tags),
  });
  service
    .on(CreateInstanceProfileCommand)((input) => {
      const name = input.InstanceProfileName!;
      return {
        InstanceProfile: describe(profiles.add(store.entity("instance-profile", "AIPA", name, input.Path, input.Tags))),
      };
    })
    .on(GetInstanceProfileCommand)((input) => ({ InstanceProfile: describe(profiles.get(input.InstanceProfileName)) }))
    .on(ListInstanceProfilesCommand)((input) => {
      const all = profiles.all().filter((profile) => profile.path.startsWith(input.PathPrefix ?? "/"));
      const { page, rest } = pageOf(all, input);
      return { InstanceProfiles: page.map(describe), ...rest };
    })
    .on(ListInstanceProfilesForRoleCommand)((input) => {
      const role = roles.get(input.RoleName);
      const { page, rest } = pageOf(
        profiles.all().filter((profile) => profile.role === role.name),
        input,
      );
      return { InstanceProfiles: page.map(describe), ...rest };
    })
    .on(AddRoleToInstanceProfileCommand)((input) => {
      const profile = profiles.get(input.InstanceProfileName);
      const role = roles.get(input.RoleName);
      if (profile.role !== undefined)
        throw new LimitExceededException({
          message: "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
          $metadata: {},
        });
      profile.role = role.name;
      return {};
    })
    .on(RemoveRoleFromInstanceProfileCommand)((input) => {
      const profile = profiles.get(input.InstanceProfileName);
      if (profile.role !== input.RoleName)
        throw noSuch(`The role with name ${input.RoleName} cannot be found in instance profile ${profile.name}.`);
      profile.role = undefined;
      return {};
    })
    .on(TagInstanceProfileCommand)((input) => {
      const profile = profiles.get(input.InstanceProfileName);
      for (const [key, value] of tagMap(input.Tags)) profile.tags.set(key, value);
      return {};
    })
    .on(UntagInstanceProfileCommand)((input) => {
      const profile = profiles.get(input.InstanceProfileName);
      for (const key of input.TagKeys ?? []) profile.tags.delete(key);
      return {};
    })
    .on(DeleteInstanceProfileCommand)((input) => {
    const profile = profiles.get(input.InstanceProfileName);
    if (profile.role !== undefined)
      throw conflict("Cannot delete entity, must remove roles from instance profile first.");
    profiles.remove(profile);
    return {};
  });
}

function describeRole(role: Role) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: boundaryOf(role),
    Tags: shownTags(role.tags),
  };
}
