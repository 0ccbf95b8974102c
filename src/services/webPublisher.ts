import path from "node:path";
import * as l10n from "@vscode/l10n";
import { jobStatus, startDeployment } from "../aws/amplify.ts";
import type { AwsClients } from "../aws/clients.ts";
import { OpsError } from "../domain/errors.ts";
import type { Stack } from "../domain/stack.ts";
import { type Entries, folderEntries, zipOf } from "./artifacts.ts";
import type { OnDeployEvent } from "./deployEvents.ts";
import type { ProjectContext } from "./projects.ts";
import { pause } from "./stackEvents.ts";
import { publishStaticPage } from "./staticPage.ts";

/** How the page is published. */
interface PublishOptions {
  /** Written into the page's configuration. */
  apiUrl: string | undefined;
  pollMs: number;
  on: OnDeployEvent;
  signal: AbortSignal | undefined;
}

/** What deployments write beside the page's own files. */
export const PAGE_CONFIGURATION = "config.json";

/**
 * Publishes the project's web page to the stack's Amplify branch, and to its bucket where it has one; nothing when it has
 * neither. Gives the configuration that the page reads, to know it again where it is served.
 * @throws OpsError deploymentFailed when Amplify's job fails; badInput for the page's folder
 */
export async function publishWeb(
  clients: AwsClients,
  context: ProjectContext,
  stack: Stack,
  { apiUrl, pollMs, on, signal }: PublishOptions,
): Promise<string | undefined> {
  const { web } = context.project.artifacts;
  const { AmplifyAppId, AmplifyBranchName = "main", StaticPageBucketName, StaticPageUrl, ApiKeyId } = stack.outputs;
  if (!web || !(AmplifyAppId || StaticPageBucketName)) return undefined;
  const configuration = `${JSON.stringify({ apiUrl: apiUrl ?? "", needsApiKey: ApiKeyId !== undefined })}\n`;
  const entries = await folderEntries(path.resolve(context.folder, web.path), "web");
  entries[PAGE_CONFIGURATION] = Buffer.from(configuration);
  if (AmplifyAppId) await publishToAmplify(clients, AmplifyAppId, AmplifyBranchName, entries, { pollMs, on, signal });
  if (StaticPageBucketName && StaticPageUrl) {
    const pageKey = decodeURIComponent(new URL(StaticPageUrl).pathname.slice(1));
    await publishStaticPage(clients, StaticPageBucketName, pageKey, entries, on, signal);
  }
  return configuration;
}

async function publishToAmplify(
  clients: AwsClients,
  appId: string,
  branch: string,
  entries: Entries,
  { pollMs, on, signal }: Omit<PublishOptions, "apiUrl">,
): Promise<void> {
  on({ kind: "step", text: l10n.t("Publishing the web page to Amplify app {0}, branch {1}", appId, branch) });
  const jobId = await startDeployment(clients, appId, branch, zipOf(entries));
  for (;;) {
    const status = await jobStatus(clients, appId, branch, jobId);
    if (status === "SUCCEED") return;
    if (status === "FAILED" || status === "CANCELLED")
      throw new OpsError("deploymentFailed", l10n.t("Amplify job {0} of app {1} ended as {2}.", jobId, appId, status), {
        hint: l10n.t("Deploy again; the stack itself is complete."),
      });
    signal?.throwIfAborted();
    await pause(pollMs, signal);
  }
}
