import { randomBytes } from "node:crypto";
import type { BucketVersioningStatus, VersioningConfiguration } from "@aws-sdk/client-s3";
import { WireError } from "../wire/types.ts";
import type { Bucket, StoredObject } from "./bucketStore.ts";

/** Id of an object's version that was written while versioning was not enabled. */
const NULL_VERSION = "null";

/** Enabled, Suspended, or undefined when the bucket was never versioned. */
export function versioningOf(bucket: Bucket): BucketVersioningStatus | undefined {
  return (bucket.settings.get("versioning") as VersioningConfiguration | undefined)?.Status;
}

/** The version id as answers carry it: only buckets that are or were versioned have it. */
export function shownVersion(bucket: Bucket, object: StoredObject | undefined): string | undefined {
  return versioningOf(bucket) === undefined ? undefined : object?.versionId;
}

/** The version id as answers to writes carry it: not of a version `null` (seen on AWS). */
export function writtenVersion(bucket: Bucket, object: StoredObject): string | undefined {
  const id = shownVersion(bucket, object);
  return id === NULL_VERSION ? undefined : id;
}

/** The newest version of a key, which may be a delete marker. */
export function latestOf(bucket: Bucket, key: string): StoredObject | undefined {
  return bucket.objects.get(key)?.at(-1);
}

/** The object that a key stands for now. */
export function currentOf(bucket: Bucket, key: string | undefined): StoredObject | undefined {
  const latest = latestOf(bucket, key ?? "");
  return latest?.deleteMarker ? undefined : latest;
}

/**
 * One version of a key.
 * @returns undefined when there is none of that id
 * @throws WireError InvalidArgument for an id that cannot be one
 */
export function versionOf(bucket: Bucket, key: string, versionId: string): StoredObject | undefined {
  if (versionId === "" || !/^[\w.-]{4,1024}$/.test(versionId))
    throw new WireError("InvalidArgument", "Invalid version id specified", 400, {
      ArgumentName: "versionId",
      ArgumentValue: versionId,
    });
  return bucket.objects.get(key)?.find((object) => object.versionId === versionId);
}

/** Writes an object as the bucket's versioning has it; answers the version's id. */
export function writeObject(bucket: Bucket, object: Omit<StoredObject, "versionId">): StoredObject {
  const enabled = versioningOf(bucket) === "Enabled";
  const written: StoredObject = {
    ...object,
    versionId: enabled ? randomBytes(24).toString("base64url") : NULL_VERSION,
  };
  // Without versioning, and while it is suspended, a write takes the place of the version `null`.
  const others = (bucket.objects.get(object.key) ?? []).filter((item) => enabled || item.versionId !== NULL_VERSION);
  bucket.objects.set(object.key, [...others, written]);
  return written;
}

/** What became of a deletion. */
export interface Deletion {
  versionId?: string;
  deleteMarker?: boolean;
}

/** Deletes a key, or one version of it for good. Deleting what is not there succeeds (AWS: DeleteObject). */
export function deleteObject(bucket: Bucket, key: string, versionId: string | undefined, now: number): Deletion {
  if (versionId !== undefined) {
    const version = versionOf(bucket, key, versionId);
    keep(bucket, key, (item) => item !== version);
    return { versionId, deleteMarker: version?.deleteMarker };
  }
  if (versioningOf(bucket) === undefined) {
    bucket.objects.delete(key);
    return {};
  }
  const marker = writeObject(bucket, {
    key,
    body: new Uint8Array(),
    etag: "",
    modifiedAt: now,
    checksums: {},
    checksumType: "FULL_OBJECT",
    deleteMarker: true,
  });
  return { versionId: marker.versionId, deleteMarker: true };
}

function keep(bucket: Bucket, key: string, wanted: (object: StoredObject) => boolean): void {
  const left = (bucket.objects.get(key) ?? []).filter(wanted);
  if (left.length) bucket.objects.set(key, left);
  else bucket.objects.delete(key);
}
