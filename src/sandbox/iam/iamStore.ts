import {
  DeleteConflictException,
  EntityAlreadyExistsException,
  InvalidInputException,
  NoSuchEntityException,
  type PermissionsBoundaryAttachmentType,
  type Tag,
} from "@aws-sdk/client-iam";
import type { IssuedCredential } from "../wire/sigv4.ts";
import { WireError } from "../wire/types.ts";
import { randomId, type World } from "../world.ts";

/** What every named thing of IAM has. */
interface Entity {
  name: string;
  id: string;
  arn: string;
  path: string;
  createdAt: number;
  tags: Map<string, string>;
}

/** A role or a user: policies hang on it. */
export interface Principal extends Entity {
  boundary?: string;
  /** Inline policies: name → document. */
  inline: Map<string, string>;
  /** ARNs of managed policies. */
  attached: Set<string>;
}

/** A role. */
export interface Role extends Principal {
  trust: string;
  description?: string;
  maxSessionSeconds: number;
}

/** A key of a user. */
export interface AccessKey {
  id: string;
  secret: string;
  status: "Active" | "Inactive";
  createdAt: number;
}

/** A user with its access keys. */
export interface User extends Principal {
  keys: Map<string, AccessKey>;
}

/** A customer-managed policy with its versions, oldest first. */
export interface ManagedPolicy extends Entity {
  description?: string;
  versions: { id: string; document: string; createdAt: number }[];
  defaultVersion: string;
  nextVersion: number;
  updatedAt: number;
}

/** An instance profile: it holds one role at most. */
export interface InstanceProfile extends Entity {
  role?: string;
}

/** The world with the door through which access keys of users become keys that sign. */
export type IamWorld = World & {
  addCredential(accessKeyId: string, credential: IssuedCredential): void;
  removeCredential(accessKeyId: string): void;
  secretOf(accessKeyId: string): IssuedCredential | undefined;
};

/** Names are unique without regard to case; look-ups are by the exact name (AWS: "IAM identifiers"). */
class NamedEntities<T extends { name: string }> {
  /** By name in lower case. */
  readonly byName = new Map<string, T>();

  constructor(
    private readonly missing: (name: string | undefined) => string,
    private readonly present: (name: string) => string,
  ) {}

  /** @throws EntityAlreadyExistsException */
  add(entity: T): T {
    if (this.byName.has(entity.name.toLowerCase())) throw exists(this.present(entity.name));
    this.byName.set(entity.name.toLowerCase(), entity);
    return entity;
  }

  /** @throws NoSuchEntityException */
  get(name: string | undefined): T {
    const entity = this.byName.get((name ?? "").toLowerCase());
    if (!entity || entity.name !== name) throw noSuch(this.missing(name));
    return entity;
  }

  remove(entity: T): void {
    this.byName.delete(entity.name.toLowerCase());
  }

  /** In order of the names. */
  all(): T[] {
    return [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** Everything IAM holds; it is global. */
export class IamStore {
  readonly roles = new NamedEntities<Role>(
    (name) => `The role with name ${name} cannot be found.`,
    (name) => `Role with name ${name} already exists.`,
  );
  readonly users = new NamedEntities<User>(
    (name) => `The user with name ${name} cannot be found.`,
    (name) => `User with name ${name} already exists.`,
  );
  readonly profiles = new NamedEntities<InstanceProfile>(
    (name) => `Instance Profile ${name} cannot be found.`,
    (name) => `Instance Profile ${name} already exists.`,
  );
  readonly policies = new NamedEntities<ManagedPolicy>(
    (name) => `Policy ${name} was not found.`,
    (name) => `A policy called ${name} already exists. Duplicate names are not allowed.`,
  );

  constructor(readonly world: IamWorld) {}

  /** The common part of something new. @throws InvalidInputException for a bad path */
  entity(kind: string, prefix: string, name: string, path: string | undefined, tags: Tag[] | undefined): Entity {
    const at = path ?? "/";
    if (!/^\/(.*\/)?$/.test(at)) throw invalidInput("The path must begin and end with a slash.");
    return {
      name,
      id: `${prefix}${randomId(17)}`,
      arn: `arn:aws:iam::${this.world.accountId}:${kind}${at}${name}`,
      path: at,
      createdAt: this.world.clock.now(),
      tags: tagMap(tags),
    };
  }

  /** A customer-managed policy. @throws NoSuchEntityException */
  policy(arn: string | undefined): ManagedPolicy {
    const found = this.policies.all().find((policy) => policy.arn === arn);
    if (!found) throw noSuch(`Policy ${arn} was not found.`);
    return found;
  }

  /** Roles and users that a managed policy is attached to. */
  attachedTo(arn: string): { roles: Role[]; users: User[] } {
    const has = (principal: Principal) => principal.attached.has(arn);
    return { roles: this.roles.all().filter(has), users: this.users.all().filter(has) };
  }

  /** Policies of AWS exist without being made here. @throws NoSuchEntityException, WireError ValidationError */
  checkAttachable(arn: string): void {
    if (!arn.startsWith("arn:")) throw new WireError("ValidationError", "Invalid ARN:  Could not be parsed!");
    if (isAwsPolicy(arn) || this.policies.all().some((policy) => policy.arn === arn)) return;
    throw noSuch(`Policy ${arn} does not exist or is not attachable.`);
  }
}

export const isAwsPolicy = (arn: string): boolean => /^arn:aws[\w-]*:iam::aws:policy\/.+/.test(arn);

export const noSuch = (message: string) => new NoSuchEntityException({ message, $metadata: {} });
export const conflict = (message: string) => new DeleteConflictException({ message, $metadata: {} });
export const invalidInput = (message: string) => new InvalidInputException({ message, $metadata: {} });
const exists = (message: string) => new EntityAlreadyExistsException({ message, $metadata: {} });

/** @throws InvalidInputException for keys that differ in case only */
export function tagMap(tags: Tag[] | undefined): Map<string, string> {
  const keys = new Set((tags ?? []).map(({ Key }) => Key?.toLowerCase()));
  if (keys.size < (tags?.length ?? 0))
    throw invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  return new Map((tags ?? []).map((tag) => [tag.Key!, tag.Value!]));
}
export const tagList = (tags: Map<string, string>) => [...tags].map(([Key, Value]) => ({ Key, Value }));
/** Tags as descriptions have them: absent when there are none. */
export const shownTags = (tags: Map<string, string>) => (tags.size ? tagList(tags) : undefined);

/** One page of a list with IAM's two members about the rest. */
export function pageOf<T>(
  items: readonly T[],
  input: { MaxItems?: number; Marker?: string },
): { page: T[]; rest: { IsTruncated: boolean; Marker?: string } } {
  const from = input.Marker ? Number(Buffer.from(input.Marker, "base64").toString()) || 0 : 0;
  const next = from + (input.MaxItems ?? 100);
  const more = next < items.length;
  return {
    page: items.slice(from, next),
    rest: { IsTruncated: more, Marker: more ? Buffer.from(String(next)).toString("base64") : undefined },
  };
}

/** A boundary as descriptions have it. */
export function boundaryOf(principal: Principal) {
  return principal.boundary
    ? {
        // Not the word that IAM's model has (seen on AWS).
        PermissionsBoundaryType: "Policy" as PermissionsBoundaryAttachmentType,
        PermissionsBoundaryArn: principal.boundary,
      }
    : undefined;
}

/** Attached policies as lists have them. */
export function attachedList(principal: Principal): { PolicyArn: string; PolicyName: string }[] {
  return [...principal.attached].map((arn) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf("/") + 1) }));
}
