import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createClock } from "../../../../src/sandbox/engine/clock.ts";
import { Distribution } from "../../../../src/sandbox/engine/distribution.ts";
import { MetricStore } from "../../../../src/sandbox/engine/metricStore.ts";
import { createRandom, logNormal } from "../../../../src/sandbox/engine/random.ts";

function of(values: number[]): Distribution {
  const d = new Distribution();
  for (const v of values) d.add(v);
  return d;
}
const exact = (values: number[], p: number) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
};
const values = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 300 });

describe("a metric's distribution", () => {
  it("percentiles are within 2 % of the exact ones, whatever the values", () =>
    fc.assert(
      fc.property(values, fc.constantFrom(1, 10, 50, 90, 95, 99, 99.9, 100), (list, p) => {
        const [got, wanted] = [of(list).percentile(p), exact(list, p)];
        assert.ok(Math.abs(got - wanted) <= wanted * 0.02, `p${p}: ${got} for ${wanted}`);
      }),
    ));

  it("merging two is the same as recording all in one", () =>
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = of(a);
        merged.merge(of(b));
        const whole = of([...a, ...b]);
        for (const s of ["SampleCount", "Minimum", "Maximum", "p50", "p99"])
          assert.equal(merged.statistic(s), whole.statistic(s), s);
        assert.ok(Math.abs(merged.sum - whole.sum) <= whole.sum * 1e-9);
      }),
    ));

  it("every statistic of CloudWatch's names, and undefined for what is none", () => {
    const d = of([1, 2, 3, 4]);
    const read = (...names: string[]) => names.map((n) => d.statistic(n));
    assert.deepEqual(read("SampleCount", "Sum", "Average", "Minimum", "Maximum"), [4, 10, 2.5, 1, 4]);
    assert.deepEqual(read("p100", "p0"), [4, 1]);
    assert.deepEqual(read("p101", "p-1", "p", "median", "p1e2", ""), Array(6).fill(undefined));
  });

  it("zeros and negative values count too", () => {
    const d = of([0, 0, 0, 5]);
    assert.equal(d.percentile(50), 0);
    assert.equal(d.percentile(100), 5);
    assert.equal(of([-5, -1, 3]).percentile(1), -5);
  });
});

describe("the metric store", () => {
  const HOUR = 3_600_000;
  const NOW = Date.UTC(2026, 10, 22, 14, 0, 0);
  const storeAt = (now = NOW) => {
    const time = { now };
    return { time, store: new MetricStore({ ...createClock(30), now: () => time.now }) };
  };
  const id = { namespace: "N", name: "M", dimensions: { b: "2", a: "1" } };

  it("periods are aligned, the start belongs to them and the end does not", () => {
    const { store } = storeAt();
    for (const offset of [-120_000, -60_001, -60_000, -1]) store.record(id, 1, "Count", NOW + offset);
    const read = store.read(id, NOW - 120_000, NOW, 60_000);
    assert.deepEqual(
      read.map((p) => [p.startMs - NOW, p.distribution.count]),
      [
        [-120_000, 2],
        [-60_000, 2],
      ],
    );
    assert.equal(store.read(id, NOW - 60_000, NOW - 1_000, 60_000)[0]?.distribution.count, 1);
  });

  it("the order of dimensions does not matter, their values and the region's store do", () => {
    const { store } = storeAt();
    store.record(id, 1);
    const same = { ...id, dimensions: { a: "1", b: "2" } };
    assert.equal(store.window(same, NOW - 1_000, NOW + 1_000).count, 1);
    assert.equal(store.window({ ...id, dimensions: { a: "1" } }, NOW - 1_000, NOW + 1_000).count, 0);
    assert.deepEqual(store.list().length, 1);
    assert.equal(storeAt().store.list().length, 0);
  });

  it("old points are kept more coarsely, then not at all", () => {
    const { store, time } = storeAt();
    store.record(id, 7, "Count", NOW);
    time.now = NOW + 4 * HOUR;
    assert.equal(store.read(id, NOW, NOW + 60_000, 60_000)[0]?.distribution.sum, 7);
    time.now = NOW + 16 * 24 * HOUR;
    assert.deepEqual(
      store.read(id, NOW, NOW + 300_000, 300_000).map((p) => p.distribution.sum),
      [7],
    );
    time.now = NOW + 500 * 24 * HOUR;
    store.record({ ...id, name: "other" }, 1);
    assert.deepEqual(store.read(id, NOW, NOW + HOUR, HOUR), []);
  });
});

describe("the simulation's numbers", () => {
  it("the same seed gives the same sequence, within [0, 1)", () => {
    const take = (seed: number) => Array.from({ length: 100 }, createRandom(seed));
    assert.deepEqual(take(7), take(7));
    assert.notDeepEqual(take(7), take(8));
    assert.ok(take(7).every((v) => v >= 0 && v < 1));
  });

  it("service times have the mean that was asked for", () => {
    const random = createRandom(42);
    const mean = Array.from({ length: 50_000 }, () => logNormal(random, 4, 0.35)).reduce((a, b) => a + b, 0) / 50_000;
    assert.ok(Math.abs(mean - 4) < 0.05, String(mean));
  });
});
