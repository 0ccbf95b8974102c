import * as l10n from "@vscode/l10n";
import { z } from "zod";
import {
  errorCount,
  type LatencySummary,
  type LoadErrorCounts,
  type LoadErrorKind,
  type LoadRunPoint,
  noErrors,
} from "../../domain/loadRun.ts";
import type { ImportedRun } from "./importedRun.ts";

const summary = z.object({
  min: z.number(),
  max: z.number(),
  count: z.number(),
  median: z.number(),
  p90: z.number().optional(),
  p95: z.number(),
  p99: z.number(),
  p999: z.number().optional(),
});
const metrics = z.object({
  counters: z.record(z.string(), z.number()).default({}),
  summaries: z.record(z.string(), z.unknown()).default({}),
  firstMetricAt: z.number().nullish(),
  lastMetricAt: z.number().nullish(),
});
const intermediate = metrics.extend({ period: z.coerce.number() });
const artilleryReport = z.object({ aggregate: metrics, intermediate: z.array(intermediate).default([]) });

type Metrics = z.infer<typeof metrics>;

/** Artillery gathers its readings over ten seconds. */
const periodSeconds = 10;

/** Whether a parsed JSON file is what `artillery run --output` writes. */
export function isArtilleryReport(json: unknown): boolean {
  return artilleryReport.safeParse(json).success;
}

/**
 * Reads Artillery's JSON report. Throws when it has no HTTP requests in it, with what is missing as the message.
 * @param json the parsed file; `isArtilleryReport` must hold
 */
export function importArtillery(json: unknown, file: string): ImportedRun {
  const { aggregate, intermediate: periods } = artilleryReport.parse(json);
  const sent = aggregate.counters["http.requests"] ?? 0;
  const { firstMetricAt: startedAtMs, lastMetricAt: endedAtMs } = aggregate;
  if (sent === 0 || startedAtMs == null || endedAtMs == null) throw new Error(l10n.t("it tells of no HTTP request"));
  const { byKind, samples } = failures(aggregate.counters);
  const ordered = [...periods].sort((a, b) => a.period - b.period);
  return {
    source: { tool: "Artillery", file, periodSeconds },
    startedAtMs,
    endedAtMs: Math.max(endedAtMs, startedAtMs + 1000),
    sent,
    byKind,
    errorSamples: samples,
    latency: latencyOf(aggregate),
    points: ordered.flatMap((period) => pointsOf(period, startedAtMs, endedAtMs)),
    warnings: [
      l10n.t(
        "Artillery keeps one reading for {0} seconds: each second shows the average of its period.",
        periodSeconds,
      ),
    ],
  };
}

function latencyOf({ summaries }: Metrics): LatencySummary | null {
  const parsed = summary.safeParse(summaries["http.response_time"]);
  if (!parsed.success) return null;
  const { count, median, p90, p95, p99, p999, max } = parsed.data;
  return { count, p50Ms: median, p90Ms: p90 ?? p95, p95Ms: p95, p99Ms: p99, p999Ms: p999 ?? max, maxMs: max };
}

/** The seconds of a period that belong to the run; their counts add up to the period's. */
function pointsOf(period: z.infer<typeof intermediate>, startedAtMs: number, endedAtMs: number): LoadRunPoint[] {
  const from = Math.max(0, Math.floor((period.period - startedAtMs) / 1000));
  const to = Math.floor((Math.min(period.period + periodSeconds * 1000, endedAtMs) - startedAtMs) / 1000);
  const seconds = Math.max(1, to - from);
  const share = (count: number) => count / seconds;
  const { byKind } = failures(period.counters);
  for (const kind of Object.keys(byKind) as LoadErrorKind[]) byKind[kind] = share(byKind[kind]);
  const sent = share(period.counters["http.requests"] ?? 0);
  const latency = latencyOf(period);
  const done = share((period.counters["http.responses"] ?? 0) + requestErrors(period.counters));
  return Array.from({ length: seconds }, (_, index) => ({
    atMs: startedAtMs + (from + index) * 1000,
    second: from + index,
    asked: sent,
    sent,
    done,
    ok: Math.max(0, done - errorCount(byKind)),
    byKind,
    inFlight: 0,
    queued: 0,
    connections: 0,
    p50Ms: latency?.p50Ms ?? null,
    p90Ms: latency?.p90Ms ?? null,
    p95Ms: latency?.p95Ms ?? null,
    p99Ms: latency?.p99Ms ?? null,
    maxMs: latency?.maxMs ?? null,
    serviceP50Ms: latency?.p50Ms ?? null,
    serviceP99Ms: latency?.p99Ms ?? null,
    lagP99Ms: 0,
    generatorLimited: false,
    generatorCpu: 0,
  }));
}

const errorName = /^errors\.(.+)$/;

function requestErrors(counters: Record<string, number>): number {
  return Object.entries(counters).reduce((sum, [name, count]) => (errorName.test(name) ? sum + count : sum), 0);
}

/** Failures from the counters `http.codes.NNN` and `errors.NAME`. */
function failures(counters: Record<string, number>): {
  byKind: LoadErrorCounts;
  samples: Partial<Record<LoadErrorKind, string>>;
} {
  const byKind = noErrors();
  const samples: Partial<Record<LoadErrorKind, string>> = {};
  const add = (kind: LoadErrorKind, count: number, sample: string) => {
    byKind[kind] += count;
    samples[kind] ??= sample;
  };
  for (const [name, count] of Object.entries(counters)) {
    const status = Number(/^http\.codes\.(\d{3})$/.exec(name)?.[1]);
    if (status >= 300) add(kindOfStatus(status), count, `HTTP ${status}`);
    const error = errorName.exec(name)?.[1];
    if (error) add(/TIMEDOUT|timeout/i.test(error) ? "timeout" : "connection", count, error.slice(0, 300));
  }
  return { byKind, samples };
}

function kindOfStatus(status: number): LoadErrorKind {
  if (status === 424) return "modelError";
  if (status === 429) return "throttled";
  return status >= 500 ? "serverError" : "clientError";
}
