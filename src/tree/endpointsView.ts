import { Disposable, l10n, type TreeView, window } from "vscode";
import { viewIds } from "../contributions.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import { sageMakerPage } from "../domain/consolePage.ts";
import type { EndpointFilter, EndpointSummary } from "../domain/endpoint.ts";
import type { Connections } from "../services/connections.ts";
import type { EndpointDetail, Endpoints } from "../services/endpoints.ts";
import type { IdleWatch } from "../services/idleWatch.ts";
import type { SideConnections } from "../services/sideConnections.ts";
import type { Favorites } from "../ui/favorites.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { detailNodes } from "./endpointNodes.ts";
import { errorNode, NodeProvider } from "./nodeProvider.ts";
import { type EndpointFacts, endpointTooltip, presentEndpointRow } from "./present.ts";
import { sideNodes } from "./sideNodes.ts";
import { withTemplatePlaces } from "./templateNodes.ts";
import { click, type TreeNode } from "./treeNode.ts";

/** Failed endpoints whose reason is read unasked; an account may have thousands. */
const REASONS_SHOWN = 20;
/** Endpoints whose cost is read unasked, by two calls each. */
const COSTS_SHOWN = 20;

/** The endpoints of the account: the project's first and open, the others below. */
export function createEndpointsView(
  connections: Connections,
  endpoints: Endpoints,
  project: WorkspaceProject,
  favorites: Favorites,
  idleWatch: IdleWatch,
  sides: SideConnections,
  onSeen: () => void,
): Disposable {
  const services = { connections, endpoints, project, favorites, idleWatch };
  const provider = new NodeProvider(async () => {
    const beside = sideNodes(sides);
    // With a row below it the view has no welcome text, which would say so.
    const head = beside.length > 0 && !connections.current ? [notConnectedNode()] : await rootNodes(services);
    return [...head, ...beside];
  });
  const view = window.createTreeView(viewIds.endpoints, { treeDataProvider: provider, showCollapseAll: true });
  const describe = () => {
    const place = connections.current && describeConnection(connections.current);
    const filter = filterText(endpoints.snapshot().filter);
    view.description = [place, filter].filter(Boolean).join(" · ");
    provider.refresh();
  };
  describe();
  const forget = [
    connections.onDidChange.on(describe),
    endpoints.onDidChange.on(describe),
    project.onDidChange.on(() => provider.refresh()),
    favorites.onDidChange.on(() => provider.refresh()),
    idleWatch.onDidChange.on(() => provider.refresh()),
    sides.onDidChange.on(() => provider.refresh()),
  ];
  const visibility = followVisibility(view, (visible) => {
    endpoints.setVisible(visible);
    idleWatch.setVisible(visible);
    sides.setVisible(visible);
    if (visible) onSeen();
  });
  return {
    dispose() {
      for (const stop of forget) stop();
      visibility.dispose();
      view.dispose();
      provider.dispose();
    },
  };
}

/** Somebody works in the window, or did so a moment ago. */
const isWindowWatched = () => window.state.focused || window.state.active;

/** Nothing is read for a view that nobody sees. */
export function followVisibility(view: TreeView<TreeNode>, tell: (visible: boolean) => void): Disposable {
  const say = () => tell(view.visible && isWindowWatched());
  say();
  return Disposable.from(view.onDidChangeVisibility(say), window.onDidChangeWindowState(say));
}

interface ViewServices {
  connections: Connections;
  endpoints: Endpoints;
  project: WorkspaceProject;
  favorites: Favorites;
  idleWatch: IdleWatch;
}

/** A filter in words; undefined for none. */
function filterText(filter: EndpointFilter | undefined): string | undefined {
  if (!filter) return undefined;
  const { name, status, tag } = filter;
  const parts = [name && `"${name}"`, status, tag && (tag.value === undefined ? tag.key : `${tag.key}=${tag.value}`)];
  return l10n.t("only {0}", parts.filter(Boolean).join(", "));
}

/** The project's endpoint first, then favourites, then the others as the account lists them. */
async function rootNodes({ connections, endpoints, project, favorites, idleWatch }: ViewServices): Promise<TreeNode[]> {
  const connection = connections.current;
  if (!connection) return [];
  const { state, error, endpoints: list, hasMore, filter } = endpoints.snapshot();
  if (state === "loading") return [noteNode("loading", l10n.t("Loading endpoints…"), "loading~spin")];
  const failed = state === "failed" ? [errorNode("list/error", error)] : [];
  if (failed.length === 0 && list.length === 0 && !hasMore) {
    return [filter ? noMatchNode(filter) : emptyNode(connection, project)];
  }
  const isProject = ({ name }: EndpointSummary) => name === project.endpointName;
  const isFavorite = ({ name }: EndpointSummary) => favorites.has(name);
  const rank = (endpoint: EndpointSummary) => (isProject(endpoint) ? 0 : isFavorite(endpoint) ? 1 : 2);
  const ordered = [...(await missingFavorites(endpoints, favorites)), ...list].sort((a, b) => rank(a) - rank(b));
  let reasons = 0;
  let costs = 0;
  const nodes = await Promise.all(
    ordered.map(async (endpoint) => {
      const isFailed = endpoint.status === "Failed" || endpoint.status === "UpdateRollbackFailed";
      const known = isProject(endpoint) || (isFailed && ++reasons <= REASONS_SHOWN);
      const isPriced = endpoint.status === "InService" && (isProject(endpoint) || ++costs <= COSTS_SHOWN);
      const facts = {
        isProject: isProject(endpoint),
        isFavorite: isFavorite(endpoint),
        idleHours: idleWatch.isIdle(endpoint.name) ? idleWatch.hours() : undefined,
      };
      const node = await endpointNode(endpoints, connection, endpoint, facts, { isDetailed: known, isPriced });
      return facts.isProject && project.stack ? withTemplatePlaces(node, project.stack.resources) : node;
    }),
  );
  const more: TreeNode = {
    ...noteNode("more", l10n.t("Load more endpoints…"), "ellipsis"),
    click: click("sagemakerOps.explorer.loadMore", l10n.t("Load more")),
  };
  return [...failed, ...nodes, ...(hasMore ? [more] : [])];
}

/** Favourites that stand on a later page of the account's list; one that was deleted is left out. */
async function missingFavorites(endpoints: Endpoints, favorites: Favorites): Promise<EndpointSummary[]> {
  const { endpoints: list, hasMore, filter } = endpoints.snapshot();
  if (!hasMore || filter) return [];
  const missing = favorites.names().filter((name) => !list.some((endpoint) => endpoint.name === name));
  const found = await Promise.all(missing.map((name) => endpoints.detail(name).catch(() => undefined)));
  return found.flatMap((detail) => (detail ? [detail.endpoint] : []));
}

function noMatchNode(filter: EndpointFilter): TreeNode {
  const node = noteNode("empty", l10n.t("No endpoint matches"), "info");
  node.presentation.description = `${filterText(filter)} · ${l10n.t("Clear")}`;
  return { ...node, click: click("sagemakerOps.explorer.clearFilter", l10n.t("Clear Filter")) };
}

const noteNode = (id: string, label: string, icon: string): TreeNode => ({ id, presentation: { label, icon } });

function notConnectedNode(): TreeNode {
  const node = noteNode("notConnected", l10n.t("Not connected"), "debug-disconnect");
  node.presentation.description = l10n.t("Connect to AWS or start the sandbox");
  return { ...node, click: click("sagemakerOps.connection.connect", l10n.t("Connect")) };
}

function emptyNode(connection: Connection, { project }: WorkspaceProject): TreeNode {
  const node = noteNode("empty", l10n.t("No endpoints in {0}", connection.region), "info");
  if (!project) return node;
  node.presentation.description = l10n.t("Deploy {0}…", project.project.stackName);
  return { ...node, click: click("sagemakerOps.stack.deploy", l10n.t("Deploy")) };
}

/** Details are read for the project's endpoint and for failed ones at once, for the others when they are opened. */
async function endpointNode(
  endpoints: Endpoints,
  connection: Connection,
  summary: EndpointSummary,
  known: Pick<EndpointFacts, "isProject" | "isFavorite" | "idleHours">,
  { isDetailed, isPriced }: { isDetailed: boolean; isPriced: boolean },
): Promise<TreeNode> {
  const facts: EndpointFacts = {
    summary,
    ...known,
    simulated: connection.kind === "sandbox",
    nowMs: Date.now(),
  };
  const { isProject } = known;
  const hourlyUsd = isPriced && !isDetailed ? await endpoints.hourlyUsd(summary.name) : undefined;
  const detail = isDetailed ? await endpoints.detail(summary.name).catch(() => undefined) : undefined;
  const shown: EndpointFacts = { ...facts, hourlyUsd, ...(detail && detailFacts(detail)) };
  return {
    // Another id than the others' rows: what is open by itself must not inherit that an earlier row was closed.
    id: `${isProject ? "project" : "endpoint"}/${summary.name}`,
    presentation: presentEndpointRow(shown),
    tooltip: () => endpointTooltip(shown),
    endpointName: summary.name,
    expanded: isProject,
    resource: { name: summary.name, arn: summary.arn, console: sageMakerPage("endpoints", summary.name) },
    children: async () => detailNodes(await endpoints.detail(summary.name), endpoints),
  };
}

/** Whether there is something to suspend, to resume, or both. */
function scalingState(targets: EndpointDetail["targets"]): EndpointFacts["scaling"] {
  const suspended = targets.filter((target) => target.suspended).length;
  if (targets.length === 0) return "none";
  if (suspended === 0) return "active";
  return suspended === targets.length ? "suspended" : "both";
}

function detailFacts({ endpoint, hourlyUsd, targets }: EndpointDetail): Partial<EndpointFacts> {
  const { name, arn, status, createdAtMs, modifiedAtMs, variants, failureReason } = endpoint;
  const summary = { name, arn, status, createdAtMs, modifiedAtMs };
  return {
    summary,
    variants,
    failureReason,
    hourlyUsd,
    autoscaled: targets.length > 0,
    scaling: scalingState(targets),
  };
}
