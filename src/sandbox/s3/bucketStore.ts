import { createHash } from "node:crypto";
import {
  type ChecksumAlgorithm,
  type Grant,
  NoSuchBucket,
  type PutObjectCommandInput,
  type ServerSideEncryption,
  type ServerSideEncryptionConfiguration,
  type StorageClass,
  type Tag,
} from "@aws-sdk/client-s3";
import { checksum } from "../wire/body.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import { keptMetadata } from "./metadata.ts";

/** The checksum members that requests and answers share; a value is base64. */
export interface Checksums {
  ChecksumCRC32?: string;
  ChecksumCRC32C?: string;
  ChecksumCRC64NVME?: string;
  ChecksumSHA1?: string;
  ChecksumSHA256?: string;
}

/** Headers that S3 keeps with an object and returns with it. */
export interface ObjectHeaders {
  ContentType?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  ContentDisposition?: string;
  CacheControl?: string;
  Expires?: Date;
  WebsiteRedirectLocation?: string;
  Metadata?: Record<string, string>;
  /** Absent for STANDARD, as in S3's headers. */
  StorageClass?: StorageClass;
  /** AES256 unless the request or the bucket says otherwise; nothing is really encrypted. */
  ServerSideEncryption?: ServerSideEncryption;
  SSEKMSKeyId?: string;
  BucketKeyEnabled?: boolean;
}

/** An object as stored; its body is never changed in place. */
export interface StoredObject extends ObjectHeaders {
  key: string;
  body: Uint8Array;
  /** With its quotes. */
  etag: string;
  /** Epoch ms, whole seconds, as S3's headers carry it. */
  modifiedAt: number;
  checksums: Checksums;
  checksumType: "FULL_OBJECT" | "COMPOSITE";
  /** Sizes of the parts of a multipart upload, in bytes. */
  partSizes?: number[];
  versionId: string;
  /** True for a version that only says that the key was deleted. */
  deleteMarker?: boolean;
  /** Access control list; the owner has full control when absent. */
  grants?: Grant[];
  tags?: Tag[];
}

/** A multipart upload that is neither complete nor aborted. */
export interface Upload {
  id: string;
  key: string;
  initiatedAt: number;
  headers: ObjectHeaders;
  /** Of the parts' checksums, where the upload asked for one: SHA256. */
  checksumAlgorithm?: string;
  checksumType?: StoredObject["checksumType"];
  tags?: Tag[];
  parts: Map<number, { body: Uint8Array; etag: string; at: number; checksums: Checksums }>;
}

/** A bucket with what it holds. */
export interface Bucket {
  name: string;
  region: string;
  createdAt: number;
  /** Versions of each key, oldest first, never empty. */
  objects: Map<string, StoredObject[]>;
  uploads: Map<string, Upload>;
  /** Uploads that were completed, oldest first: completing one again is answered alike. */
  completed?: Map<string, { key: string; versionId: string }>;
  /** Stored configurations by kind; absent ones answer their own NoSuch… code. */
  settings: Map<string, unknown>;
}

/** The error of a bucket that is not there; it names it, as S3's does. */
export const noBucket = (name: string | undefined) =>
  Object.assign(new NoSuchBucket({ message: "The specified bucket does not exist", $metadata: {} }), {
    BucketName: name,
  });

/** Buckets of the account: names are global, each lives in one region. */
export class BucketStore {
  readonly buckets = new Map<string, Bucket>();

  /**
   * @throws NoSuchBucket
   * @throws WireError AuthorizationHeaderMalformed when the request was signed for another region
   */
  get(name: string | undefined, ctx: CallContext): Bucket {
    const bucket = this.buckets.get(name ?? "");
    if (!bucket) throw noBucket(name);
    if (bucket.region !== ctx.region)
      throw new WireError(
        "AuthorizationHeaderMalformed",
        `The authorization header is malformed; the region '${ctx.region}' is wrong; expecting '${bucket.region}'`,
        400,
        { Region: bucket.region },
      );
    return bucket;
  }
}

/** MD5 as S3's entity tags have it, with quotes. */
export function etagOf(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

/** Checksums that a request brought along; a CRC64NVME of the body when it brought none (AWS: "Checking object integrity"). */
export function checksumsOf(input: Checksums, body: Uint8Array): Checksums {
  return givenChecksums(input) ?? { ChecksumCRC64NVME: checksum("crc64nvme", body) };
}

/** Checksums that a request brought along, if any. */
export function givenChecksums(input: Checksums): Checksums | undefined {
  const { ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 } = input;
  const given = { ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 };
  return Object.values(given).some(Boolean) ? given : undefined;
}

/** What listings tell of an object's checksum: its algorithm and what it is of. */
export function checksumKind({ checksums, checksumType }: StoredObject) {
  const ChecksumAlgorithm = Object.entries(checksums)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name.slice("Checksum".length) as ChecksumAlgorithm);
  return ChecksumAlgorithm.length ? { ChecksumAlgorithm, ChecksumType: checksumType } : {};
}

/** The body of a request after the wire layer has decoded it. */
export function bytesOf(body: PutObjectCommandInput["Body"] | undefined): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  if (typeof body === "string") return Buffer.from(body);
  throw new WireError("InvalidRequest", "The request body is not readable as bytes.", 400);
}

/** The headers of a request that are kept with the object; encryption falls back to the bucket's default. */
export function headersOf(input: ObjectHeaders, bucket: Bucket): ObjectHeaders {
  const { ContentType, ContentEncoding, ContentLanguage, ContentDisposition, CacheControl, Metadata } = input;
  return {
    ContentType: ContentType ?? "binary/octet-stream",
    ContentEncoding: ContentEncoding || undefined,
    ContentLanguage,
    ContentDisposition,
    CacheControl,
    Expires: input.Expires,
    WebsiteRedirectLocation: input.WebsiteRedirectLocation,
    Metadata: keptMetadata(Metadata),
    StorageClass: input.StorageClass === "STANDARD" ? undefined : input.StorageClass,
    ...encryptionOf(input, bucket),
  };
}

function encryptionOf(
  input: ObjectHeaders,
  bucket: Bucket,
): Pick<ObjectHeaders, "ServerSideEncryption" | "SSEKMSKeyId" | "BucketKeyEnabled"> {
  const configured = bucket.settings.get("encryption") as ServerSideEncryptionConfiguration | undefined;
  const rule = configured?.Rules?.[0];
  const fallback = rule?.ApplyServerSideEncryptionByDefault;
  const algorithm = input.ServerSideEncryption ?? fallback?.SSEAlgorithm ?? "AES256";
  if (algorithm === "AES256") return { ServerSideEncryption: algorithm };
  return {
    ServerSideEncryption: algorithm,
    SSEKMSKeyId: input.SSEKMSKeyId ?? fallback?.KMSMasterKeyID ?? `arn:aws:kms:${bucket.region}:alias/aws/s3`,
    BucketKeyEnabled: (input.BucketKeyEnabled ?? rule?.BucketKeyEnabled) || undefined,
  };
}

/** What answers to writes say about encryption. */
export function shownEncryption(
  headers: ObjectHeaders,
): Pick<ObjectHeaders, "ServerSideEncryption" | "SSEKMSKeyId" | "BucketKeyEnabled"> {
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = headers;
  return { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled };
}

/** @throws WireError BadDigest or InvalidDigest */
export function checkMd5(given: string | undefined, body: Uint8Array): void {
  if (given === undefined) return;
  if (Buffer.from(given, "base64").byteLength !== 16)
    throw new WireError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400, { "Content-MD5": given });
  const CalculatedDigest = createHash("md5").update(body).digest("base64");
  if (CalculatedDigest !== given)
    throw new WireError("BadDigest", "The Content-MD5 you specified did not match what we received.", 400, {
      ExpectedDigest: given,
      CalculatedDigest,
    });
}

/** Now in whole seconds, epoch ms. */
export const wholeSeconds = (now: number): number => Math.floor(now / 1000) * 1000;

/** Canonical user id of the account. */
export function ownerId(accountId: string): string {
  return accountId.padStart(64, "0");
}
