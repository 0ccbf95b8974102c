import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import * as l10n from "@vscode/l10n";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** Puts a file that browsers read; names stay from one deployment to the next, so each asks whether its copy is still right. */
export function putPageFile(
  clients: AwsClients,
  bucket: string,
  key: string,
  body: Uint8Array,
  contentType: string,
): Promise<void> {
  return withAwsErrors({ action: l10n.t("upload s3://{0}/{1}", bucket, key), region: clients.region }, async () => {
    const input = { Bucket: bucket, Key: key, Body: body, ContentType: contentType, CacheControl: "no-cache" };
    await (await clients.s3()).send(new PutObjectCommand(input));
  });
}

/** S3 deletes at most a thousand at once (API reference, DeleteObjects). */
const MOST_AT_ONCE = 1000;

/** Deletes every object of a bucket but those that are named. */
export function deleteOthers(clients: AwsClients, bucket: string, kept: ReadonlySet<string>): Promise<void> {
  return withAwsErrors({ action: l10n.t("tidy s3://{0}", bucket), region: clients.region }, async () => {
    const client = await clients.s3();
    const keys = await collect(
      (ContinuationToken) => client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken })),
      (page) => page.Contents?.map(({ Key }) => Key ?? ""),
      (page) => page.NextContinuationToken,
    );
    const others = keys.filter((key) => !kept.has(key)).map((Key) => ({ Key }));
    for (let i = 0; i < others.length; i += MOST_AT_ONCE) {
      const Delete = { Objects: others.slice(i, i + MOST_AT_ONCE), Quiet: true };
      const { Errors: [error] = [] } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
      if (error) throw new Error(`${error.Key}: ${error.Message}`);
    }
  });
}
