import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  brokenRule,
  createTargetSearch,
  KNEE_LIMITS,
  kneeOf,
  predictionsFor,
  type TargetStep,
  targetFor,
} from "../../../src/domain/targetSearch.ts";

/** An instance that holds `capacity` requests/s, give or take `noise` of it. */
function searchOn(capacity: number, noise: (step: number) => number, more = {}) {
  const options = { startRate: 20, maxRate: 20_000, growth: 1.5, resolution: 0.04, repeats: 12, ...more };
  const search = createTargetSearch(options);
  const steps: TargetStep[] = [];
  for (let rate = search.next(); rate !== undefined; rate = search.next()) {
    const held = rate <= capacity * (1 + noise(steps.length));
    const step: TargetStep = {
      ...{
        rate,
        seconds: 1,
        achievedRate: rate,
        p50Ms: held ? 4 : 400,
        p99Ms: 9,
        errorShare: 0,
        generatorLimited: false,
      },
      phase: steps.some(({ broke }) => broke) ? "knee" : "rise",
      ...(held ? {} : { broke: "latency" as const }),
    };
    steps.push(step);
    search.take(step);
  }
  return { steps, knee: kneeOf(steps, KNEE_LIMITS, options.resolution) };
}

describe("the search for what an instance holds", () => {
  for (const capacity of [3, 45, 660, 7000])
    it(`finds ${capacity}/s within its interval, from far below`, () => {
      const { steps, knee } = searchOn(capacity, (step) => ((step * 7919) % 5) / 100 - 0.02);
      assert.ok(knee && Math.abs(knee.maxRps / capacity - 1) < 0.06, `${knee?.maxRps}`);
      assert.ok(knee.low <= capacity && knee.high >= capacity, `${knee.low} to ${knee.high}`);
      assert.equal(knee.rule, "latency");
      assert.match(knee.text, /the median was 400 ms, more than 5 times the 4\.0 ms of light load/);
      assert.ok(steps.length < 35, `${steps.length} steps`);
    });

  it("starts above the capacity and comes down to it", () => {
    const { knee } = searchOn(30, () => 0, { startRate: 50 });
    assert.ok(knee && Math.abs(knee.maxRps / 30 - 1) < 0.12, `${knee?.maxRps}`);
  });

  it("says nothing when the most was held, or when this machine was the limit", () => {
    assert.equal(searchOn(1e9, () => 0, { maxRate: 100 }).knee, undefined);
    const search = createTargetSearch({ startRate: 9, maxRate: 99, growth: 2, resolution: 0.1, repeats: 3 });
    const spoiled = { rate: 9, generatorLimited: true } as TargetStep;
    search.take(spoiled);
    assert.equal(search.next(), 9, "a hiccup is tried again");
    for (let more = 0; more < 4; more++) search.take(spoiled);
    assert.equal(search.next(), undefined);
    assert.equal(kneeOf([spoiled], KNEE_LIMITS, 0.04), undefined);
  });

  it("tells the rules apart", () => {
    const step: TargetStep = {
      ...{ rate: 100, seconds: 1, achievedRate: 100, p50Ms: 5, p99Ms: 50, errorShare: 0 },
      ...{ generatorLimited: false, phase: "rise" },
    };
    assert.equal(brokenRule(step, 4, KNEE_LIMITS), undefined);
    assert.equal(brokenRule({ ...step, errorShare: 0.02 }, 4, KNEE_LIMITS), "errors");
    assert.equal(brokenRule({ ...step, achievedRate: 90 }, 4, KNEE_LIMITS), "throughput");
    assert.equal(brokenRule({ ...step, p50Ms: 21 }, 4, KNEE_LIMITS), "latency");
    assert.equal(brokenRule(step, 4, { ...KNEE_LIMITS, p99Ms: 40 }), "limit");
  });

  it("computes AWS's formula", () => {
    assert.equal(targetFor(660, 0.5), 19_800);
    assert.deepEqual(predictionsFor(19_800, 660, [1000]), [{ ratePerSecond: 1000, instances: 4 }]);
    assert.deepEqual(
      predictionsFor(19_800, 660, []).map(({ instances }) => instances),
      [2, 4, 10],
    );
  });
});
