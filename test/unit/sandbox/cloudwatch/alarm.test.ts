import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PutMetricAlarmInput, StateValue } from "@aws-sdk/client-cloudwatch";
import { type AlarmRecord, judge, windowMs } from "../../../../src/sandbox/cloudwatch/alarm.ts";
import { alarmPoints } from "../../../../src/sandbox/cloudwatch/alarmPoints.ts";
import type { Clock } from "../../../../src/sandbox/engine/clock.ts";
import { createClock } from "../../../../src/sandbox/engine/clock.ts";
import { MetricStore } from "../../../../src/sandbox/engine/metricStore.ts";

const METRIC = { namespace: "N", name: "M", dimensions: {} };
const T0 = Date.UTC(2026, 10, 22, 14, 0, 0);

function alarm(input: Partial<PutMetricAlarmInput> = {}, state: StateValue = "INSUFFICIENT_DATA"): AlarmRecord {
  return {
    name: "a",
    arn: "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a",
    region: "us-east-1",
    input: {
      AlarmName: "a",
      ComparisonOperator: "GreaterThanThreshold",
      EvaluationPeriods: 3,
      Threshold: 10,
      Period: 60,
      Statistic: "Sum",
      ...input,
    },
    metric: METRIC,
    state,
    stateReason: "before",
    stateReasonData: undefined,
    stateUpdatedMs: 0,
    configuredMs: 0,
    actionsEnabled: true,
    points: [],
    stop: () => {},
  };
}

/** Oldest first, as one reads: X breaches, 0 does not, - is missing. */
const points = (text: string) =>
  [...text].reverse().map((c, i) => ({ startMs: T0 - i * 60_000, value: c === "-" ? undefined : c === "X" ? 20 : 5 }));
const stateOf = (text: string, input: Partial<PutMetricAlarmInput> = {}, before: StateValue = "OK") =>
  judge(alarm({ EvaluationPeriods: text.length, ...input }, before), points(text)).state;

describe("alarm states", () => {
  it("all of N when nothing else is said", () => {
    assert.equal(stateOf("XXX"), "ALARM");
    assert.equal(stateOf("0XX"), "OK");
    assert.equal(stateOf("000"), "OK");
  });

  it("M of N, wherever they stand", () => {
    assert.equal(stateOf("X0X0X", { DatapointsToAlarm: 3 }), "ALARM");
    assert.equal(stateOf("X0X00", { DatapointsToAlarm: 3 }), "OK");
  });

  it("the four comparisons, at the threshold and beside it", () => {
    const at = (ComparisonOperator: PutMetricAlarmInput["ComparisonOperator"], value: number) =>
      judge(alarm({ ComparisonOperator, EvaluationPeriods: 1 }), [{ startMs: T0, value }]).state === "ALARM";
    assert.deepEqual(
      [9, 10, 11].map((v) => at("GreaterThanThreshold", v)),
      [false, false, true],
    );
    assert.deepEqual(
      [9, 10, 11].map((v) => at("GreaterThanOrEqualToThreshold", v)),
      [false, true, true],
    );
    assert.deepEqual(
      [9, 10, 11].map((v) => at("LessThanThreshold", v)),
      [true, false, false],
    );
    assert.deepEqual(
      [9, 10, 11].map((v) => at("LessThanOrEqualToThreshold", v)),
      [true, true, false],
    );
  });

  /** CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data". */
  it("missing data as the user guide's table has it", () => {
    const row = (text: string, before: StateValue = "OK") =>
      (["missing", "ignore", "breaching", "notBreaching"] as const).map((TreatMissingData) =>
        stateOf(text, { TreatMissingData }, before),
      );
    assert.deepEqual(row("---"), ["INSUFFICIENT_DATA", "OK", "ALARM", "OK"]);
    assert.deepEqual(row("---", "ALARM"), ["INSUFFICIENT_DATA", "ALARM", "ALARM", "OK"]);
    assert.deepEqual(row("--0"), ["OK", "OK", "OK", "OK"]);
    assert.deepEqual(row("X--"), ["ALARM", "OK", "ALARM", "OK"]);
    assert.deepEqual(row("X--", "ALARM"), ["ALARM", "ALARM", "ALARM", "OK"]);
    assert.deepEqual(row("XXX"), ["ALARM", "ALARM", "ALARM", "ALARM"]);
  });

  it("a breach that is not old enough does not raise the alarm by itself", () =>
    assert.equal(stateOf("--X", { TreatMissingData: "missing" }), "OK"));
});

describe("alarm reasons, in CloudWatch's words", () => {
  const reason = (text: string, input: Partial<PutMetricAlarmInput> = {}) =>
    judge(alarm({ EvaluationPeriods: text.length, ...input }), points(text)).reason;

  it("crossed", () => {
    assert.equal(
      reason("XX"),
      "Threshold Crossed: 2 datapoints [20.0 (22/11/26 14:00:00), 20.0 (22/11/26 13:59:00)] were greater than the threshold (10.0).",
    );
    assert.equal(
      reason("X0X", { DatapointsToAlarm: 2 }),
      "Threshold Crossed: 2 out of the last 3 datapoints [20.0 (22/11/26 14:00:00), 20.0 (22/11/26 13:58:00)] were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).",
    );
  });
  it("not crossed", () => {
    assert.equal(
      reason("0"),
      "Threshold Crossed: 1 datapoint [5.0 (22/11/26 14:00:00)] was not greater than the threshold (10.0).",
    );
    assert.equal(
      reason("0", { DatapointsToAlarm: 1 }),
      "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (22/11/26 14:00:00)] was not greater than the threshold (10.0).",
    );
  });
  it("no data", () => {
    assert.equal(reason("---"), "Insufficient Data: 3 datapoints were unknown.");
    assert.equal(
      reason("-", { TreatMissingData: "breaching" }),
      "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching].",
    );
  });
});

describe("alarm periods on the simulated clock", () => {
  const at = (timeScale: number, now: number): Clock => ({ ...createClock(timeScale), now: () => now });

  it("pass faster by the time scale, but are never shorter than a second", () => {
    assert.equal(windowMs(alarm(), at(1, T0)), 60_000);
    assert.equal(windowMs(alarm(), at(30, T0)), 2_000);
    assert.equal(windowMs(alarm(), at(600, T0)), 1_000);
  });

  it("totals are those of a full period at every time scale, averages stay what they are", () => {
    for (const timeScale of [1, 30, 60, 600]) {
      const clock = at(timeScale, T0 + 500);
      const store = new MetricStore(clock);
      const a = alarm({ EvaluationPeriods: 2 });
      const average = alarm({ EvaluationPeriods: 2, Statistic: "Average" });
      // A thousand a second for two minutes, of which 100 ms and 300 ms stand for the model's time.
      for (let second = 1; second <= 120; second++)
        for (const value of [100, 300]) store.record(METRIC, value, undefined, T0 - second * 1000, 500);
      for (const { value } of alarmPoints(a, store, clock)) assert.equal(value, 60 * 1000 * 200);
      for (const { value } of alarmPoints(average, store, clock)) assert.equal(value, 200);
    }
  });
});
