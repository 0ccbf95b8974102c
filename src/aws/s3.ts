import type { Readable } from "node:stream";
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import * as l10n from "@vscode/l10n";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** Is there an object under the key? */
export async function objectExists(clients: AwsClients, bucket: string, key: string): Promise<boolean> {
  const client = await clients.s3();
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return true;
  } catch {
    return false; // uploading again is harmless, and its error says what is wrong
  }
}

export function putObject(
  clients: AwsClients,
  bucket: string,
  key: string,
  body: Uint8Array,
  { contentType, cacheControl }: { contentType?: string; cacheControl?: string } = {},
): Promise<void> {
  return withAwsErrors({ action: l10n.t("upload s3://{0}/{1}", bucket, key), region: clients.region }, async () => {
    const input = { Bucket: bucket, Key: key, Body: body, ContentType: contentType, CacheControl: cacheControl };
    await (await clients.s3()).send(new PutObjectCommand(input));
  });
}

/**
 * An object that may not be there yet, whole; undefined while it is not.
 * @throws OpsError accessDenied also where the caller may not list the bucket: S3 does not tell then what is not there
 */
export function findObject(
  clients: AwsClients,
  bucket: string,
  key: string,
): Promise<{ bytes: Uint8Array; contentType?: string } | undefined> {
  return withAwsErrors({ action: l10n.t("read s3://{0}/{1}", bucket, key), region: clients.region }, async () => {
    try {
      const answer = await (await clients.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const bytes = await answer.Body?.transformToByteArray();
      return { bytes: bytes ?? new Uint8Array(), contentType: answer.ContentType };
    } catch (error) {
      if ((error as Error).name === "NoSuchKey") return undefined;
      throw error;
    }
  });
}

/** Deletes every object of a bucket, all versions and delete markers too; returns how many that were. */
export function emptyBucket(clients: AwsClients, bucket: string): Promise<number> {
  return withAwsErrors({ action: l10n.t("empty bucket {0}", bucket), region: clients.region }, async () => {
    const client = await clients.s3();
    let count = 0;
    for (;;) {
      // What was listed is gone by the next look, so that each look is at the beginning.
      const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1000 }));
      const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      if (found.length === 0) return count;
      const Objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
      const { Errors: [error] = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
      );
      if (error) throw new Error(`${error.Key}: ${error.Message}`);
      count += found.length;
    }
  });
}

/** Deletes everything under a prefix; returns how many objects that were. */
export function deletePrefix(clients: AwsClients, bucket: string, prefix: string): Promise<number> {
  return withAwsErrors({ action: l10n.t("delete s3://{0}/{1}", bucket, prefix), region: clients.region }, async () => {
    const client = await clients.s3();
    const keys = await collect(
      (ContinuationToken) =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken })),
      (page) => page.Contents?.map((o) => ({ Key: o.Key ?? "" })),
      (page) => page.NextContinuationToken,
    );
    for (let i = 0; i < keys.length; i += 1000)
      await client.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.slice(i, i + 1000), Quiet: true } }),
      );
    return keys.length;
  });
}

/** Begins to read an object: its bytes as they come, and how many there are. */
export function getObject(
  clients: AwsClients,
  bucket: string,
  key: string,
): Promise<{ body: Readable; bytes?: number }> {
  return withAwsErrors({ action: l10n.t("download s3://{0}/{1}", bucket, key), region: clients.region }, async () => {
    const answer = await (await clients.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    // In Node the SDK gives a stream of Node's.
    return { body: answer.Body as Readable, bytes: answer.ContentLength };
  });
}
