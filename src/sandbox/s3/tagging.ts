import {
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { BucketStore } from "./bucketStore.ts";
import { describedObject } from "./reading.ts";
import { shownVersion } from "./versions.ts";

/** Tags of an object (AWS: "Categorizing your objects using tags"). */
const MAX_OBJECT_TAGS = 10;

/** Tags of objects. */
export function addTaggingOperations(service: ServiceBuilder, store: BucketStore): void {
  service
    .on(PutObjectTaggingCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const object = describedObject(bucket, input.Key, input.VersionId, "PUT");
      object.tags = checkTags(input.Tagging?.TagSet ?? []);
      return { VersionId: shownVersion(bucket, object) };
    })
    .on(GetObjectTaggingCommand)((input, ctx) => {
      const bucket = store.get(input.Bucket, ctx);
      const object = describedObject(bucket, input.Key, input.VersionId, "GET");
      return { TagSet: object.tags ?? [], VersionId: shownVersion(bucket, object) };
    })
    .on(DeleteObjectTaggingCommand)((input, ctx) => {
    const bucket = store.get(input.Bucket, ctx);
    const object = describedObject(bucket, input.Key, input.VersionId, "DELETE");
    object.tags = undefined;
    ctx.status = 204;
    return { VersionId: shownVersion(bucket, object) };
  });
}

/** The tags of the header `x-amz-tagging`, which are written like a query. @throws WireError InvalidArgument */
export function tagsOfHeader(header: string | undefined): Tag[] | undefined {
  if (!header) return undefined;
  const tags = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }));
  return checkTags(tags);
}

function checkTags(tags: Tag[]): Tag[] | undefined {
  if (tags.length > MAX_OBJECT_TAGS)
    throw new WireError("BadRequest", `Object tags cannot be greater than ${MAX_OBJECT_TAGS}`, 400);
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length)
    throw new WireError("InvalidTag", "Cannot provide multiple Tags with the same key", 400);
  for (const { Key = "", Value = "" } of tags) {
    if (Key.startsWith("aws:"))
      throw new WireError("InvalidTag", "Your TagKey cannot be prefixed with aws:", 400, { TagKey: Key });
    if (Key.length < 1 || Key.length > 128)
      throw new WireError("InvalidTag", "The TagKey you have provided is invalid", 400, { TagKey: Key });
    if (Value.length > 256)
      throw new WireError("InvalidTag", "The TagValue you have provided is invalid", 400, { TagKey: Key });
  }
  return tags.length ? tags : undefined;
}
