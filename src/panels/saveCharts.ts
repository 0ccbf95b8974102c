import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { commands, l10n, Uri, window, workspace } from "vscode";
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
    throw new OpsError("notFound", l10n.t("There are no metrics of endpoint {0} to export yet.", endpointName), {
      hint: l10n.t("Wait until the charts show something."),
    });
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath ?? homedir();
  const { part } = wanted;
  const shown = part && (part.kind === "variant" ? metrics.variants : metrics.components);
  const series = shown?.find(({ name }) => name === part?.name)?.series ?? metrics.series;
  const name = part ? `${endpointName}-${part.name}` : endpointName;
  const stamp = new Date(metrics.toMs).toISOString().slice(0, 16).replace(/[-:]/g, "");
  const target = await window.showSaveDialog({
    title: l10n.t("Export the metrics of {0}", endpointName),
    defaultUri: Uri.file(path.join(folder, `${name}-${stamp}.${wanted.format}`)),
    filters: { [wanted.format.toUpperCase()]: [wanted.format] },
  });
  if (!target) return;
  await writeFile(
    target.fsPath,
    wanted.format === "csv" ? metricsCsv({ ...metrics, series }) : Buffer.from(wanted.base64, "base64"),
  ).catch((cause: Error) => {
    throw new OpsError("failed", l10n.t("{0} could not be written: {1}", target.fsPath, cause.message), { cause });
  });
  await commands.executeCommand("vscode.open", target);
}
