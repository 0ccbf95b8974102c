import * as l10n from "@vscode/l10n";
import type { LoadPlan } from "../domain/loadPlan.ts";
import { errorCount, type LoadRunPoint, type LoadRunTotals, type RateShortfall } from "../domain/loadRun.ts";
import { plural } from "../domain/plural.ts";
import { formatMs, formatNumber, formatPercent } from "./format.ts";

/** From this share on a rate counts as reached. */
const reachedShare = 0.99;
/** Above this share of failures the target is no longer well. */
const failingShare = 0.05;
/** Latency that has grown by this factor since the run's quiet beginning is the target's saturation. */
const grownFactor = 5;
/** Most connections that a plan may ask for. */
const mostConnections = 4096;

/** What a shortfall is found from. */
export type ShortfallInput = {
  plan: Pick<LoadPlan, "maxConnections" | "stages">;
  points: readonly LoadRunPoint[];
  totals: LoadRunTotals;
  processes: number;
};

/**
 * Why a run did not send what was asked for, by the seconds that fell behind: the generator where they were
 * generator-limited; else requests waited for a connection, because the target had become slow or failed, or because
 * there were too few connections for the latency that it always had. Undefined when the rate was reached.
 */
export function findShortfall(input: ShortfallInput): RateShortfall | undefined {
  const { points, totals } = input;
  // Asked for until the end: what an interrupted run left out is nobody's fault.
  if (totals.asked === 0 || totals.sentInTime >= totals.asked * reachedShare) return undefined;
  const behind = points.filter(({ asked, sent, queued }) => asked > 0 && (sent < asked * reachedShare || queued > 0));
  if (behind.length === 0) return undefined;
  const reached = l10n.t(
    "Of {0} requests {1} were sent in time.",
    formatNumber(totals.asked),
    formatPercent(totals.sentInTime / totals.asked),
  );
  const limited = behind.filter(({ generatorLimited }) => generatorLimited);
  if (limited.length * 2 > behind.length) return generator(input, limited, reached);
  return waiting(input, behind, reached);
}

function generator({ processes }: ShortfallInput, limited: readonly LoadRunPoint[], reached: string): RateShortfall {
  const cpu = mean(limited.map(({ generatorCpu }) => generatorCpu));
  const lag = Math.max(...limited.map(({ lagP99Ms }) => lagP99Ms));
  // A process that is hardly busy was kept waiting by others.
  const isBusy = cpu > 0.6 * processes;
  const why = isBusy
    ? l10n.t(
        "{0} used {1} cores",
        processes === 1 ? l10n.t("its one process") : l10n.t("its {0} processes", processes),
        formatNumber(cpu, 2),
      )
    : l10n.t("it got {0} cores only, the rest was used by other programs", formatNumber(cpu, 2));
  const way = isBusy
    ? l10n.t("Send with more processes (--processes), or from another machine.")
    : l10n.t("Close other programs, or send from another machine.");
  return {
    cause: "generator",
    text: l10n.t(
      "{0} This machine was the limit in {1}: {2}, and requests left up to {3} late. {4}",
      reached,
      plural(limited.length, "second"),
      why,
      formatMs(lag),
      way,
    ),
  };
}

function waiting({ plan, points }: ShortfallInput, behind: readonly LoadRunPoint[], reached: string): RateShortfall {
  const done = behind.reduce((sum, point) => sum + point.done, 0);
  const failed = behind.reduce((sum, { byKind }) => sum + errorCount(byKind), 0);
  const queued = Math.max(...behind.map((point) => point.queued));
  const service = median(behind.map(({ serviceP50Ms }) => serviceP50Ms));
  const quiet = median(
    points.slice(0, Math.max(1, points.indexOf(behind[0] as LoadRunPoint))).map((p) => p.serviceP50Ms),
  );
  const peak = Math.max(...behind.map(({ asked }) => asked));
  const needed = Math.ceil((peak * (service ?? 0)) / 1000);
  const queue = l10n.t(
    "up to {0} requests waited for one of {1} connections",
    formatNumber(queued),
    formatNumber(plan.maxConnections),
  );
  if (done > 0 && failed / done > failingShare)
    return {
      cause: "target",
      text: l10n.t(
        "{0} The target was the limit: {1} of its answers in {2} were errors or timeouts, and {3}. Look at the errors first; more connections would not help.",
        reached,
        formatPercent(failed / done),
        plural(behind.length, "second"),
        queue,
      ),
    };
  const isGrown = service !== null && quiet !== null && service > quiet * grownFactor;
  if (isGrown || needed > mostConnections || service === null)
    return {
      cause: "target",
      text: l10n.t(
        "{0} The target was the limit: its median time per request {1}, and {2}. It needs more capacity, or a lower rate.",
        reached,
        quiet !== null && isGrown
          ? l10n.t("rose from {0} to {1}", formatMs(quiet), formatMs(service))
          : l10n.t("was {0}", formatMs(service)),
        queue,
      ),
    };
  const advised = Math.min(mostConnections, Math.ceil(needed * 1.5));
  return {
    cause: "connections",
    text: l10n.t(
      "{0} The connections were the limit: at a median of {1} per request {2} requests/s keep {3} connections busy, and {4}. Raise maxConnections to {5}.",
      reached,
      formatMs(service),
      formatNumber(peak),
      formatNumber(needed),
      queue,
      formatNumber(Math.max(advised, plan.maxConnections * 2)),
    ),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function median(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null).sort((a, b) => a - b);
  return present[Math.floor(present.length / 2)] ?? null;
}
