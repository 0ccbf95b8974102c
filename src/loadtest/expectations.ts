import type { LoadExpectations } from "../domain/loadPlan.ts";
import {
  type ExpectationResult,
  errorCount,
  type InstancePoint,
  type LoadRunLatency,
  type LoadRunTotals,
} from "../domain/loadRun.ts";

/** What expectations are held against. */
export type MeasuredRun = { totals: LoadRunTotals; latency: LoadRunLatency; instances: readonly InstancePoint[] };

/** Sent in time against asked for by the whole plan; null when nothing was asked for. */
export function achievedRatio(totals: LoadRunTotals): number | null {
  return totals.planned > 0 ? totals.sentInTime / totals.planned : null;
}

/** Failures against all requests that came to an end; null when none did. */
export function errorRate(totals: LoadRunTotals): number | null {
  return totals.done > 0 ? errorCount(totals.byKind) / totals.done : null;
}

/** Holds each expectation of the plan against the run, in the order in which the plan format lists them. */
export function evaluateExpectations(expect: LoadExpectations, run: MeasuredRun): ExpectationResult[] {
  const results: ExpectationResult[] = [];
  if (expect.achievedRatio) {
    const measured = achievedRatio(run.totals);
    results.push(
      judge("achieved ratio", "atLeast", expect.achievedRatio.min, measured, "ratio", "nothing was asked for"),
    );
  }
  if (expect.errorRate) {
    const measured = errorRate(run.totals);
    results.push(judge("error rate", "atMost", expect.errorRate.max, measured, "ratio", "no request came to an end"));
  }
  for (const [key, name] of latencyNames) {
    const limit = expect[key];
    if (!limit) continue;
    const stage = limit.stage === undefined ? undefined : run.latency.stages[limit.stage];
    const clean = limit.stage === undefined ? run.latency.clean : (stage?.clean ?? null);
    const all = limit.stage === undefined ? run.latency.whole : (stage?.all ?? null);
    const reason = all ? "the generator was the limit throughout" : "nothing was answered";
    const result = judge(name, "atMost", limit.max, clean?.[key] ?? null, "ms", reason);
    results.push(limit.stage === undefined ? result : { ...result, stage: limit.stage });
  }
  if (expect.instances) {
    const measured = run.instances.length > 0 ? Math.max(...run.instances.map(({ current }) => current)) : null;
    results.push(judge("instances", "atLeast", expect.instances.min, measured, "instances", "instances were not seen"));
  }
  return results;
}

const latencyNames = [
  ["p50Ms", "p50"],
  ["p95Ms", "p95"],
  ["p99Ms", "p99"],
] as const;

function judge(
  name: string,
  comparison: ExpectationResult["comparison"],
  asked: number,
  measured: number | null,
  unit: ExpectationResult["unit"],
  reason: string,
): ExpectationResult {
  const base = { name, comparison, asked, measured, unit };
  if (measured === null) return { ...base, passed: false, reason };
  return { ...base, passed: comparison === "atLeast" ? measured >= asked : measured <= asked };
}
