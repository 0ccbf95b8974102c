import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StepScalingPolicyConfiguration } from "@aws-sdk/client-application-auto-scaling";
import fc from "fast-check";
import { steppedCapacity, trackedCapacity } from "../../../../src/sandbox/autoscaling/capacity.ts";

const limits = fc
  .tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }))
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const goal = fc.double({ min: 0.5, max: 100_000, noNaN: true });

describe("target tracking", () => {
  it("a field report: 130 a minute against 5 takes 1 to the maximum of 4", () =>
    assert.equal(trackedCapacity(1, 130, 5, 1, 4), 4));

  it("is proportional, rounded up", () => {
    assert.equal(trackedCapacity(1, 60_000, 15_000, 1, 8), 4);
    assert.equal(trackedCapacity(2, 15_001, 15_000, 1, 8), 3);
    assert.equal(trackedCapacity(4, 7_500, 15_000, 1, 8), 2);
    assert.equal(trackedCapacity(3, 100, 100, 1, 8), 3);
  });

  it("never leaves min–max", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        goal,
        limits,
        (current, metric, target, { min, max }) => {
          const capacity = trackedCapacity(current, metric, target, min, max);
          assert.ok(Number.isInteger(capacity) && capacity >= min && capacity <= max, String(capacity));
        },
      ),
    ));

  it("more load never means less capacity", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        goal,
        limits,
        (current, a, b, target, { min, max }) => {
          const of = (metric: number) => trackedCapacity(current, metric, target, min, max);
          assert.ok(of(Math.min(a, b)) <= of(Math.max(a, b)));
        },
      ),
    ));

  it("a constant load settles in a few steps, from wherever it starts, at enough capacity and not more", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0.1, max: 1e6, noNaN: true }),
        goal,
        limits.filter((l) => l.min >= 1),
        (start, load, target, { min, max }) => {
          let capacity = Math.min(max, Math.max(min, start));
          const next = (now: number) => trackedCapacity(now, load / now, target, min, max);
          for (let step = 0; step < 3; step++) capacity = next(capacity);
          assert.equal(next(capacity), capacity, "it still moves");
          const needed = Math.ceil(load / target - 1e-6);
          assert.ok(Math.abs(capacity - Math.min(max, Math.max(min, needed))) <= 1, `${capacity} for ${needed}`);
        },
      ),
    ));
});

describe("step scaling", () => {
  const steps = (config: Partial<StepScalingPolicyConfiguration>): StepScalingPolicyConfiguration => ({
    AdjustmentType: "ChangeInCapacity",
    StepAdjustments: [
      { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 1 },
      { MetricIntervalLowerBound: 10, ScalingAdjustment: 3 },
    ],
    ...config,
  });

  it("takes the step that the breach is in: its lower bound belongs to it, its upper one does not", () => {
    assert.equal(steppedCapacity(2, 0, steps({}), 0, 10), 3);
    assert.equal(steppedCapacity(2, 9.99, steps({}), 0, 10), 3);
    assert.equal(steppedCapacity(2, 10, steps({}), 0, 10), 5);
    assert.equal(steppedCapacity(2, -1, steps({}), 0, 10), 2);
    const down = steps({ StepAdjustments: [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }] });
    assert.equal(steppedCapacity(2, -5, down, 0, 10), 1);
  });

  it("an exact capacity", () =>
    assert.equal(steppedCapacity(2, 20, steps({ AdjustmentType: "ExactCapacity" }), 0, 10), 3));

  it("percent: above 1 rounded down, below it up to 1, at least the minimum's magnitude", () => {
    const percent = (ScalingAdjustment: number, MinAdjustmentMagnitude?: number) =>
      steps({
        AdjustmentType: "PercentChangeInCapacity",
        MinAdjustmentMagnitude,
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment }],
      });
    assert.equal(steppedCapacity(10, 1, percent(25), 0, 100), 12);
    assert.equal(steppedCapacity(10, 1, percent(5), 0, 100), 11);
    assert.equal(steppedCapacity(10, 1, percent(-25), 0, 100), 8);
    assert.equal(steppedCapacity(10, 1, percent(-5), 0, 100), 9);
    assert.equal(steppedCapacity(10, 1, percent(10, 4), 0, 100), 14);
  });

  it("never leaves min–max", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100 }),
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        fc.constantFrom("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"),
        fc.integer({ min: -500, max: 500 }),
        limits,
        (current, breach, AdjustmentType, ScalingAdjustment, { min, max }) => {
          const config = { AdjustmentType, StepAdjustments: [{ ScalingAdjustment }] } as StepScalingPolicyConfiguration;
          const capacity = steppedCapacity(current, breach, config, min, max);
          assert.ok(capacity >= min && capacity <= max, String(capacity));
        },
      ),
    ));
});
