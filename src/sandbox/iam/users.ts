import { randomBytes } from "node:crypto";
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  LimitExceededException,
  ListAccessKeysCommand,
  ListAccountAliasesCommand,
  ListGroupsForUserCommand,
  ListUsersCommand,
  ListUserTagsCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
} from "@aws-sdk/client-iam";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import { randomId } from "../world.ts";
import {
  type AccessKey,
  boundaryOf,
  conflict,
  type IamStore,
  noSuch,
  pageOf,
  shownTags,
  tagList,
  tagMap,
  type User,
} from "./iamStore.ts";

/** Access keys of a user (AWS: "IAM and STS quotas"). */
const MAX_KEYS = 2;

/** Users and their access keys, which really sign. Groups and passwords are not covered. */
export function addUserOperations(service: ServiceBuilder, store: IamStore): void {
  const { users, world } = store;
  const keyOf = (user: User, id: string | undefined) => {
    const key = user.keys.get(id ?? "");
    if (!key) throw noSuch(`The Access Key with id ${id} cannot be found.`);
    return key;
  };
  /** The user named, or the one who calls. */
  const named = (name: string | undefined, principalArn: string): User => {
    const wanted = name ?? /:user\/(?:.*\/)?([^/]+)$/.exec(principalArn)?.[1];
    if (wanted === undefined)
      throw new WireError("ValidationError", "Must specify userName when calling with non-User credentials");
    return users.get(wanted);
  };
  /** A key that may not sign any more is an unknown one. */
  const allow = (user: User, { id, secret }: AccessKey, active: boolean) => {
    if (active) world.addCredential(id, { secretAccessKey: secret, principalArn: user.arn });
    else world.removeCredential(id);
  };

  service
    .on(CreateUserCommand)((input) => {
      const user: User = {
        ...store.entity("user", "AIDA", input.UserName!, input.Path, input.Tags),
        boundary: input.PermissionsBoundary,
        inline: new Map(),
        attached: new Set(),
        keys: new Map(),
      };
      return { User: describe(users.add(user)) };
    })
    .on(GetUserCommand)((input, ctx) => {
      if (input.UserName === undefined && ctx.principalArn.endsWith(":root"))
        return {
          User: {
            Path: "/",
            UserName: undefined as unknown as string, // the root user has none
            UserId: world.accountId,
            Arn: ctx.principalArn,
            CreateDate: new Date(0),
          },
        };
      return { User: describe(named(input.UserName, ctx.principalArn)) };
    })
    .on(ListUsersCommand)((input) => {
      const all = users.all().filter((user) => user.path.startsWith(input.PathPrefix ?? "/"));
      const { page, rest } = pageOf(all, input);
      return {
        Users: page.map((user) => ({ ...describe(user), PermissionsBoundary: undefined, Tags: undefined })),
        ...rest,
      };
    })
    .on(DeleteUserCommand)((input) => {
      const user = users.get(input.UserName);
      if (user.keys.size) throw conflict("Cannot delete entity, must delete access keys first.");
      if (user.inline.size) throw conflict("Cannot delete entity, must delete policies first.");
      if (user.attached.size) throw conflict("Cannot delete entity, must detach all policies first.");
      users.remove(user);
      return {};
    })
    .on(TagUserCommand)((input) => {
      const user = users.get(input.UserName);
      for (const [key, value] of tagMap(input.Tags)) user.tags.set(key, value);
      return {};
    })
    .on(UntagUserCommand)((input) => {
      const user = users.get(input.UserName);
      for (const key of input.TagKeys ?? []) user.tags.delete(key);
      return {};
    })
    .on(ListUserTagsCommand)((input) => {
      const { page, rest } = pageOf(tagList(users.get(input.UserName).tags), input);
      return { Tags: page, ...rest };
    })
    .on(ListGroupsForUserCommand)((input) => {
      users.get(input.UserName);
      return { Groups: [], IsTruncated: false };
    })
    .on(CreateAccessKeyCommand)((input, ctx) => {
      const user = named(input.UserName, ctx.principalArn);
      if (user.keys.size >= MAX_KEYS)
        throw new LimitExceededException({
          message: `Cannot exceed quota for AccessKeysPerUser: ${MAX_KEYS}`,
          $metadata: {},
        });
      const id = `AKIA${randomId(16)}`;
      const createdAt = world.clock.now();
      const key: AccessKey = { id, secret: randomBytes(30).toString("base64"), status: "Active", createdAt };
      user.keys.set(id, key);
      allow(user, key, true);
      return {
        AccessKey: {
          UserName: user.name,
          AccessKeyId: id,
          Status: "Active",
          SecretAccessKey: key.secret,
          CreateDate: new Date(createdAt),
        },
      };
    })
    .on(ListAccessKeysCommand)((input, ctx) => {
      const user = named(input.UserName, ctx.principalArn);
      const { page, rest } = pageOf([...user.keys.values()], input);
      return {
        AccessKeyMetadata: page.map(({ id, status, createdAt }) => ({
          UserName: user.name,
          AccessKeyId: id,
          Status: status,
          CreateDate: new Date(createdAt),
        })),
        ...rest,
      };
    })
    .on(UpdateAccessKeyCommand)((input, ctx) => {
      const user = named(input.UserName, ctx.principalArn);
      const key = keyOf(user, input.AccessKeyId);
      key.status = input.Status === "Inactive" ? "Inactive" : "Active";
      allow(user, key, key.status === "Active");
      return {};
    })
    .on(DeleteAccessKeyCommand)((input, ctx) => {
      const user = named(input.UserName, ctx.principalArn);
      const key = keyOf(user, input.AccessKeyId);
      allow(user, key, false);
      user.keys.delete(key.id);
      return {};
    })
    .on(GetAccessKeyLastUsedCommand)((input) => {
      const user = users.all().find(({ keys }) => keys.has(input.AccessKeyId!));
      if (!user) throw noSuch(`The Access Key with id ${input.AccessKeyId} cannot be found.`);
      // Uses are not recorded here; this is AWS's answer for a key that was never used.
      return { UserName: user.name, AccessKeyLastUsed: { LastUsedDate: undefined, ServiceName: "N/A", Region: "N/A" } };
    })
    .on(ListAccountAliasesCommand)(() => ({ AccountAliases: [], IsTruncated: false }));
}

function describe(user: User) {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: new Date(user.createdAt),
    PermissionsBoundary: boundaryOf(user),
    Tags: shownTags(user.tags),
  };
}
