import { filterLog } from "../aws/logs.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import type { LogLine } from "../domain/failureExplanation.ts";
import type { Connections } from "./connections.ts";

/** What is read of a log. */
export interface LogRequest {
  logGroup: string;
  /** CloudWatch's filter pattern, e.g. `ERROR` or `{ $.status = 500 }`; empty for everything. */
  pattern: string;
  /** Epoch milliseconds. */
  fromMs: number;
  /** Absent: followed until the signal fires. */
  toMs?: number;
}

/** How often a log is asked for what is new. */
const AWS_POLL_MS = 3_000;
const SANDBOX_POLL_MS = 500;
/** Lines reach CloudWatch late and out of order: this much is read again each time. */
const OVERLAP_MS = 30_000;
/** Lines that are remembered, so that what is read again is not told twice. */
const REMEMBERED = 20_000;

/**
 * Reads a log group, and follows it where there is no end. A group that is not there yet is waited for: SageMaker makes
 * it with the first line.
 * @param tell gets lines in the order of their time, each once
 * @throws OpsError notFound for a group that does not exist when there is an end, badInput for a wrong pattern
 */
export async function readLog(
  connections: Connections,
  request: LogRequest,
  tell: (lines: LogLine[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const { logGroup, pattern, fromMs, toMs } = request;
  const { kind } = connections.required();
  const told = new Set<string>();
  let since = fromMs;
  for (;;) {
    const found = await filterLog(connections.clients(), { logGroup, pattern, fromMs: since, toMs }).catch((error) => {
      if (toMs === undefined && toOpsError(error).code === "notFound") return [];
      throw error;
    });
    const fresh = found.filter(({ id }) => !told.has(id));
    for (const { id } of fresh) told.add(id);
    if (told.size > REMEMBERED) for (const id of [...told].slice(0, told.size - REMEMBERED)) told.delete(id);
    if (fresh.length > 0) tell(fresh);
    if (toMs !== undefined || signal.aborted) return;
    since = Math.max(fromMs, (found.at(-1)?.atMs ?? since) - OVERLAP_MS);
    await waited(kind === "sandbox" ? SANDBOX_POLL_MS : AWS_POLL_MS, signal);
    if (signal.aborted) return;
    if (!connections.current) throw new OpsError("cancelled", `Following ${logGroup}: the connection was given up.`);
  }
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
