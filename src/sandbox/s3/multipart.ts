import { createHash, randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  NoSuchUpload,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type ChecksumName, checksum } from "../wire/body.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import {
  type Bucket,
  type BucketStore,
  bytesOf,
  checkMd5,
  etagOf,
  givenChecksums,
  headersOf,
  ownerId,
  type StoredObject,
  shownEncryption,
  type Upload,
  wholeSeconds,
} from "./bucketStore.ts";
import { compareKeys, encoder } from "./listing.ts";
import { checkKey, checkWriteConditions } from "./objects.ts";
import { tagsOfHeader } from "./tagging.ts";
import { writeObject, writtenVersion } from "./versions.ts";

/** Smallest part but the last (AWS: "Amazon S3 multipart upload limits"). */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PART_NUMBER = 10_000;

/** @throws NoSuchUpload */
export function uploadOf(bucket: Bucket, key: string | undefined, id: string | undefined): Upload {
  const upload = bucket.uploads.get(id ?? "");
  if (upload?.key === key && upload) return upload;
  const message =
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
  throw Object.assign(new NoSuchUpload({ message, $metadata: {} }), { UploadId: id });
}

/** @throws WireError InvalidArgument */
export function checkPartNumber(number: number): void {
  if (number < 1 || number > MAX_PART_NUMBER)
    throw new WireError(
      "InvalidArgument",
      `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
      400,
      { ArgumentName: "partNumber", ArgumentValue: number },
    );
}

/** Multipart uploads. */
export function addMultipartOperations(service: ServiceBuilder, world: World, store: BucketStore): void {
  service
    .on(CreateMultipartUploadCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      checkKey(input.Key!);
      const headers = headersOf(input, bucket);
      // Of the parts, where the algorithm can be and nothing else was asked for (AWS: "Checking object integrity").
      const composes = input.ChecksumAlgorithm && input.ChecksumAlgorithm !== "CRC64NVME";
      const checksumType = input.ChecksumType ?? (composes ? "COMPOSITE" : "FULL_OBJECT");
      const id = randomBytes(48).toString("base64url");
      bucket.uploads.set(id, {
        id,
        key: input.Key!,
        initiatedAt: wholeSeconds(world.clock.now()),
        headers,
        checksumAlgorithm: input.ChecksumAlgorithm,
        checksumType,
        tags: tagsOfHeader(input.Tagging),
        parts: new Map(),
      });
      return {
        Bucket: bucket.name,
        Key: input.Key,
        UploadId: id,
        ChecksumAlgorithm: input.ChecksumAlgorithm,
        ChecksumType: input.ChecksumAlgorithm && checksumType,
        ...shownEncryption(headers),
      };
    })
    .on(UploadPartCommand)((input, ctx) => {
      const upload = uploadOf(store.get(input.Bucket, ctx), input.Key, input.UploadId);
      const number = input.PartNumber!;
      checkPartNumber(number);
      const body = bytesOf(input.Body);
      checkMd5(input.ContentMD5, body);
      const part = {
        body,
        etag: etagOf(body),
        at: wholeSeconds(world.clock.now()),
        checksums: givenChecksums(input) ?? {},
      };
      upload.parts.set(number, part);
      return { ETag: part.etag, ...part.checksums, ...shownEncryption(upload.headers) };
    })
    .on(CompleteMultipartUploadCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const object = completedOf(bucket, input.Key, input.UploadId) ?? complete(bucket, input, world.clock.now());
      return {
        Location: `${world.baseUrl()}/${bucket.name}/${encodeURI(object.key)}`,
        Bucket: bucket.name,
        Key: object.key,
        ETag: object.etag,
        ...object.checksums,
        ChecksumType: object.checksumType,
        VersionId: writtenVersion(bucket, object),
        ...shownEncryption(object),
      };
    })
    .on(AbortMultipartUploadCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      bucket.uploads.delete(uploadOf(bucket, input.Key, input.UploadId).id);
      ctx.status = 204;
      return {};
    })
    .on(ListPartsCommand)((input, ctx) => {
      const upload = uploadOf(store.get(input.Bucket, ctx), input.Key, input.UploadId);
      const after = Number(input.PartNumberMarker ?? 0);
      const max = Math.min(input.MaxParts || 1000, 1000);
      const all = [...upload.parts].filter(([number]) => number > after).sort(([a], [b]) => a - b);
      const page = all.slice(0, max);
      return {
        Bucket: input.Bucket,
        Key: upload.key,
        UploadId: upload.id,
        PartNumberMarker: String(after),
        NextPartNumberMarker: String(page.at(-1)?.[0] ?? 0),
        MaxParts: max,
        IsTruncated: page.length < all.length,
        StorageClass: "STANDARD",
        Owner: { ID: ownerId(world.accountId) },
        Initiator: { ID: ownerId(world.accountId), DisplayName: world.accountId },
        ChecksumAlgorithm: upload.checksumAlgorithm as ChecksumAlgorithm | undefined,
        ChecksumType: upload.checksumAlgorithm ? upload.checksumType : undefined,
        Parts: page.map(([PartNumber, part]) => ({
          PartNumber,
          LastModified: new Date(part.at),
          ETag: part.etag,
          Size: part.body.byteLength,
          ...(upload.checksumAlgorithm && part.checksums),
        })),
      };
    })
    .on(ListMultipartUploadsCommand)((input, ctx) => {
    const encode = encoder(input.EncodingType);
    const max = Math.min(input.MaxUploads ?? 1000, 1000);
    const { KeyMarker = "", UploadIdMarker = "", Prefix = "", Delimiter = "" } = input;
    const all = [...store.get(input.Bucket, ctx).uploads.values()]
      .filter((upload) => upload.key.startsWith(Prefix))
      .sort((a, b) => compareKeys(a.key, b.key) || a.initiatedAt - b.initiatedAt || (a.id < b.id ? -1 : 1));
    const groupOf = (key: string) => {
      const cut = Delimiter ? key.indexOf(Delimiter, Prefix.length) : -1;
      return cut < 0 ? undefined : key.slice(0, cut + Delimiter.length);
    };
    const at = all.findIndex((upload) => upload.key === KeyMarker && upload.id === UploadIdMarker);
    const rest =
      at >= 0 ? all.slice(at + 1) : all.filter((upload) => !KeyMarker || compareKeys(upload.key, KeyMarker) > 0);
    const groups = new Set<string>();
    const plain: Upload[] = [];
    let last: Upload | undefined;
    let truncated = false;
    for (const upload of rest) {
      const group = groupOf(upload.key);
      if (group !== undefined && groups.has(group)) continue;
      if (groups.size + plain.length >= max) {
        truncated = true;
        break;
      }
      if (group === undefined) plain.push(upload);
      else groups.add(group);
      last = upload;
    }
    return {
      Bucket: input.Bucket,
      KeyMarker: encode(KeyMarker),
      UploadIdMarker,
      // There on the last page too (seen on AWS).
      NextKeyMarker: encode(last?.key ?? ""),
      NextUploadIdMarker: last?.id ?? "",
      Prefix: Prefix ? encode(Prefix) : undefined,
      Delimiter: Delimiter ? encode(Delimiter) : undefined,
      EncodingType: input.EncodingType,
      MaxUploads: max,
      IsTruncated: truncated,
      Uploads: plain.map((upload) => ({
        UploadId: upload.id,
        Key: encode(upload.key),
        Initiated: new Date(upload.initiatedAt),
        StorageClass: upload.headers.StorageClass ?? ("STANDARD" as const),
        Owner: { ID: ownerId(world.accountId) },
        Initiator: { ID: ownerId(world.accountId), DisplayName: world.accountId },
        ChecksumAlgorithm: upload.checksumAlgorithm as ChecksumAlgorithm | undefined,
        ChecksumType: upload.checksumAlgorithm ? upload.checksumType : undefined,
      })),
      CommonPrefixes: groups.size ? [...groups].map((group) => ({ Prefix: encode(group) })) : undefined,
    };
  });
}

/** Completed uploads that a bucket remembers. */
const MOST_COMPLETED = 100;

function complete(bucket: Bucket, input: CompleteMultipartUploadCommandInput, nowMs: number): StoredObject {
  const upload = uploadOf(bucket, input.Key, input.UploadId);
  checkWriteConditions(bucket, upload.key, input);
  const object = writeObject(bucket, assemble(upload, input.MultipartUpload?.Parts ?? [], wholeSeconds(nowMs)));
  bucket.uploads.delete(upload.id);
  bucket.completed ??= new Map();
  bucket.completed.set(upload.id, { key: object.key, versionId: object.versionId });
  if (bucket.completed.size > MOST_COMPLETED) bucket.completed.delete(bucket.completed.keys().next().value ?? "");
  return object;
}

/** The object of an upload that was completed before: a client that lost the answer asks again (AWS: CompleteMultipartUpload). */
function completedOf(bucket: Bucket, key: string | undefined, id: string | undefined): StoredObject | undefined {
  const done = bucket.completed?.get(id ?? "");
  if (!done || done.key !== key) return undefined;
  return bucket.objects.get(done.key)?.find((object) => object.versionId === done.versionId && object.partSizes);
}

/** Of the whole, or of the parts' checksums (AWS: "Checking object integrity", multipart). */
function checksumOf(
  { checksumAlgorithm = "CRC64NVME", checksumType = "FULL_OBJECT" }: Upload,
  parts: readonly { body: Uint8Array }[],
  body: Uint8Array,
): Pick<StoredObject, "checksums" | "checksumType"> {
  const name = checksumAlgorithm.toLowerCase() as ChecksumName;
  if (checksumType === "FULL_OBJECT")
    return { checksums: { [`Checksum${checksumAlgorithm}`]: checksum(name, body) }, checksumType };
  const digests = Buffer.concat(parts.map((part) => Buffer.from(checksum(name, part.body), "base64")));
  const value = `${checksum(name, digests)}-${parts.length}`;
  return { checksums: { [`Checksum${checksumAlgorithm}`]: value }, checksumType };
}

function assemble(
  upload: Upload,
  listed: { PartNumber?: number; ETag?: string }[],
  now: number,
): Omit<StoredObject, "versionId"> {
  if (listed.length === 0) throw new WireError("InvalidRequest", "You must specify at least one part", 400);
  if (listed.some(({ PartNumber }, index) => index > 0 && PartNumber! <= listed[index - 1]!.PartNumber!))
    throw new WireError(
      "InvalidPartOrder",
      "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
      400,
    );
  const chosen = listed.map(({ PartNumber, ETag }, index) => {
    const part = upload.parts.get(PartNumber!);
    if (!part || part.etag.replaceAll('"', "") !== ETag?.replaceAll('"', ""))
      throw new WireError(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: upload.id, PartNumber, ETag: ETag?.replaceAll('"', "") },
      );
    if (index < listed.length - 1 && part.body.byteLength < MIN_PART_BYTES)
      throw new WireError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400, {
        ETag: part.etag.replaceAll('"', ""),
        PartNumber,
        ProposedSize: part.body.byteLength,
        MinSizeAllowed: MIN_PART_BYTES,
      });
    return part;
  });
  const body = Buffer.concat(chosen.map((part) => part.body));
  const md5s = Buffer.concat(chosen.map((part) => Buffer.from(part.etag.replaceAll('"', ""), "hex")));
  return {
    ...upload.headers,
    key: upload.key,
    body,
    etag: `"${createHash("md5").update(md5s).digest("hex")}-${chosen.length}"`,
    modifiedAt: now,
    ...checksumOf(upload, chosen, body),
    partSizes: chosen.map((part) => part.body.byteLength),
    tags: upload.tags,
  };
}
