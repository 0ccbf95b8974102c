import { readFile } from "node:fs/promises";
import path from "node:path";
import { Uri, window } from "vscode";
import { type BatchRow, type BatchSummary, batchRows, summarizeBatch } from "../domain/batchPrediction.ts";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import type { FeatureFile } from "../domain/prediction.ts";
import { predictBatch } from "../services/batchPredictor.ts";
import { formatNumber } from "../ui/format.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { confirmWithFacts } from "../ui/prompts.ts";
import { requireConnection } from "./connection.ts";
import { escapeMarkdown } from "./explanationText.ts";
import type { PredictionServices } from "./prediction.ts";
import { assertTrusted } from "./project.ts";

/** Runs a CSV file of the user through an endpoint after asking, and shows how right and how fast it was. */
export async function batchCommand(services: PredictionServices, endpointName: string): Promise<void> {
  const { connections, predictor, project, documents } = services;
  const connection = requireConnection(connections);
  assertTrusted("Sending a file");
  const file = await pickCsv(services);
  if (file === undefined) return;
  const features = project.endpointName === endpointName ? project.project?.features : undefined;
  const classes = features?.classes ?? [];
  const rows = readBatch(await readFile(file, "utf8"), file, features);
  const labelled = rows.filter(({ label }) => label !== undefined).length;
  const where = describeConnection(connection);
  const confirmed = await confirmWithFacts({
    title: `Predict ${path.basename(file)} with ${endpointName} in ${where}`,
    placeholder: "Pick the first row to send them; Escape sends nothing",
    confirm: { label: `$(play) Send ${formatNumber(rows.length)} rows to ${endpointName}`, description: where },
    sections: [
      {
        name: "what will happen",
        rows: [
          { label: "$(account) Account", description: connection.accountId },
          { label: "$(globe) Region", description: connection.region },
          {
            label: "$(file) Rows",
            description: `${formatNumber(rows.length)}, ${formatNumber(labelled)} with a label`,
          },
          { label: "$(pulse) Requests", description: "one a row, 8 at once" },
        ],
      },
    ],
  });
  if (!confirmed) return;
  const outcomes = await withCancellableProgress(`Predicting ${path.basename(file)}`, (say, signal) =>
    predictBatch(predictor, rows, {
      endpointName,
      classes,
      signal,
      onProgress: (done) => say(`${formatNumber(done)} of ${formatNumber(rows.length)}`),
    }),
  );
  const text = batchMarkdown(path.basename(file), endpointName, where, summarizeBatch(outcomes), rows.length);
  await documents.show(`Predictions of ${path.basename(file)}`, text);
}

/** The rows of a CSV file's text. @throws OpsError badInput naming the file and what is wrong with it */
export function readBatch(csv: string, file: string, features: FeatureFile | undefined): BatchRow[] {
  const rows = batchRows(csv, features?.features.map(({ name }) => name) ?? [], features?.classes ?? []);
  if (typeof rows !== "string") return rows;
  throw new OpsError("badInput", `${path.basename(file)} cannot be sent: ${rows}.`, {
    hint: "Give a CSV file with a header that names the features, or with the features only.",
    place: { file },
  });
}

/** Asks for a CSV file, first among the project's examples. */
export async function pickCsv({ project }: Pick<PredictionServices, "project">): Promise<string | undefined> {
  const examples = project.project?.project.examples;
  const folder = project.project?.folder;
  const [file] =
    (await window.showOpenDialog({
      title: "CSV file to predict",
      openLabel: "Predict",
      filters: { "CSV files": ["csv"] },
      defaultUri: folder === undefined ? undefined : Uri.file(path.resolve(folder, examples ?? "")),
    })) ?? [];
  return file?.fsPath;
}

const percent = (share: number | undefined) => (share === undefined ? "–" : `${formatNumber(share * 100, 1)} %`);
const ms = (value: number) => `${formatNumber(value, value < 10 ? 1 : 0)} ms`;

/** How right and how fast a batch was, as a page to read. */
export function batchMarkdown(
  fileName: string,
  endpointName: string,
  place: string,
  { rows, failed, failures, latency, confusion }: BatchSummary,
  wanted: number,
): string {
  const row = (cells: string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  const lines = [
    `# ${escapeMarkdown(fileName)} with ${escapeMarkdown(endpointName)}`,
    "",
    escapeMarkdown(place),
    "",
    ...(rows < wanted ? [`Cancelled after ${formatNumber(rows)} of ${formatNumber(wanted)} rows.`, ""] : []),
    row(["", ""]),
    "|---|---|",
    row(["Accuracy", confusion ? percent(confusion.accuracy) : "not known: no row has a label and a class"]),
    row(["Rows", formatNumber(rows)]),
    row(["Failed", failed === 0 ? "✓ none" : `✗ ${formatNumber(failed)}`]),
    row([
      "Latency p50, p95, p99, max",
      latency ? [latency.p50, latency.p95, latency.p99, latency.max].map(ms).join(", ") : "–",
    ]),
  ];
  if (confusion) {
    lines.push("", "## Confusion matrix", "", "Rows are the labels of the data, columns the predictions.", "");
    lines.push(row(["", ...confusion.classes]), `|---|${confusion.classes.map(() => "--:|").join("")}`);
    confusion.classes.forEach((name, i) => {
      lines.push(row([name, ...(confusion.counts[i] ?? []).map((count) => formatNumber(count))]));
    });
    lines.push("", row(["class", "precision", "recall", "rows"]), "|---|--:|--:|--:|");
    for (const { name, precision, recall, support } of confusion.perClass)
      lines.push(row([name, percent(precision), percent(recall), formatNumber(support)]));
  }
  if (failures.length) {
    lines.push("", "## Failures", "", row(["first at line", "rows", "reason"]), "|--:|--:|---|");
    for (const { line, count, text } of failures.slice(0, 20))
      lines.push(row([`${line}`, `${count}`, text.slice(0, 300)]));
  }
  return `${lines.join("\n")}\n`;
}
