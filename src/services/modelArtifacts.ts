import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as l10n from "@vscode/l10n";
import { getObject } from "../aws/s3.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import type { Connections } from "./connections.ts";

/**
 * Downloads a model's artifact. A download that is broken off leaves no half file.
 * @param s3Uri `s3://BUCKET/KEY`
 * @param onProgress bytes so far, and of the whole where S3 says it
 * @throws OpsError badInput for another kind of URI, cancelled, notFound, failed naming the file
 */
export async function downloadArtifact(
  connections: Connections,
  s3Uri: string,
  file: string,
  options: { onProgress?: (bytes: number, of?: number) => void; signal?: AbortSignal } = {},
): Promise<void> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(s3Uri) ?? [];
  if (!bucket || !key) throw new OpsError("badInput", l10n.t("{0} is not the URI of an object in S3.", s3Uri));
  const { body, bytes } = await getObject(connections.clients(), bucket, key);
  const part = `${file}.part`;
  let seen = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      seen += chunk.length;
      options.onProgress?.(seen, bytes);
      done(null, chunk);
    },
  });
  try {
    await pipeline(body, counter, createWriteStream(part), { signal: options.signal });
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    if (options.signal?.aborted) throw new OpsError("cancelled", l10n.t("The download of {0} was cancelled.", s3Uri));
    const { message } = toOpsError(cause);
    throw new OpsError("failed", l10n.t("{0} could not be saved as {1}: {2}", s3Uri, file, message), { cause });
  }
}
