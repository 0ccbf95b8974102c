import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { WireError } from "../../wire/types.ts";
import { isMap, type Value, type ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { document, maps, optionalText, PropertyError, text, toInput } from "./properties.ts";
import { CONFIGURATION_LISTS, putConfigurations } from "./s3Configurations.ts";
import { dropEncryption, SIMPLE_SETTINGS } from "./s3Settings.ts";

const SETTINGS = [
  "BucketEncryption",
  "PublicAccessBlockConfiguration",
  "VersioningConfiguration",
  "OwnershipControls",
  "LifecycleConfiguration",
  "Tags",
  ...Object.keys(SIMPLE_SETTINGS),
  ...CONFIGURATION_LISTS,
];

/** AWS::S3::Bucket and AWS::S3::BucketPolicy. */
export const s3Handlers: HandlerTable = {
  "AWS::S3::Bucket": {
    attributes: ["Arn", "DomainName", "RegionalDomainName", "DualStackDomainName", "WebsiteURL"],
    replaceOn: ["BucketName"],
    async create(properties, ctx) {
      checkKeys(properties);
      const Bucket = optionalText(properties, "BucketName") ?? ctx.generatedName(63).toLowerCase();
      const location: ValueMap =
        ctx.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: ctx.region } };
      assertAclAllowed(properties);
      await ctx.call(CreateBucketCommand, toInput(CreateBucketCommand, { Bucket, ...location }));
      ctx.exists(Bucket);
      await putSettings(Bucket, properties, ctx);
      await putConfigurations(Bucket, properties, {}, ctx);
      return { id: Bucket, attributes: attributesOf(Bucket, ctx.region) };
    },
    async update(Bucket, properties, previous, ctx) {
      checkKeys(properties);
      await putSettings(Bucket, properties, ctx);
      await putConfigurations(Bucket, properties, previous, ctx);
      const dropped = (name: string) => previous[name] !== undefined && properties[name] === undefined;
      if (dropped("PublicAccessBlockConfiguration")) await ctx.call(DeletePublicAccessBlockCommand, { Bucket });
      if (dropped("OwnershipControls")) await ctx.call(DeleteBucketOwnershipControlsCommand, { Bucket });
      if (dropped("BucketEncryption")) await dropEncryption(Bucket, ctx);
      for (const [name, { drop }] of Object.entries(SIMPLE_SETTINGS)) if (dropped(name)) await drop(Bucket, ctx);
      if (dropped("LifecycleConfiguration")) await ctx.call(DeleteBucketLifecycleCommand, { Bucket });
      // Versioning cannot be undone, only suspended (AWS: "Using versioning in S3 buckets").
      if (dropped("VersioningConfiguration"))
        await ctx.call(PutBucketVersioningCommand, { Bucket, VersioningConfiguration: { Status: "Suspended" } });
      return undefined;
    },
    async remove(Bucket, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteBucketCommand, { Bucket }), isNotFound);
    },
  },

  "AWS::S3::BucketPolicy": {
    attributes: [],
    replaceOn: ["Bucket"],
    async create(properties, ctx) {
      const Bucket = text(properties, "Bucket");
      await ctx.call(PutBucketPolicyCommand, { Bucket, Policy: document(properties, "PolicyDocument") });
      return { id: Bucket, attributes: {} };
    },
    async update(Bucket, properties, _previous, ctx) {
      await ctx.call(PutBucketPolicyCommand, { Bucket, Policy: document(properties, "PolicyDocument") });
      return undefined;
    },
    async remove(Bucket, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteBucketPolicyCommand, { Bucket }), isNotFound);
    },
  },
};

/** What AWS::S3::Bucket has and the sandbox's buckets have not. */
const UNSUPPORTED = new Set([
  "AbacStatus",
  "MetadataConfiguration",
  "MetadataTableConfiguration",
  "ObjectLockConfiguration",
  "ObjectLockEnabled",
]);

/** New buckets take no access control lists unless the template gives their objects to writers (AWS: since April 2023). */
function assertAclAllowed(properties: ValueMap): void {
  const control = optionalText(properties, "AccessControl") ?? "Private";
  const ownership = isMap(properties.OwnershipControls) ? maps(properties.OwnershipControls, "Rules")[0] : undefined;
  const isEnforced = (ownership?.ObjectOwnership ?? "BucketOwnerEnforced") === "BucketOwnerEnforced";
  if (isEnforced && control !== "Private" && control !== "BucketOwnerFullControl")
    throw new WireError(
      "InvalidBucketAclWithObjectOwnership",
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    );
}

function checkKeys(properties: ValueMap): void {
  const extraneous = Object.keys(properties).find((name) => name !== "BucketName" && !SETTINGS.includes(name));
  if (extraneous && UNSUPPORTED.has(extraneous))
    throw new PropertyError(
      `#/${extraneous}: this sandbox does not keep it; leave it out where you deploy to the sandbox`,
    );
  if (extraneous) throw new PropertyError(`#: extraneous key [${extraneous}] is not permitted`);
}

function attributesOf(bucket: string, region: string): Record<string, string> {
  return {
    Arn: `arn:aws:s3:::${bucket}`,
    DomainName: `${bucket}.s3.amazonaws.com`,
    RegionalDomainName: `${bucket}.s3.${region}.amazonaws.com`,
    DualStackDomainName: `${bucket}.s3.dualstack.${region}.amazonaws.com`,
    WebsiteURL: `http://${bucket}.s3-website-${region}.amazonaws.com`,
  };
}

async function putSettings(Bucket: string, properties: ValueMap, ctx: ResourceContext): Promise<void> {
  const {
    BucketEncryption,
    PublicAccessBlockConfiguration,
    VersioningConfiguration,
    OwnershipControls,
    LifecycleConfiguration,
  } = properties;
  if (BucketEncryption !== undefined) {
    const rules = isMap(BucketEncryption)
      ? (BucketEncryption.ServerSideEncryptionConfiguration ?? [])
      : BucketEncryption;
    const input = { Bucket, ServerSideEncryptionConfiguration: { Rules: rules } };
    await ctx.call(
      PutBucketEncryptionCommand,
      toInput(PutBucketEncryptionCommand, input, {
        ServerSideEncryptionByDefault: "ApplyServerSideEncryptionByDefault",
      }),
    );
  }
  if (PublicAccessBlockConfiguration !== undefined)
    await ctx.call(
      PutPublicAccessBlockCommand,
      toInput(PutPublicAccessBlockCommand, { Bucket, PublicAccessBlockConfiguration }),
    );
  if (VersioningConfiguration !== undefined)
    await ctx.call(
      PutBucketVersioningCommand,
      toInput(PutBucketVersioningCommand, { Bucket, VersioningConfiguration }),
    );
  if (OwnershipControls !== undefined)
    await ctx.call(
      PutBucketOwnershipControlsCommand,
      toInput(PutBucketOwnershipControlsCommand, { Bucket, OwnershipControls }),
    );
  if (LifecycleConfiguration !== undefined) {
    const Rules = maps(isMap(LifecycleConfiguration) ? LifecycleConfiguration : {}, "Rules").map(lifecycleRule);
    await ctx.call(
      PutBucketLifecycleConfigurationCommand,
      toInput(PutBucketLifecycleConfigurationCommand, { Bucket, LifecycleConfiguration: { Rules } }),
    );
  }
  // After versioning, ownership and public access, on which some of these depend.
  for (const [name, { put }] of Object.entries(SIMPLE_SETTINGS)) {
    const value = properties[name];
    if (value !== undefined) await put(Bucket, value, ctx);
  }
  const tags = ctx.tags(properties);
  if (tags.length) await ctx.call(PutBucketTaggingCommand, { Bucket, Tagging: { TagSet: tags } });
}

/** Templates write a rule flatter than the API does. */
function lifecycleRule(rule: ValueMap): ValueMap {
  const { Id, Prefix, ExpirationInDays, ExpirationDate, NoncurrentVersionExpirationInDays, TagFilters, ...rest } = rule;
  const tags = maps({ TagFilters: TagFilters ?? [] }, "TagFilters");
  const filter: ValueMap = tags.length === 0 ? { Prefix: Prefix ?? "" } : { And: { Prefix: Prefix ?? "", Tags: tags } };
  const out: Record<string, Value> = { ...rest, Filter: rest.Filter ?? filter };
  if (rest.Transitions !== undefined) out.Transitions = maps(rest, "Transitions").map((item) => renamed(item, "Days"));
  if (rest.NoncurrentVersionTransitions !== undefined)
    out.NoncurrentVersionTransitions = maps(rest, "NoncurrentVersionTransitions").map((item) =>
      renamed(item, "NoncurrentDays"),
    );
  if (Id !== undefined) out.ID = Id;
  if (ExpirationInDays !== undefined) out.Expiration = { Days: ExpirationInDays };
  if (ExpirationDate !== undefined)
    throw new PropertyError(
      "#/LifecycleConfiguration/Rules: ExpirationDate is not supported by this sandbox; use ExpirationInDays",
    );
  if (NoncurrentVersionExpirationInDays !== undefined)
    out.NoncurrentVersionExpiration = { NoncurrentDays: NoncurrentVersionExpirationInDays };
  return out;
}

/** A transition with its days under the API's name. */
function renamed(transition: ValueMap, days: string): ValueMap {
  const { TransitionInDays, ...rest } = transition;
  return TransitionInDays === undefined ? rest : { ...rest, [days]: TransitionInDays };
}
