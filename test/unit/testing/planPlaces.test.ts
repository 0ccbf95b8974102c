import assert from "node:assert/strict";
import { test } from "node:test";
import { noErrors } from "../../../src/domain/loadRun.ts";
import { expectationPath, jsonPathOf, placeInText } from "../../../src/testing/planPlaces.ts";
import { runOutput } from "../../../src/testing/runOutput.ts";

const plan = `{
  "stages": [
    { "type": "hold", "rate": 5, "seconds": 2 }
  ],
  "expect": {
    "p99Ms": { "max": 250, "stage": 0 },
    "errorRate": { "max": 0.01 }
  }
}`;

test("a place that a problem names becomes a path", () => {
  assert.deepEqual(jsonPathOf("stages[1].rate"), ["stages", 1, "rate"]);
  assert.deepEqual(jsonPathOf("expect.p99Ms.stage"), ["expect", "p99Ms", "stage"]);
});

test("each expectation leads to its line of the plan", () => {
  const line = (name: string, unit: Parameters<typeof expectationPath>[0]["unit"]) =>
    placeInText(plan, expectationPath({ name, unit })).start.line;
  assert.equal(line("p99", "ms"), 6);
  assert.equal(line("error rate", "ratio"), 7);
  // What the plan does not have is shown at what is nearest around it.
  assert.equal(line("instances", "instances"), 5);
  assert.deepEqual(expectationPath({ name: "scale-in to 1", unit: "seconds" }), ["expect", "scaleIn"]);
  assert.deepEqual(expectationPath({ name: "first new capacity", unit: "seconds" }), [
    "expect",
    "firstCapacitySeconds",
  ]);
  assert.deepEqual(expectationPath({ name: "cost", unit: "usd" }), ["expect", "costUsd"]);
});

test("what is marked ends with what is named, not with what is inside of it", () => {
  assert.deepEqual(placeInText(plan, ["stages"]), { start: { line: 2, column: 3 }, end: { line: 2, column: 11 } });
});

test("the output of a run tells each second and each event once", () => {
  const lines: string[] = [];
  const tell = runOutput((line) => lines.push(line));
  const point = (second: number) => ({
    ...{ atMs: second * 1000, second, asked: 10, sent: 10, done: 10, ok: 9, byKind: { ...noErrors(), timeout: 1 } },
    ...{ inFlight: 0, queued: 0, connections: 1, p50Ms: 5, p90Ms: 6, p95Ms: 7, p99Ms: 84, maxMs: 90 },
    ...{ serviceP50Ms: 5, serviceP99Ms: 8, lagP99Ms: 1, generatorLimited: second === 1, generatorCpu: 0.1 },
  });
  const run = (points: number): Parameters<typeof tell>[0] => ({
    plan: { name: "short" } as Parameters<typeof tell>[0]["plan"],
    target: { type: "endpoint", name: "wine" },
    phase: "running",
    startedAtMs: 0,
    points: Array.from({ length: points }, (_, i) => point(i)),
    marks: points > 1 ? [{ atMs: 1500, kind: "alarm", text: "alarm high: OK → ALARM", value: 1 }] : [],
    instances: [{ atMs: 0, current: 1, desired: 1 }],
  });
  tell(run(1));
  tell(run(2));
  tell(run(2));
  assert.deepEqual(lines, [
    "short → wine",
    "00:00  asked 10/s  sent 10/s  p50 5 ms  p99 84 ms  errors 1  instances 1",
    "00:01  asked 10/s  sent 10/s  p50 5 ms  p99 84 ms  errors 1  instances 1  generator-limited",
    "00:01  alarm high: OK → ALARM",
  ]);
});
