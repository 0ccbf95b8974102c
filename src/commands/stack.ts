import { commands, env, type LogOutputChannel, l10n, Uri } from "vscode";
import { viewIds } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { plural } from "../domain/plural.ts";
import type { Stack } from "../domain/stack.ts";
import { recoveryOf, type StackRecovery } from "../domain/stackRecovery.ts";
import type { Connections } from "../services/connections.ts";
import { findDrift } from "../services/driftFinder.ts";
import type { Endpoints } from "../services/endpoints.ts";
import type { FailureExplainer } from "../services/failureExplainer.ts";
import type { LoadTests } from "../services/loadTests.ts";
import type { ProjectContext } from "../services/projects.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";
import { filledBuckets, type RemoveOptions } from "../services/stackRemoval.ts";
import type { DeploymentMemory } from "../ui/deploymentMemory.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { confirmWithFacts, type FactRow, pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { deleteStep, reporter, showDeployment, watched } from "./deploying.ts";
import { driftMarkdown } from "./driftText.ts";
import { stopRun } from "./interruption.ts";
import { commandStep, withSteps } from "./nextSteps.ts";
import { pickProject } from "./project.ts";
import type { CommandTable } from "./register.ts";
import { confirmDeployment, confirmRemoval } from "./stackConfirmations.ts";
import { assertTrusted } from "./trust.ts";

/** What the commands of a stack work with. */
export interface StackCommandServices {
  connections: Connections;
  deployer: StackDeployer;
  endpoints: Endpoints;
  project: WorkspaceProject;
  loadTests: LoadTests;
  failureExplainer: FailureExplainer;
  documents: MarkdownDocuments;
  deployments: DeploymentMemory;
  log: LogOutputChannel;
}

type StackCommands = Pick<
  CommandTable,
  | "sagemakerOps.stack.deploy"
  | "sagemakerOps.stack.delete"
  | "sagemakerOps.stack.continueRollback"
  | "sagemakerOps.stack.detectDrift"
  | "sagemakerOps.stack.copyOutput"
  | "sagemakerOps.stack.openOutput"
>;

export function stackCommands(services: StackCommandServices): StackCommands {
  return {
    "sagemakerOps.stack.deploy": () => deploy(services),
    "sagemakerOps.stack.delete": () => remove(services),
    "sagemakerOps.stack.continueRollback": () => continueStuck(services),
    "sagemakerOps.stack.detectDrift": () => detectDrift(services),
    "sagemakerOps.stack.copyOutput": async (output) => {
      if (output) await env.clipboard.writeText(output.value);
    },
    "sagemakerOps.stack.openOutput": async (output) => {
      if (output) await env.openExternal(Uri.parse(output.value, true));
    },
  };
}

async function deploy(services: StackCommandServices): Promise<void> {
  const connection = requireConnection(services.connections);
  const project = await pickProject(services.project);
  const { stackName } = project.project;
  const { deployer } = services;
  assertTrusted(l10n.t("Deploying stack {0}", stackName));
  assertIdle(services);
  const prepared = await withCancellableProgress(l10n.t("Change set of stack {0}", stackName), (say, signal) =>
    deployer.prepare(project, reporter(services, 0, say), signal),
  ).catch((error: unknown) => {
    throw stuck(services, error);
  });
  const { changes, isNew } = prepared.preview;
  if (changes.length > 0 && !(await confirmDeployment(prepared, connection, services.documents))) {
    await deployer.discard(prepared);
    await services.project.refreshStack();
    return;
  }
  await services.deployments.keep({ stackName, isNew, changes: changes.length }, (begun) =>
    showDeployment(services, connection, begun, (on, signal) => deployer.execute(prepared, on, signal)),
  );
}

/** A stack that is stuck: what leads it out of that is a button. */
function stuck(services: StackCommandServices, error: unknown): unknown {
  const { stack } = services.project;
  if (!(error instanceof OpsError) || error.code !== "conflict" || !stack) return error;
  const recovery = recoveryOf(stack);
  if (!recovery) return error;
  if (recovery.action === "delete") return withSteps(error, deleteStep);
  return withSteps(error, {
    title: l10n.t("Continue Rollback…"),
    run: () => continueRollback(services, recovery),
  });
}

async function continueStuck(services: StackCommandServices): Promise<void> {
  const stack = await existingStack(services);
  const recovery = recoveryOf(stack);
  if (recovery?.action === "continueRollback") return continueRollback(services, recovery);
  const refused = new OpsError(
    "conflict",
    l10n.t("Stack {0} is {1}: there is no rollback to continue.", stack.name, stack.status),
    {
      hint: recovery ? l10n.t("It can only be deleted.") : l10n.t("Only a stack in UPDATE_ROLLBACK_FAILED has one."),
    },
  );
  throw recovery ? withSteps(refused, deleteStep) : refused;
}

/** The project's stack as it is now. @throws OpsError notFound */
export async function existingStack(services: StackCommandServices): Promise<Stack> {
  const { region } = requireConnection(services.connections);
  const { stackName } = (await pickProject(services.project)).project;
  const stack = await services.deployer.describe(stackName);
  if (stack) return stack;
  const missing = new OpsError("notFound", l10n.t("There is no stack {0} in {1}.", stackName, region), {
    hint: l10n.t("Deploy the project, or connect to the account or region where it is."),
  });
  throw withSteps(missing, commandStep(l10n.t("Deploy…"), "sagemakerOps.stack.deploy"));
}

/** Looks where the account differs from the template, and shows it as a page. */
async function detectDrift(services: StackCommandServices): Promise<void> {
  const connection = requireConnection(services.connections);
  const { name } = await existingStack(services);
  const title = l10n.t("Comparing stack {0} with its template", name);
  const drift = await withCancellableProgress(title, (_say, signal) => findDrift(services.connections, name, signal));
  await services.documents.show(l10n.t("Drift of {0}", name), driftMarkdown(drift, connection, Date.now()));
}

/** Finishes the rollback of an update, with or without what stands in its way. */
async function continueRollback(services: StackCommandServices, { sentence, blockedBy }: StackRecovery): Promise<void> {
  const connection = requireConnection(services.connections);
  const project = await pickProject(services.project);
  const { stackName } = project.project;
  assertIdle(services);
  const names = blockedBy.map(({ logicalId }) => logicalId);
  const where = describeConnection(connection);
  const skip = await pickOne<string[]>(l10n.t("Continue the rollback of {0} in {1}", stackName, where), [
    {
      label: `$(debug-step-back) ${l10n.t("Try again")}`,
      detail: l10n.t("The cause is corrected: everything is put back"),
      value: [],
    },
    ...(names.length > 0
      ? [
          {
            label: `$(debug-step-over) ${l10n.t("Leave {0} as {1}", names.join(", "), names.length > 1 ? l10n.t("they are") : l10n.t("it is"))}`,
            detail: l10n.t("The template and the account then differ there. {0}", sentence),
            value: names,
          },
        ]
      : []),
  ]);
  if (!skip) return;
  await watched(services, connection, l10n.t("Rolling stack {0} back in {1}", stackName, where), (say, signal) =>
    services.deployer.continueRollback(project, skip, reporter(services, 0, say), signal),
  );
}

/** Two at once would fight over the stack; the one under way can be looked at. */
export function assertIdle({ deployer }: StackCommandServices): void {
  const { busyWith } = deployer;
  if (busyWith === undefined) return;
  const error = new OpsError("conflict", l10n.t("Stack {0} is being worked on.", busyWith), {
    hint: l10n.t("Wait until that has finished, or cancel it."),
  });
  throw withSteps(error, { title: l10n.t("Show Progress"), run: showStackProgress });
}

/** Brings what is under way into sight: the Stack view with its resources, and the notification with Cancel. */
export async function showStackProgress(): Promise<void> {
  await commands.executeCommand(`${viewIds.stack}.focus`);
  await commands.executeCommand("notifications.showList");
}

async function remove(services: StackCommandServices): Promise<void> {
  const connection = requireConnection(services.connections);
  const project = await pickProject(services.project);
  const { stackName } = project.project;
  assertTrusted(l10n.t("Deleting stack {0}", stackName));
  assertIdle(services);
  const stack = await services.deployer.describe(stackName);
  if (!stack) {
    throw new OpsError("notFound", l10n.t("There is no stack {0} in {1}.", stackName, connection.region), {
      hint: l10n.t("Nothing has to be deleted; if it is elsewhere, connect to that account or region."),
    });
  }
  const { active, isRunning } = services.loadTests;
  const endpointName = stack.outputs.EndpointName;
  const isLoaded = isRunning && (active?.target.type === "api" || active?.target.name === endpointName);
  const confirmed = await confirmRemoval(stack, connection, isLoaded ? active?.plan.name : undefined);
  if (!confirmed) return;
  if (isLoaded) await stopRun(services.loadTests);
  await removeConfirmed(services, project, stack, {});
}

/** Deletes what was confirmed; a deletion that fails offers the ways to end it. */
async function removeConfirmed(
  services: StackCommandServices,
  project: ProjectContext,
  stack: Stack,
  options: RemoveOptions,
): Promise<void> {
  const connection = requireConnection(services.connections);
  assertIdle(services);
  const title = l10n.t("Deleting stack {0} from {1}", stack.name, describeConnection(connection));
  try {
    await watched(services, connection, title, (say, signal) =>
      services.deployer.remove(project, reporter(services, stack.resources.length, say), signal, options),
    );
  } catch (error) {
    throw await notDeleted(services, project, toOpsError(error));
  }
}

async function notDeleted(
  services: StackCommandServices,
  project: ProjectContext,
  failure: OpsError,
): Promise<OpsError> {
  if (failure.code !== "deploymentFailed") return failure;
  const now = await services.deployer.describe(project.project.stackName).catch(() => undefined);
  if (now?.status !== "DELETE_FAILED") return failure;
  const blocked = recoveryOf(now)?.blockedBy ?? [];
  const buckets = filledBuckets(now);
  const again = (what: string, rows: FactRow[], options: RemoveOptions) => async () => {
    const connection = requireConnection(services.connections);
    const confirmed = await confirmWithFacts({
      title: l10n.t("Delete stack {0} from {1}", now.name, describeConnection(connection)),
      placeholder: l10n.t("Escape deletes nothing"),
      confirm: {
        label: `$(trash) ${what}`,
        description: l10n.t("account {0} · {1}", connection.accountId, connection.region),
      },
      sections: [{ name: l10n.t("what it is about"), rows }],
    });
    if (confirmed) await removeConfirmed(services, project, now, options);
  };
  const empty = {
    title: l10n.t("Empty Buckets and Delete…"),
    run: again(
      l10n.t("Delete everything in {0}, then the stack", plural(buckets.length, "bucket")),
      buckets.map(({ logicalId, physicalId }) => ({ label: `$(database) ${physicalId}`, description: logicalId })),
      { emptyBuckets: true },
    ),
  };
  const keep = {
    title: l10n.t("Keep Them and Delete…"),
    run: again(
      l10n.t("Keep {0} in the account, at its cost, and delete the rest", plural(blocked.length, "resource")),
      blocked.map(({ logicalId, type, physicalId, statusReason }) => ({
        label: `$(archive) ${logicalId}`,
        description: [type, physicalId].filter(Boolean).join(" · "),
        detail: statusReason,
      })),
      { retain: blocked.map(({ logicalId }) => logicalId) },
    ),
  };
  return withSteps(failure, ...(buckets.length > 0 ? [empty] : []), ...(blocked.length > 0 ? [keep] : []));
}
