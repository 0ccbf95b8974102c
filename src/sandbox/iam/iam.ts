import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteConflictException,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  EntityAlreadyExistsException,
  GetRoleCommand,
  GetRolePolicyCommand,
  InvalidInputException,
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  MalformedPolicyDocumentException,
  NoSuchEntityException,
  PutRolePolicyCommand,
  type Tag,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import { randomId, type ServiceModule, type World } from "../world.ts";

interface Role {
  name: string;
  id: string;
  arn: string;
  path: string;
  createdAt: number;
  trust: string;
  description?: string;
  maxSessionSeconds: number;
  boundary?: string;
  tags: Map<string, string>;
  /** Inline policies: name → document. */
  inline: Map<string, string>;
  /** ARNs of managed policies. */
  attached: Set<string>;
}

/** Identity and Access Management: roles with their policies. Policies are kept and returned, not enforced. */
export function createIam(world: World): ServiceModule {
  const roles = new Map<string, Role>();

  /** IAM keeps names case-insensitively unique; look-ups are by exact name. */
  const roleOf = (name: string | undefined): Role => {
    const role = roles.get((name ?? "").toLowerCase());
    if (role?.name !== name)
      throw new NoSuchEntityException({ message: `The role with name ${name} cannot be found.`, $metadata: {} });
    return role as Role;
  };

  const service = new ServiceBuilder(serviceInfo.iam)
    .on(CreateRoleCommand)((input) => {
      const name = input.RoleName!;
      if (roles.has(name.toLowerCase()))
        throw new EntityAlreadyExistsException({ message: `Role with name ${name} already exists.`, $metadata: {} });
      const path = input.Path ?? "/";
      if (!/^\/(.*\/)?$/.test(path))
        throw new InvalidInputException({ message: "The path must begin and end with a slash.", $metadata: {} });
      const role: Role = {
        name,
        id: `AROA${randomId(17)}`,
        arn: `arn:aws:iam::${world.accountId}:role${path}${name}`,
        path,
        createdAt: world.clock.now(),
        trust: trustPolicy(input.AssumeRolePolicyDocument!),
        description: input.Description,
        maxSessionSeconds: input.MaxSessionDuration ?? 3600,
        boundary: input.PermissionsBoundary,
        tags: tagMap(input.Tags),
        inline: new Map(),
        attached: new Set(),
      };
      roles.set(name.toLowerCase(), role);
      return { Role: describe(role) };
    })
    .on(GetRoleCommand)((input) => ({ Role: describe(roleOf(input.RoleName)) }))
    .on(ListRolesCommand)((input) => {
      const all = [...roles.values()]
        .filter((role) => role.path.startsWith(input.PathPrefix ?? "/"))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const { page, marker } = pageOf(all, input.MaxItems, input.Marker);
      // Tags and boundaries are left out of lists (AWS: ListRoles).
      return {
        Roles: page.map((role) => ({ ...describe(role), Tags: undefined, PermissionsBoundary: undefined })),
        IsTruncated: marker !== undefined,
        Marker: marker,
      };
    })
    .on(DeleteRoleCommand)((input) => {
      const role = roleOf(input.RoleName);
      if (role.inline.size) throw conflict("Cannot delete entity, must delete policies first.");
      if (role.attached.size) throw conflict("Cannot delete entity, must detach all policies first.");
      roles.delete(role.name.toLowerCase());
      return {};
    })
    .on(UpdateRoleCommand)((input) => {
      const role = roleOf(input.RoleName);
      if (input.Description !== undefined) role.description = input.Description;
      if (input.MaxSessionDuration !== undefined) role.maxSessionSeconds = input.MaxSessionDuration;
      return {};
    })
    .on(UpdateAssumeRolePolicyCommand)((input) => {
      roleOf(input.RoleName).trust = trustPolicy(input.PolicyDocument!);
      return {};
    })
    .on(PutRolePolicyCommand)((input) => {
      policyObject(input.PolicyDocument!);
      roleOf(input.RoleName).inline.set(input.PolicyName!, input.PolicyDocument!);
      return {};
    })
    .on(GetRolePolicyCommand)((input) => {
      const document = roleOf(input.RoleName).inline.get(input.PolicyName!);
      if (document === undefined) throw noPolicy(input.PolicyName!);
      return {
        RoleName: input.RoleName,
        PolicyName: input.PolicyName,
        PolicyDocument: encodeDocument(document),
      };
    })
    .on(DeleteRolePolicyCommand)((input) => {
      if (!roleOf(input.RoleName).inline.delete(input.PolicyName!)) throw noPolicy(input.PolicyName!);
      return {};
    })
    .on(ListRolePoliciesCommand)((input) => {
      const { page, marker } = pageOf([...roleOf(input.RoleName).inline.keys()].sort(), input.MaxItems, input.Marker);
      return { PolicyNames: page, IsTruncated: marker !== undefined, Marker: marker };
    })
    .on(AttachRolePolicyCommand)((input) => {
      const arn = input.PolicyArn!;
      // Managed policies of AWS exist without being made here; the sandbox keeps no customer-managed ones.
      if (!/^arn:aws[\w-]*:iam::aws:policy\/.+/.test(arn))
        throw new NoSuchEntityException({
          message: `Policy ${arn} does not exist or is not attachable.`,
          $metadata: {},
        });
      roleOf(input.RoleName).attached.add(arn);
      return {};
    })
    .on(DetachRolePolicyCommand)((input) => {
      if (!roleOf(input.RoleName).attached.delete(input.PolicyArn!))
        throw new NoSuchEntityException({ message: `Policy ${input.PolicyArn} was not found.`, $metadata: {} });
      return {};
    })
    .on(ListAttachedRolePoliciesCommand)((input) => {
      const { page, marker } = pageOf([...roleOf(input.RoleName).attached], input.MaxItems, input.Marker);
      return {
        AttachedPolicies: page.map((arn) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf("/") + 1) })),
        IsTruncated: marker !== undefined,
        Marker: marker,
      };
    })
    .on(TagRoleCommand)((input) => {
      const role = roleOf(input.RoleName);
      for (const [key, value] of tagMap(input.Tags)) role.tags.set(key, value);
      return {};
    })
    .on(UntagRoleCommand)((input) => {
      const role = roleOf(input.RoleName);
      for (const key of input.TagKeys ?? []) role.tags.delete(key);
      return {};
    })
    .on(ListRoleTagsCommand)((input) => ({ Tags: tagList(roleOf(input.RoleName).tags), IsTruncated: false }))
    .on(ListInstanceProfilesForRoleCommand)((input) => {
    roleOf(input.RoleName);
    return { InstanceProfiles: [], IsTruncated: false };
  });
  return { services: [service] };
}

const conflict = (message: string) => new DeleteConflictException({ message, $metadata: {} });
const noPolicy = (name: string) =>
  new NoSuchEntityException({ message: `The role policy with name ${name} cannot be found.`, $metadata: {} });
const tagMap = (tags: Tag[] | undefined) => new Map((tags ?? []).map((tag) => [tag.Key!, tag.Value!]));
const tagList = (tags: Map<string, string>) => [...tags].map(([Key, Value]) => ({ Key, Value }));
/** IAM returns documents percent-encoded (RFC 3986). */
const encodeDocument = (document: string) => encodeURIComponent(document);

function describe(role: Role) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: role.boundary
      ? { PermissionsBoundaryType: "PermissionsBoundaryPolicy" as const, PermissionsBoundaryArn: role.boundary }
      : undefined,
    Tags: role.tags.size ? tagList(role.tags) : undefined,
  };
}

function policyObject(document: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw malformed("Syntax errors in policy.");
  const statements = (parsed as Record<string, unknown>).Statement;
  if (statements === undefined) throw malformed("Syntax errors in policy.");
  for (const statement of (Array.isArray(statements) ? statements : [statements]) as Record<string, unknown>[]) {
    if (statement?.Effect !== "Allow" && statement?.Effect !== "Deny") throw malformed("Syntax errors in policy.");
    if (statement.Action === undefined && statement.NotAction === undefined)
      throw malformed("Policy statement must contain actions.");
  }
  return parsed as Record<string, unknown>;
}

function trustPolicy(document: string): string {
  const { Statement } = policyObject(document);
  for (const statement of (Array.isArray(Statement) ? Statement : [Statement]) as Record<string, unknown>[]) {
    if (statement.Principal === undefined && statement.NotPrincipal === undefined)
      throw malformed("AssumeRole policy must contain a principal.");
    if (statement.Resource !== undefined) throw malformed("Has prohibited field Resource");
  }
  return document;
}

const malformed = (message: string) => new MalformedPolicyDocumentException({ message, $metadata: {} });

function pageOf<T>(items: T[], max = 100, marker?: string): { page: T[]; marker?: string } {
  const from = marker ? Number(Buffer.from(marker, "base64").toString()) || 0 : 0;
  const next = from + max;
  return {
    page: items.slice(from, next),
    marker: next < items.length ? Buffer.from(String(next)).toString("base64") : undefined,
  };
}
