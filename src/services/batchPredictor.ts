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
  const send = async (row: BatchRow): Promise<BatchOutcome> => {
    const request = { endpointName, targetVariant, contentType: "text/csv", body: row.body };
    const { latencyMs, probabilities, error } = await predictor.predict(request);
    if (error) return { row, latencyMs, failure: error.originalMessage ?? error.message };
    return { row, latencyMs, predicted: probabilities && likeliestClass(probabilities, classes) };
  };
  const [first, ...others] = rows;
  if (!first) return outcomes;
  outcomes.push(await send(first));
  let next = 0;
  const work = async () => {
    while (next < others.length && !signal?.aborted) {
      const row = others[next++];
      if (!row) return;
      const outcome = await send(row).catch(
        (error): BatchOutcome => ({ row, latencyMs: 0, failure: toOpsError(error).message }),
      );
      outcomes.push(outcome);
      onProgress?.(outcomes.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes.sort((a, b) => a.row.line - b.row.line);
}
