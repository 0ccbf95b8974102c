import {
  type BucketCannedACL,
  GetBucketAclCommand,
  GetObjectAclCommand,
  type Grant,
  type ObjectCannedACL,
  type ObjectOwnership,
  type OwnershipControls,
  type PublicAccessBlockConfiguration,
  PutBucketAclCommand,
  PutObjectAclCommand,
} from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { type Bucket, type BucketStore, ownerId } from "./bucketStore.ts";
import { objectOf } from "./reading.ts";

const EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/** Grants beside the owner's of the canned ACLs (AWS: "Access control list overview"). */
const CANNED: Record<string, [uri: string, permission: "READ" | "WRITE"][]> = {
  private: [],
  "bucket-owner-full-control": [],
  "bucket-owner-read": [],
  "public-read": [[EVERYONE, "READ"]],
  "public-read-write": [
    [EVERYONE, "READ"],
    [EVERYONE, "WRITE"],
  ],
  "authenticated-read": [[AUTHENTICATED, "READ"]],
};

/**
 * Refuses an ACL that the bucket's settings forbid.
 * @param blocked whether Block Public Access refuses public ACLs
 * @throws WireError AccessControlListNotSupported, InvalidArgument or AccessDenied
 */
export function checkAcl(
  acl: BucketCannedACL | ObjectCannedACL | undefined,
  ownership: ObjectOwnership,
  blocked: boolean,
): void {
  if (acl === undefined) return;
  if (!CANNED[acl]) throw new WireError("InvalidArgument", `The canned ACL ${acl} is not supported here.`, 400);
  const harmless = acl === "private" || acl === "bucket-owner-full-control";
  if (ownership === "BucketOwnerEnforced" && !harmless)
    throw new WireError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400);
  if (blocked && acl.startsWith("public-")) throw new WireError("AccessDenied", "Access Denied", 403);
}

/** Access control lists of buckets and objects: kept and returned, not enforced. */
export function addAclOperations(service: ServiceBuilder, world: World, store: BucketStore): void {
  const ID = ownerId(world.accountId);
  const owner: Grant = { Grantee: { ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" };
  const grantsOf = (acl: string | undefined): Grant[] => [
    owner,
    ...(CANNED[acl ?? "private"] ?? []).map(
      ([URI, Permission]): Grant => ({ Grantee: { URI, Type: "Group" }, Permission }),
    ),
  ];
  const accepted = (bucket: Bucket, input: PutAclInput): Grant[] => {
    const access = bucket.settings.get("publicAccess") as PublicAccessBlockConfiguration | undefined;
    const blocked = bucket.settings.has("publicAccess") ? (access?.BlockPublicAcls ?? false) : true;
    checkAcl(input.ACL, ownershipOf(bucket), blocked);
    if (input.ACL !== undefined) return grantsOf(input.ACL);
    const grants = input.AccessControlPolicy?.Grants;
    if (!grants && ownershipOf(bucket) === "BucketOwnerEnforced")
      throw new WireError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400);
    if (!grants)
      throw new WireError(
        "MissingSecurityHeader",
        "Your request was missing a required header. Give a canned ACL or an AccessControlPolicy.",
        400,
      );
    if (ownershipOf(bucket) === "BucketOwnerEnforced" && grants.some(({ Grantee }) => Grantee?.ID !== ID))
      throw new WireError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400);
    return grants;
  };

  service
    .on(GetBucketAclCommand)((input, ctx) => {
      const { settings } = store.get(input.Bucket, ctx);
      return { Owner: { ID }, Grants: (settings.get("acl") as Grant[] | undefined) ?? [owner] };
    })
    .on(PutBucketAclCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      bucket.settings.set("acl", accepted(bucket, input));
      return {};
    })
    .on(GetObjectAclCommand)((input, ctx) => {
      const object = objectOf(store.get(input.Bucket, ctx), input.Key, input.VersionId);
      return { Owner: { ID }, Grants: object.grants ?? [owner] };
    })
    .on(PutObjectAclCommand)((input, ctx) => {
    const bucket = store.get(input.Bucket, ctx);
    objectOf(bucket, input.Key, input.VersionId).grants = accepted(bucket, input);
    return {};
  });
}

interface PutAclInput {
  ACL?: BucketCannedACL | ObjectCannedACL;
  AccessControlPolicy?: { Grants?: Grant[] };
}

/** Who owns objects; buckets without the setting allow ACLs (AWS: "Controlling ownership of objects"). */
function ownershipOf(bucket: Bucket): ObjectOwnership {
  const { settings } = bucket;
  if (!settings.has("ownership")) return "BucketOwnerEnforced";
  return (settings.get("ownership") as OwnershipControls | undefined)?.Rules?.[0]?.ObjectOwnership ?? "ObjectWriter";
}
