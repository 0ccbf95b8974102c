import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { l10n, Uri, window } from "vscode";
import {
  type BatchOutcome,
  type BatchRow,
  type BatchSummary,
  batchCsv,
  batchRows,
  summarizeBatch,
} from "../domain/batchPrediction.ts";
import { describeConnection } from "../domain/connection.ts";
import { csvHeader } from "../domain/csv.ts";
import { OpsError } from "../domain/errors.ts";
import type { FeatureFile } from "../domain/prediction.ts";
import { predictBatch } from "../services/batchPredictor.ts";
import { formatNumber } from "../ui/format.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { confirmWithFacts } from "../ui/prompts.ts";
import { requireConnection } from "./connection.ts";
import { escapeMarkdown } from "./explanationText.ts";
import type { PredictionServices } from "./prediction.ts";
import { assertTrusted } from "./trust.ts";

/** Runs a CSV file of the user through an endpoint after asking, and shows how right and how fast it was. */
export async function batchCommand(services: PredictionServices, endpointName: string): Promise<void> {
  const { connections, predictor, project, documents } = services;
  const connection = requireConnection(connections);
  assertTrusted(l10n.t("Sending a file"));
  const file = await pickCsv(services);
  if (file === undefined) return;
  const csv = await readFile(file, "utf8");
  const features = featuresFor(csv, project.project?.features, project.endpointName === endpointName);
  const classes = features?.classes ?? [];
  const rows = readBatch(csv, file, features);
  const labelled = rows.filter(({ label }) => label !== undefined).length;
  const where = describeConnection(connection);
  const confirmed = await confirmWithFacts({
    title: l10n.t("Predict {0} with {1} in {2}", path.basename(file), endpointName, where),
    placeholder: l10n.t("Pick the first row to send them; Escape sends nothing"),
    confirm: {
      label: `$(play) ${l10n.t("Send {0} rows to {1}", formatNumber(rows.length), endpointName)}`,
      description: where,
    },
    sections: [
      {
        name: l10n.t("what will happen"),
        rows: [
          { label: `$(account) ${l10n.t("Account")}`, description: connection.accountId },
          { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
          {
            label: `$(file) ${l10n.t("Rows")}`,
            description: l10n.t("{0}, {1} with a label", formatNumber(rows.length), formatNumber(labelled)),
          },
          { label: `$(pulse) ${l10n.t("Requests")}`, description: l10n.t("one a row, 8 at once") },
        ],
      },
    ],
  });
  if (!confirmed) return;
  const outcomes = await withCancellableProgress(l10n.t("Predicting {0}", path.basename(file)), (say, signal) =>
    predictBatch(predictor, rows, {
      endpointName,
      classes,
      signal,
      onProgress: (done) => say(l10n.t("{0} of {1}", formatNumber(done), formatNumber(rows.length))),
    }),
  );
  const text = batchMarkdown(path.basename(file), endpointName, where, summarizeBatch(outcomes), rows.length);
  await documents.show(l10n.t("Predictions of {0}", path.basename(file)), text);
  if (outcomes.length > 0) void offerToSave(file, outcomes);
}

/** The page says how it went; what was predicted of each row goes into a file of the user's. */
async function offerToSave(file: string, outcomes: readonly BatchOutcome[]): Promise<void> {
  const save = l10n.t("Save Predictions…");
  const said = l10n.t("{0} rows of {1} were predicted.", formatNumber(outcomes.length), path.basename(file));
  if ((await window.showInformationMessage(said, save)) !== save) return;
  const name = `${path.basename(file, path.extname(file))}-predictions.csv`;
  const target = await window.showSaveDialog({
    title: l10n.t("Save the predictions of {0}", path.basename(file)),
    defaultUri: Uri.file(path.join(path.dirname(file), name)),
    filters: { "CSV files": ["csv"] },
  });
  if (!target) return;
  try {
    await writeFile(target.fsPath, batchCsv(outcomes));
    await window.showTextDocument(target);
  } catch (error) {
    await window.showErrorMessage(l10n.t("{0} could not be written: {1}", target.fsPath, (error as Error).message));
  }
}

/**
 * The project's features where they are those of the rows: the endpoint is the project's own, or the file's header names
 * them all, as when an endpoint of another environment is asked.
 */
export function featuresFor(
  csv: string,
  features: FeatureFile | undefined,
  isProjects: boolean,
): FeatureFile | undefined {
  if (isProjects || !features) return features;
  const header = headerOf(csv);
  return features.features.every(({ name }) => header.includes(name)) ? features : undefined;
}

/** What is no CSV is said when its rows are read. */
function headerOf(csv: string): string[] {
  try {
    return csvHeader(csv);
  } catch {
    return [];
  }
}

/** The rows of a CSV file's text. @throws OpsError badInput naming the file and what is wrong with it */
export function readBatch(csv: string, file: string, features: FeatureFile | undefined): BatchRow[] {
  const rows = batchRows(csv, features?.features.map(({ name }) => name) ?? [], features?.classes ?? []);
  if (typeof rows !== "string") return rows;
  throw new OpsError("badInput", l10n.t("{0} cannot be sent: {1}.", path.basename(file), rows), {
    hint: l10n.t("Give a CSV file with a header that names the features, or with the features only."),
    place: { file },
  });
}

/** Asks for a CSV file, first among the project's examples. */
export async function pickCsv({ project }: Pick<PredictionServices, "project">): Promise<string | undefined> {
  const examples = project.project?.project.examples;
  const folder = project.project?.folder;
  const [file] =
    (await window.showOpenDialog({
      title: l10n.t("CSV file to predict"),
      openLabel: l10n.t("Predict"),
      filters: { [l10n.t("CSV files")]: ["csv"] },
      defaultUri: folder === undefined ? undefined : Uri.file(path.resolve(folder, examples ?? "")),
    })) ?? [];
  return file?.fsPath;
}

/** Characters of the longest bar. */
const BAR_LENGTH = 24;

const percent = (share: number | undefined) => (share === undefined ? "–" : `${formatNumber(share * 100, 1)} %`);
const ms = (value: number) => `${formatNumber(value, value < 10 ? 1 : 0)} ms`;

/** How right and how fast a batch was, as a page to read. */
export function batchMarkdown(
  fileName: string,
  endpointName: string,
  place: string,
  { rows, failed, failures, latency, distribution, wrong, confusion }: BatchSummary,
  wanted: number,
): string {
  const row = (cells: string[]) => `| ${cells.map(escapeMarkdown).join(" | ")} |`;
  const lines = [
    l10n.t("# {0} with {1}", escapeMarkdown(fileName), escapeMarkdown(endpointName)),
    "",
    escapeMarkdown(place),
    "",
    ...(rows < wanted
      ? [l10n.t("Cancelled after {0} of {1} rows.", formatNumber(rows), formatNumber(wanted)), ""]
      : []),
    row(["", ""]),
    "|---|---|",
    row([
      l10n.t("Accuracy"),
      confusion ? percent(confusion.accuracy) : l10n.t("not known: no row has a label and a class"),
    ]),
    row([l10n.t("Rows"), formatNumber(rows)]),
    row([l10n.t("Failed"), failed === 0 ? "✓ none" : `✗ ${formatNumber(failed)}`]),
    row([
      l10n.t("Latency p50, p95, p99, max"),
      latency ? [latency.p50, latency.p95, latency.p99, latency.max].map(ms).join(", ") : "–",
    ]),
  ];
  if (confusion) {
    lines.push(
      "",
      l10n.t("## Confusion matrix"),
      "",
      l10n.t("Rows are the labels of the data, columns the predictions."),
      "",
    );
    lines.push(row(["", ...confusion.classes]), `|---|${confusion.classes.map(() => "--:|").join("")}`);
    confusion.classes.forEach((name, i) => {
      lines.push(row([name, ...(confusion.counts[i] ?? []).map((count) => formatNumber(count))]));
    });
    lines.push("", row(["class", "precision", "recall", "rows"]), "|---|--:|--:|--:|");
    for (const { name, precision, recall, support } of confusion.perClass)
      lines.push(row([name, percent(precision), percent(recall), formatNumber(support)]));
  }
  if (wrong.length) {
    lines.push("", l10n.t("## Wrong predictions, the surest first"), "");
    lines.push(row([l10n.t("line"), l10n.t("label"), l10n.t("predicted"), l10n.t("share")]), "|--:|---|---|--:|");
    for (const { line, label, predicted, share } of wrong)
      lines.push(row([`${line}`, label, predicted, percent(share)]));
  }
  if (distribution.length) {
    const most = Math.max(...distribution.map(({ count }) => count));
    lines.push("", l10n.t("## Latency"), "", row([l10n.t("up to"), l10n.t("rows"), ""]), "|--:|--:|---|");
    for (const { toMs, count } of distribution)
      lines.push(row([ms(toMs), formatNumber(count), "█".repeat(Math.ceil((count / most) * BAR_LENGTH))]));
  }
  if (failures.length) {
    lines.push("", "## Failures", "", row([l10n.t("first at line"), "rows", "reason"]), "|--:|--:|---|");
    for (const { line, count, text } of failures.slice(0, 20))
      lines.push(row([`${line}`, `${count}`, text.slice(0, 300)]));
  }
  return `${lines.join("\n")}\n`;
}
