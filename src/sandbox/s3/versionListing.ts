import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { type BucketStore, checksumKind, ownerId, type StoredObject } from "./bucketStore.ts";
import { compareKeys, encoder } from "./listing.ts";

const MAX_KEYS = 1000;

/** ListObjectVersions: keys in order, the versions of each from the newest to the oldest. */
export function addVersionListing(service: ServiceBuilder, world: World, store: BucketStore): void {
  const Owner = { ID: ownerId(world.accountId) };
  service.on(ListObjectVersionsCommand)((input, ctx) => {
    const bucket = store.get(input.Bucket, ctx);
    const { Prefix = "", Delimiter = "", KeyMarker = "", VersionIdMarker = "" } = input;
    if (VersionIdMarker && !KeyMarker)
      throw new WireError("InvalidArgument", "A version-id marker cannot be specified without a key marker.", 400);
    const encode = encoder(input.EncodingType);
    const max = Math.min(input.MaxKeys ?? MAX_KEYS, MAX_KEYS);
    const found: { object: StoredObject; latest: boolean }[] = [];
    const prefixes: string[] = [];
    let last: { key: string; versionId?: string } | undefined;
    let truncated = false;
    for (const { object, latest } of entries(bucket.objects, Prefix, KeyMarker, VersionIdMarker)) {
      const cut = Delimiter ? object.key.indexOf(Delimiter, Prefix.length) : -1;
      const group = cut < 0 ? undefined : object.key.slice(0, cut + Delimiter.length);
      if (group !== undefined && (group === prefixes.at(-1) || group === KeyMarker)) continue;
      if (found.length + prefixes.length >= max) {
        truncated = max > 0;
        break;
      }
      if (group === undefined) found.push({ object, latest });
      else prefixes.push(group);
      last = group === undefined ? object : { key: group };
    }
    const shown = ({ object, latest }: (typeof found)[number]) => ({
      Key: encode(object.key),
      VersionId: object.versionId,
      IsLatest: latest,
      LastModified: new Date(object.modifiedAt),
      Owner,
    });
    const markers = found.filter(({ object }) => object.deleteMarker);
    const versions = found.filter(({ object }) => !object.deleteMarker);
    return {
      Name: input.Bucket,
      Prefix: encode(Prefix),
      Delimiter: Delimiter ? encode(Delimiter) : undefined,
      KeyMarker: encode(KeyMarker),
      VersionIdMarker,
      MaxKeys: input.MaxKeys ?? MAX_KEYS,
      IsTruncated: truncated,
      NextKeyMarker: truncated && last ? encode(last.key) : undefined,
      NextVersionIdMarker: truncated ? last?.versionId : undefined,
      EncodingType: input.EncodingType,
      Versions: versions.length
        ? versions.map((item) => ({
            ...shown(item),
            ETag: item.object.etag,
            ...checksumKind(item.object),
            Size: item.object.body.byteLength,
            StorageClass: "STANDARD" as const,
          }))
        : undefined,
      DeleteMarkers: markers.length ? markers.map(shown) : undefined,
      CommonPrefixes: prefixes.length ? prefixes.map((prefix) => ({ Prefix: encode(prefix) })) : undefined,
    };
  });
}

/** All versions behind the markers, in the order of a listing. */
function* entries(
  objects: ReadonlyMap<string, readonly StoredObject[]>,
  prefix: string,
  keyMarker: string,
  versionMarker: string,
): Generator<{ object: StoredObject; latest: boolean }> {
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
  for (const key of keys) {
    const order = keyMarker ? compareKeys(key, keyMarker) : 1;
    if (order < 0 || (order === 0 && !versionMarker)) continue;
    const versions = [...objects.get(key)!].reverse();
    const from = order === 0 ? versions.findIndex(({ versionId }) => versionId === versionMarker) + 1 : 0;
    for (const [index, object] of versions.entries()) if (index >= from) yield { object, latest: index === 0 };
  }
}
