import {
  BucketAlreadyOwnedByYou,
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
} from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { checkAcl } from "./bucketAcl.ts";
import { checkedBucketTags } from "./bucketSettings.ts";
import { type BucketStore, noBucket, ownerId, wholeSeconds } from "./bucketStore.ts";
import { versioningOf } from "./versions.ts";

const HOME_REGION = "us-east-1";

/** CreateBucket, HeadBucket, DeleteBucket, ListBuckets and GetBucketLocation. */
export function addBucketOperations(service: ServiceBuilder, world: World, store: BucketStore): void {
  service
    .on(CreateBucketCommand)((input, ctx) => {
      const name = input.Bucket!;
      checkName(name);
      const asked = input.CreateBucketConfiguration?.LocationConstraint;
      checkLocation(asked, ctx.region);
      const existing = store.buckets.get(name);
      if (existing) {
        // For compatibility us-east-1 answers 200 to the owner (AWS: CreateBucket, BucketAlreadyOwnedByYou).
        if (existing.region === HOME_REGION && ctx.region === HOME_REGION) return { Location: `/${name}` };
        const message = "Your previous request to create the named bucket succeeded and you already own it.";
        throw Object.assign(new BucketAlreadyOwnedByYou({ message, $metadata: {} }), { BucketName: name });
      }
      if (input.ObjectLockEnabledForBucket)
        throw new WireError("NotImplemented", "This sandbox has no Object Lock; create the bucket without it.", 501);
      const settings = new Map<string, unknown>();
      const tags = checkedBucketTags(input.CreateBucketConfiguration?.Tags ?? [], [], ctx);
      if (tags.length) settings.set("tagging", tags);
      // The name from before regions had others is given back as it came (seen on AWS).
      if (asked === "EU") settings.set("location", asked);
      if (input.ObjectOwnership) settings.set("ownership", { Rules: [{ ObjectOwnership: input.ObjectOwnership }] });
      const ownership = input.ObjectOwnership ?? "BucketOwnerEnforced";
      if (ownership === "BucketOwnerEnforced" && input.ACL !== undefined && input.ACL !== "private")
        throw new WireError(
          "InvalidBucketAclWithObjectOwnership",
          "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
          400,
          { BucketName: name },
        );
      checkAcl(input.ACL, ownership, true);
      store.buckets.set(name, {
        name,
        region: asked === "EU" ? "eu-west-1" : (asked ?? ctx.region),
        createdAt: wholeSeconds(world.clock.now()),
        objects: new Map(),
        uploads: new Map(),
        settings,
      });
      return { Location: `/${name}`, BucketArn: `arn:aws:s3:::${name}` };
    })
    .on(HeadBucketCommand)((input, ctx) => {
      const bucket = store.buckets.get(input.Bucket!);
      if (!bucket) throw new WireError("NotFound", "Not Found", 404);
      ctx.headers = { "content-type": "application/xml" };
      return {
        AccessPointAlias: false,
        BucketRegion: store.get(bucket.name, ctx).region,
        BucketArn: `arn:aws:s3:::${bucket.name}`,
      };
    })
    .on(DeleteBucketCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      if (bucket.objects.size)
        throw new WireError(
          "BucketNotEmpty",
          versioningOf(bucket) === undefined
            ? "The bucket you tried to delete is not empty"
            : "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
          409,
          { BucketName: bucket.name },
        );
      store.buckets.delete(bucket.name);
      ctx.status = 204;
      return {};
    })
    .on(ListBucketsCommand)((input) => {
      const all = [...store.buckets.values()]
        .filter((bucket) => bucket.name.startsWith(input.Prefix ?? ""))
        .filter((bucket) => !input.BucketRegion || bucket.region === input.BucketRegion)
        .filter((bucket) => bucket.name > Buffer.from(input.ContinuationToken ?? "", "base64url").toString())
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = all.slice(0, input.MaxBuckets ?? 10_000);
      return {
        Buckets: page.map((bucket) => ({
          Name: bucket.name,
          CreationDate: new Date(bucket.createdAt),
          BucketRegion: bucket.region,
          BucketArn: `arn:aws:s3:::${bucket.name}`,
        })),
        Owner: { ID: ownerId(world.accountId) },
        ContinuationToken: page.length < all.length ? Buffer.from(page.at(-1)!.name).toString("base64url") : undefined,
        Prefix: input.Prefix,
      };
    })
    .on(GetBucketLocationCommand)((input) => {
    const bucket = store.buckets.get(input.Bucket!);
    if (!bucket) throw noBucket(input.Bucket);
    return {
      LocationConstraint: (bucket.settings.get("location") ??
        (bucket.region === HOME_REGION ? undefined : bucket.region)) as BucketLocationConstraint | undefined,
    };
  });
}

/** General-purpose bucket names (AWS: "Bucket naming rules"). */
function checkName(name: string): void {
  const valid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|--x-s3)$/.test(name);
  if (!valid) throw new WireError("InvalidBucketName", "The specified bucket is not valid.", 400, { BucketName: name });
}

function checkLocation(asked: string | undefined, region: string): void {
  const wanted = asked === "EU" ? "eu-west-1" : asked;
  if (asked === HOME_REGION && region === HOME_REGION)
    throw new WireError("InvalidLocationConstraint", "The specified location-constraint is not valid", 400, {
      LocationConstraint: asked,
    });
  if (region === HOME_REGION || wanted === region) return;
  throw new WireError(
    "IllegalLocationConstraintException",
    `The ${asked ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    400,
  );
}
