import { type Disposable, l10n, Uri, window, workspace } from "vscode";
import { viewIds } from "../contributions.ts";
import type { LoadTests, RunProgress } from "../services/loadTests.ts";
import { setContext } from "../ui/context.ts";
import { findPlans, PLAN_PATTERN, RUN_PATTERN, runsFolder } from "../ui/workspacePlans.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { NodeProvider } from "./nodeProvider.ts";
import { presentPlan, presentRun } from "./presentRuns.ts";
import { click, type TreeNode } from "./treeNode.ts";

const RUNS_SHOWN = 20;

/** A view of files; it follows them from when it is told to, which is no part of opening the window. */
interface LoadTestsView extends Disposable {
  watchFiles(): void;
}

/** Plans of the project and of the workspace, and what came of earlier runs. */
export function createLoadTestsView(loadTests: LoadTests, project: WorkspaceProject): LoadTestsView {
  const provider = new NodeProvider(async () => {
    const plans = (await findPlans(project)).map(planNode);
    const nodes = [...activeNodes(loadTests), ...plans, ...(await runNodes(loadTests, project))];
    // That there are none is not said before somebody looked.
    setContext("sagemakerOps.noLoadTests", nodes.length === 0);
    return nodes;
  });
  const view = window.createTreeView(viewIds.loadTests, { treeDataProvider: provider, canSelectMany: true });
  let phase = "";
  const forget = [
    project.onDidChange.on(() => provider.refresh()),
    loadTests.onDidChangeKept.on(() => provider.refresh()),
    // A run changes every second; the row only with its phase.
    loadTests.onDidChange.on((run) => {
      if (phase !== run.phase) provider.refresh();
      phase = run.phase;
    }),
  ];
  const watching: Disposable[] = [];
  return {
    watchFiles() {
      // Runs, too: those of the command line.
      for (const pattern of [PLAN_PATTERN, RUN_PATTERN]) {
        const watcher = workspace.createFileSystemWatcher(pattern, false, true);
        const again = () => provider.refresh();
        watching.push(watcher, watcher.onDidCreate(again), watcher.onDidDelete(again));
      }
    },
    dispose() {
      for (const stop of forget) stop();
      for (const disposable of [...watching, view, provider]) disposable.dispose();
    },
  };
}

function activeNodes({ active, isRunning }: LoadTests): TreeNode[] {
  if (!active || !isRunning) return [];
  return [
    {
      id: `active/${active.id}`,
      presentation: {
        label: active.plan.name,
        description: `${phaseWords[active.phase]} · ${active.target.name}`,
        icon: "sync~spin",
        color: "charts.blue",
        contextValue: "activeRun",
      },
      click: click("sagemakerOps.loadTest.show", l10n.t("Show")),
    },
  ];
}

const phaseWords: Record<RunProgress["phase"], string> = {
  starting: l10n.t("starting"),
  running: l10n.t("running"),
  watching: l10n.t("watching the scaling"),
  done: l10n.t("done"),
  failed: l10n.t("failed"),
};

function planNode(planFile: string): TreeNode {
  return {
    id: `plan/${planFile}`,
    presentation: presentPlan(planFile),
    planFile,
    click: { command: "vscode.open", title: l10n.t("Open Plan"), arguments: [Uri.file(planFile)] },
  };
}

async function runNodes(loadTests: LoadTests, project: WorkspaceProject): Promise<TreeNode[]> {
  const folder = runsFolder(project);
  if (!folder) return [];
  const runs = await loadTests.list(folder);
  // The one under way is written down as interrupted until it has ended.
  const ended = runs.filter(({ report }) => !(loadTests.isRunning && report.id === loadTests.active?.id));
  const nowMs = Date.now();
  return ended.slice(0, RUNS_SHOWN).map(({ file, report }) => ({
    id: `run/${report.id}`,
    presentation: presentRun(report, nowMs),
    reportFile: file,
    click: click("sagemakerOps.loadTest.openRun", l10n.t("Open Run"), { reportFile: file }),
  }));
}
