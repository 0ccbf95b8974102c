import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseWhatIf, type WhatIfScenario } from "../../../../src/sandbox/whatIf/request.ts";
import { createVirtualClock } from "../../../../src/sandbox/whatIf/virtualClock.ts";
import { runWhatIf } from "../../../../src/sandbox/whatIf/whatIf.ts";

const scenario: WhatIfScenario = {
  name: "as it is",
  instanceType: "ml.m5.large",
  minInstances: 1,
  maxInstances: 4,
  targetPerMinute: 12_000,
  scaleOutCooldownSeconds: 60,
  scaleInCooldownSeconds: 60,
};
const minutes = (...rates: [number, number][]) =>
  rates.flatMap(([rate, length]) => Array.from({ length: length * 60 }, () => rate));
async function play(ratesPerSecond: number[], ...changes: Partial<WhatIfScenario>[]) {
  const scenarios = changes.map((change) => ({ ...scenario, ...change }));
  return runWhatIf({ ratesPerSecond, timeScale: 1, seed: 3, scenarios });
}

describe("what if", () => {
  it("scales out after three datapoints and a start-up, and in again after fifteen", async () => {
    const [outcome] = await play(minutes([20, 5], [590, 20], [20, 40]), {});
    assert.ok(outcome);
    const [out, ...rest] = outcome.activities;
    assert.match(out?.text ?? "", /desired instance count to 3/);
    const begin = (out?.second ?? 0) - 300;
    assert.ok(begin >= 180 && begin <= 240, `scaled out ${begin} s after the rise`);
    assert.ok((out?.endSecond ?? 0) - (out?.second ?? 0) >= 240, "an instance needs its start-up");
    const last = rest.at(-1);
    assert.match(last?.text ?? "", /desired instance count to 1/);
    assert.ok((last?.second ?? 0) >= 25 * 60 + 15 * 60, `scaled in at ${last?.second} s`);
    assert.deepEqual([outcome.mostInstances, outcome.points.at(-1)?.instances], [3, 1]);
    assert.equal(outcome.requests, 20 * 300 + 590 * 1200 + 20 * 2400);
    assert.ok(outcome.instanceHours > 65 / 60 && outcome.instanceHours < 3 * (65 / 60));
  });

  it("shows the price of too few instances in latency and errors, and what more of them cost", async () => {
    const [few, many, strong] = await play(
      minutes([1000, 30]),
      { name: "few", maxInstances: 1 },
      { name: "many", maxInstances: 5 },
      { name: "strong", maxInstances: 1, maxRpsPerInstance: 5000 },
    );
    assert.ok(few && many && strong);
    // One instance holds 667 of 1,000: a third is refused when the queue is full.
    assert.ok(Math.abs(few.failed / few.requests - 1 / 3) < 0.02, `${few.failed / few.requests}`);
    assert.ok((few.points.at(-1)?.p50Ms ?? 0) > 1000);
    assert.equal(many.points.at(-1)?.failed, 0);
    assert.ok((many.points.at(-1)?.p99Ms ?? 1e9) < 20);
    assert.deepEqual([strong.failed, strong.mostInstances], [0, 1]);
    assert.ok((strong.p99Ms ?? 1e9) < 5);
    assert.ok(many.instanceHours > few.instanceHours * 3);
  });

  it("comes out the same for the same seed", async () => {
    const load = minutes([300, 12], [30, 10]);
    assert.deepEqual(await play(load, {}), await play(load, {}));
  });

  it("never leaves the limits, and loses no request, whatever the load", async () => {
    const rate = fc.integer({ min: 0, max: 900 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(rate, fc.integer({ min: 1, max: 8 })), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 4 }),
        async (shape, minInstances, more) => {
          const load = minutes(...shape);
          const [outcome] = await play(load, {
            minInstances,
            maxInstances: minInstances + more,
            targetPerMinute: 6000,
          });
          assert.ok(outcome);
          for (const { instances, desired } of outcome.points)
            for (const count of [instances, desired])
              assert.ok(count >= minInstances && count <= minInstances + more, `${count} instances`);
          const sum = (key: "asked" | "seconds") => outcome.points.reduce((total, point) => total + point[key], 0);
          assert.deepEqual(
            [sum("asked"), sum("seconds")],
            [load.reduce((total, each) => total + each, 0), load.length],
          );
        },
      ),
      { numRuns: 15 },
    );
  });

  it("says everything that is wrong with a request", () => {
    const wrong = parseWhatIf({ ratesPerSecond: [1, -1], scenarios: [{ ...scenario, maxInstances: 0, extra: 1 }] });
    assert.ok("error" in wrong);
    assert.match(wrong.error, /ratesPerSecond\.1: .*scenarios\.0\.maxInstances: .*extra/);
    const turned = parseWhatIf({ ratesPerSecond: [1], scenarios: [{ ...scenario, minInstances: 9 }] });
    assert.ok("error" in turned && /scenarios\.0\.maxInstances: the maximum is below the minimum/.test(turned.error));
    const huge = parseWhatIf({ ratesPerSecond: new Array(86_400).fill(1000), scenarios: [scenario] });
    assert.ok("error" in huge && /86400000 requests/.test(huge.error));
  });
});

it("a virtual clock runs what falls due in order, at its time, only when it is told to pass", async () => {
  const clock = createVirtualClock(1000, 30);
  const seen: string[] = [];
  clock.every(60_000, () => seen.push(`minute ${clock.now()}`));
  clock.schedule(90_000, () => seen.push(`once ${clock.now()}`));
  void clock.sleep(120_000).then(() => seen.push(`slept ${clock.now()}`));
  assert.deepEqual([clock.toReal(60_000), clock.toSimulated(2000)], [2000, 60_000]);
  await clock.pass(4500);
  assert.deepEqual(seen, ["minute 3000", "once 4000", "minute 5000", "slept 5000"]);
  assert.equal(clock.now(), 5500);
});
