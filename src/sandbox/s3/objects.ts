import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import {
  type Bucket,
  type BucketStore,
  bytesOf,
  checkMd5,
  checksumsOf,
  etagOf,
  headersOf,
  type StoredObject,
  wholeSeconds,
} from "./bucketStore.ts";

const MAX_KEY_BYTES = 1024;

interface ReadConditions {
  IfMatch?: string;
  IfNoneMatch?: string;
  IfModifiedSince?: Date;
  IfUnmodifiedSince?: Date;
}

interface ReadInput extends ReadConditions {
  Key?: string;
  Range?: string;
  ChecksumMode?: string;
  ResponseContentType?: string;
  ResponseContentDisposition?: string;
  ResponseCacheControl?: string;
  ResponseContentEncoding?: string;
  ResponseContentLanguage?: string;
}

/** PutObject, GetObject, HeadObject, CopyObject, DeleteObject and DeleteObjects. */
export function addObjectOperations(service: ServiceBuilder, world: World, store: BucketStore): void {
  const noKey = (key: string | undefined) =>
    new NoSuchKey({ message: "The specified key does not exist.", $metadata: {}, ...{ Key: key } });
  const objectOf = (bucket: Bucket, key: string | undefined): StoredObject => {
    const object = bucket.objects.get(key ?? "");
    if (!object) throw noKey(key);
    return object;
  };

  service
    .on(PutObjectCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const key = input.Key!;
      if (Buffer.byteLength(key) > MAX_KEY_BYTES)
        throw new WireError("KeyTooLongError", "Your key is too long", 400, {
          Size: Buffer.byteLength(key),
          MaxSizeAllowed: MAX_KEY_BYTES,
        });
      checkWriteConditions(bucket.objects.get(key), input, noKey(key));
      const body = bytesOf(input.Body);
      checkMd5(input.ContentMD5, body);
      const object: StoredObject = {
        ...headersOf(input),
        key,
        body,
        etag: etagOf(body),
        modifiedAt: wholeSeconds(world.clock.now()),
        checksums: checksumsOf(input, body),
        checksumType: "FULL_OBJECT",
      };
      bucket.objects.set(key, object);
      return {
        ETag: object.etag,
        ...object.checksums,
        ChecksumType: object.checksumType,
        ServerSideEncryption: "AES256",
      };
    })
    .on(GetObjectCommand)((input, ctx) => {
      const object = objectOf(store.get(input.Bucket, ctx), input.Key);
      checkReadConditions(object, input);
      return { ...read(object, input, ctx) };
    })
    .on(HeadObjectCommand)((input, ctx) => {
      const object = store.get(input.Bucket, ctx).objects.get(input.Key!);
      if (!object) throw new WireError("NotFound", "Not Found", 404);
      checkReadConditions(object, input);
      const { Body: _, ...head } = read(object, input, ctx);
      return head;
    })
    .on(CopyObjectCommand)((input, ctx) => {
      const target = store.get(input.Bucket, ctx);
      const [, sourceBucket, sourceKey] = /^\/?([^/]+)\/([^?]+)/.exec(decodeSource(input.CopySource!)) ?? [];
      if (!sourceBucket || !sourceKey)
        throw new WireError(
          "InvalidArgument",
          "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
          400,
        );
      const source = objectOf(store.get(sourceBucket, ctx), sourceKey);
      const replace = input.MetadataDirective === "REPLACE";
      if (!replace && sourceBucket === input.Bucket && sourceKey === input.Key)
        throw new WireError(
          "InvalidRequest",
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
          400,
        );
      checkReadConditions(source, {
        IfMatch: input.CopySourceIfMatch,
        IfNoneMatch: input.CopySourceIfNoneMatch,
        IfModifiedSince: input.CopySourceIfModifiedSince,
        IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
      });
      const copy: StoredObject = {
        ...source,
        ...(replace ? headersOf(input) : {}),
        key: input.Key!,
        etag: etagOf(source.body),
        modifiedAt: wholeSeconds(world.clock.now()),
        parts: undefined,
      };
      target.objects.set(copy.key, copy);
      return {
        CopyObjectResult: { ETag: copy.etag, LastModified: new Date(copy.modifiedAt), ...copy.checksums },
        ServerSideEncryption: "AES256",
      };
    })
    .on(DeleteObjectCommand)((input, ctx) => {
      // Deleting what is not there succeeds (AWS: DeleteObject).
      store.get(input.Bucket, ctx).objects.delete(input.Key!);
      ctx.status = 204;
      return {};
    })
    .on(DeleteObjectsCommand)((input, ctx) => {
    const bucket = store.get(input.Bucket, ctx);
    const keys = (input.Delete?.Objects ?? []).map((object) => object.Key!);
    if (keys.length > 1000)
      throw new WireError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
      );
    for (const key of keys) bucket.objects.delete(key);
    return { Deleted: input.Delete?.Quiet ? undefined : keys.map((Key) => ({ Key })) };
  });
}

/** A copy source is percent-encoded; one that is not, or not rightly, is taken as it is. */
function decodeSource(source: string): string {
  try {
    return decodeURIComponent(source);
  } catch {
    return source;
  }
}

const sameTag = (given: string, etag: string) =>
  given === "*" ||
  given.split(",").some((tag) => tag.trim().replace(/^W\//, "").replaceAll('"', "") === etag.replaceAll('"', ""));

const failed = (condition: string) =>
  new WireError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
    Condition: condition,
  });

/** Conditional writes (AWS: "Add preconditions to S3 operations with conditional requests"). */
export function checkWriteConditions(
  existing: StoredObject | undefined,
  input: { IfMatch?: string; IfNoneMatch?: string },
  missing: Error,
): void {
  if (input.IfNoneMatch !== undefined) {
    if (input.IfNoneMatch !== "*")
      throw new WireError(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        501,
        {
          Header: "If-None-Match",
        },
      );
    if (existing) throw failed("If-None-Match");
  }
  if (input.IfMatch === undefined) return;
  if (!existing) throw missing;
  if (!sameTag(input.IfMatch, existing.etag)) throw failed("If-Match");
}

function checkReadConditions(object: StoredObject, input: ReadConditions): void {
  if (input.IfMatch !== undefined) {
    if (!sameTag(input.IfMatch, object.etag)) throw failed("If-Match");
  } else if (input.IfUnmodifiedSince && object.modifiedAt > input.IfUnmodifiedSince.getTime())
    throw failed("If-Unmodified-Since");
  const unchanged =
    input.IfNoneMatch !== undefined
      ? sameTag(input.IfNoneMatch, object.etag)
      : input.IfModifiedSince !== undefined && object.modifiedAt <= input.IfModifiedSince.getTime();
  if (unchanged) throw new WireError("NotModified", "Not Modified", 304);
}

function read(object: StoredObject, input: ReadInput, ctx: CallContext) {
  const size = object.body.byteLength;
  const range = rangeOf(input.Range, size);
  if (range) ctx.status = 206;
  return {
    ContentType: input.ResponseContentType ?? object.ContentType,
    ContentEncoding: input.ResponseContentEncoding ?? object.ContentEncoding,
    ContentLanguage: input.ResponseContentLanguage ?? object.ContentLanguage,
    ContentDisposition: input.ResponseContentDisposition ?? object.ContentDisposition,
    CacheControl: input.ResponseCacheControl ?? object.CacheControl,
    Metadata: object.Metadata,
    ETag: object.etag,
    LastModified: new Date(object.modifiedAt),
    AcceptRanges: "bytes",
    ServerSideEncryption: "AES256" as const,
    PartsCount: undefined,
    ContentLength: range ? range[1] - range[0] + 1 : size,
    ContentRange: range ? `bytes ${range[0]}-${range[1]}/${size}` : undefined,
    Body: range ? object.body.subarray(range[0], range[1] + 1) : object.body,
    // A checksum is of the whole object; with a range the client would compare it with a part.
    ...(input.ChecksumMode === "ENABLED" && !range && { ...object.checksums, ChecksumType: object.checksumType }),
  };
}

/** First and last byte of a single range; undefined when the header is absent, malformed or has several ranges. */
function rangeOf(header: string | undefined, size: number): [first: number, last: number] | undefined {
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
