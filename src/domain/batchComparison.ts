import { type BatchOutcome, type BatchSummary, summarizeBatch } from "./batchPrediction.ts";
import { csvLine } from "./csv.ts";

/** What is asked with the rows: an endpoint, one variant of it, or an inference component that it hosts. */
export interface BatchSide {
  endpointName: string;
  targetVariant?: string;
  inferenceComponent?: string;
}

/** `wine-endpoint` or `wine-endpoint/blue` */
export function sideName({ endpointName, targetVariant, inferenceComponent }: BatchSide): string {
  const part = inferenceComponent ?? targetVariant;
  return part === undefined ? endpointName : `${endpointName}/${part}`;
}

/** What one side made of a row. */
export interface SideAnswer {
  predicted?: string;
  /** Numbers of the answer: probabilities, or a single estimate. */
  values?: number[];
  latencyMs: number;
  failure?: string;
}

/** A row with what both sides made of it. */
export interface ComparedRow {
  /** In the file, from 1. */
  line: number;
  body: string;
  label?: string;
  a: SideAnswer;
  b: SideAnswer;
}

/** How two sides differ on the same rows. */
export interface BatchComparison {
  a: BatchSummary;
  b: BatchSummary;
  /** Rows that both answered. */
  answeredByBoth: number;
  /** Rows that both answered in another way, or that only one answered. */
  disagreements: ComparedRow[];
  /** Only with labels and classes, of the rows that both answered. */
  correctness?: Correctness;
  /** Largest and mean absolute difference of the sides' numbers, over the rows that both answered. */
  difference?: { mean: number; max: number };
}

export interface Correctness {
  bothRight: number;
  onlyA: number;
  onlyB: number;
  neither: number;
  /** McNemar's exact test: how likely a split as uneven as this is when both sides err equally often. */
  pValue: number;
}

/** Estimates that differ by less are the same: containers write so many digits. */
const SAME = 1e-6;

/** Holds the outcomes of both sides against each other; they must be of the same rows. */
export function compareBatches(a: readonly BatchOutcome[], b: readonly BatchOutcome[]): BatchComparison {
  const rows = comparedRows(a, b);
  const both = rows.filter((row) => row.a.failure === undefined && row.b.failure === undefined);
  const differences = both.flatMap((row) => {
    const values = row.a.values?.map((value, i) => Math.abs(value - (row.b.values?.[i] ?? Number.NaN))) ?? [];
    const largest = Math.max(...values);
    return Number.isFinite(largest) ? [largest] : [];
  });
  return {
    a: summarizeBatch(a),
    b: summarizeBatch(b),
    answeredByBoth: both.length,
    disagreements: rows.filter(disagree),
    correctness: correctnessOf(both),
    difference: differences.length
      ? { mean: differences.reduce((sum, value) => sum + value, 0) / differences.length, max: Math.max(...differences) }
      : undefined,
  };
}

/** Rows in the file's order that both sides were asked. */
export function comparedRows(a: readonly BatchOutcome[], b: readonly BatchOutcome[]): ComparedRow[] {
  const others = new Map(b.map((outcome) => [outcome.row.line, outcome]));
  return a
    .flatMap((outcome) => {
      const other = others.get(outcome.row.line);
      return other ? [{ ...outcome.row, a: answerOf(outcome), b: answerOf(other) }] : [];
    })
    .sort((x, y) => x.line - y.line);
}

const answerOf = ({ predicted, values, latencyMs, failure }: BatchOutcome): SideAnswer => ({
  predicted,
  values,
  latencyMs,
  failure,
});

function disagree({ a, b }: ComparedRow): boolean {
  if (a.failure !== undefined || b.failure !== undefined)
    return (a.failure === undefined) !== (b.failure === undefined);
  if (a.predicted !== undefined || b.predicted !== undefined) return a.predicted !== b.predicted;
  if (a.values?.length !== b.values?.length) return true;
  return (a.values ?? []).some((value, i) => {
    const other = b.values?.[i] ?? 0;
    return Math.abs(value - other) > SAME * Math.max(1, Math.abs(value), Math.abs(other));
  });
}

function correctnessOf(rows: readonly ComparedRow[]): Correctness | undefined {
  const judged = rows.filter(
    ({ label, a, b }) => label !== undefined && a.predicted !== undefined && b.predicted !== undefined,
  );
  if (judged.length === 0) return undefined;
  const count = (right: (row: ComparedRow) => boolean) => judged.filter(right).length;
  const isA = ({ label, a }: ComparedRow) => a.predicted === label;
  const isB = ({ label, b }: ComparedRow) => b.predicted === label;
  const onlyA = count((row) => isA(row) && !isB(row));
  const onlyB = count((row) => !isA(row) && isB(row));
  return {
    bothRight: count((row) => isA(row) && isB(row)),
    onlyA,
    onlyB,
    neither: count((row) => !isA(row) && !isB(row)),
    pValue: mcNemarExact(onlyA, onlyB),
  };
}

/** Two-sided exact binomial test of McNemar (1947): under equal error rates each disagreement is a fair coin. */
export function mcNemarExact(onlyA: number, onlyB: number): number {
  const count = onlyA + onlyB;
  if (count === 0) return 1;
  const fewer = Math.min(onlyA, onlyB);
  // In logarithms: 2 to the power of 2,000 rows is no number of JavaScript's.
  let logTerm = -count * Math.LN2;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log(count - k + 1) - Math.log(k);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, 2 * sum);
}

/** All rows as CSV, one line each, with both sides' answers. */
export function comparedRowsCsv(rows: readonly ComparedRow[], names: { a: string; b: string }): string {
  const side = (name: string) => ["prediction", "values", "latency_ms", "failure"].map((what) => `${name} ${what}`);
  const head = ["line", "label", "agree", ...side(names.a), ...side(names.b), "body"];
  const answer = ({ predicted, values, latencyMs, failure }: SideAnswer) => [
    predicted ?? "",
    values?.join(" ") ?? "",
    failure === undefined ? latencyMs.toFixed(2) : "",
    failure ?? "",
  ];
  const lines = rows.map((row) => {
    const agree = disagree(row) ? "no" : "yes";
    return [`${row.line}`, row.label ?? "", agree, ...answer(row.a), ...answer(row.b), row.body];
  });
  return `${[head, ...lines].map(csvLine).join("\n")}\n`;
}
