import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
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
  shownEncryption,
  wholeSeconds,
} from "./bucketStore.ts";
import { checkReadConditions, noKey, objectOf, preconditionFailed, read, sameTag } from "./reading.ts";
import { tagsOfHeader } from "./tagging.ts";
import { currentOf, deleteObject, latestOf, shownVersion, versionOf, writeObject, writtenVersion } from "./versions.ts";

const MAX_KEY_BYTES = 1024;
const MAX_DELETED = 1000;

/** PutObject, GetObject, HeadObject, GetObjectAttributes, DeleteObject and DeleteObjects. */
export function addObjectOperations(service: ServiceBuilder, world: World, store: BucketStore): void {
  service
    .on(PutObjectCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const key = input.Key!;
      checkKey(key);
      checkWriteConditions(bucket, key, input);
      const body = bytesOf(input.Body);
      checkMd5(input.ContentMD5, body);
      const object = writeObject(bucket, {
        ...headersOf(input, bucket),
        key,
        body,
        etag: etagOf(body),
        modifiedAt: wholeSeconds(world.clock.now()),
        checksums: checksumsOf(input, body),
        checksumType: "FULL_OBJECT",
        tags: tagsOfHeader(input.Tagging),
      });
      return {
        ETag: object.etag,
        ...object.checksums,
        ChecksumType: object.checksumType,
        VersionId: writtenVersion(bucket, object),
        ...shownEncryption(object),
      };
    })
    .on(GetObjectCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const object = objectOf(bucket, input.Key, input.VersionId);
      checkReadConditions(object, input);
      return read(bucket, object, input, ctx);
    })
    .on(HeadObjectCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const object = headed(bucket, input.Key!, input.VersionId);
      checkReadConditions(object, input);
      const { Body: _, ...head } = read(bucket, object, input, ctx);
      return head;
    })
    .on(GetObjectAttributesCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const object = objectOf(bucket, input.Key, input.VersionId);
      const asked = new Set<string>(input.ObjectAttributes);
      const { partSizes } = object;
      return {
        LastModified: new Date(object.modifiedAt),
        VersionId: shownVersion(bucket, object),
        ETag: asked.has("ETag") ? object.etag.replaceAll('"', "") : undefined,
        Checksum: asked.has("Checksum")
          ? { ...withoutCount(object.checksums), ChecksumType: object.checksumType }
          : undefined,
        ObjectParts: asked.has("ObjectParts") && partSizes ? { TotalPartsCount: partSizes.length } : undefined,
        StorageClass: asked.has("StorageClass") ? (object.StorageClass ?? "STANDARD") : undefined,
        ObjectSize: asked.has("ObjectSize") ? object.body.byteLength : undefined,
      };
    })
    .on(DeleteObjectCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const existing = currentOf(bucket, input.Key);
      if (input.IfMatch !== undefined && !existing) throw noKey(input.Key);
      if (input.IfMatch !== undefined && existing && !sameTag(input.IfMatch, existing.etag))
        throw preconditionFailed("If-Match");
      const deleted = deleteObject(bucket, input.Key!, input.VersionId, wholeSeconds(world.clock.now()));
      ctx.status = 204;
      return { VersionId: deleted.versionId, DeleteMarker: deleted.deleteMarker };
    })
    .on(DeleteObjectsCommand)((input, ctx) => {
    const bucket = store.get(input.Bucket, ctx);
    const objects = input.Delete?.Objects ?? [];
    if (objects.length > MAX_DELETED || objects.length === 0)
      throw new WireError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
      );
    const deleted = [];
    const errors = [];
    for (const { Key, VersionId } of objects)
      try {
        const done = deleteObject(bucket, Key!, VersionId, wholeSeconds(world.clock.now()));
        deleted.push({
          Key,
          VersionId,
          DeleteMarker: done.deleteMarker,
          DeleteMarkerVersionId: done.deleteMarker ? done.versionId : undefined,
        });
      } catch (error) {
        const { name: Code, message: Message } = error as Error;
        errors.push({ Key, VersionId, Code, Message });
      }
    return { Deleted: input.Delete?.Quiet ? undefined : deleted, Errors: errors.length ? errors : undefined };
  });
}

/** @throws WireError KeyTooLongError */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new WireError("KeyTooLongError", "Your key is too long", 400, {
      Size: Buffer.byteLength(key),
      MaxSizeAllowed: MAX_KEY_BYTES,
    });
}

/** The object of a HEAD, whose errors have no body. @throws WireError NotFound, MethodNotAllowed */
/** Attributes tell a checksum of parts without their number, which headers have at its end. */
const withoutCount = (checksums: StoredObject["checksums"]): StoredObject["checksums"] =>
  Object.fromEntries(Object.entries(checksums).map(([name, value]) => [name, value?.replace(/-\d+$/, "")]));

function headed(bucket: Bucket, key: string, versionId: string | undefined): StoredObject {
  const object = versionId === undefined ? latestOf(bucket, key) : versionOf(bucket, key, versionId);
  const marked = object?.deleteMarker
    ? { "x-amz-delete-marker": "true", "x-amz-version-id": object.versionId }
    : undefined;
  if (!object || (marked && versionId === undefined)) throw new WireError("NotFound", "Not Found", 404, {}, marked);
  if (marked) throw new WireError("MethodNotAllowed", "Method Not Allowed", 405, {}, { ...marked, allow: "DELETE" });
  return object;
}

/** Conditional writes (AWS: "Add preconditions to S3 operations with conditional requests"). */
export function checkWriteConditions(
  bucket: Bucket,
  key: string,
  input: { IfMatch?: string; IfNoneMatch?: string },
): void {
  const existing = currentOf(bucket, key);
  if (input.IfNoneMatch !== undefined) {
    if (input.IfNoneMatch !== "*")
      throw new WireError(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        501,
        {
          Header: "If-None-Match",
          additionalMessage: "We don't accept the provided value of If-None-Match header for this API",
        },
      );
    if (existing) throw preconditionFailed("If-None-Match");
  }
  if (input.IfMatch === undefined) return;
  if (input.IfMatch === "*")
    throw new WireError("NotImplemented", "A header you provided implies functionality that is not implemented", 501, {
      Header: "If-Match",
      additionalMessage: "We don't accept the provided value of If-Match header for this API",
    });
  if (!existing) throw noKey(key);
  if (!sameTag(input.IfMatch, existing.etag)) throw preconditionFailed("If-Match");
}
