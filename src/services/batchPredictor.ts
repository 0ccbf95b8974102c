import type { BatchSide } from "../domain/batchComparison.ts";
import { type BatchOutcome, type BatchRow, likeliestClass } from "../domain/batchPrediction.ts";
import { toOpsError } from "../domain/errors.ts";
import type { Predictor } from "./predictor.ts";

/** Rows that are under way at once: quick, and far from a load test. */
const AT_ONCE = 8;

/** How a batch is sent. */
export interface BatchOptions {
  endpointName: string;
  targetVariant?: string;
  /** Names of the model's classes. */
  classes: readonly string[];
  signal?: AbortSignal;
  onProgress?(done: number): void;
}

async function sendRow(
  predictor: Predictor,
  row: BatchRow,
  side: BatchSide,
  classes: readonly string[],
): Promise<BatchOutcome> {
  const request = { ...side, contentType: "text/csv", body: row.body };
  const { latencyMs, probabilities, labels, error } = await predictor.predict(request);
  if (error) return { row, latencyMs, failure: error.originalMessage ?? error.message };
  return {
    row,
    latencyMs,
    values: probabilities,
    predicted: probabilities && likeliestClass(probabilities, labels ?? classes),
  };
}

const failed =
  (row: BatchRow) =>
  (error: unknown): BatchOutcome => ({
    row,
    latencyMs: 0,
    failure: toOpsError(error).message,
  });

/**
 * Sends rows as CSV, one request each; a row that fails is an outcome. Ends early, with what is there, when the signal
 * fires.
 * @throws OpsError what the first row is refused with by AWS itself: the others would be, too
 */
export async function predictBatch(
  predictor: Predictor,
  rows: readonly BatchRow[],
  { endpointName, targetVariant, classes, signal, onProgress }: BatchOptions,
): Promise<BatchOutcome[]> {
  const outcomes: BatchOutcome[] = [];
  const send = (row: BatchRow) => sendRow(predictor, row, { endpointName, targetVariant }, classes);
  const [first, ...others] = rows;
  if (!first) return outcomes;
  outcomes.push(await send(first));
  let next = 0;
  const work = async () => {
    while (next < others.length && !signal?.aborted) {
      const row = others[next++];
      if (!row) return;
      outcomes.push(await send(row).catch(failed(row)));
      onProgress?.(outcomes.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes.sort((a, b) => a.row.line - b.row.line);
}

/** How rows are sent to two sides. */
export interface ComparisonOptions {
  sides: readonly [BatchSide, BatchSide];
  classes: readonly string[];
  signal?: AbortSignal;
  onProgress?(done: number): void;
}

/**
 * Sends each row to both sides, one after the other and in turns first, so that neither has the quieter moments. Ends
 * early, with the rows that both were asked, when the signal fires.
 * @throws OpsError what AWS itself refuses the first row with, on either side
 */
export async function predictOnBoth(
  predictor: Predictor,
  rows: readonly BatchRow[],
  { sides, classes, signal, onProgress }: ComparisonOptions,
): Promise<[BatchOutcome[], BatchOutcome[]]> {
  const [first, ...others] = rows;
  const a: BatchOutcome[] = [];
  const b: BatchOutcome[] = [];
  if (!first) return [a, b];
  a.push(await sendRow(predictor, first, sides[0], classes));
  b.push(await sendRow(predictor, first, sides[1], classes));
  let next = 0;
  const work = async () => {
    while (next < others.length && !signal?.aborted) {
      const at = next++;
      const row = others[at];
      if (!row) return;
      const ask = (side: BatchSide) => sendRow(predictor, row, side, classes).catch(failed(row));
      const isTurned = at % 2 === 0;
      const one = await ask(sides[isTurned ? 1 : 0]);
      const other = await ask(sides[isTurned ? 0 : 1]);
      a.push(isTurned ? other : one);
      b.push(isTurned ? one : other);
      onProgress?.(a.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const inOrder = (outcomes: BatchOutcome[]) => outcomes.sort((x, y) => x.row.line - y.row.line);
  return [inOrder(a), inOrder(b)];
}
