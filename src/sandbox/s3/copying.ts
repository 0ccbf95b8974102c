import { CopyObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import { checksum, isChecksumName } from "../wire/body.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import {
  type BucketStore,
  etagOf,
  headersOf,
  type StoredObject,
  shownEncryption,
  wholeSeconds,
} from "./bucketStore.ts";
import { checkPartNumber, uploadOf } from "./multipart.ts";
import { checkKey, checkWriteConditions } from "./objects.ts";
import { checkReadConditions, objectOf, preconditionFailed, rangeOf } from "./reading.ts";
import { tagsOfHeader } from "./tagging.ts";
import { writeObject, writtenVersion } from "./versions.ts";

interface CopyInput {
  CopySource?: string;
  CopySourceIfMatch?: string;
  CopySourceIfNoneMatch?: string;
  CopySourceIfModifiedSince?: Date;
  CopySourceIfUnmodifiedSince?: Date;
}

interface Source {
  bucket: string;
  object: StoredObject;
  /** Absent when the bucket was never versioned. */
  versionId?: string;
  /** Whether the request names a version. */
  named: boolean;
}

/** CopyObject and UploadPartCopy. */
export function addCopyOperations(service: ServiceBuilder, world: World, store: BucketStore): void {
  const sourceOf = (input: CopyInput, ctx: CallContext): Source => {
    const [, name, key, version] = /^\/?([^/]+)\/(.+?)(?:\?versionId=(.+))?$/.exec(input.CopySource!) ?? [];
    if (!name || !key)
      throw new WireError(
        "InvalidArgument",
        "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        400,
        { ArgumentName: "x-amz-copy-source", ArgumentValue: input.CopySource },
      );
    const bucket = store.get(name, ctx);
    const object = objectOf(bucket, decoded(key), version);
    checkCopyConditions(object, input);
    return { bucket: name, object, versionId: writtenVersion(bucket, object), named: version !== undefined };
  };

  service
    .on(CopyObjectCommand)((input, ctx) => {
      const target = store.get(input.Bucket, ctx);
      checkKey(input.Key!);
      const source = sourceOf(input, ctx);
      const { object } = source;
      const replace = input.MetadataDirective === "REPLACE";
      const changes =
        replace || input.StorageClass || input.ServerSideEncryption || input.WebsiteRedirectLocation || source.named;
      if (!changes && source.bucket === input.Bucket && object.key === input.Key)
        throw new WireError(
          "InvalidRequest",
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
          400,
        );
      checkWriteConditions(target, input.Key!, input);
      const { ContentType, ContentEncoding, ContentLanguage, ContentDisposition, CacheControl, Expires, Metadata } =
        object;
      const kept = {
        ContentType,
        ContentEncoding,
        ContentLanguage,
        ContentDisposition,
        CacheControl,
        Expires,
        Metadata,
      };
      const { StorageClass, ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, WebsiteRedirectLocation } = input;
      const own = { StorageClass, ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, WebsiteRedirectLocation };
      const copy = writeObject(target, {
        // Storage class and encryption are not copied (AWS: CopyObject); metadata is, unless it is to be replaced.
        ...headersOf(replace ? input : { ...kept, ...own }, target),
        key: input.Key!,
        body: object.body,
        etag: etagOf(object.body),
        modifiedAt: wholeSeconds(world.clock.now()),
        checksums: copiedChecksums(object, input.ChecksumAlgorithm),
        checksumType: "FULL_OBJECT",
        tags: input.TaggingDirective === "REPLACE" ? tagsOfHeader(input.Tagging) : object.tags,
      });
      return {
        CopyObjectResult: {
          ETag: copy.etag,
          LastModified: new Date(copy.modifiedAt),
          ChecksumType: copy.checksumType,
          ...copy.checksums,
        },
        CopySourceVersionId: source.versionId,
        VersionId: writtenVersion(target, copy),
        ...shownEncryption(copy),
      };
    })
    .on(UploadPartCopyCommand)((input, ctx) => {
    const upload = uploadOf(store.get(input.Bucket, ctx), input.Key, input.UploadId);
    checkPartNumber(input.PartNumber!);
    const { object, versionId } = sourceOf(input, ctx);
    const range = rangeOf(input.CopySourceRange, object.body.byteLength);
    if (input.CopySourceRange !== undefined && !range)
      throw new WireError(
        "InvalidArgument",
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        400,
      );
    const body = range ? object.body.subarray(range[0], range[1] + 1) : object.body;
    const part = {
      body,
      etag: etagOf(body),
      at: wholeSeconds(world.clock.now()),
      checksums: partChecksums(upload.checksumAlgorithm, body),
    };
    upload.parts.set(input.PartNumber!, part);
    return {
      CopySourceVersionId: versionId,
      CopyPartResult: { ETag: part.etag, LastModified: new Date(part.at), ...part.checksums },
      ...shownEncryption(upload.headers),
    };
  });
}

/** The checksum of a copied part: of the upload's own algorithm. */
function partChecksums(algorithm: string | undefined, body: Uint8Array): StoredObject["checksums"] {
  const name = algorithm?.toLowerCase() ?? "";
  return isChecksumName(name) ? { [`Checksum${algorithm}`]: checksum(name, body) } : {};
}

/** The source's checksum, unless another algorithm is asked for (AWS: CopyObject, x-amz-checksum-algorithm). */
function copiedChecksums(object: StoredObject, algorithm: string | undefined): StoredObject["checksums"] {
  const name = algorithm?.toLowerCase() ?? "";
  if (isChecksumName(name)) return { [`Checksum${algorithm}`]: checksum(name, object.body) };
  return object.checksumType === "FULL_OBJECT"
    ? object.checksums
    : { ChecksumCRC64NVME: checksum("crc64nvme", object.body) };
}

/** The conditions of a read, but none of them ends in 304. @throws WireError PreconditionFailed */
function checkCopyConditions(object: StoredObject, input: CopyInput): void {
  try {
    checkReadConditions(object, {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: input.CopySourceIfModifiedSince,
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    });
  } catch (e) {
    const isUnchanged = e instanceof WireError && e.status === 304;
    const named = input.CopySourceIfNoneMatch === undefined ? "Modified-Since" : "None-Match";
    throw isUnchanged ? preconditionFailed(`x-amz-copy-source-If-${named}`) : e;
  }
}

/** A copy source is percent-encoded; one that is not, or not rightly, is taken as it is. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
