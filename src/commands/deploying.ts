import { env, l10n, Uri, window } from "vscode";
import { viewIds } from "../contributions.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import type { FailureExplanation } from "../domain/failureExplanation.ts";
import { isOnlyDeletable, type Stack, type StackEvent } from "../domain/stack.ts";
import type { DeployEvent, OnDeployEvent } from "../services/deployEvents.ts";
import type { BegunDeployment } from "../ui/deploymentMemory.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { failureMarkdown } from "./explanationText.ts";
import { commandStep, withSteps } from "./nextSteps.ts";
import type { StackCommandServices } from "./stack.ts";

/** What took longer is told when it is done: the user may look elsewhere by then. */
const LONG_MS = 30_000;

/** Shows a deployment until it is over, says when that took long, and explains what failed. */
export async function showDeployment(
  services: StackCommandServices,
  connection: Connection,
  { stackName, isNew, changes }: BegunDeployment,
  work: (on: OnDeployEvent, signal: AbortSignal) => Promise<Stack>,
): Promise<void> {
  const startedMs = Date.now();
  let explanation: Promise<FailureExplanation> | undefined;
  const title = l10n.t(
    "{0} stack {1} in {2}",
    isNew ? l10n.t("Deploying") : l10n.t("Updating"),
    stackName,
    describeConnection(connection),
  );
  try {
    const stack = await watched(services, connection, title, (say, signal) => {
      const tell = reporter(services, changes, say);
      const on = (event: DeployEvent) => {
        explanation ??= explainAtOnce(services, event);
        tell(event);
      };
      return work(on, signal);
    });
    if (changes === 0 || Date.now() - startedMs > LONG_MS) await tellDone(services, stack, changes);
  } catch (error) {
    throw noteFailure(services, toOpsError(error), Date.now() - startedMs > LONG_MS, explanation);
  }
}

/**
 * Takes up a deployment that was under way when the window was reloaded: CloudFormation has gone on meanwhile, but
 * nobody has published the page and asked for what was deployed.
 */
export async function resumeDeployment(services: StackCommandServices): Promise<void> {
  const { deployments, deployer, project, connections } = services;
  const connection = connections.current;
  const begun = deployments.begunBefore();
  if (!begun || !connection || project.project?.project.stackName !== begun.stackName) return;
  const context = project.project;
  await deployments.keep(begun, async () => {
    // Deleted, or rolled back to nothing, meanwhile.
    if (!(await deployer.describe(begun.stackName))) return;
    await showDeployment(services, connection, begun, (on, signal) =>
      deployer.resume(context, begun.isNew, on, signal),
    );
  });
}

/** An endpoint's log says why it failed, but may be a resource of the stack: it is read before it is rolled back. */
function explainAtOnce(
  { failureExplainer }: StackCommandServices,
  event: DeployEvent,
): Promise<FailureExplanation> | undefined {
  if (event.kind !== "stack") return undefined;
  const { type, status, reason = status, physicalId } = event.event;
  const name = physicalId?.split("/").pop();
  const failed = type === "AWS::SageMaker::Endpoint" && status.endsWith("_FAILED") && !/cancel/i.test(reason);
  if (!failed || !name) return undefined;
  const explanation = failureExplainer.explain(name, reason);
  // Told only when somebody asks for it.
  explanation.catch(() => {});
  return explanation;
}

/**
 * Shows work on a stack: as a notification, and in the Stack view, where it goes on to be shown after Cancel has closed
 * the notification. Afterwards the trees are read anew.
 * @throws OpsError cancelled when the connection, and with it the work, was given up meanwhile
 */
export async function watched<T>(
  { connections, project, endpoints }: StackCommandServices,
  connection: Connection,
  title: string,
  work: (say: (text: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  project.noteOutcome(undefined);
  const running = withCancellableProgress(title, work);
  void window.withProgress({ location: { viewId: viewIds.stack }, title }, () => running.then(nothing, nothing));
  try {
    return await running;
  } catch (error) {
    if (connections.current === connection) throw error;
    throw new OpsError("cancelled", l10n.t("{0}: the connection was given up.", title));
  } finally {
    await Promise.all([project.refreshStack(), endpoints.refresh()]);
  }
}

const nothing = () => {};

/** What became of a deployment stays to be read in the Stack view: CloudFormation takes a new stack away. */
function noteFailure(
  { project, connections, documents }: StackCommandServices,
  failure: OpsError,
  wasLong: boolean,
  explanation: Promise<FailureExplanation> | undefined,
): OpsError {
  if (failure.code === "cancelled") {
    if (!project.isConnected) return failure;
    project.noteOutcome({ kind: "cancelled", text: failure.message, atMs: Date.now() });
    if (wasLong) void window.showInformationMessage(failure.message);
    return failure;
  }
  project.noteOutcome({ kind: "failed", text: failure.message, atMs: Date.now() });
  if (failure.code !== "deploymentFailed") return failure;
  const { stack } = project;
  const again = commandStep(l10n.t("Deploy Again…"), "sagemakerOps.stack.deploy");
  const place = connections.current ? describeConnection(connections.current) : "";
  const explain = async () => {
    if (explanation) await documents.show(l10n.t("Why the endpoint failed"), failureMarkdown(await explanation, place));
  };
  const steps = explanation ? [{ title: l10n.t("Explain"), run: explain }] : [];
  return withSteps(failure, ...steps, stack && isOnlyDeletable(stack.status) ? deleteStep : again);
}

export const deleteStep = commandStep(l10n.t("Delete Stack…"), "sagemakerOps.stack.delete");

async function tellDone({ deployer }: StackCommandServices, stack: Stack, changes: number): Promise<void> {
  const url = deployer.webUrl(stack);
  const what =
    changes === 0
      ? l10n.t("Stack {0} is up to date.", stack.name)
      : l10n.t("Stack {0} is {1}.", stack.name, stack.status);
  const open = l10n.t("Open Web Page");
  void window.showInformationMessage(what, ...(url ? [open] : [])).then((answer) => {
    if (answer && url) void env.openExternal(Uri.parse(url, true));
  });
}

/** Tells events in the notification and in the log, and keeps the trees up with them. */
export function reporter(
  { log, project, endpoints }: StackCommandServices,
  total: number,
  say: (text: string) => void,
): (event: DeployEvent) => void {
  const finished = new Set<string>();
  return (event) => {
    if (event.kind === "step") {
      log.info(event.text);
      say(event.text);
      return;
    }
    const text = eventText(event.event);
    log.info(text);
    if (event.event.status.endsWith("_COMPLETE") && event.event.type !== "AWS::CloudFormation::Stack") {
      finished.add(event.event.logicalId);
    }
    say(total > 0 ? l10n.t("{0} of {1} · {2}", Math.min(finished.size, total), total, text) : text);
    void project.refreshStack();
    if (event.event.type === "AWS::SageMaker::Endpoint") void endpoints.refresh();
  };
}

function eventText({ logicalId, status, reason }: StackEvent): string {
  return `${logicalId} ${status}${reason ? `: ${reason}` : ""}`;
}
