import * as l10n from "@vscode/l10n";
import { CsvError, type CsvRecord, csvLine, readCsv } from "./csv.ts";

/** A row of a batch: the features as CSV, and the label that the data gives it, where there is one. */
export interface BatchRow {
  /** In the file, from 1. */
  line: number;
  body: string;
  label?: string;
}

/** What came of a row. */
export interface BatchOutcome {
  row: BatchRow;
  latencyMs: number;
  /** The likeliest class by its name; absent when the row failed or the model gives no probabilities. */
  predicted?: string;
  /** Numbers of the answer's row. */
  values?: number[];
  /** Why it failed. */
  failure?: string;
}

/** All rows together. */
export interface BatchSummary {
  rows: number;
  failed: number;
  /** First failures by their words, with how many there were. */
  failures: { text: string; count: number; line: number }[];
  /** Milliseconds; undefined when no row was answered. */
  latency?: { p50: number; p95: number; p99: number; max: number };
  /** How many rows took how long: steps of the same ratio, from `fromMs` up to `toMs`. */
  distribution: { fromMs: number; toMs: number; count: number }[];
  /** Rows whose prediction is not their label, the surest first; not all of them. */
  wrong: { line: number; label: string; predicted: string; share?: number }[];
  /** Only when rows have labels. */
  confusion?: ConfusionMatrix;
}

/** Counts by the label of the data (rows) and the prediction (columns). */
export interface ConfusionMatrix {
  classes: string[];
  counts: number[][];
  /** Share of the labelled and answered rows whose prediction is their label. */
  accuracy: number;
  perClass: { name: string; precision?: number; recall?: number; support: number }[];
}

/**
 * Rows of a CSV file for a model. With a header the features are found by their names, and the first other column is
 * the label; without one every column is a feature.
 * @param classes names of the classes: a label that is a number is the place of one
 * @returns the rows, or what is wrong with the file in words
 */
export function batchRows(csv: string, features: readonly string[], classes: readonly string[]): BatchRow[] | string {
  try {
    return rowsOf(readCsv(csv), features, classes);
  } catch (error) {
    if (error instanceof CsvError) return error.message;
    throw error;
  }
}

function rowsOf(
  records: readonly CsvRecord[],
  features: readonly string[],
  classes: readonly string[],
): BatchRow[] | string {
  const [first, ...others] = records;
  if (!first) return l10n.t("it has no rows");
  const header = first.cells.map((cell) => cell.trim());
  const at = features.map((name) => header.indexOf(name));
  if (features.length === 0 || header.every((cell) => cell !== "" && Number.isFinite(Number(cell)))) {
    const wrong = records.find(({ cells }) => features.length > 0 && cells.length !== features.length);
    if (wrong)
      return l10n.t(
        "line {0} has {1} values, but the model has {2} features",
        wrong.line,
        wrong.cells.length,
        features.length,
      );
    return records.map(({ cells, line }) => ({ line, body: csvLine(cells).trim() }));
  }
  const missing = features.filter((_, i) => at[i] === -1);
  if (missing.length > 0) return l10n.t("its header lacks the features {0}", missing.join(", "));
  // A row of another width would be sent with missing values, and answered all the same.
  const other = others.find(({ cells }) => cells.length !== header.length);
  if (other)
    return l10n.t("line {0} has {1} values, but the header has {2}", other.line, other.cells.length, header.length);
  const labelAt = header.findIndex((name) => !features.includes(name));
  return others.map(({ cells, line }) => {
    const label = labelAt < 0 ? undefined : cells[labelAt]?.trim();
    return {
      line,
      body: csvLine(at.map((i) => cells[i]?.trim() ?? "")),
      label: label ? className(label, classes) : undefined,
    };
  });
}

/** The name of a class that a label means: its place among them, or itself. */
function className(label: string, classes: readonly string[]): string {
  return /^\d+$/.test(label) ? (classes[Number(label)] ?? label) : label;
}

/**
 * The likeliest class by its name. A single number is the second class's probability where the model has two classes,
 * as XGBoost's binary:logistic answers it, else an estimate and no class: undefined.
 */
export function likeliestClass(probabilities: readonly number[], classes: readonly string[]): string | undefined {
  const [only, ...others] = probabilities;
  if (only === undefined) return undefined;
  if (others.length === 0) return classes.length === 2 ? classes[only >= 0.5 ? 1 : 0] : undefined;
  const index = probabilities.indexOf(Math.max(...probabilities));
  return classes[index] ?? l10n.t("class {0}", index);
}

export function summarizeBatch(outcomes: readonly BatchOutcome[]): BatchSummary {
  const answered = outcomes.filter(({ failure }) => failure === undefined);
  const failures = new Map<string, { text: string; count: number; line: number }>();
  for (const { failure, row } of outcomes) {
    if (failure === undefined) continue;
    const known = failures.get(failure);
    if (known) known.count++;
    else failures.set(failure, { text: failure, count: 1, line: row.line });
  }
  return {
    rows: outcomes.length,
    failed: outcomes.length - answered.length,
    failures: [...failures.values()].sort((a, b) => b.count - a.count),
    latency: latencies(answered.map(({ latencyMs }) => latencyMs)),
    distribution: distributionOf(answered.map(({ latencyMs }) => latencyMs)),
    wrong: wrongOf(answered),
    confusion: confusionOf(answered),
  };
}

const MOST_WRONG = 20;

function wrongOf(outcomes: readonly BatchOutcome[]): BatchSummary["wrong"] {
  return outcomes
    .flatMap(({ row: { line, label }, predicted, values }) => {
      if (label === undefined || predicted === undefined || label === predicted) return [];
      return [{ line, label, predicted, share: values && values.length > 1 ? Math.max(...values) : undefined }];
    })
    .sort((a, b) => (b.share ?? 0) - (a.share ?? 0) || a.line - b.line)
    .slice(0, MOST_WRONG);
}

const STEPS = 8;

/** Latencies are spread over decades: each step is as many times as long as the one before it. */
function distributionOf(values: readonly number[]): BatchSummary["distribution"] {
  if (values.length === 0) return [];
  const sorted = [...values].sort((a, b) => a - b);
  const low = Math.max(0.1, sorted[0] ?? 0.1);
  const high = Math.max(low * 1.001, sorted.at(-1) ?? low);
  const ratio = (high / low) ** (1 / STEPS);
  const steps = Array.from({ length: STEPS }, (_, i) => ({
    fromMs: low * ratio ** i,
    toMs: low * ratio ** (i + 1),
    count: 0,
  }));
  for (const value of sorted) {
    const place = Math.floor(Math.log(Math.max(value, low) / low) / Math.log(ratio));
    const step = steps[Math.min(STEPS - 1, Math.max(0, place))];
    if (step) step.count++;
  }
  return steps;
}

/** One line a row in the order of the file: what was predicted, with the figures, how long it took, and why it failed. */
export function batchCsv(outcomes: readonly BatchOutcome[]): string {
  const width = outcomes.reduce((most, { values = [] }) => Math.max(most, values.length), 0);
  const figures = Array.from({ length: width }, (_, i) => `value_${i}`);
  const rows = [...outcomes]
    .sort((a, b) => a.row.line - b.row.line)
    .map(({ row, predicted = "", values = [], latencyMs, failure }) => [
      String(row.line),
      row.label ?? "",
      predicted,
      ...figures.map((_, i) => String(values[i] ?? "")),
      failure === undefined ? latencyMs.toFixed(1) : "",
      failure ?? "",
    ]);
  const head = ["line", "label", "predicted", ...figures, "latency_ms", "failure"];
  return `${[head, ...rows].map(csvLine).join("\n")}\n`;
}

function latencies(values: number[]): BatchSummary["latency"] {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}

function confusionOf(outcomes: readonly BatchOutcome[]): ConfusionMatrix | undefined {
  const labelled = outcomes.flatMap(({ row, predicted }) =>
    row.label !== undefined && predicted !== undefined ? [{ label: row.label, predicted }] : [],
  );
  if (labelled.length === 0) return undefined;
  const classes = [...new Set(labelled.flatMap(({ label, predicted }) => [label, predicted]))].sort();
  const counts = classes.map(() => classes.map(() => 0));
  for (const { label, predicted } of labelled) {
    const row = counts[classes.indexOf(label)];
    if (row) row[classes.indexOf(predicted)] = (row[classes.indexOf(predicted)] ?? 0) + 1;
  }
  const right = classes.reduce((sum, _, i) => sum + (counts[i]?.[i] ?? 0), 0);
  const perClass = classes.map((name, i) => {
    const support = (counts[i] ?? []).reduce((sum, count) => sum + count, 0);
    const predicted = counts.reduce((sum, row) => sum + (row[i] ?? 0), 0);
    const hits = counts[i]?.[i] ?? 0;
    return {
      name,
      support,
      precision: predicted > 0 ? hits / predicted : undefined,
      recall: support > 0 ? hits / support : undefined,
    };
  });
  return { classes, counts, accuracy: right / labelled.length, perClass };
}
