import path from "node:path";
import { commands, env, l10n, type Uri, ViewColumn, window } from "vscode";
import type { CommandId, ReportArgument } from "../contributions.ts";
import { type LoadRunReport, runPlace } from "../domain/loadRun.ts";
import { type ComparedRun, type ComparePageSnapshot, compareRequests } from "../protocol/comparePage.ts";
import { runColumns } from "../protocol/runColumns.ts";
import { serveRequests } from "../protocol/transport.ts";
import { compareRunFiles } from "../services/loadExchange.ts";
import { comparisonsMarkdown } from "../services/runExports.ts";
import { formatTime } from "../ui/format.ts";
import { nothing, runIndex } from "./pageSchemas.ts";
import { pageOptions, showPage, webviewPort } from "./webviewHtml.ts";

/**
 * Opens kept runs side by side, each held against the first.
 * @param files JSON files of the runs, the baseline first
 * @throws OpsError badInput for fewer than two, notFound naming a file that cannot be read
 */
export async function showComparison(extensionUri: Uri, files: readonly string[]): Promise<void> {
  const { reports, comparisons } = await compareRunFiles(files);
  const snapshot: ComparePageSnapshot = { runs: reports.map(comparedRun), comparisons };
  const title = l10n.t("Compare {0}", [...new Set(reports.map(({ plan }) => plan.name))].join(", "));
  const options = { ...pageOptions(extensionUri), enableFindWidget: true };
  const panel = window.createWebviewPanel("sagemakerOps.compare", title, ViewColumn.Active, options);
  serveRequests(webviewPort(panel.webview), compareRequests, {
    ready: { params: nothing, handle: () => snapshot },
    openRun: {
      params: runIndex,
      handle: async (index) => {
        const command: CommandId = "sagemakerOps.loadTest.openRun";
        const argument: ReportArgument | undefined = files[index]
          ? { reportFile: path.resolve(files[index]) }
          : undefined;
        if (argument) await commands.executeCommand(command, argument);
        return null;
      },
    },
    copyMarkdown: {
      params: nothing,
      handle: async () => {
        await env.clipboard.writeText(comparisonsMarkdown(comparisons));
        return null;
      },
    },
  });
  showPage(panel, extensionUri, "compare", title);
}

function comparedRun(report: LoadRunReport, index: number): ComparedRun {
  const { id, plan, target, connection, startedAtMs, verdict, points, instances, source } = report;
  return {
    id,
    letter: String.fromCharCode("A".charCodeAt(0) + index),
    planName: plan.name,
    started: formatTime(startedAtMs, Date.now()),
    targetName: target.name,
    place: runPlace(report),
    simulated: connection.sandbox,
    tool: source?.tool,
    startedAtMs,
    verdict,
    columns: runColumns(points),
    instances,
  };
}
