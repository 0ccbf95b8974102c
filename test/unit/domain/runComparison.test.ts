import assert from "node:assert/strict";
import { test } from "node:test";
import { blockBootstrap } from "../../../src/domain/bootstrap.ts";
import type { LoadRunReport } from "../../../src/domain/loadRun.ts";
import { compareRuns } from "../../../src/domain/runComparison.ts";
import { syntheticRun } from "../loadtest/exchange/syntheticRun.ts";

const outcome = (baseline: LoadRunReport, candidate: LoadRunReport, name: string) =>
  compareRuns(baseline, candidate).figures.find((figure) => figure.name === name)?.outcome;

test("a run against itself has not changed at all", () => {
  const run = syntheticRun({ seed: 1 });
  const comparison = compareRuns(run, run);
  assert.equal(comparison.regressed, false);
  assert.deepEqual(new Set(comparison.figures.map((figure) => figure.outcome)), new Set(["same"]));
});

test("a slower run is a regression by about its slowdown, and the other way round an improvement", () => {
  const before = syntheticRun({ seed: 1, p99Ms: 40 });
  const after = syntheticRun({ seed: 2, p99Ms: 60 });
  const p99 = compareRuns(before, after).figures.find(({ name }) => name === "p99");
  assert.equal(p99?.outcome, "regression");
  assert.ok(p99?.change && p99.change.low < 0.5 && p99.change.high > 0.5, JSON.stringify(p99?.change));
  assert.equal(outcome(after, before, "p99"), "improvement");
});

test("noise alone is told as a change in few of many pairs of runs", () => {
  const pairs = Array.from({ length: 60 }, (_, seed) => [syntheticRun({ seed }), syntheticRun({ seed: seed + 1000 })]);
  const wrong = pairs.filter(([a, b]) => outcome(a as LoadRunReport, b as LoadRunReport, "p99") !== "same").length;
  // 5 % is what the interval promises; with sixty seconds and neighbours that resemble each other some more.
  assert.ok(wrong <= 9, `${wrong} of 60`);
});

test("a clear slowdown is found in nearly all of many pairs of runs", () => {
  const found = Array.from({ length: 40 }, (_, seed) =>
    outcome(syntheticRun({ seed }), syntheticRun({ seed: seed + 500, p99Ms: 50 }), "p99"),
  ).filter((result) => result === "regression").length;
  assert.ok(found >= 36, `${found} of 40`);
});

test("more errors are a regression, a trace of them is not", () => {
  const clean = syntheticRun({ seed: 1 });
  assert.equal(outcome(clean, syntheticRun({ seed: 2, errorShare: 0.05 }), "error rate"), "regression");
  assert.equal(outcome(clean, syntheticRun({ seed: 2, errorShare: 0 }), "error rate"), "same");
});

test("seconds in which the generator was the limit do not count", () => {
  const before = syntheticRun({ seed: 1 });
  const after = syntheticRun({ seed: 1 });
  for (const point of after.points.slice(10, 30)) {
    point.generatorLimited = true;
    point.p99Ms = 4000;
  }
  const comparison = compareRuns(before, after);
  assert.equal(comparison.regressed, false);
  assert.equal(comparison.seconds.candidate, 40);
});

test("too few seconds say nothing, and what is told has an interval", () => {
  const short = compareRuns(syntheticRun({ seed: 1, seconds: 20 }), syntheticRun({ seed: 2, seconds: 20 }));
  const [p50] = short.figures;
  assert.ok(p50?.change && p50.change.high - p50.change.low > 0.01, JSON.stringify(p50));
  assert.equal(
    outcome(syntheticRun({ seed: 1, seconds: 5 }), syntheticRun({ seed: 2, seconds: 5, p99Ms: 400 }), "p99"),
    "unknown",
  );
});

test("runs of different stages are compared as a whole, with a warning", () => {
  const comparison = compareRuns(syntheticRun({ seed: 1 }), syntheticRun({ seed: 2, seconds: 90, p99Ms: 80 }));
  assert.equal(comparison.paired, false);
  assert.match(comparison.warnings.join(" "), /different stages/);
  assert.equal(comparison.regressed, true);
});

test("the interval of a mean holds the truth about as often as it says", () => {
  let held = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const { points } = syntheticRun({ seed, seconds: 300 });
    const logs = points.map((point) => Math.log(point.p99Ms as number));
    const estimate = blockBootstrap(
      logs.length,
      10,
      (drawn) => drawn.reduce((sum, index) => sum + (logs[index] as number), 0) / drawn.length,
      { resamples: 300 },
    );
    assert.ok(estimate);
    if (estimate.low <= Math.log(40) && estimate.high >= Math.log(40)) held++;
  }
  assert.ok(held >= 85, `${held} of 100`);
});
