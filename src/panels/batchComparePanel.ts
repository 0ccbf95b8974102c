import { writeFile } from "node:fs/promises";
import path from "node:path";
import { commands, env, l10n, Uri, ViewColumn, window } from "vscode";
import { type BatchComparison, comparedRows, comparedRowsCsv } from "../domain/batchComparison.ts";
import type { BatchOutcome } from "../domain/batchPrediction.ts";
import { OpsError } from "../domain/errors.ts";
import {
  type BatchComparePageSnapshot,
  batchCompareRequests,
  MOST_DISAGREEMENTS,
} from "../protocol/batchComparePage.ts";
import { serveRequests } from "../protocol/transport.ts";
import { nothing } from "./pageSchemas.ts";
import { pageOptions, showPage, webviewPort } from "./webviewHtml.ts";

/** What the page of a comparison shows, and what it exports. */
export interface ShownComparison {
  fileName: string;
  place: string;
  simulated: boolean;
  names: { a: string; b: string };
  features: string[];
  /** Rows of the file. */
  wanted: number;
  outcomes: { a: readonly BatchOutcome[]; b: readonly BatchOutcome[] };
  comparison: BatchComparison;
  markdown: string;
  /** Where exports are offered to be saved. */
  folder: string;
}

const latencies = (outcomes: readonly BatchOutcome[]) =>
  outcomes.flatMap(({ latencyMs, failure }) => (failure === undefined ? [latencyMs] : [])).sort((x, y) => x - y);

function snapshotOf(shown: ShownComparison): BatchComparePageSnapshot {
  const { fileName, place, simulated, names, features, wanted, outcomes, comparison } = shown;
  const { disagreements } = comparison;
  return {
    fileName,
    place,
    simulated,
    names,
    features,
    wanted,
    comparison: { ...comparison, disagreements: disagreements.slice(0, MOST_DISAGREEMENTS) },
    disagreementCount: disagreements.length,
    latencies: { a: latencies(outcomes.a), b: latencies(outcomes.b) },
  };
}

/** Opens two sides that were asked the same rows, side by side. */
export function showBatchComparison(extensionUri: Uri, shown: ShownComparison): void {
  const { names, fileName, outcomes, markdown, folder } = shown;
  const snapshot = snapshotOf(shown);
  const title = l10n.t("{0} against {1}", names.a, names.b);
  const options = { ...pageOptions(extensionUri), enableFindWidget: true };
  const panel = window.createWebviewPanel("sagemakerOps.batchCompare", title, ViewColumn.Active, options);
  serveRequests(webviewPort(panel.webview), batchCompareRequests, {
    ready: { params: nothing, handle: () => snapshot },
    exportCsv: {
      params: nothing,
      handle: async () => {
        const target = await window.showSaveDialog({
          title: l10n.t("Export the compared rows"),
          defaultUri: Uri.file(path.join(folder, `${path.parse(fileName).name}-compared.csv`)),
          filters: { CSV: ["csv"] },
        });
        if (!target) return null;
        await writeFile(target.fsPath, comparedRowsCsv(comparedRows(outcomes.a, outcomes.b), names)).catch(
          (cause: Error) => {
            throw new OpsError("failed", l10n.t("{0} could not be written: {1}", target.fsPath, cause.message), {
              cause,
            });
          },
        );
        await commands.executeCommand("vscode.open", target);
        return null;
      },
    },
    copyMarkdown: {
      params: nothing,
      handle: async () => {
        await env.clipboard.writeText(markdown);
        return null;
      },
    },
  });
  showPage(panel, extensionUri, "batchCompare", title);
}
