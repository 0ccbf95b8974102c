import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type LoadStage,
  plannedRequests,
  predictedInstances,
  rateAt,
  ratePieces,
} from "../../../src/domain/loadPlan.ts";
import { createPacer } from "../../../src/loadtest/pacer.ts";

const pacerOf = (...stages: LoadStage[]) => createPacer(ratePieces(stages));
const ramp: LoadStage = { type: "linear", from: 0, to: 1000, seconds: 30 };
const hold: LoadStage = { type: "hold", rate: 1000, seconds: 60 };

describe("pacer", () => {
  const table: [string, LoadStage[], number, [seconds: number, count: number][], [index: number, seconds: number][]][] =
    [
      [
        "hold",
        [{ type: "hold", rate: 10, seconds: 3 }],
        30,
        [
          [0, 0],
          [1, 10],
          [2.5, 25],
          [9, 30],
        ],
        [
          [0, 0],
          [10, 1],
          [29, 2.9],
        ],
      ],
      [
        "linear up",
        [ramp],
        15_000,
        [
          [15, 3750],
          [30, 15_000],
        ],
        [
          [0, 0],
          [3750, 15],
        ],
      ],
      [
        "linear down",
        [{ type: "linear", from: 100, to: 0, seconds: 2 }],
        100,
        [
          [1, 75],
          [2, 100],
        ],
        [[75, 1]],
      ],
      [
        "ramp and hold",
        [ramp, hold],
        75_000,
        [
          [30, 15_000],
          [31, 16_000],
        ],
        [
          [15_000, 30],
          [16_000, 31],
        ],
      ],
      [
        "steps",
        [{ type: "steps", from: 10, to: 30, steps: 3, seconds: 3 }],
        60,
        [
          [1, 10],
          [2, 30],
          [3, 60],
        ],
        [
          [10, 1],
          [30, 2],
          [59, 2 + 29 / 30],
        ],
      ],
      [
        "a pause",
        [
          { type: "hold", rate: 5, seconds: 1 },
          { type: "hold", rate: 0, seconds: 2 },
          { type: "hold", rate: 5, seconds: 1 },
        ],
        10,
        [
          [1, 5],
          [2, 5],
          [3, 5],
        ],
        [
          [4, 0.8],
          [5, 3],
        ],
      ],
      ["almost flat", [{ type: "linear", from: 100, to: 100.000001, seconds: 10 }], 1000, [[5, 500]], [[500, 5]]],
    ];
  for (const [name, stages, total, counts, starts] of table) {
    it(`${name}: counts, their inverse, and the sum`, () => {
      const pacer = pacerOf(...stages);
      assert.equal(pacer.total, total);
      assert.equal(plannedRequests(stages), total);
      for (const [seconds, count] of counts)
        assert.ok(Math.abs(pacer.cumulative(seconds) - count) < 1e-3, `N(${seconds})`);
      for (const [index, seconds] of starts) {
        assert.ok(Math.abs(pacer.startOf(index) - seconds) < 1e-3, `start of ${index} is ${pacer.startOf(index)}`);
      }
    });
  }

  it("in a pause nothing is due that starts after it", () => {
    const pacer = pacerOf(
      { type: "hold", rate: 5, seconds: 1 },
      { type: "hold", rate: 0, seconds: 2 },
      { type: "hold", rate: 5, seconds: 1 },
    );
    assert.equal(pacer.dueBy(2), 5);
    assert.equal(pacer.dueBy(3), 6);
    assert.equal(pacer.dueBy(-1), 0);
    assert.equal(pacer.dueBy(99), 10);
  });

  it("knows the stage of a time, steps being one", () => {
    const pacer = pacerOf({ type: "steps", from: 1, to: 2, steps: 2, seconds: 2 }, hold);
    assert.deepEqual([0, 1.5, 2, 99].map(pacer.stageAt), [0, 0, 1, 1]);
  });

  it("starts never go backwards and every one lies where the count says, for any plan", () => {
    const rate = fc.integer({ min: 0, max: 500 });
    const seconds = fc.integer({ min: 1, max: 5 });
    const stage = fc.oneof(
      fc.record({ type: fc.constant("linear" as const), from: rate, to: rate, seconds }),
      fc.record({ type: fc.constant("hold" as const), rate, seconds }),
      fc.record({
        type: fc.constant("steps" as const),
        from: rate,
        to: rate,
        steps: fc.integer({ min: 2, max: 6 }),
        seconds,
      }),
    );
    fc.assert(
      fc.property(fc.array(stage, { minLength: 1, maxLength: 4 }), (stages) => {
        const pacer = pacerOf(...stages);
        let before = 0;
        for (let index = 0; index < pacer.total; index++) {
          const start = pacer.startOf(index);
          assert.ok(start >= before - 1e-9 && start <= pacer.seconds, `start of ${index}`);
          assert.ok(Math.abs(pacer.cumulative(start) - index) < 1e-3, `count at the start of ${index}`);
          before = start;
        }
        assert.equal(pacer.dueBy(pacer.seconds), pacer.total);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses an empty schedule", () => {
    assert.throws(() => createPacer([]), /at least one piece/);
  });
});

describe("rates", () => {
  it("of a time", () => {
    assert.deepEqual(
      [0, 15, 30, 89, 90].map((seconds) => rateAt([ramp, hold], seconds)),
      [0, 500, 1000, 1000, 0],
    );
  });

  it("predict instances as target tracking does", () => {
    assert.equal(predictedInstances(1000, 12_000), 5);
    assert.equal(predictedInstances(200, 12_000), 1);
    assert.equal(predictedInstances(200.1, 12_000), 2);
    assert.equal(predictedInstances(0, 12_000), 1);
  });
});
