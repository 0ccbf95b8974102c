import path from "node:path";
import * as l10n from "@vscode/l10n";
import type { AwsClients } from "../aws/clients.ts";
import { deleteOthers, putPageFile } from "../aws/s3Pages.ts";
import { OpsError } from "../domain/errors.ts";
import type { Entries } from "./artifacts.ts";
import type { OnDeployEvent } from "./deployEvents.ts";

const START_PAGE = "index.html";

/** Browsers run and draw nothing that S3 serves as octets. */
const CONTENT_TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/**
 * Copies a page into a bucket; what an earlier one left there goes. The start page comes last, so that no visitor gets
 * one whose files are not there yet.
 * @param pageKey the start page's name in the bucket, such as wine.html
 * @throws OpsError badInput for a folder without a start page
 */
export async function publishStaticPage(
  clients: AwsClients,
  bucket: string,
  pageKey: string,
  entries: Entries,
  on: OnDeployEvent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { [START_PAGE]: start, ...rest } = entries;
  if (!start)
    throw new OpsError("badInput", l10n.t("The web folder has no {0} to be published as {1}.", START_PAGE, pageKey), {
      hint: l10n.t("Add it, or deploy with StaticPageReaders empty."),
    });
  on({ kind: "step", text: l10n.t("Publishing the web page as s3://{0}/{1}", bucket, pageKey) });
  const files = [...Object.entries(rest), [pageKey, start] as const];
  for (const [key, body] of files) {
    signal?.throwIfAborted();
    const contentType = CONTENT_TYPES[path.extname(key).toLowerCase()] ?? "application/octet-stream";
    await putPageFile(clients, bucket, key, body, contentType);
  }
  await deleteOthers(clients, bucket, new Set(files.map(([key]) => key)));
}
