import { env, type LogOutputChannel, Uri, window, workspace } from "vscode";
import { type Connection, describeConnection } from "../domain/connection.ts";
import { formatHourly, PRICES_AS_OF } from "../domain/cost.ts";
import { OpsError } from "../domain/errors.ts";
import type { ResourceChange, Stack, StackEvent } from "../domain/stack.ts";
import type { Connections } from "../services/connections.ts";
import type { DeployEvent } from "../services/deployEvents.ts";
import type { Endpoints } from "../services/endpoints.ts";
import { loadProject, PROJECT_FILE, type ProjectContext } from "../services/projects.ts";
import type { PreparedDeployment, StackDeployer } from "../services/stackDeployer.ts";
import { plural } from "../tree/format.ts";
import { shortType } from "../tree/presentStack.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { confirmWithFacts, type FactRow, pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import type { CommandTable } from "./register.ts";

/** What the commands of a stack work with. */
export interface StackCommandServices {
  connections: Connections;
  deployer: StackDeployer;
  endpoints: Endpoints;
  project: WorkspaceProject;
  log: LogOutputChannel;
}

type StackCommands = Pick<
  CommandTable,
  | "sagemakerOps.stack.deploy"
  | "sagemakerOps.stack.delete"
  | "sagemakerOps.stack.copyOutput"
  | "sagemakerOps.stack.openOutput"
>;

/** What took longer is told when it is done: the user may look elsewhere by then. */
const LONG_MS = 30_000;

export function stackCommands(services: StackCommandServices): StackCommands {
  return {
    "sagemakerOps.stack.deploy": () => deploy(services),
    "sagemakerOps.stack.delete": () => remove(services),
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
  assertTrusted(`Deploying stack ${stackName}`);
  const prepared = await withCancellableProgress(`Change set of stack ${stackName}`, (say, signal) =>
    deployer.prepare(project, reporter(services, 0, say), signal),
  );
  const { changes, isNew } = prepared.preview;
  if (changes.length > 0 && !(await confirmDeployment(prepared, connection))) {
    await deployer.discard(prepared);
    await services.project.refreshStack();
    return;
  }
  const startedMs = Date.now();
  const stack = await withCancellableProgress(
    `${isNew ? "Deploying" : "Updating"} stack ${stackName} in ${describeConnection(connection)}`,
    (say, signal) => deployer.execute(prepared, reporter(services, changes.length, say), signal),
  ).finally(() => Promise.all([services.project.refreshStack(), services.endpoints.refresh()]));
  if (changes.length === 0 || Date.now() - startedMs > LONG_MS) await tellDone(services, stack, changes.length);
}

async function tellDone({ deployer }: StackCommandServices, stack: Stack, changes: number): Promise<void> {
  const url = deployer.webUrl(stack);
  const what = changes === 0 ? `Stack ${stack.name} is up to date.` : `Stack ${stack.name} is ${stack.status}.`;
  const open = "Open Web Page";
  void window.showInformationMessage(what, ...(url ? [open] : [])).then((answer) => {
    if (answer && url) void env.openExternal(Uri.parse(url, true));
  });
}

function confirmDeployment(prepared: PreparedDeployment, connection: Connection): Promise<boolean> {
  const { preview, endpointHourlyUsd } = prepared;
  const { stackName, changes, isNew } = preview;
  const sandbox = connection.kind === "sandbox";
  const cost =
    endpointHourlyUsd === undefined
      ? "unknown"
      : `about ${formatHourly(endpointHourlyUsd)} (prices of ${PRICES_AS_OF})`;
  const facts: FactRow[] = [
    { label: "$(account) Account", description: sandbox ? `${connection.accountId} (sandbox)` : connection.accountId },
    { label: "$(globe) Region", description: connection.region },
    { label: "$(layers) Stack", description: isNew ? `${stackName} (new)` : stackName },
    {
      label: "$(credit-card) Endpoint",
      description: sandbox ? `nothing in the sandbox; on AWS ${cost}` : `${cost}, as long as it stands`,
    },
  ];
  return confirmWithFacts({
    title: `Deploy ${stackName} to ${describeConnection(connection)}`,
    placeholder: "Read what changes, then pick the first row to deploy; Escape changes nothing",
    confirm: {
      label: `$(rocket) Deploy ${plural(changes.length, "change")}`,
      description: describeConnection(connection),
    },
    sections: [
      { name: "where", rows: facts },
      { name: "changes", rows: [...changes].sort(byWeight).map(changeRow) },
    ],
  });
}

const ACTION_ICONS: Record<ResourceChange["action"], string> = {
  Add: "$(diff-added)",
  Modify: "$(diff-modified)",
  Remove: "$(diff-removed)",
  Import: "$(arrow-down)",
  Dynamic: "$(question)",
};

/** What takes something away comes first. */
function byWeight(a: ResourceChange, b: ResourceChange): number {
  const weight = ({ action, replacement }: ResourceChange) =>
    action === "Remove"
      ? 0
      : replacement === "True"
        ? 1
        : replacement === "Conditional"
          ? 2
          : action === "Modify"
            ? 3
            : 4;
  return weight(a) - weight(b);
}

function changeRow({ action, logicalId, type, replacement, properties, physicalId }: ResourceChange): FactRow {
  const replaced =
    replacement === "True" ? "is replaced" : replacement === "Conditional" ? "may be replaced" : undefined;
  return {
    label: `${ACTION_ICONS[action]} ${logicalId}`,
    description: [action, shortType(type), replaced].filter(Boolean).join(" · "),
    detail: action === "Add" ? undefined : [physicalId, properties.join(", ")].filter(Boolean).join(" · ") || undefined,
  };
}

async function remove(services: StackCommandServices): Promise<void> {
  const connection = requireConnection(services.connections);
  const project = await pickProject(services.project);
  const { stackName } = project.project;
  assertTrusted(`Deleting stack ${stackName}`);
  const stack = await services.deployer.describe(stackName);
  if (!stack) {
    throw new OpsError("notFound", `There is no stack ${stackName} in ${connection.region}.`, {
      hint: "Nothing has to be deleted; if it is elsewhere, connect to that account or region.",
    });
  }
  const confirmed = await confirmWithFacts({
    title: `Delete stack ${stackName} from ${describeConnection(connection)}`,
    placeholder: "All of this goes, with the artifacts that were uploaded for it. Escape deletes nothing",
    confirm: {
      label: `$(trash) Delete ${plural(stack.resources.length, "resource")} of stack ${stackName}`,
      description: `account ${connection.accountId} · ${connection.region}`,
    },
    sections: [
      {
        name: "deleted",
        rows: stack.resources.map(({ logicalId, type, physicalId }) => ({
          label: `$(diff-removed) ${logicalId}`,
          description: shortType(type),
          detail: physicalId,
        })),
      },
    ],
  });
  if (!confirmed) return;
  await withCancellableProgress(`Deleting stack ${stackName} from ${describeConnection(connection)}`, (say, signal) =>
    services.deployer.remove(project, reporter(services, stack.resources.length, say), signal),
  ).finally(() => Promise.all([services.project.refreshStack(), services.endpoints.refresh()]));
}

/** Tells events in the notification and in the log, and keeps the trees up with them. */
function reporter(
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
    say(total > 0 ? `${Math.min(finished.size, total)} of ${total} · ${text}` : text);
    void project.refreshStack();
    if (event.event.type === "AWS::SageMaker::Endpoint") void endpoints.refresh();
  };
}

function eventText({ logicalId, status, reason }: StackEvent): string {
  return `${logicalId} ${status}${reason ? `: ${reason}` : ""}`;
}

/** A project of the workspace. @throws OpsError badInput when there is none or its file is broken */
export async function pickProject(workspaceProject: WorkspaceProject): Promise<ProjectContext> {
  const files = await workspaceProject.files();
  const [first] = files;
  if (first === undefined) {
    throw new OpsError("badInput", `No folder of this workspace has a ${PROJECT_FILE} at its root.`, {
      hint: "Open the folder of a project, for example infra of the wine example.",
    });
  }
  if (files.length === 1) return loadProject(first);
  const choices = files.map((file) => ({ label: workspace.asRelativePath(file), value: file }));
  const file = await pickOne("Project", choices);
  if (file === undefined) throw new OpsError("cancelled", "No project was picked.");
  return loadProject(file);
}

/** The project file and the plans decide what is touched: those of strangers are not followed. */
export function assertTrusted(what: string): void {
  if (workspace.isTrusted) return;
  throw new OpsError("accessDenied", `${what} is not done in an untrusted workspace.`, {
    hint: "Trust this workspace first.",
  });
}
