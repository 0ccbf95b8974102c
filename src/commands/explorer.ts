import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { commands, env, type LogOutputChannel, l10n, Range, Uri, window } from "vscode";
import type { LogicalIdArgument, ModelArgument, ResourceArgument, TreeNodeArgument } from "../contributions.ts";
import { type EndpointFilter, endpointStatuses } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import { findResource } from "../domain/templateText.ts";
import type { Connections } from "../services/connections.ts";
import type { Endpoints } from "../services/endpoints.ts";
import { downloadArtifact } from "../services/modelArtifacts.ts";
import type { SideConnections } from "../services/sideConnections.ts";
import { setContext } from "../ui/context.ts";
import type { Favorites } from "../ui/favorites.ts";
import { formatNumber, lastPart } from "../ui/format.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { type Choice, pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { openConsolePage } from "./console.ts";
import type { CommandTable } from "./register.ts";

/** What the commands of the sidebar work with. */
export interface ExplorerServices {
  connections: Connections;
  endpoints: Endpoints;
  project: WorkspaceProject;
  favorites: Favorites;
  sides: SideConnections;
  log: LogOutputChannel;
}

type ExplorerCommands = Pick<
  CommandTable,
  | Exclude<Extract<keyof CommandTable, `sagemakerOps.explorer.${string}`>, `${string}Connection`>
  | "sagemakerOps.endpoint.addFavorite"
  | "sagemakerOps.endpoint.removeFavorite"
  | "sagemakerOps.model.downloadArtifact"
  | "sagemakerOps.stack.revealInTemplate"
  | "sagemakerOps.log.show"
>;

/** Commands of the sidebar as a whole, and of rows that are no endpoint. */
export function explorerCommands(services: ExplorerServices): ExplorerCommands {
  const { endpoints, project, favorites, sides, connections, log } = services;
  const favorite = (wanted: boolean) => async (argument?: { endpointName: string }) => {
    if (argument) await favorites.set(argument.endpointName, wanted);
  };
  const copy = (text: string | undefined) => (text === undefined ? undefined : env.clipboard.writeText(text));
  return {
    "sagemakerOps.explorer.refresh": async () => {
      await Promise.all([project.refresh(), endpoints.refresh(), sides.refresh()]);
    },
    "sagemakerOps.explorer.loadMore": async (node) => {
      const side = sides.list().find(({ id }) => id === node?.sideId);
      await (side?.endpoints ?? endpoints).loadMore();
    },
    "sagemakerOps.explorer.filter": () => filter(services),
    "sagemakerOps.explorer.clearFilter": () => applyFilter(endpoints, undefined),
    "sagemakerOps.explorer.copyName": async (node) => copy(node?.resource?.name),
    "sagemakerOps.explorer.copyArn": async (node) => copy(node?.resource?.arn),
    "sagemakerOps.explorer.copyValue": async (node) => copy(node?.value),
    "sagemakerOps.explorer.openConsole": async (node?: TreeNodeArgument) => {
      if (node?.resource) await openInConsole(connections, node.resource);
    },
    "sagemakerOps.endpoint.addFavorite": favorite(true),
    "sagemakerOps.endpoint.removeFavorite": favorite(false),
    "sagemakerOps.model.downloadArtifact": async (node?: ModelArgument) => {
      if (node?.artifact) await download(connections, node.artifact);
    },
    "sagemakerOps.stack.revealInTemplate": async (node?: LogicalIdArgument) => {
      if (node?.logicalId) await revealInTemplate(project, node.logicalId);
    },
    "sagemakerOps.log.show": () => log.show(),
  };
}

async function applyFilter(endpoints: Endpoints, wanted: EndpointFilter | undefined): Promise<void> {
  setContext("sagemakerOps.filtered", wanted !== undefined);
  await endpoints.setFilter(wanted);
}

/** Name and status are looked for by AWS, so that they find what no page has shown yet. */
async function filter({ connections, endpoints }: ExplorerServices): Promise<void> {
  requireConnection(connections);
  const current = endpoints.snapshot().filter ?? {};
  const choices: Choice<"name" | "status" | "tag" | "clear">[] = [
    { label: `$(text-size) ${l10n.t("Name…")}`, description: current.name, value: "name" },
    { label: `$(pulse) ${l10n.t("Status…")}`, description: current.status, value: "status" },
    { label: `$(tag) ${l10n.t("Tag…")}`, description: current.tag?.key, value: "tag" },
  ];
  if (endpoints.snapshot().filter)
    choices.push({ label: `$(clear-all) ${l10n.t("Show all endpoints")}`, value: "clear" });
  const by = await pickOne(l10n.t("Show only endpoints by"), choices);
  if (by === undefined) return;
  if (by === "clear") return applyFilter(endpoints, undefined);
  const part = by === "name" ? await askName(current) : by === "status" ? await askStatus() : await askTag(current);
  if (part) await applyFilter(endpoints, nonEmpty({ ...current, ...part }));
}

function nonEmpty(filter: EndpointFilter): EndpointFilter | undefined {
  return filter.name || filter.status || filter.tag ? filter : undefined;
}

async function askName({ name }: EndpointFilter): Promise<EndpointFilter | undefined> {
  const text = await window.showInputBox({
    title: l10n.t("Endpoints whose name contains"),
    value: name,
    placeHolder: l10n.t("for example wine; empty for any name"),
    ignoreFocusOut: true,
    // API reference, ListEndpoints, NameContains.
    validateInput: (value) =>
      /^[a-zA-Z0-9-]{0,63}$/.test(value) ? undefined : l10n.t("Letters, digits and hyphens only."),
  });
  return text === undefined ? undefined : { name: text };
}

async function askStatus(): Promise<EndpointFilter | undefined> {
  const choices = endpointStatuses.map((status): Choice<EndpointFilter> => ({ label: status, value: { status } }));
  return pickOne(l10n.t("Endpoints whose status is"), [
    ...choices,
    { label: l10n.t("Any status"), value: { status: undefined } },
  ]);
}

async function askTag({ tag }: EndpointFilter): Promise<EndpointFilter | undefined> {
  const text = await window.showInputBox({
    title: l10n.t("Endpoints with the tag"),
    value: tag && [tag.key, tag.value].filter((part) => part !== undefined).join("="),
    placeHolder: l10n.t("key or key=value; empty for any tags"),
    prompt: l10n.t("Tags are read endpoint by endpoint, a page at a time"),
    ignoreFocusOut: true,
  });
  if (text === undefined) return undefined;
  const [, key, value] = /^([^=]*)(?:=(.*))?$/.exec(text.trim()) ?? [];
  return { tag: key ? { key, value } : undefined };
}

async function openInConsole(connections: Connections, { name, console: page }: ResourceArgument): Promise<void> {
  if (page) await openConsolePage(connections, name, page);
}

async function download(connections: Connections, artifact: string): Promise<void> {
  requireConnection(connections);
  const target = await window.showSaveDialog({
    title: l10n.t("Download {0}", artifact),
    saveLabel: l10n.t("Download"),
    defaultUri: Uri.file(path.join(homedir(), lastPart(artifact))),
  });
  if (!target) return;
  await withCancellableProgress(l10n.t("Downloading {0}", lastPart(artifact)), (say, signal) =>
    downloadArtifact(connections, artifact, target.fsPath, {
      signal,
      onProgress: (bytes, of) =>
        say(of ? l10n.t("{0} % of {1}", formatNumber((bytes / of) * 100), megabytes(of)) : megabytes(bytes)),
    }),
  );
  await commands.executeCommand("revealInExplorer", target);
}

const megabytes = (bytes: number) => `${formatNumber(bytes / 1e6, 1)} MB`;

async function revealInTemplate({ project }: WorkspaceProject, logicalId: string): Promise<void> {
  if (!project) throw new OpsError("notFound", l10n.t("This workspace has no project, and so no template."));
  const file = path.resolve(project.folder, project.project.template);
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new OpsError("notFound", l10n.t("Template {0} cannot be read: {1}", file, cause.message), { cause });
  });
  const line = findResource(text, logicalId);
  if (line === undefined)
    throw new OpsError("notFound", l10n.t("Template {0} has no resource {1}.", path.basename(file), logicalId), {
      hint: l10n.t("The stack may have been deployed from another version of it."),
      place: { file },
    });
  const at = new Range(line - 1, 0, line - 1, 0);
  await commands.executeCommand("vscode.open", Uri.file(file), { selection: at });
}
