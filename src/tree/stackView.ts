import { type Disposable, l10n, window } from "vscode";
import { viewIds } from "../contributions.ts";
import { resourcePage, stackPage } from "../domain/consolePage.ts";
import { isStackInProgress, type Stack } from "../domain/stack.ts";
import { teardownAtMs } from "../domain/teardown.ts";
import type { Connections } from "../services/connections.ts";
import type { Endpoints } from "../services/endpoints.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";
import { lastPart } from "../ui/format.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { historyNode } from "./deploymentNodes.ts";
import { followVisibility } from "./endpointsView.ts";
import { errorNode, NodeProvider } from "./nodeProvider.ts";
import { presentOutcome, presentOutput, presentResource, presentStack, presentTeardown } from "./presentStack.ts";
import { click, type TreeNode } from "./treeNode.ts";

/** The project's stack: status, resources, outputs. Empty while there is none: the welcome text says what to do. */
export function createStackView(
  connections: Connections,
  project: WorkspaceProject,
  deployer: StackDeployer,
  endpoints: Endpoints,
): Disposable {
  const provider = new NodeProvider(async () => {
    if (project.projectError) return [errorNode("project/error", project.projectError)];
    if (project.stackError) return [errorNode("stack/error", project.stackError)];
    const isLooking = connections.current && project.project && !project.stackKnown;
    return [
      ...(isLooking ? [LOOKING] : []),
      ...outcomeNodes(project),
      ...(project.stack ? await stackNodes(connections, project.stack, deployer, endpoints) : []),
    ];
  });
  const view = window.createTreeView(viewIds.stack, { treeDataProvider: provider });
  const show = () => {
    view.description = project.project?.project.stackName;
    provider.refresh();
  };
  show();
  const forget = [project.onDidChange.on(show), endpoints.onDidChange.on(() => provider.refresh())];
  const visibility = followVisibility(view, (visible) => project.setVisible(visible));
  return {
    dispose() {
      for (const stop of forget) stop();
      visibility.dispose();
      view.dispose();
      provider.dispose();
    },
  };
}

/** Neither a stack nor that there is none is known yet. */
const LOOKING: TreeNode = {
  id: "looking",
  presentation: { label: l10n.t("Looking for the stack…"), icon: "loading~spin" },
};

/** Beside what became of the last deployment, the way to the next one while there is no stack. */
function outcomeNodes({ outcome, stack, stackKnown }: WorkspaceProject): TreeNode[] {
  if (!outcome) return [];
  const { kind, text, atMs } = outcome;
  const told: TreeNode = {
    id: `outcome/${atMs}`,
    presentation: presentOutcome(kind, text, atMs, Date.now()),
    click: click("sagemakerOps.log.show", l10n.t("Show Log")),
  };
  if (stack || !stackKnown) return [told];
  const again: TreeNode = {
    id: "outcome/again",
    presentation: { label: l10n.t("Deploy again…"), icon: "rocket", tooltip: l10n.t("Shows the change set first") },
    click: click("sagemakerOps.stack.deploy", l10n.t("Deploy")),
  };
  return [told, again];
}

async function stackNodes(
  connections: Connections,
  stack: Stack,
  deployer: StackDeployer,
  endpoints: Endpoints,
): Promise<TreeNode[]> {
  // Only these are served elsewhere in the sandbox; other URLs are taken as they are.
  const served: Record<string, string | undefined> = {
    ApiUrl: deployer.apiUrl(stack),
    WebUrl: deployer.webUrl(stack),
    StaticPageUrl: deployer.staticPageUrl(stack),
  };
  const outputs = Object.entries(stack.outputs).map(([name, value]): TreeNode => {
    const url = served[name] ?? (/^https?:\/\//.test(value) ? value : undefined);
    const isPage = name === "WebUrl" || name === "StaticPageUrl";
    return {
      id: `output/${name}`,
      presentation: presentOutput(name, value, url),
      outputName: name,
      value: url ?? value,
      click: isPage
        ? click("sagemakerOps.stack.openOutput", l10n.t("Open"), { outputName: name, value: url ?? value })
        : undefined,
    };
  });
  const timer = teardownAtMs(stack);
  // What one can open comes first.
  const hasUrl = (node: TreeNode) => node.presentation.contextValue === "output+url";
  return [
    {
      id: "stack",
      presentation: presentStack(stack, await hourlyUsd(stack, endpoints)),
      resource: { name: stack.name, arn: stack.id, console: stackPage(stack.id) },
      children: () =>
        stack.resources.map((r) => {
          const page = resourcePage(r);
          return {
            id: `resource/${r.logicalId}`,
            presentation: presentResource(r, page !== undefined),
            logicalId: r.logicalId,
            resource: r.physicalId === undefined ? undefined : { name: r.physicalId, console: page },
          };
        }),
    },
    ...(timer === undefined ? [] : [teardownNode(timer)]),
    ...outputs.filter(hasUrl),
    ...outputs.filter((node) => !hasUrl(node)),
    historyNode(connections, stack),
  ];
}

function teardownNode(atMs: number): TreeNode {
  return {
    id: "teardown",
    presentation: presentTeardown(atMs, Date.now()),
    click: click("sagemakerOps.stack.setTeardown", l10n.t("Change")),
  };
}

/** What the stack's endpoints cost together; undefined while it is in motion, or when one's cost is not known. */
async function hourlyUsd({ status, resources }: Stack, endpoints: Endpoints): Promise<number | undefined> {
  if (isStackInProgress(status)) return undefined;
  const names = resources.flatMap(({ type, physicalId, status: state }) =>
    type === "AWS::SageMaker::Endpoint" && physicalId && !state.startsWith("DELETE_") ? [lastPart(physicalId)] : [],
  );
  const costs = await Promise.all(names.map((name) => endpoints.hourlyUsd(name)));
  return costs.reduce((sum, cost) => (sum === undefined || cost === undefined ? undefined : sum + cost), 0);
}
