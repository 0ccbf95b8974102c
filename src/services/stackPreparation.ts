import { randomUUID } from "node:crypto";
import * as l10n from "@vscode/l10n";
import type { AwsClients } from "../aws/clients.ts";
import {
  createChangeSet,
  deleteChangeSet,
  deleteStack,
  describeChangeSet,
  describeStack,
  executeChangeSet,
} from "../aws/cloudformation.ts";
import { OpsError } from "../domain/errors.ts";
import { isStackFailed, isStackInProgress, type ResourceChange } from "../domain/stack.ts";
import type { OnDeployEvent } from "./deployEvents.ts";
import type { ProjectContext } from "./projects.ts";
import { readTemplate } from "./projectTemplate.ts";
import { failureOf, followStack, pause } from "./stackEvents.ts";

/** The stack of the artifacts' bucket: it must stand before the project's, whose model is read from it. */
export const BOOTSTRAP_STACK = "sagemaker-ops-artifacts";
const NO_CHANGES = /didn't contain changes|No updates are to be performed/;

/** Name of the artifacts' bucket, which is made with a stack of its own where there is none. */
export async function ensureBucket(
  clients: AwsClients,
  project: ProjectContext,
  { pollMs, on, signal }: { pollMs: number; on: OnDeployEvent; signal?: AbortSignal },
): Promise<string> {
  const given = project.project.parameters.ArtifactBucket;
  if (given !== undefined) return String(given);
  const existing = await describeStack(clients, BOOTSTRAP_STACK);
  if (existing?.outputs.BucketName && !isStackInProgress(existing.status)) return existing.outputs.BucketName;
  if (!project.project.bootstrap)
    throw new OpsError(
      "badInput",
      l10n.t("Project file {0} names neither a bootstrap template nor an ArtifactBucket.", project.file),
      {
        hint: l10n.t('Add "bootstrap": "bootstrap.yaml", or parameters.ArtifactBucket.'),
      },
    );
  on({ kind: "step", text: l10n.t("Creating the artifacts' bucket (stack {0})", BOOTSTRAP_STACK) });
  const template = await readTemplate(project, project.project.bootstrap);
  const changeSetName = `ops-${randomUUID()}`;
  const base = { stackName: BOOTSTRAP_STACK, changeSetName, isNew: true, templateBody: template, parameters: {} };
  await createChangeSet(clients, base);
  await awaitChangeSet(clients, base, pollMs / 3, signal);
  await executeChangeSet(clients, BOOTSTRAP_STACK, changeSetName);
  const followed = await followStack(clients, BOOTSTRAP_STACK, {
    pollMs,
    onEvent: (event) => on({ kind: "stack", event }),
  });
  const bucket = followed.stack?.outputs.BucketName;
  if (!bucket || isStackFailed(followed.stack?.status ?? "")) throw failureOf(BOOTSTRAP_STACK, followed);
  return bucket;
}

/**
 * Waits until a change set is computed. @returns its changes; none when there are none, and the change set is gone then
 * @throws OpsError badInput with CloudFormation's reason
 */
export async function awaitChangeSet(
  clients: AwsClients,
  { stackName, changeSetName, isNew }: { stackName: string; changeSetName: string; isNew: boolean },
  pollMs: number,
  signal?: AbortSignal,
): Promise<ResourceChange[]> {
  for (;;) {
    const { status, reason, changes } = await describeChangeSet(clients, stackName, changeSetName);
    if (status === "CREATE_COMPLETE") return changes;
    if (status === "FAILED") {
      await deleteChangeSet(clients, stackName, changeSetName);
      if (!isNew && NO_CHANGES.test(reason ?? "")) return [];
      if (isNew) await deleteStack(clients, stackName);
      throw new OpsError(
        "badInput",
        l10n.t("The change set of stack {0} failed: {1}", stackName, reason ?? l10n.t("no reason was given")),
        {
          hint: l10n.t("Correct the template or its parameters."),
        },
      );
    }
    await pause(pollMs, signal);
    signal?.throwIfAborted();
  }
}
