import type { LoadPlan } from "../../../../src/domain/loadPlan.ts";
import { type LoadRunPoint, type LoadRunReport, noErrors } from "../../../../src/domain/loadRun.ts";
import { seededRandom } from "../../../../src/domain/seededRandom.ts";
import { buildReport } from "../../../../src/loadtest/report.ts";

/** A plan of one hold at 100 requests/s. */
export function holdPlan(seconds: number, more: Partial<LoadPlan> = {}): LoadPlan {
  return {
    version: 1,
    name: "hold",
    target: { type: "endpoint", name: "wine" },
    payloads: { inline: ["1,2"] },
    contentType: "text/csv",
    stages: [{ type: "hold", rate: 100, seconds }],
    maxConnections: 64,
    timeoutSeconds: 70,
    expect: {},
    ...more,
  };
}

/** What a synthetic run is made of. */
export type Synthetic = {
  seconds?: number;
  seed: number;
  /** Typical p99 in ms; each second's is spread around it by about 15 %, and neighbours resemble each other. */
  p99Ms?: number;
  errorShare?: number;
  plan?: Partial<LoadPlan>;
};

/** A run with known properties and natural noise; it went through the same report builder as a real one. */
export function syntheticRun({ seconds = 60, seed, p99Ms = 40, errorShare = 0, plan = {} }: Synthetic): LoadRunReport {
  const random = seededRandom(seed);
  let drift = 0;
  const points = Array.from({ length: seconds }, (_, second): LoadRunPoint => {
    drift = 0.6 * drift + 0.15 * (random() + random() + random() - 1.5);
    const p99 = p99Ms * Math.exp(drift);
    const failed = Math.round(100 * errorShare * (0.5 + random()));
    return {
      atMs: 1_700_000_000_000 + second * 1000,
      second,
      asked: 100,
      sent: 100,
      done: 100,
      ok: 100 - failed,
      byKind: { ...noErrors(), serverError: failed },
      inFlight: 0,
      queued: 0,
      connections: 8,
      p50Ms: p99 / 4,
      p90Ms: p99 / 2,
      p95Ms: p99 / 1.5,
      p99Ms: p99,
      maxMs: p99 * 1.5,
      serviceP50Ms: p99 / 4,
      serviceP99Ms: p99,
      lagP99Ms: 0.2,
      generatorLimited: false,
      generatorCpu: 0.2,
    };
  });
  const failures = points.reduce((sum, { byKind }) => sum + byKind.serverError, 0);
  const count = seconds * 100;
  const latency = {
    count,
    p50Ms: p99Ms / 4,
    p90Ms: p99Ms / 2,
    p95Ms: p99Ms / 1.5,
    p99Ms,
    p999Ms: p99Ms * 1.2,
    maxMs: p99Ms * 1.5,
  };
  return buildReport({
    id: `run-${seed}`,
    plan: holdPlan(seconds, plan),
    target: { type: "endpoint", name: "wine" },
    connection: { accountId: "123456789012", region: "us-east-1", sandbox: true, timeScale: 30 },
    result: {
      startedAtMs: 1_700_000_000_000,
      endedAtMs: 1_700_000_000_000 + seconds * 1000,
      interrupted: false,
      points,
      totals: {
        planned: count,
        asked: count,
        sent: count,
        sentInTime: count,
        done: count,
        ok: count - failures,
        byKind: { ...noErrors(), serverError: failures },
        abandoned: 0,
        seconds,
      },
      latency: { whole: latency, clean: latency, service: latency, stages: [{ all: latency, clean: latency }] },
      errorSamples: failures > 0 ? { serverError: "HTTP 500" } : {},
    },
    instances: [],
    marks: [],
  });
}
