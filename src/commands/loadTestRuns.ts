import path from "node:path";
import { commands, l10n, Uri, window } from "vscode";
import type { ReportArgument } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { showComparison } from "../panels/comparePanel.ts";
import type { LoadRunPanels } from "../panels/loadRunPanel.ts";
import { showReport } from "../panels/reportPanel.ts";
import type { Connections } from "../services/connections.ts";
import type { LoadTests } from "../services/loadTests.ts";
import { type RunExportFormat, runExportExtensions, writeRunExport } from "../services/runExports.ts";
import type { ScalingExplainer } from "../services/scalingExplainer.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { type Choice, pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { runMarkdown } from "./explanationText.ts";
import { pickOtherRuns, pickRun } from "./loadTestPicks.ts";
import type { CommandTable } from "./register.ts";
import { deleteRuns } from "./runDeletion.ts";

/** What the commands of runs that have ended work with. */
export interface RunCommandServices {
  extensionUri: Uri;
  connections: Connections;
  loadTests: LoadTests;
  panels: LoadRunPanels;
  project: WorkspaceProject;
  scalingExplainer: ScalingExplainer;
  documents: MarkdownDocuments;
}

type RunCommands = Pick<
  CommandTable,
  | "sagemakerOps.loadTest.openRun"
  | "sagemakerOps.loadTest.openReport"
  | "sagemakerOps.loadTest.explain"
  | "sagemakerOps.loadTest.compare"
  | "sagemakerOps.loadTest.exportRun"
  | "sagemakerOps.loadTest.deleteRun"
>;

export function runCommands(services: RunCommandServices): RunCommands {
  const withRun = (title: string, work: (file: string) => Promise<void>) => async (argument?: ReportArgument) => {
    const file = argument?.reportFile ?? (await pickRun(services, title));
    if (file !== undefined) await work(file);
  };
  return {
    "sagemakerOps.loadTest.openRun": withRun(l10n.t("Load run"), (file) => services.panels.showReport(file)),
    "sagemakerOps.loadTest.openReport": withRun(l10n.t("Report"), showReport),
    "sagemakerOps.loadTest.explain": withRun(l10n.t("Explain the scaling of"), (file) => explain(services, file)),
    "sagemakerOps.loadTest.compare": withRun(l10n.t("Baseline"), (file) => compare(services, file)),
    "sagemakerOps.loadTest.exportRun": withRun(l10n.t("Export the run"), (file) => exportRun(services, file)),
    "sagemakerOps.loadTest.deleteRun": async (argument, selected = []) => {
      const files = selected.flatMap(({ reportFile }) => reportFile ?? []);
      if (files.length > 0) await deleteRuns(services, files);
      else await withRun(l10n.t("Delete the run"), (file) => deleteRuns(services, [file]))(argument);
    },
  };
}

/** What the run itself shows, and the endpoint's scaling as it is now when one is connected to where the run was. */
async function explain(services: RunCommandServices, file: string): Promise<void> {
  const report = await services.loadTests.read(file);
  const { connection, environment } = report;
  const here = services.connections.current;
  const isHere =
    here?.accountId === connection.accountId &&
    here.region === connection.region &&
    (here.kind === "sandbox") === connection.sandbox;
  const { endpoint } = environment;
  // The endpoint may be gone by now: what the run measured is told all the same.
  const now = isHere && endpoint ? await services.scalingExplainer.explain(endpoint).catch(() => undefined) : undefined;
  const text = runMarkdown(report, now, here && l10n.t("{0} · now", describeConnection(here)), Date.now());
  await services.documents.show(l10n.t("Scaling in run {0}", report.plan.name), text);
}

/** The older of two runs is the baseline, whichever the command was called on. */
async function compare(services: RunCommandServices, file: string): Promise<void> {
  const others = await pickOtherRuns(services, file);
  if (!others) return;
  const runs = await Promise.all(
    [file, ...others].map(async (each) => ({ file: each, report: await services.loadTests.read(each) })),
  );
  runs.sort((a, b) => a.report.startedAtMs - b.report.startedAtMs);
  await showComparison(
    services.extensionUri,
    runs.map((run) => run.file),
  );
}

async function exportRun({ loadTests }: RunCommandServices, file: string): Promise<void> {
  const report = await loadTests.read(file);
  const choices: Choice<RunExportFormat>[] = [
    { label: "Markdown", detail: l10n.t("A summary for an issue or a pull request"), value: "markdown" },
    { label: "JUnit XML", detail: l10n.t("Each expectation as a test case, for a CI"), value: "junit" },
    { label: "CSV", detail: l10n.t("One row a second, for a spreadsheet"), value: "csv" },
    { label: "JSON", detail: l10n.t("Everything that was measured"), value: "json" },
  ];
  const format = await pickOne(l10n.t("Export run {0}", report.plan.name), choices);
  if (format === undefined) return;
  const extension = runExportExtensions[format];
  const folder = path.dirname(file);
  const target = await window.showSaveDialog({
    title: l10n.t("Export run {0}", report.plan.name),
    // The run's own JSON file is not written over.
    defaultUri: Uri.file(path.join(folder, `${report.id}${format === "json" ? ".copy" : ""}${extension}`)),
    filters: { [format]: [extension.slice(extension.lastIndexOf(".") + 1)] },
  });
  if (!target) return;
  await writeRunExport(report, format, target.fsPath);
  await commands.executeCommand("vscode.open", target);
}
