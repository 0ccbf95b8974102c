import * as l10n from "@vscode/l10n";
import { z } from "zod";
import { noErrors } from "../../domain/loadRun.ts";
import type { ImportedRun } from "./importedRun.ts";

/** `--summary-export` has the values beside the metric's name, `handleSummary` in `values`. */
const metric = z.union([
  z.object({ values: z.record(z.string(), z.number()) }).transform(({ values }) => values),
  z
    .record(z.string(), z.unknown())
    .transform((all) => Object.fromEntries(Object.entries(all).filter(([, v]) => typeof v === "number")) as Values),
]);
type Values = Record<string, number>;

const k6Summary = z.object({
  metrics: z.record(z.string(), metric).refine((all) => "http_reqs" in all || "iterations" in all),
  state: z.object({ testRunDurationMs: z.number() }).optional(),
});

/** Whether a parsed JSON file is a k6 end-of-test summary. */
export function isK6Summary(json: unknown): boolean {
  return k6Summary.safeParse(json).success;
}

/**
 * Reads the summary that k6 writes at the end of a test. It has no moment in it and no course of the run: the end is
 * `writtenAtMs`, the length follows from count and rate. Throws when no request was made.
 */
export function importK6(json: unknown, file: string, writtenAtMs: number): ImportedRun {
  const { metrics, state } = k6Summary.parse(json);
  const { count = 0, rate = 0 } = metrics.http_reqs ?? {};
  if (count === 0) throw new Error(l10n.t("it tells of no HTTP request"));
  const lengthMs = state?.testRunDurationMs ?? (rate > 0 ? (count / rate) * 1000 : 1000);
  const failed = metrics.http_req_failed ?? {};
  // The metric counts what is true, and true is "failed": `passes` are the failures.
  const failures = failed.passes ?? Math.round((failed.rate ?? failed.value ?? 0) * count);
  const byKind = { ...noErrors(), serverError: failures };
  const duration = metrics.http_req_duration;
  const at = (name: string) => duration?.[name];
  const p95 = at("p(95)");
  const max = at("max");
  const dropped = metrics.dropped_iterations?.count ?? 0;
  const latency =
    duration && max !== undefined
      ? {
          count,
          p50Ms: at("med") ?? at("p(50)") ?? max,
          p90Ms: at("p(90)") ?? p95 ?? max,
          p95Ms: p95 ?? max,
          p99Ms: at("p(99)") ?? max,
          p999Ms: at("p(99.9)") ?? max,
          maxMs: max,
        }
      : null;
  return {
    source: { tool: "k6", file },
    startedAtMs: Math.round(writtenAtMs - lengthMs),
    endedAtMs: Math.round(writtenAtMs),
    sent: count,
    byKind,
    errorSamples: {},
    latency,
    points: [],
    warnings: [
      l10n.t(
        "k6's summary has no course of the run: there is nothing to draw, and a comparison cannot tell a change from noise.",
      ),
      ...(failures > 0 ? [l10n.t("k6 does not tell the kinds of failures: they are counted as server errors.")] : []),
      ...(at("p(99)") === undefined && latency
        ? [
            l10n.t(
              'The summary has no p(99), so the maximum stands for it: run k6 with --summary-trend-stats "min,med,avg,p(90),p(95),p(99),max".',
            ),
          ]
        : []),
      ...(dropped > 0
        ? [l10n.t("k6 dropped {0} iterations: it had too few virtual users for the rate.", dropped)]
        : []),
    ],
  };
}
