import {
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  type OwnershipControls,
  type PublicAccessBlockConfiguration,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type ServerSideEncryptionConfiguration,
  type Tag,
  type TransitionDefaultMinimumObjectSize,
  type VersioningConfiguration,
} from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { BucketStore } from "./bucketStore.ts";
import { assertPolicyAllowed } from "./unsignedReads.ts";

/** What a new bucket has without being asked (AWS: default encryption and Block Public Access since 2023). */
const DEFAULTS = {
  encryption: {
    Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
  } as ServerSideEncryptionConfiguration,
  publicAccess: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  } as PublicAccessBlockConfiguration,
  ownership: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] } as OwnershipControls,
};

interface Lifecycle {
  Rules?: LifecycleRule[];
  TransitionDefaultMinimumObjectSize?: TransitionDefaultMinimumObjectSize;
}

/** Makes settings of one kind that are kept in buckets; an absent one answers its fallback or its own error. */
export function settingsIn(store: BucketStore) {
  return <T>(kind: string, absent: { code: string; message: string } | undefined, fallback?: T) => ({
    put(name: string | undefined, ctx: CallContext, value: T) {
      store.get(name, ctx).settings.set(kind, value);
      return {};
    },
    get(name: string | undefined, ctx: CallContext): T {
      const { settings } = store.get(name, ctx);
      const value = settings.has(kind) ? (settings.get(kind) as T | undefined) : fallback;
      if (value === undefined && absent) throw new WireError(absent.code, absent.message, 404, { BucketName: name });
      return value as T;
    },
    /** A deleted setting does not come back to its default. */
    remove(name: string | undefined, ctx: CallContext) {
      store.get(name, ctx).settings.set(kind, undefined);
      ctx.status = 204;
      return {};
    },
  });
}

const isSystemTag = ({ Key }: Tag) => Key?.startsWith("aws:") ?? false;

/**
 * Tags that a bucket may get. Those of AWS itself may be sent as they are, but neither changed nor left out (as users report
 * it; the API reference does not say).
 * @param present the bucket's tags
 * @throws WireError InvalidTag
 */
export function checkedBucketTags(tags: Tag[], present: Tag[], ctx: CallContext): Tag[] {
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length)
    throw new WireError("InvalidTag", "Cannot provide multiple Tags with the same key", 400);
  // CloudFormation's own tags come from inside, by a call that is no request.
  const isRequest = ctx.request.headers.host !== undefined;
  if (!isRequest) return tags;
  const has = (list: Tag[], tag: Tag) => list.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value);
  const own = tags.find((tag) => isSystemTag(tag) && !has(present, tag));
  if (own)
    throw new WireError("InvalidTag", "System tags cannot be added/updated by requester", 400, { TagKey: own.Key });
  const lost = present.find((tag) => isSystemTag(tag) && !has(tags, tag));
  if (lost) throw new WireError("InvalidTag", "System tags cannot be removed by requester", 400, { TagKey: lost.Key });
  return tags;
}

/** Configurations of buckets: stored, returned, deleted; of these the sandbox acts upon versioning only. */
export function addBucketSettings(service: ServiceBuilder, store: BucketStore): void {
  const setting = settingsIn(store);
  const encryption = setting<ServerSideEncryptionConfiguration>(
    "encryption",
    {
      code: "ServerSideEncryptionConfigurationNotFoundError",
      message: "The server side encryption configuration was not found",
    },
    DEFAULTS.encryption,
  );
  const publicAccess = setting<PublicAccessBlockConfiguration>(
    "publicAccess",
    { code: "NoSuchPublicAccessBlockConfiguration", message: "The public access block configuration was not found" },
    DEFAULTS.publicAccess,
  );
  const ownership = setting<OwnershipControls>(
    "ownership",
    { code: "OwnershipControlsNotFoundError", message: "The bucket ownership controls were not found" },
    DEFAULTS.ownership,
  );
  const versioning = setting<VersioningConfiguration>("versioning", undefined, {});
  const tagging = setting<Tag[]>("tagging", { code: "NoSuchTagSet", message: "The TagSet does not exist" });
  const lifecycle = setting<Lifecycle>("lifecycle", {
    code: "NoSuchLifecycleConfiguration",
    message: "The lifecycle configuration does not exist",
  });
  const policy = setting<string>("policy", { code: "NoSuchBucketPolicy", message: "The bucket policy does not exist" });

  service
    .on(PutBucketEncryptionCommand)((i, ctx) => encryption.put(i.Bucket, ctx, i.ServerSideEncryptionConfiguration!))
    .on(GetBucketEncryptionCommand)((i, ctx) => ({
      ServerSideEncryptionConfiguration: encryption.get(i.Bucket, ctx),
    }))
    // Deleting brings the default encryption back (AWS: DeleteBucketEncryption).
    .on(DeleteBucketEncryptionCommand)((i, ctx) => {
      store.get(i.Bucket, ctx).settings.delete("encryption");
      ctx.status = 204;
      return {};
    })
    .on(PutPublicAccessBlockCommand)((i, ctx) => publicAccess.put(i.Bucket, ctx, i.PublicAccessBlockConfiguration!))
    .on(GetPublicAccessBlockCommand)((i, ctx) => ({ PublicAccessBlockConfiguration: publicAccess.get(i.Bucket, ctx) }))
    .on(DeletePublicAccessBlockCommand)((i, ctx) => publicAccess.remove(i.Bucket, ctx))
    .on(PutBucketOwnershipControlsCommand)((i, ctx) => ownership.put(i.Bucket, ctx, i.OwnershipControls!))
    .on(GetBucketOwnershipControlsCommand)((i, ctx) => ({ OwnershipControls: ownership.get(i.Bucket, ctx) }))
    .on(DeleteBucketOwnershipControlsCommand)((i, ctx) => ownership.remove(i.Bucket, ctx))
    .on(PutBucketVersioningCommand)((i, ctx) => {
      const { Status, MFADelete } = i.VersioningConfiguration ?? {};
      if (Status !== "Enabled" && Status !== "Suspended")
        throw new WireError("IllegalVersioningConfigurationException", "The Versioning element must be specified", 400);
      if (MFADelete === "Enabled")
        throw new WireError("NotImplemented", "This sandbox has no MFA devices, so no MFA delete.", 501);
      return versioning.put(i.Bucket, ctx, { Status });
    })
    .on(GetBucketVersioningCommand)((i, ctx) => versioning.get(i.Bucket, ctx))
    .on(PutBucketTaggingCommand)((i, ctx) => {
      ctx.status = 204;
      const present = (store.get(i.Bucket, ctx).settings.get("tagging") as Tag[] | undefined) ?? [];
      const tags = checkedBucketTags(i.Tagging?.TagSet ?? [], present, ctx);
      return tags.length ? tagging.put(i.Bucket, ctx, tags) : tagging.remove(i.Bucket, ctx);
    })
    .on(GetBucketTaggingCommand)((i, ctx) => ({ TagSet: tagging.get(i.Bucket, ctx) }))
    .on(DeleteBucketTaggingCommand)((i, ctx) => {
      const { settings } = store.get(i.Bucket, ctx);
      const left = ((settings.get("tagging") as Tag[] | undefined) ?? []).filter(isSystemTag);
      const isRequest = ctx.request.headers.host !== undefined;
      if (!isRequest || left.length === 0) return tagging.remove(i.Bucket, ctx);
      ctx.status = 204;
      return tagging.put(i.Bucket, ctx, left);
    })
    .on(PutBucketLifecycleConfigurationCommand)((i, ctx) => {
      lifecycle.put(i.Bucket, ctx, {
        Rules: i.LifecycleConfiguration?.Rules,
        TransitionDefaultMinimumObjectSize: i.TransitionDefaultMinimumObjectSize ?? "all_storage_classes_128K",
      });
      return {};
    })
    .on(GetBucketLifecycleConfigurationCommand)((i, ctx) => lifecycle.get(i.Bucket, ctx))
    .on(DeleteBucketLifecycleCommand)((i, ctx) => lifecycle.remove(i.Bucket, ctx))
    .on(PutBucketPolicyCommand)((i, ctx) => {
      checkPolicy(i.Policy!);
      assertPolicyAllowed(store.get(i.Bucket, ctx), i.Policy!, ctx.principalArn);
      ctx.status = 204;
      return policy.put(i.Bucket, ctx, i.Policy!);
    })
    .on(GetBucketPolicyCommand)((i, ctx) => ({ Policy: policy.get(i.Bucket, ctx) }))
    .on(DeleteBucketPolicyCommand)((i, ctx) => policy.remove(i.Bucket, ctx));
}

function checkPolicy(document: string): void {
  let parsed: { Statement?: unknown };
  try {
    parsed = JSON.parse(document);
  } catch {
    throw new WireError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'", 400);
  }
  const statements = Array.isArray(parsed?.Statement) ? parsed.Statement : [parsed?.Statement];
  for (const statement of statements as ({ Principal?: unknown; NotPrincipal?: unknown } | undefined)[]) {
    if (!statement) throw new WireError("MalformedPolicy", "Missing required field Statement", 400);
    if (statement.Principal === undefined && statement.NotPrincipal === undefined)
      throw new WireError("MalformedPolicy", "Missing required field Principal", 400);
  }
}
