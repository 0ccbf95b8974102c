import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCollector } from "../../../src/loadtest/collector.ts";
import type { DueRequest, Generator } from "../../../src/loadtest/generator.ts";
import { createPacer } from "../../../src/loadtest/pacer.ts";
import { startRampLoop } from "../../../src/loadtest/rampLoop.ts";

/** A generator that answers at once and notes when it was asked. */
function instantGenerator(collector: ReturnType<typeof createCollector>) {
  const dispatched: (DueRequest & { at: number })[] = [];
  const generator: Generator = {
    start: async () => {},
    dispatch(request) {
      const at = performance.now();
      dispatched.push({ ...request, at });
      collector.sent();
      collector.ended({ ...request, kind: "ok", startedAt: at, endedAt: at });
    },
    sweep: () => {},
    stopSending: () => {},
    gauges: () => ({ inFlight: 0, queued: 0, connections: 0 }),
    close: () => {},
  };
  return { generator, dispatched };
}

describe("ramp loop", () => {
  it("never sends early, and dispatches each request once in order", async () => {
    const collector = createCollector(1);
    const { generator, dispatched } = instantGenerator(collector);
    const pacer = createPacer([{ stage: 0, from: 0, to: 600, seconds: 1 }]);
    const { measured, stopped } = await startRampLoop({ pacer, generator, collector, drainMs: 100, onSecond: () => {} })
      .done;
    assert.equal(stopped, false);
    assert.equal(dispatched.length, 300);
    assert.ok(dispatched.every(({ at, intendedAt }) => at >= intendedAt));
    assert.ok(
      dispatched.every(({ intendedAt }, index) => index === 0 || intendedAt > (dispatched[index - 1]?.intendedAt ?? 0)),
    );
    assert.deepEqual([measured.totals.asked, measured.totals.sentInTime], [300, 300]);
  });

  it("marks the seconds in which this process stood still, and makes up for what it missed", async () => {
    const collector = createCollector(1);
    const { generator, dispatched } = instantGenerator(collector);
    const pacer = createPacer([{ stage: 0, from: 200, to: 200, seconds: 3 }]);
    const limited: boolean[] = [];
    let stood = false;
    const loop = startRampLoop({
      pacer,
      generator,
      collector,
      drainMs: 100,
      onSecond(points) {
        limited.push(...points.map(({ generatorLimited }) => generatorLimited));
        if (stood) return;
        stood = true;
        const until = performance.now() + 300;
        while (performance.now() < until);
      },
    });
    const { measured } = await loop.done;
    assert.equal(dispatched.length, 600);
    assert.ok(limited.slice(1).includes(true), String(limited));
    assert.ok((measured.latency.whole?.maxMs ?? 0) > 250);
    assert.ok((measured.latency.clean?.count ?? 600) <= 400);
  });

  it("hands out nothing after a stop, and counts only what was due until then", async () => {
    const collector = createCollector(1);
    const { generator, dispatched } = instantGenerator(collector);
    const pacer = createPacer([{ stage: 0, from: 500, to: 500, seconds: 30 }]);
    let count = -1;
    const loop = startRampLoop({
      pacer,
      generator,
      collector,
      drainMs: 100,
      onSecond() {
        if (count >= 0) return;
        loop.stop();
        count = dispatched.length;
      },
    });
    const { measured, stopped } = await loop.done;
    assert.equal(stopped, true);
    assert.equal(dispatched.length, count);
    assert.ok(count >= 500 && count < 1000);
    assert.ok(Math.abs(measured.totals.asked - count) <= 25, `asked ${measured.totals.asked}, dispatched ${count}`);
    assert.equal(measured.totals.planned, 15_000);
  });
});
