import assert from "node:assert/strict";
import { test } from "node:test";
import { adviceFor, type LogLine, tellingLines } from "../../../src/domain/failureExplanation.ts";
import type { LoadRunReport, ScalingMark } from "../../../src/domain/loadRun.ts";
import { explainRun, scaledOut } from "../../../src/domain/runExplanation.ts";

const policy = { targetPerMinute: 6000, minInstances: 1, maxInstances: 4 };

/** A run of one instance that stays alone, at a rate for some seconds, in a sandbox where a minute lasts two seconds. */
function report(rate: number, seconds: number, more: Partial<LoadRunReport> = {}): LoadRunReport {
  const base = {
    target: { type: "endpoint", name: "wine" },
    connection: { accountId: "1", region: "us-east-1", sandbox: true, timeScale: 30 },
    plan: { name: "p", stages: [{ type: "hold", rate, seconds }] },
    interrupted: false,
    points: Array.from({ length: seconds }, (_, second) => ({ second, atMs: second * 1000, done: rate })),
    instances: [{ atMs: 0, current: 1, desired: 1 }],
    marks: [],
    environment: { node: "20", platform: "linux", endpoint: "wine", policy },
  };
  return { ...base, ...more } as unknown as LoadRunReport;
}
const causes = (r: LoadRunReport) => explainRun(r).map(({ cause }) => cause);
const alarm: ScalingMark = { atMs: 1, kind: "alarm", text: "alarm high: OK → ALARM", value: 1 };
const desired: ScalingMark = { atMs: 2, kind: "desired", text: "desired 1 → 2 instances", value: 2 };

test("each reason for staying where it was is told apart", () => {
  assert.deepEqual(causes(report(50, 60)), ["The load stayed below the target"]);
  assert.deepEqual(causes(report(200, 3)), ["The load was too short for the alarm"]);
  assert.deepEqual(causes(report(200, 30, { marks: [alarm] })), ["The alarm was on, but nothing was changed"]);
  assert.deepEqual(causes(report(200, 30, { marks: [alarm, desired] })), ["The new capacity came too late"]);
  assert.deepEqual(causes(report(200, 30, { instances: [{ atMs: 0, current: 4, desired: 4 }] })), [
    "The maximum was reached from the beginning",
  ]);
  const environment = { node: "20", platform: "linux" };
  assert.deepEqual(causes(report(200, 30, { environment })), ["No target-tracking policy was in force"]);
  const fixed = { ...environment, policy: { ...policy, maxInstances: 1 } };
  assert.deepEqual(causes(report(200, 30, { environment: fixed })), ["Minimum equals maximum"]);
  assert.equal(causes(report(50, 5, { interrupted: true }))[0], "The run was interrupted");
});

test("the way out has the figures of this policy", () => {
  const [below] = explainRun(report(50, 60));
  assert.match(below?.evidence ?? "", /3,000 invocations .* target is 6,000/);
  assert.match(below?.fix ?? "", /more than 100 requests\/s/);
  const [short] = explainRun(report(200, 3));
  assert.match(short?.evidence ?? "", /3 s were above.* 6 s/);
  assert.match(short?.fix ?? "", /at least 8 s/);
});

test("a run that scaled out has nothing to explain", () => {
  const instances = [1, 2].map((current, i) => ({ atMs: i, current, desired: 2 }));
  assert.equal(scaledOut(report(200, 30, { instances })), true);
  assert.deepEqual(causes(report(200, 30, { instances })), []);
  assert.equal(scaledOut(report(200, 30, { instances: [] })), false);
});

test("of a log the lines about a failure are told with their neighbours, else the last ones", () => {
  const log = (...texts: string[]): LogLine[] => texts.map((text, i) => ({ atMs: i, stream: "s", text }));
  const texts = (lines: LogLine[]) => lines.map(({ text }) => text);
  const mixed = log("start", "load", "Traceback (most recent call last)", "  in main", "quiet", "end");
  assert.deepEqual(texts(tellingLines(mixed, 10)), ["load", "Traceback (most recent call last)", "  in main"]);
  assert.deepEqual(texts(tellingLines(log("a", "b", "c"), 2)), ["b", "c"]);
  assert.deepEqual(tellingLines([], 5), []);
});

test("advice fits SageMaker's reasons", () => {
  assert.match(adviceFor("… did not pass the ping health check. Please check CloudWatch logs"), /its log says why/);
  assert.match(adviceFor("Failed to download model data for container"), /artifact lies at the URL/);
  assert.match(adviceFor("Unable to provision requested ML compute capacity"), /another type/);
  assert.match(adviceFor(undefined), /deploy again/);
});
