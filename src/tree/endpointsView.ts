import { type Disposable, type TreeView, window } from "vscode";
import { viewIds } from "../contributions.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import type { EndpointSummary } from "../domain/endpoint.ts";
import type { Connections } from "../services/connections.ts";
import type { EndpointDetail, Endpoints } from "../services/endpoints.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { errorNode, NodeProvider } from "./nodeProvider.ts";
import {
  type EndpointFacts,
  presentActivity,
  presentAlarm,
  presentConfig,
  presentEndpoint,
  presentModel,
  presentPolicy,
  presentScaling,
  presentVariant,
} from "./present.ts";
import { click, type TreeNode } from "./treeNode.ts";

const ACTIVITIES_SHOWN = 3;

/** The endpoints of the account: the project's first and open, the others below. */
export function createEndpointsView(
  connections: Connections,
  endpoints: Endpoints,
  project: WorkspaceProject,
): Disposable {
  const provider = new NodeProvider(() => rootNodes(connections, endpoints, project));
  const view = window.createTreeView(viewIds.endpoints, { treeDataProvider: provider, showCollapseAll: true });
  const describe = () => {
    view.description = connections.current && describeConnection(connections.current);
    provider.refresh();
  };
  describe();
  const forget = [
    connections.onDidChange.on(describe),
    endpoints.onDidChange.on(() => provider.refresh()),
    project.onDidChange.on(() => provider.refresh()),
  ];
  const visibility = followVisibility(view, (visible) => endpoints.setVisible(visible));
  return {
    dispose() {
      for (const stop of forget) stop();
      visibility.dispose();
      view.dispose();
      provider.dispose();
    },
  };
}

/** Nothing is read for a view that nobody sees. */
export function followVisibility(view: TreeView<TreeNode>, tell: (visible: boolean) => void): Disposable {
  tell(view.visible);
  return view.onDidChangeVisibility(({ visible }) => tell(visible));
}

async function rootNodes(
  connections: Connections,
  endpoints: Endpoints,
  project: WorkspaceProject,
): Promise<TreeNode[]> {
  const connection = connections.current;
  if (!connection) return [];
  const { state, error, endpoints: list, hasMore } = endpoints.snapshot();
  if (state === "loading") return [noteNode("loading", "Loading endpoints…", "loading~spin")];
  const failed = state === "failed" ? [errorNode("list/error", error)] : [];
  if (failed.length === 0 && list.length === 0) return [emptyNode(connection, project)];
  const isProject = ({ name }: EndpointSummary) => name === project.endpointName;
  const ordered = [...list.filter(isProject), ...list.filter((e) => !isProject(e))];
  const nodes = await Promise.all(ordered.map((e) => endpointNode(endpoints, connection, e, isProject(e))));
  const more: TreeNode = {
    ...noteNode("more", "Load more endpoints…", "ellipsis"),
    click: click("sagemakerOps.explorer.loadMore", "Load more"),
  };
  return [...failed, ...nodes, ...(hasMore ? [more] : [])];
}

const noteNode = (id: string, label: string, icon: string): TreeNode => ({ id, presentation: { label, icon } });

function emptyNode(connection: Connection, { project }: WorkspaceProject): TreeNode {
  const node = noteNode("empty", `No endpoints in ${connection.region}`, "info");
  if (!project) return node;
  node.presentation.description = `Deploy ${project.project.stackName}…`;
  return { ...node, click: click("sagemakerOps.stack.deploy", "Deploy") };
}

/** Details are read for the project's endpoint and for failed ones at once, for the others when they are opened. */
async function endpointNode(
  endpoints: Endpoints,
  connection: Connection,
  summary: EndpointSummary,
  isProject: boolean,
): Promise<TreeNode> {
  const facts: EndpointFacts = {
    summary,
    isProject,
    simulated: connection.kind === "sandbox",
    nowMs: Date.now(),
  };
  const matters = isProject || summary.status === "Failed" || summary.status === "UpdateRollbackFailed";
  const detail = matters ? await endpoints.detail(summary.name).catch(() => undefined) : undefined;
  return {
    // Another id than the others' rows: what is open by itself must not inherit that an earlier row was closed.
    id: `${isProject ? "project" : "endpoint"}/${summary.name}`,
    presentation: presentEndpoint({ ...facts, ...(detail && detailFacts(detail)) }),
    endpointName: summary.name,
    expanded: isProject,
    children: async () => detailNodes(await endpoints.detail(summary.name)),
  };
}

function detailFacts({ endpoint, hourlyUsd, targets }: EndpointDetail): Partial<EndpointFacts> {
  const { name, arn, status, createdAtMs, modifiedAtMs, variants, failureReason } = endpoint;
  const summary = { name, arn, status, createdAtMs, modifiedAtMs };
  return { summary, variants, failureReason, hourlyUsd, autoscaled: targets.length > 0 };
}

function detailNodes({ endpoint, config, models, targets, activities }: EndpointDetail): TreeNode[] {
  const id = (part: string) => `endpoint/${endpoint.name}/${part}`;
  const nowMs = Date.now();
  const scaling = targets.map((target): TreeNode => {
    const at = id(`scaling/${target.variantName}`);
    const policies = target.policies.flatMap((policy): TreeNode[] => [
      { id: `${at}/policy/${policy.name}`, presentation: presentPolicy(policy) },
      ...policy.alarms.map((alarm) => ({
        id: `${at}/alarm/${alarm.name}`,
        presentation: presentAlarm(alarm, nowMs),
      })),
    ]);
    const recent = activities.slice(0, ACTIVITIES_SHOWN).map((activity) => ({
      id: `${at}/activity/${activity.id}`,
      presentation: presentActivity(activity, nowMs),
    }));
    return {
      id: at,
      presentation: presentScaling(target, targets.length > 1),
      endpointName: endpoint.name,
      expanded: true,
      children: () => [...policies, ...recent],
    };
  });
  return [
    ...endpoint.variants.map((v) => ({ id: id(`variant/${v.name}`), presentation: presentVariant(v) })),
    ...models.map((m) => ({ id: id(`model/${m.name}`), presentation: presentModel(m, nowMs) })),
    ...(config ? [{ id: id("config"), presentation: presentConfig(config, nowMs) }] : []),
    ...scaling,
  ];
}
