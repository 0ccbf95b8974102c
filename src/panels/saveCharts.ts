import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { commands, Uri, window, workspace } from "vscode";
import { OpsError } from "../domain/errors.ts";
import { type EndpointMetrics, metricsCsv } from "../domain/metric.ts";
import type { ChartExport } from "../protocol/endpointPage.ts";

/** Saves what the charts show: their figures, or the picture that the page made of them. */
export async function saveCharts(
  endpointName: string,
  wanted: ChartExport,
  metrics: EndpointMetrics | undefined,
): Promise<void> {
  if (!metrics)
    throw new OpsError("notFound", `There are no metrics of endpoint ${endpointName} to export yet.`, {
      hint: "Wait until the charts show something.",
    });
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? homedir();
  const stamp = new Date(metrics.toMs).toISOString().slice(0, 16).replace(/[-:]/g, "");
  const target = await window.showSaveDialog({
    title: `Export the metrics of ${endpointName}`,
    defaultUri: Uri.file(path.join(folder, `${endpointName}-${stamp}.${wanted.format}`)),
    filters: { [wanted.format.toUpperCase()]: [wanted.format] },
  });
  if (!target) return;
  await writeFile(
    target.fsPath,
    wanted.format === "csv" ? metricsCsv(metrics) : Buffer.from(wanted.base64, "base64"),
  ).catch((cause: Error) => {
    throw new OpsError("failed", `${target.fsPath} could not be written: ${cause.message}`, { cause });
  });
  await commands.executeCommand("vscode.open", target);
}
