import * as l10n from "@vscode/l10n";
import { liveTail } from "../aws/liveTail.ts";
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

/** How a log is followed live. */
export interface LogTail {
  tell(lines: LogLine[]): void;
  /** More is logged than a session shows; told once. */
  onSampled(): void;
}

/**
 * Reads a log group up to now, and goes on with Live Tail until the signal fires. A group that is not there yet is waited
 * for: SageMaker makes it with the first line.
 * @throws OpsError badInput for a wrong pattern, accessDenied (`logs:StartLiveTail`), cancelled when the connection goes
 */
export async function tailLog(
  connections: Connections,
  { logGroup, pattern, fromMs }: Omit<LogRequest, "toMs">,
  { tell, onSampled }: LogTail,
  signal: AbortSignal,
): Promise<void> {
  const { kind, accountId } = connections.required();
  let since = fromMs;
  let wasSampled = false;
  while (!signal.aborted) {
    const clients = connections.clients();
    try {
      const begun: Promise<void>[] = [];
      // What was logged before the session stood is read when it stands, so that nothing falls between.
      const onStart = () => {
        const toMs = Date.now();
        // Without them the session still tells what comes.
        const earlier = filterLog(clients, { logGroup, pattern, fromMs: since, toMs }).catch(() => []);
        since = toMs;
        begun.push(earlier.then((lines) => (lines.length > 0 ? tell(lines) : undefined)));
      };
      const onLines = ({ lines, isSampled }: { lines: LogLine[]; isSampled: boolean }) => {
        tell(lines);
        if (isSampled && !wasSampled) onSampled();
        wasSampled ||= isSampled;
      };
      await liveTail(clients, { logGroup, accountId, pattern }, onStart, onLines, signal);
      await Promise.all(begun);
    } catch (error) {
      if (toOpsError(error).code !== "notFound") throw error;
    }
    await waited(kind === "sandbox" ? SANDBOX_POLL_MS : AWS_POLL_MS, signal);
    if (!signal.aborted && !connections.current)
      throw new OpsError("cancelled", l10n.t("Following {0}: the connection was given up.", logGroup));
  }
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
    if (!connections.current)
      throw new OpsError("cancelled", l10n.t("Following {0}: the connection was given up.", logGroup));
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
