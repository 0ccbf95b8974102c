import { NoSuchKey } from "@aws-sdk/client-s3";
import { type CallContext, WireError } from "../wire/types.ts";
import type { Bucket, StoredObject } from "./bucketStore.ts";
import { shownMetadata } from "./metadata.ts";
import { currentOf, latestOf, shownVersion, versionOf } from "./versions.ts";

/** Conditions of a read. */
export interface ReadConditions {
  IfMatch?: string;
  IfNoneMatch?: string;
  IfModifiedSince?: Date;
  IfUnmodifiedSince?: Date;
}

interface ReadInput extends ReadConditions {
  Range?: string;
  PartNumber?: number;
  ChecksumMode?: string;
  ResponseContentType?: string;
  ResponseContentDisposition?: string;
  ResponseCacheControl?: string;
  ResponseContentEncoding?: string;
  ResponseContentLanguage?: string;
  ResponseExpires?: Date;
}

export const noKey = (key: string | undefined) =>
  Object.assign(new NoSuchKey({ message: "The specified key does not exist.", $metadata: {} }), { Key: key });

/** An object, or a version of it, for a method that an error names. @throws NoSuchKey, WireError NoSuchVersion or MethodNotAllowed (a delete marker) */
export function objectOf(
  bucket: Bucket,
  key: string | undefined,
  versionId: string | undefined,
  method = "GET",
): StoredObject {
  if (versionId === undefined) {
    const object = currentOf(bucket, key);
    if (!object) throw noKey(key);
    return object;
  }
  const version = versionOf(bucket, key ?? "", versionId);
  if (!version)
    throw new WireError("NoSuchVersion", "The specified version does not exist.", 404, {
      Key: key,
      VersionId: versionId,
    });
  if (version.deleteMarker) throw markerRefused(version, method);
  return version;
}

const markerRefused = (marker: StoredObject, method: string) =>
  new WireError(
    "MethodNotAllowed",
    "The specified method is not allowed against this resource.",
    405,
    { Method: method, ResourceType: "DeleteMarker" },
    { allow: "DELETE", "x-amz-delete-marker": "true", "x-amz-version-id": marker.versionId },
  );

/** As `objectOf`; but of a deleted key the delete marker is meant, which has no tags and no ACL (seen on AWS). */
export function describedObject(
  bucket: Bucket,
  key: string | undefined,
  versionId: string | undefined,
  method: string,
): StoredObject {
  const latest = versionId === undefined ? latestOf(bucket, key ?? "") : undefined;
  if (latest?.deleteMarker) throw markerRefused(latest, method);
  return objectOf(bucket, key, versionId, method);
}

export const sameTag = (given: string, etag: string) =>
  given === "*" ||
  given.split(",").some((tag) => tag.trim().replace(/^W\//, "").replaceAll('"', "") === etag.replaceAll('"', ""));

export const preconditionFailed = (condition: string) =>
  new WireError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
    Condition: condition,
  });

/** @throws WireError PreconditionFailed (412) or NotModified (304) */
export function checkReadConditions(object: StoredObject, input: ReadConditions): void {
  if (input.IfMatch !== undefined) {
    if (!sameTag(input.IfMatch, object.etag)) throw preconditionFailed("If-Match");
  } else if (input.IfUnmodifiedSince && object.modifiedAt > input.IfUnmodifiedSince.getTime())
    throw preconditionFailed("If-Unmodified-Since");
  const unchanged =
    input.IfNoneMatch !== undefined
      ? sameTag(input.IfNoneMatch, object.etag)
      : input.IfModifiedSince !== undefined && object.modifiedAt <= input.IfModifiedSince.getTime();
  if (unchanged) throw new WireError("NotModified", "Not Modified", 304, {}, { etag: object.etag });
}

/** The headers and the body that GetObject answers, whole or in part. */
export function read(bucket: Bucket, object: StoredObject, input: ReadInput, ctx: CallContext) {
  const size = object.body.byteLength;
  const range = input.PartNumber === undefined ? rangeOf(input.Range, size) : partOf(object, input.PartNumber);
  if (range) ctx.status = 206;
  return {
    ContentType: input.ResponseContentType ?? object.ContentType,
    ContentEncoding: input.ResponseContentEncoding ?? object.ContentEncoding,
    ContentLanguage: input.ResponseContentLanguage ?? object.ContentLanguage,
    ContentDisposition: input.ResponseContentDisposition ?? object.ContentDisposition,
    CacheControl: input.ResponseCacheControl ?? object.CacheControl,
    Expires: input.ResponseExpires ?? object.Expires,
    WebsiteRedirectLocation: object.WebsiteRedirectLocation,
    Metadata: shownMetadata(object.Metadata),
    StorageClass: object.StorageClass,
    ServerSideEncryption: object.ServerSideEncryption,
    SSEKMSKeyId: object.SSEKMSKeyId,
    BucketKeyEnabled: object.BucketKeyEnabled,
    TagCount: object.tags?.length,
    VersionId: shownVersion(bucket, object),
    ETag: object.etag,
    LastModified: new Date(object.modifiedAt),
    AcceptRanges: "bytes",
    PartsCount: input.PartNumber === undefined ? undefined : object.partSizes?.length,
    ContentLength: range ? range[1] - range[0] + 1 : size,
    ContentRange: range ? `bytes ${range[0]}-${range[1]}/${size}` : undefined,
    Body: range ? object.body.subarray(range[0], range[1] + 1) : object.body,
    // A checksum is of the whole object; with less than all the client would compare it with a part.
    ...(input.ChecksumMode === "ENABLED" &&
      (!range || (range[0] === 0 && range[1] === size - 1)) && {
        ...object.checksums,
        ChecksumType: object.checksumType,
      }),
  };
}

/** First and last byte of a part; an object that was not uploaded in parts is its own part 1. */
function partOf(object: StoredObject, number: number): [first: number, last: number] | undefined {
  const sizes = object.partSizes ?? [object.body.byteLength];
  if (number < 1 || number > sizes.length)
    throw new WireError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416, {
      PartNumberRequested: number,
      ActualPartCount: sizes.length,
    });
  const first = sizes.slice(0, number - 1).reduce((sum, size) => sum + size, 0);
  const size = sizes[number - 1]!;
  return size === 0 ? undefined : [first, first + size - 1];
}

/** First and last byte of a single range; undefined when the header is absent, malformed or has several ranges. */
export function rangeOf(header: string | undefined, size: number): [first: number, last: number] | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < first) return undefined;
  if (first >= size || (from === "" && Number(to) === 0))
    throw new WireError("InvalidRange", "The requested range is not satisfiable", 416, {
      RangeRequested: header,
      ActualObjectSize: size,
    });
  return [first, last];
}
