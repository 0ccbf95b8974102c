import { randomBytes } from "node:crypto";
import {
  CreateDomainCommand,
  CreateUserProfileCommand,
  DeleteDomainCommand,
  DeleteUserProfileCommand,
  DescribeDomainCommand,
  DescribeUserProfileCommand,
  ListDomainsCommand,
  ListUserProfilesCommand,
  UpdateDomainCommand,
  UpdateUserProfileCommand,
} from "@aws-sdk/client-sagemaker";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { assertRoleAssumable } from "./models.ts";
import type { DomainRecord, ProfileRecord, RegionState } from "./state.ts";

/** What SageMaker takes to make or delete a domain, and a profile: simulated ms. */
const DOMAIN_MS = 240_000;
const PROFILE_MS = 20_000;
const UPDATE_MS = 10_000;

/** Domains and user profiles of SageMaker Studio, as far as their lifecycle goes; no Studio is behind their URLs. */
export function registerDomains(service: ServiceBuilder, world: World, stateOf: (region: string) => RegionState): void {
  const arnOf = (ctx: CallContext, rest: string) => `arn:aws:sagemaker:${ctx.region}:${ctx.accountId}:${rest}`;
  const missing = (what: string) => new WireError("ResourceNotFound", `${what} does not exist.`);
  const domainOf = (ctx: CallContext, id: string | undefined): DomainRecord => {
    const domain = stateOf(ctx.region).domains.get(id ?? "");
    if (!domain) throw missing(`Domain [${id}]`);
    return domain;
  };
  const profileOf = (ctx: CallContext, id: string | undefined, name: string | undefined): ProfileRecord => {
    const profile = domainOf(ctx, id).profiles.get(name ?? "");
    if (!profile) throw missing(`UserProfile [${name}] in Domain [${id}]`);
    return profile;
  };
  const later = (simulatedMs: number, fn: () => void) => {
    if (world.timeScale === 0) fn();
    else world.clock.schedule(simulatedMs, fn);
  };
  const settle = (record: DomainRecord | ProfileRecord) => {
    record.status = "InService";
    record.modifiedMs = world.clock.now();
  };
  const update = (record: DomainRecord | ProfileRecord) => {
    record.status = "Updating";
    later(UPDATE_MS, () => settle(record));
  };
  const times = (record: DomainRecord | ProfileRecord) => ({
    CreationTime: new Date(record.createdMs),
    LastModifiedTime: new Date(record.modifiedMs),
    Status: record.status,
  });

  service
    .on(CreateDomainCommand)(async (input, ctx) => {
      const { domains, tags } = stateOf(ctx.region);
      if ([...domains.values()].some(({ input: other }) => other.DomainName === input.DomainName))
        throw new WireError("ResourceInUse", `Domain with the name ${input.DomainName} already exists.`);
      await assertRoleAssumable(world, ctx, input.DefaultUserSettings?.ExecutionRole ?? "");
      const id = `d-${randomBytes(6).toString("hex")}`;
      const now = world.clock.now();
      const { Tags, ...rest } = input;
      const domain: DomainRecord = {
        id,
        arn: arnOf(ctx, `domain/${id}`),
        input: rest,
        status: "Pending",
        createdMs: now,
        modifiedMs: now,
        profiles: new Map(),
      };
      domains.set(id, domain);
      if (Tags?.length) tags.set(domain.arn, Tags);
      later(DOMAIN_MS, () => settle(domain));
      return { DomainArn: domain.arn, DomainId: id, Url: urlOf(id, ctx.region) };
    })
    .on(DescribeDomainCommand)((input, ctx) => {
      const domain = domainOf(ctx, input.DomainId);
      return {
        ...domain.input,
        DomainArn: domain.arn,
        DomainId: domain.id,
        HomeEfsFileSystemId: `fs-${domain.id.slice(2)}`,
        AppNetworkAccessType: domain.input.AppNetworkAccessType ?? ("PublicInternetOnly" as const),
        Url: urlOf(domain.id, ctx.region),
        ...times(domain),
      };
    })
    .on(ListDomainsCommand)((input, ctx) => {
      const all = [...stateOf(ctx.region).domains.values()];
      const page = pageOf(all, input.MaxResults ?? 10, input.NextToken);
      return {
        Domains: page.items.map((domain) => ({
          DomainArn: domain.arn,
          DomainId: domain.id,
          DomainName: domain.input.DomainName,
          Url: urlOf(domain.id, ctx.region),
          ...times(domain),
        })),
        NextToken: page.nextToken,
      };
    })
    .on(UpdateDomainCommand)(async (input, ctx) => {
      const domain = domainOf(ctx, input.DomainId);
      assertSettled(domain, `Domain [${domain.id}]`);
      const role = input.DefaultUserSettings?.ExecutionRole;
      if (role !== undefined) await assertRoleAssumable(world, ctx, role);
      const { DomainId: _id, DomainSettingsForUpdate: settings, ...rest } = input;
      domain.input = merged(domain.input, settings ? { ...rest, DomainSettings: settings } : rest);
      update(domain);
      return { DomainArn: domain.arn };
    })
    .on(DeleteDomainCommand)((input, ctx) => {
      const domain = domainOf(ctx, input.DomainId);
      if (domain.profiles.size)
        throw new WireError("ResourceInUse", `Unable to delete Domain [${domain.id}] because it has UserProfiles.`);
      domain.status = "Deleting";
      const { domains, tags } = stateOf(ctx.region);
      later(DOMAIN_MS, () => {
        domains.delete(domain.id);
        tags.delete(domain.arn);
      });
      return {};
    })
    .on(CreateUserProfileCommand)((input, ctx) => {
      const domain = domainOf(ctx, input.DomainId);
      const name = input.UserProfileName ?? "";
      if (domain.status !== "InService")
        throw new WireError(
          "ValidationException",
          `Unable to create UserProfile: Domain [${domain.id}] is ${domain.status}.`,
        );
      if (domain.profiles.has(name))
        throw new WireError("ResourceInUse", `UserProfile [${name}] already exists in Domain [${domain.id}].`);
      const now = world.clock.now();
      const { Tags, ...rest } = input;
      const profile: ProfileRecord = {
        name,
        arn: arnOf(ctx, `user-profile/${domain.id}/${name}`),
        input: rest,
        status: "Pending",
        createdMs: now,
        modifiedMs: now,
      };
      domain.profiles.set(name, profile);
      if (Tags?.length) stateOf(ctx.region).tags.set(profile.arn, Tags);
      later(PROFILE_MS, () => settle(profile));
      return { UserProfileArn: profile.arn };
    })
    .on(DescribeUserProfileCommand)((input, ctx) => {
      const profile = profileOf(ctx, input.DomainId, input.UserProfileName);
      return { ...profile.input, UserProfileArn: profile.arn, HomeEfsFileSystemUid: "200005", ...times(profile) };
    })
    .on(ListUserProfilesCommand)((input, ctx) => {
      const all = [...stateOf(ctx.region).domains.values()].flatMap((domain) =>
        [...domain.profiles.values()].map((profile) => ({ domain, profile })),
      );
      const wanted = all.filter(
        ({ domain, profile }) =>
          (!input.DomainIdEquals || domain.id === input.DomainIdEquals) &&
          (!input.UserProfileNameContains || profile.name.includes(input.UserProfileNameContains)),
      );
      const page = pageOf(wanted, input.MaxResults ?? 10, input.NextToken);
      return {
        UserProfiles: page.items.map(({ domain, profile }) => ({
          DomainId: domain.id,
          UserProfileName: profile.name,
          ...times(profile),
        })),
        NextToken: page.nextToken,
      };
    })
    .on(UpdateUserProfileCommand)((input, ctx) => {
      const profile = profileOf(ctx, input.DomainId, input.UserProfileName);
      assertSettled(profile, `UserProfile [${profile.name}]`);
      profile.input = merged(profile.input, input);
      update(profile);
      return { UserProfileArn: profile.arn };
    })
    .on(DeleteUserProfileCommand)((input, ctx) => {
    const profile = profileOf(ctx, input.DomainId, input.UserProfileName);
    const { profiles } = domainOf(ctx, input.DomainId);
    profile.status = "Deleting";
    later(PROFILE_MS, () => {
      profiles.delete(profile.name);
      stateOf(ctx.region).tags.delete(profile.arn);
    });
    return {};
  });
}

/** @throws WireError ValidationException for one that is changing */
function assertSettled({ status }: DomainRecord | ProfileRecord, what: string): void {
  if (status !== "InService")
    throw new WireError("ValidationException", `Unable to update ${what} because it is ${status}.`);
}

/** Settings with the new ones in place of those of the same name; what is not named stays. */
function merged<T extends object>(before: T, changes: object): T {
  const out = { ...before } as Record<string, unknown>;
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const known = out[name];
    const both = isSettings(known) && isSettings(value);
    out[name] = both ? merged(known, value) : value;
  }
  return out as T;
}

const isSettings = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const urlOf = (id: string, region: string) => `https://${id}.studio.${region}.sagemaker.aws`;
