import * as l10n from "@vscode/l10n";
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
  const lines = csv.split(/\r?\n/).map((text, i) => ({ text, line: i + 1 }));
  const filled = lines.filter(({ text }) => text.trim());
  const [first] = filled;
  if (!first) return l10n.t("it has no rows");
  const header = first.text.split(",").map((cell) => cell.trim().replace(/^"|"$/g, ""));
  const at = features.map((name) => header.indexOf(name));
  if (features.length === 0 || header.every((cell) => cell !== "" && Number.isFinite(Number(cell)))) {
    const wrong = filled.find(({ text }) => features.length > 0 && text.split(",").length !== features.length);
    if (wrong)
      return l10n.t(
        "line {0} has {1} values, but the model has {2} features",
        wrong.line,
        wrong.text.split(",").length,
        features.length,
      );
    return filled.map(({ text, line }) => ({ line, body: text.trim() }));
  }
  const missing = features.filter((_, i) => at[i] === -1);
  if (missing.length > 0) return l10n.t("its header lacks the features {0}", missing.join(", "));
  const labelAt = header.findIndex((name) => !features.includes(name));
  return filled.slice(1).map(({ text, line }) => {
    const cells = text.split(",");
    const label = labelAt < 0 ? undefined : cells[labelAt]?.trim();
    return {
      line,
      body: at.map((i) => cells[i]?.trim() ?? "").join(","),
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
    confusion: confusionOf(answered),
  };
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
