import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ScheduledCapacity, scheduledText, scheduleProblems } from "../../../src/domain/scheduledScaling.ts";
import { DEFAULT_STEPS, parseSteps, stepMeaning, stepProblems, stepsText } from "../../../src/domain/stepScaling.ts";

describe("scaling steps", () => {
  it("are written and read as text, in the order of their loads", () => {
    assert.equal(stepsText(DEFAULT_STEPS.steps), "15000: +1, 30000: +2");
    assert.deepEqual(parseSteps("30000:+2 , 15000: 1"), DEFAULT_STEPS.steps);
    assert.deepEqual(parseSteps("many: +1"), { problem: '"many: +1" is not a step such as 15000: +1.' });
  });
  it("with the values that are wrong named", () => {
    assert.deepEqual(stepProblems(DEFAULT_STEPS), []);
    const wrong = (more: object) => stepProblems({ ...DEFAULT_STEPS, ...more }).join(" ");
    assert.match(wrong({ steps: [] }), /There is no step/);
    assert.match(wrong({ steps: [{ fromPerMinute: 10, add: 0 }], removeBelowPerMinute: 0 }), /adds 0 instances/);
    assert.match(
      wrong({
        steps: [
          { fromPerMinute: 5, add: 1 },
          { fromPerMinute: 5, add: 2 },
        ],
        removeBelowPerMinute: 0,
      }),
      /two steps at 5/,
    );
    assert.match(wrong({ minutes: 0 }), /0 is not a whole number of minutes/);
    assert.match(
      wrong({ removeBelowPerMinute: 9000 }),
      /would come and go: 15000 on one instance is 7500 on 2, which is below 9000/,
    );
  });
  it("at 1,000 requests/s end where the load per instance is under the first step, within the limits", () => {
    const limits = { minInstances: 1, maxInstances: 10 };
    // 60,000 a minute on one is over 30,000: +2; 20,000 on three: +1; 15,000 on four: +1; 12,000 on five rests.
    assert.deepEqual(stepMeaning(DEFAULT_STEPS, limits, "ml.m5.large", 1000), {
      ratePerSecond: 1000,
      wanted: 5,
      instances: 5,
      rises: 3,
      perInstance: 12_000,
      hourlyUsd: 5 * 0.115,
    });
    const few = stepMeaning(DEFAULT_STEPS, { minInstances: 1, maxInstances: 2 }, undefined, 1000);
    assert.deepEqual([few.instances, few.wanted, few.hourlyUsd], [2, 5, undefined]);
    assert.equal(stepMeaning(DEFAULT_STEPS, { minInstances: 2, maxInstances: 4 }, undefined, 10).instances, 2);
  });
});

describe("scheduled actions", () => {
  const workdays: ScheduledCapacity = {
    name: "workdays",
    schedule: "cron(0 8 ? * MON-FRI *)",
    timezone: "Europe/Berlin",
    minInstances: 2,
    maxInstances: 6,
  };
  it("are told in words", () =>
    assert.equal(scheduledText(workdays), "cron(0 8 ? * MON-FRI *) Europe/Berlin: 2–6 instances"));
  it("with the values that are wrong named", () => {
    assert.deepEqual(scheduleProblems(workdays), []);
    for (const schedule of ["rate(1 day)", "rate(12 hours)", "at(2026-12-24T18:00:00)", "cron(0 20 * * ? *)"])
      assert.deepEqual(scheduleProblems({ ...workdays, schedule }), [], schedule);
    const wrong = (more: object) => scheduleProblems({ ...workdays, ...more }).join(" ");
    assert.match(wrong({ schedule: "every day" }), /"every day" is not a schedule/);
    assert.match(wrong({ schedule: "cron(0 8 * * MON *)" }), /exactly one is a \?/);
    assert.match(wrong({ timezone: "Berlin" }), /"Berlin" is not a time zone/);
    assert.match(wrong({ minInstances: 7 }), /minimum 7 is above the maximum 6/);
    assert.match(wrong({ name: "" }), /"" is not a name/);
  });
});
