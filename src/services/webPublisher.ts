import path from "node:path";
import { jobStatus, startDeployment } from "../aws/amplify.ts";
import type { AwsClients } from "../aws/clients.ts";
import { OpsError } from "../domain/errors.ts";
import type { Stack } from "../domain/stack.ts";
import { zipFolder } from "./artifacts.ts";
import type { OnDeployEvent } from "./deployEvents.ts";
import type { ProjectContext } from "./projects.ts";
import { pause } from "./stackEvents.ts";

/** How the page is published. */
interface PublishOptions {
  /** Written into the page's configuration. */
  apiUrl: string | undefined;
  webUrl: string | undefined;
  pollMs: number;
  on: OnDeployEvent;
  signal: AbortSignal | undefined;
}

/**
 * Publishes the project's web page to the stack's Amplify branch and waits for it; nothing when there is none.
 * @throws OpsError deploymentFailed when Amplify's job fails
 */
export async function publishWeb(
  clients: AwsClients,
  context: ProjectContext,
  stack: Stack,
  { apiUrl, webUrl, pollMs, on, signal }: PublishOptions,
): Promise<void> {
  const { web } = context.project.artifacts;
  const appId = stack.outputs.AmplifyAppId;
  if (!web || !appId) return;
  const branch = stack.outputs.AmplifyBranchName ?? "main";
  on({ kind: "step", text: `Publishing the web page to Amplify app ${appId}, branch ${branch}` });
  const config = Buffer.from(
    `${JSON.stringify({ apiUrl: apiUrl ?? "", needsApiKey: stack.outputs.ApiKeyId !== undefined })}\n`,
  );
  const zip = await zipFolder(path.resolve(context.folder, web.path), "web", { "config.json": config });
  const jobId = await startDeployment(clients, appId, branch, zip);
  for (;;) {
    const status = await jobStatus(clients, appId, branch, jobId);
    if (status === "SUCCEED") break;
    if (status === "FAILED" || status === "CANCELLED")
      throw new OpsError("deploymentFailed", `Amplify job ${jobId} of app ${appId} ended as ${status}.`, {
        hint: "Deploy again; the stack itself is complete.",
      });
    signal?.throwIfAborted();
    await pause(pollMs, signal);
  }
  on({ kind: "step", text: `The web page is served at ${webUrl}` });
}
