import { DeleteObjectsCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
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

export function putObject(clients: AwsClients, bucket: string, key: string, body: Uint8Array): Promise<void> {
  return withAwsErrors({ action: `upload s3://${bucket}/${key}`, region: clients.region }, async () => {
    await (await clients.s3()).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  });
}

/** Deletes everything under a prefix; returns how many objects that were. */
export function deletePrefix(clients: AwsClients, bucket: string, prefix: string): Promise<number> {
  return withAwsErrors({ action: `delete s3://${bucket}/${prefix}`, region: clients.region }, async () => {
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
