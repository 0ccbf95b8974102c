import { readFileSync } from "node:fs";
import path from "node:path";
import { parseLoadPlan } from "../../src/domain/loadPlan.ts";
import { type LoadRunPoint, type LoadRunReport, noErrors } from "../../src/domain/loadRun.ts";
import { type FeatureFile, parseProbabilities } from "../../src/domain/prediction.ts";
import { parseFeatureFile } from "../../src/domain/project.ts";
import type { EndpointPageSnapshot } from "../../src/protocol/endpointPage.ts";
import type { LoadRunPageSnapshot } from "../../src/protocol/loadRunPage.ts";
import { runColumns } from "../../src/protocol/runColumns.ts";
import { parseExamples } from "../../src/services/projects.ts";

const model = path.resolve(import.meta.dirname, "../../infra/model");

/** The wine project's features, as the extension reads them. */
export const wineFeatures: FeatureFile = (() => {
  const parsed = parseFeatureFile(JSON.parse(readFileSync(path.join(model, "features.json"), "utf8")));
  if ("problems" in parsed) throw new Error(parsed.problems.join("; "));
  return parsed.file;
})();
const examples = parseExamples(readFileSync(path.join(model, "wine.csv"), "utf8"), wineFeatures, "wine.csv");

const FROM_MS = Date.UTC(2026, 0, 5, 12, 0, 0);
const PERIOD_SECONDS = 5;
const PERIODS = 180;

/** A quarter of an hour in which an endpoint scales out from 1 to 3, with a gap of two minutes. */
export function endpointSnapshot(more: Partial<EndpointPageSnapshot> = {}): EndpointPageSnapshot {
  const at = (i: number) => FROM_MS + i * PERIOD_SECONDS * 1000;
  const instances = (i: number) => (i < 90 ? 1 : i < 120 ? 2 : 3);
  const line = (id: string, value: (i: number) => number) => ({
    id,
    points: Array.from({ length: PERIODS }, (_, i) => ({ atMs: at(i), value: value(i) })).filter(
      (_, i) => i < 30 || i >= 54,
    ),
  });
  const rate = (i: number) => Math.min(1000, Math.max(20, (i - 54) * 14)) + 12 * Math.sin(i / 3);
  const busy = (i: number) => (i > 70 && i < 120 ? 20 : 1);
  return {
    name: "wine-endpoint",
    place: "sandbox · us-east-1",
    simulated: true,
    endpoint: {
      status: "InService",
      currentInstances: 3,
      desiredInstances: 3,
      maxInstances: 4,
      hourlyUsd: 0.345,
      variants: ["AllTraffic"],
      takesTraffic: true,
      targetPerMinute: 15000,
    },
    features: wineFeatures,
    examples,
    range: 15,
    metrics: {
      endpointName: "wine-endpoint",
      fromMs: FROM_MS,
      toMs: at(PERIODS),
      periodSeconds: PERIOD_SECONDS,
      series: [
        line("invocationsPerSecond", rate),
        line("modelLatencyP50Ms", (i) => 4 + Math.sin(i / 5) + busy(i)),
        line("modelLatencyP99Ms", (i) => 12 + 3 * Math.sin(i / 4) + 12 * busy(i)),
        line("overheadP50Ms", () => 2.1),
        line("errors4xx", () => 0),
        line("errors5xx", (i) => (i > 85 && i < 95 ? 7 : 0)),
        line("instances", instances),
        line("memoryPercent", (i) => 31 + Math.sin(i / 9)),
        line("cpuPercent", (i) => (rate(i) / instances(i) / 10) * 1.5),
      ],
    },
    marks: [
      { atMs: at(90), text: "Setting desired instance count to 2", kind: "scaled" },
      { atMs: at(120), text: "Setting desired instance count to 3", kind: "scaled" },
    ],
    desired: [
      { atMs: at(88), count: 2 },
      { atMs: at(118), count: 3 },
    ],
    access: {
      region: "us-east-1",
      endpointUrl: "http://127.0.0.1:4599",
      apiUrl: "http://127.0.0.1:4599/_aws/execute-api/abc/DummyStage/DT",
    },
    canDeploy: false,
    focus: { tab: "predict", serial: 1 },
    ...more,
  };
}

/** What the real endpoint answers to the wine project's defaults. */
export const wineAnswer = {
  status: 200,
  contentType: "text/csv; charset=utf-8",
  body: "0.9920,0.0044,0.0036\n",
  latencyMs: 14.2,
  variant: "AllTraffic",
  probabilities: parseProbabilities("0.9920,0.0044,0.0036\n"),
};

/** Seconds of a ramp to 1,000 requests/s; `slowness` multiplies its latencies. */
export function rampPoints(seconds: number, slowness = 1): LoadRunPoint[] {
  return Array.from({ length: seconds }, (_, n) => {
    const asked = Math.min(1000, Math.round((n + 0.5) * 33.3));
    const slow = slowness * (n > 14 && n < 30 ? 40 : 1);
    return {
      atMs: FROM_MS + n * 1000,
      second: n,
      asked,
      sent: asked - (n % 7),
      done: asked - (n % 7),
      ok: asked - (n % 7),
      byKind: { ...noErrors(), timeout: n === 20 ? 4 : 0, serverError: n > 20 && n < 26 ? 9 : 0 },
      inFlight: 8,
      queued: 0,
      connections: 12,
      p50Ms: 5 * slow,
      p90Ms: 9 * slow,
      p95Ms: 12 * slow,
      p99Ms: 24 * slow,
      maxMs: 40 * slow,
      serviceP50Ms: 5,
      serviceP99Ms: 20,
      lagP99Ms: 1.2,
      generatorLimited: n === 33,
      generatorCpu: 0.2,
    };
  });
}

/** A ramp of 90 seconds that has ended. */
export function loadRunReport(id: string, slowness: number): LoadRunReport {
  const points = rampPoints(90, slowness);
  const sum = (pick: (point: LoadRunPoint) => number) => points.reduce((all, point) => all + pick(point), 0);
  const summary = {
    count: sum(({ done }) => done),
    p50Ms: 5 * slowness,
    p90Ms: 9 * slowness,
    p95Ms: 12 * slowness,
    p99Ms: 24 * slowness,
    p999Ms: 30 * slowness,
    maxMs: 40 * slowness,
  };
  const parsed = parseLoadPlan(readFileSync(path.join(model, "../loadtests/1k-rps.ramp.json"), "utf8"), "1k-rps");
  if (!parsed.ok) throw new Error(parsed.message);
  return {
    reportVersion: 1,
    id,
    plan: { ...parsed.plan, name: "1k-rps" },
    target: { type: "endpoint", name: "wine-endpoint" },
    connection: { accountId: "123456789012", region: "us-east-1", sandbox: true, timeScale: 30 },
    startedAtMs: FROM_MS,
    endedAtMs: FROM_MS + 90_000,
    interrupted: false,
    totals: {
      planned: sum(({ asked }) => asked),
      asked: sum(({ asked }) => asked),
      sent: sum(({ sent }) => sent),
      sentInTime: sum(({ sent }) => sent),
      done: sum(({ done }) => done),
      ok: sum(({ ok }) => ok),
      byKind: { ...noErrors(), timeout: 4, serverError: 45 },
      abandoned: 0,
      seconds: 90,
    },
    latency: { whole: summary, clean: summary, service: summary, stages: [] },
    errorSamples: {},
    points,
    instances: [
      { atMs: FROM_MS, current: 1, desired: 1 },
      { atMs: FROM_MS + 29_000, current: 3, desired: 3 },
    ],
    marks: [],
    expectations: [],
    verdict: { passed: true, proven: true, sentence: "scaled 1 → 3; alarm 6 s after the target was passed" },
    warnings: [],
    environment: { node: "v20", platform: "linux x64", instanceType: "ml.m5.large" },
  };
}

/** A ramp to 1,000 requests/s in its 50th second, scaled from 1 to 3. */
export function loadRunSnapshot(more: Partial<LoadRunPageSnapshot> = {}): LoadRunPageSnapshot {
  const second = (n: number) => FROM_MS + n * 1000;
  const points = rampPoints(50);
  return {
    id: "20260105-120000-1k-rps",
    planName: "1k-rps",
    target: { type: "endpoint", name: "wine-endpoint" },
    place: "sandbox · us-east-1",
    simulated: true,
    phase: "running",
    startedAtMs: FROM_MS,
    planSeconds: 90,
    columns: runColumns(points),
    instances: [
      { atMs: second(0), current: 1, desired: 1 },
      { atMs: second(18), current: 1, desired: 3 },
      { atMs: second(29), current: 3, desired: 3 },
      { atMs: second(49), current: 3, desired: 3 },
    ],
    marks: [
      { atMs: second(17), kind: "alarm", text: "alarm high: OK → ALARM", value: 1 },
      { atMs: second(18), kind: "desired", text: "desired 1 → 3", value: 3 },
      { atMs: second(29), kind: "inService", text: "3 instances in service", value: 3 },
    ],
    policyTargetPerMinute: 15000,
    expected: [
      { name: "achieved / asked", asked: "≥ 99 %" },
      { name: "p99 in stage 1", asked: "≤ 250 ms" },
      { name: "instances", asked: "≥ 2" },
    ],
    warnings: [],
    hasReport: false,
    ...more,
  };
}
