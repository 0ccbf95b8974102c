import { ListObjectsCommand, ListObjectsV2Command, type ObjectStorageClass } from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { type Bucket, type BucketStore, checksumKind, ownerId, type StoredObject } from "./bucketStore.ts";
import { currentOf } from "./versions.ts";

const MAX_KEYS = 1000;

interface Query {
  prefix: string;
  delimiter: string;
  /** Last key or common prefix of the page before; empty at the beginning. */
  after: string;
  /** True when `after` may be a common prefix, whose keys are all behind it. */
  afterMayBePrefix: boolean;
  max: number;
}

interface Page {
  objects: StoredObject[];
  prefixes: string[];
  /** Last key or common prefix of the page when there is more. */
  next?: string;
}

/** ListObjectsV2 and ListObjects. */
export function addListOperations(service: ServiceBuilder, world: World, store: BucketStore): void {
  const owner = { ID: ownerId(world.accountId) };
  service
    .on(ListObjectsV2Command)((input, ctx) => {
      const encode = encoder(input.EncodingType);
      const token = input.ContinuationToken;
      const page = list(store.get(input.Bucket, ctx), {
        prefix: input.Prefix ?? "",
        delimiter: input.Delimiter ?? "",
        after: token === undefined ? (input.StartAfter ?? "") : readToken(token),
        afterMayBePrefix: token !== undefined,
        max: Math.min(input.MaxKeys ?? MAX_KEYS, MAX_KEYS),
      });
      return {
        Name: input.Bucket,
        Prefix: encode(input.Prefix ?? ""),
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: input.MaxKeys ?? MAX_KEYS,
        KeyCount: page.objects.length + page.prefixes.length,
        IsTruncated: page.next !== undefined,
        ContinuationToken: token,
        NextContinuationToken: page.next && Buffer.from(`${TOKEN}${page.next}`).toString("base64"),
        StartAfter: input.StartAfter && token === undefined ? encode(input.StartAfter) : undefined,
        EncodingType: input.EncodingType,
        Contents: contents(page, encode, input.FetchOwner ? owner : undefined),
        CommonPrefixes: commonPrefixes(page, encode),
      };
    })
    .on(ListObjectsCommand)((input, ctx) => {
    const encode = encoder(input.EncodingType);
    const page = list(store.get(input.Bucket, ctx), {
      prefix: input.Prefix ?? "",
      delimiter: input.Delimiter ?? "",
      after: input.Marker ?? "",
      afterMayBePrefix: true,
      max: Math.min(input.MaxKeys ?? MAX_KEYS, MAX_KEYS),
    });
    return {
      Name: input.Bucket,
      Prefix: encode(input.Prefix ?? ""),
      Delimiter: input.Delimiter && encode(input.Delimiter),
      Marker: encode(input.Marker ?? ""),
      MaxKeys: input.MaxKeys ?? MAX_KEYS,
      IsTruncated: page.next !== undefined,
      // Only with a delimiter (AWS: ListObjects, NextMarker); without one the last key serves.
      NextMarker: input.Delimiter && page.next !== undefined ? encode(page.next) : undefined,
      EncodingType: input.EncodingType,
      Contents: contents(page, encode, owner),
      CommonPrefixes: commonPrefixes(page, encode),
    };
  });
}

/** Begins every continuation token, so that a wrong one is told from a right one. */
const TOKEN = "1/";

/** @throws WireError InvalidArgument */
function readToken(token: string): string {
  const text = Buffer.from(token, "base64").toString();
  if (text.startsWith(TOKEN)) return text.slice(TOKEN.length);
  throw new WireError("InvalidArgument", "The continuation token provided is incorrect", 400, {
    ArgumentName: "continuation-token",
    ArgumentValue: token,
  });
}

function list(bucket: Bucket, query: Query): Page {
  const page: Page = { objects: [], prefixes: [] };
  const skipGroup = query.afterMayBePrefix && query.delimiter !== "" && query.after.endsWith(query.delimiter);
  let last = "";
  for (const key of sortedKeys(bucket, query.prefix)) {
    if (query.after && compareKeys(key, query.after) <= 0) continue;
    if (skipGroup && key.startsWith(query.after)) continue;
    const cut = query.delimiter ? key.indexOf(query.delimiter, query.prefix.length) : -1;
    const group = cut < 0 ? undefined : key.slice(0, cut + query.delimiter.length);
    if (group !== undefined && group === page.prefixes.at(-1)) continue;
    if (page.objects.length + page.prefixes.length >= query.max) {
      if (query.max > 0) page.next = last;
      break;
    }
    last = group ?? key;
    if (group !== undefined) page.prefixes.push(group);
    else page.objects.push(bucket.objects.get(key)!.at(-1)!);
  }
  return page;
}

function sortedKeys(bucket: Bucket, prefix: string): string[] {
  return [...bucket.objects.keys()].filter((key) => key.startsWith(prefix) && currentOf(bucket, key)).sort(compareKeys);
}

/** Order of the UTF-8 bytes, in which S3 lists. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** How keys are written in a listing: percent-encoded when the client asks for it (EncodingType url). */
export function encoder(type: string | undefined): (text: string) => string {
  return type === "url"
    ? (text) =>
        encodeURIComponent(text)
          .replaceAll("%2F", "/")
          .replaceAll("%20", "+")
          .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    : (text) => text;
}

function contents(page: Page, encode: (text: string) => string, owner: { ID: string } | undefined) {
  if (page.objects.length === 0) return undefined;
  return page.objects.map((object) => ({
    Key: encode(object.key),
    LastModified: new Date(object.modifiedAt),
    ETag: object.etag,
    ...checksumKind(object),
    Size: object.body.byteLength,
    StorageClass: (object.StorageClass ?? "STANDARD") as ObjectStorageClass,
    Owner: owner,
  }));
}

function commonPrefixes(page: Page, encode: (text: string) => string) {
  return page.prefixes.length ? page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })) : undefined;
}
