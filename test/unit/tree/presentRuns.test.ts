import assert from "node:assert/strict";
import { test } from "node:test";
import { type LoadRunReport, noErrors } from "../../../src/domain/loadRun.ts";
import { presentPlan, presentRun } from "../../../src/tree/presentRuns.ts";

const latency = { count: 1, p50Ms: 5, p90Ms: 9, p95Ms: 20, p99Ms: 84.4, p999Ms: 90, maxMs: 99 };

function report(more: Partial<LoadRunReport> = {}): LoadRunReport {
  const point = (second: number, asked: number, sent: number) => ({ second, asked, sent });
  const zero = { planned: 0, asked: 0, sent: 0, sentInTime: 0, done: 0, ok: 0, abandoned: 0, seconds: 0 };
  const base = {
    reportVersion: 1,
    id: "r",
    plan: { name: "1k-rps" },
    target: { type: "endpoint", name: "wine-endpoint" },
    connection: { accountId: "123456789012", region: "us-east-1", sandbox: true, timeScale: 30 },
    startedAtMs: 0,
    endedAtMs: 1,
    interrupted: false,
    totals: { ...zero, byKind: noErrors() },
    latency: { whole: latency, clean: latency, service: null, stages: [] },
    errorSamples: {},
    points: [point(0, 500, 500), point(1, 1000, 900), point(2, 1000, 1100)],
    instances: [
      { atMs: 0, current: 1, desired: 1 },
      { atMs: 1, current: 3, desired: 3 },
    ],
    marks: [],
    expectations: [],
    verdict: { passed: true, proven: true, sentence: "scaled 1 → 3" },
    warnings: [],
    environment: { node: "20", platform: "linux" },
  };
  return { ...base, ...more } as LoadRunReport;
}

test("a run says how it scaled, which rate it held and its p99", () => {
  const shown = presentRun(report(), 0);
  assert.match(shown.label, /^\d\d:\d\d 1k-rps$/);
  assert.equal(shown.description, "1 → 3 · 1,000/s · p99 84 ms");
  assert.equal(shown.contextValue, "run+passed");
});

test("a run that failed, stayed or was cut off says so", () => {
  const verdict = { passed: false, proven: false, sentence: "" };
  const stayed = presentRun(report({ verdict, instances: [{ atMs: 0, current: 1, desired: 1 }] }), 0);
  assert.equal(stayed.description, "stayed at 1 · 1,000/s · p99 84 ms");
  assert.equal(stayed.icon, "error");
  const none = { whole: null, clean: null, service: null, stages: [] };
  const cut = presentRun(report({ verdict, interrupted: true, points: [], instances: [], latency: none }), 0);
  assert.equal(cut.description, "interrupted");
  assert.equal(cut.icon, "circle-slash");
});

test("a plan is named by its file", () => {
  assert.equal(presentPlan("/projects/wine/loadtests/1k-rps.ramp.json").label, "1k-rps.ramp.json");
});
