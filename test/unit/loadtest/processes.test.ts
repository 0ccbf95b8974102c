import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ratePieces } from "../../../src/domain/loadPlan.ts";
import { noErrors } from "../../../src/domain/loadRun.ts";
import { chooseProcesses, processesFor } from "../../../src/loadtest/calibration.ts";
import { createCollector } from "../../../src/loadtest/collector.ts";
import { startRamp } from "../../../src/loadtest/engine.ts";
import { createRunMerger } from "../../../src/loadtest/engineMerge.ts";
import { createPacer, sharePacer } from "../../../src/loadtest/pacer.ts";
import { createRequestEncoder } from "../../../src/loadtest/requestEncoder.ts";
import { httpServer, rampTo } from "./rig.ts";

const rates = fc.array(
  fc.record({ stage: fc.constant(0), from: fc.nat(500), to: fc.nat(500), seconds: fc.integer({ min: 1, max: 9 }) }),
  { minLength: 1, maxLength: 4 },
);

describe("a plan divided over processes", () => {
  it("gives each request to exactly one of them, at its own moment", () => {
    fc.assert(
      fc.property(
        rates,
        fc.integer({ min: 1, max: 7 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (pieces, count, at) => {
          const whole = createPacer(pieces);
          const shares = Array.from({ length: count }, (_, index) => sharePacer(whole, { index, count }));
          const sum = (of: (share: typeof whole) => number) => shares.reduce((total, share) => total + of(share), 0);
          assert.equal(
            sum(({ total }) => total),
            whole.total,
          );
          const seconds = at * whole.seconds;
          assert.equal(
            sum((share) => share.dueBy(seconds)),
            whole.dueBy(seconds),
          );
          const starts = shares.flatMap((share) => Array.from({ length: share.total }, (_, own) => share.startOf(own)));
          const expected = Array.from({ length: whole.total }, (_, index) => whole.startOf(index));
          assert.deepEqual(
            starts.sort((a, b) => a - b),
            expected,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it("sends the bodies in the order of one process, with a seed and without", () => {
    const request = { url: "http://127.0.0.1:1/x", method: "POST" as const, headers: {} };
    const bodies = Array.from({ length: 7 }, (_, row) => Buffer.from(`body ${row}`));
    for (const seed of [undefined, 5]) {
      const one = createRequestEncoder(request, bodies, undefined, seed);
      const three = [0, 1, 2].map((index) =>
        createRequestEncoder(request, bodies, undefined, seed, { index, count: 3 }),
      );
      for (let turn = 0; turn < 30; turn++)
        assert.equal(String(three[turn % 3]?.next(0)), String(one.next(0)), `seed ${seed}, request ${turn}`);
    }
  });

  it("merges counts as sums and percentiles from histograms, and waits for the slowest", () => {
    const facts = (second: number) => ({
      ...{ atMs: second * 1000, second, asked: 50, generatorCpu: 0.4, stoodStill: false },
      gauges: { inFlight: 1, queued: 2, connections: 3 },
    });
    const merger = createRunMerger(2);
    const messages = [10, 90].map((latency) => {
      const collector = createCollector(1, true);
      for (let i = 0; i < 50; i++) {
        collector.sent();
        collector.lag(1);
        const request = { intendedAt: 0, stage: 0, late: false, startedAt: 0, endedAt: latency };
        collector.ended({ ...request, kind: i === 0 ? "serverError" : "ok" });
      }
      const points = [collector.closeSecond(facts(0))];
      const packs = { seconds: collector.takePackedSeconds(), run: collector.packRun() };
      return { points, measured: collector.measured(7, 50, 0), packs };
    });
    const [fast, slow] = messages;
    assert.ok(fast && slow);
    assert.deepEqual(merger.take(0, fast), []);
    const [point] = merger.take(1, slow);
    assert.ok(point);
    const { asked, sent, done, ok, inFlight, queued, connections, byKind } = point;
    assert.deepEqual([asked, sent, done, ok, inFlight, queued, connections], [100, 100, 100, 98, 2, 4, 6]);
    assert.deepEqual(byKind, { ...noErrors(), serverError: 2 });
    assert.ok(
      Math.abs((point.p50Ms ?? 0) - 10) < 0.1 && Math.abs((point.p90Ms ?? 0) - 90) < 0.2,
      JSON.stringify(point),
    );
    assert.ok(Math.abs(point.generatorCpu - 0.8) < 1e-9);
    const measured = merger.measured();
    assert.deepEqual([measured?.totals.planned, measured?.totals.sent, measured?.totals.seconds], [100, 100, 1]);
    assert.equal(measured?.latency.whole?.count, 100);
    assert.ok(Math.abs((measured?.latency.stages[0]?.all?.p99Ms ?? 0) - 90) < 0.2);
  });
});

describe("several processes against a real server", { concurrency: false, timeout: 60_000 }, () => {
  it("send together exactly what was planned, each second, over the plan's connections", async () => {
    let arrivals = 0;
    const sockets = new Set<unknown>();
    const server = await httpServer((request, response) => {
      arrivals++;
      sockets.add(request.socket);
      request.resume().on("end", () => setTimeout(() => response.end("ok"), 5));
    });
    try {
      const plan = { processes: 3, maxConnections: 7 };
      const result = await startRamp(rampTo(server.url, [{ type: "linear", from: 100, to: 300, seconds: 2 }], plan))
        .done;
      const { totals, latency, points } = result;
      assert.equal(result.interrupted, false);
      assert.equal(result.processes, 3);
      assert.deepEqual([totals.planned, totals.asked, totals.sent, totals.ok, arrivals], [400, 400, 400, 400, 400]);
      assert.equal(latency.whole?.count, 400);
      assert.deepEqual(
        points.map(({ second }) => second),
        points.map((_, index) => index),
      );
      assert.ok(Math.abs((points[0]?.asked ?? 0) - 150) <= 1, `${points[0]?.asked} in the first second`);
      assert.ok(sockets.size <= 7, `${sockets.size} connections`);
    } finally {
      await server.close();
    }
  });

  it("stop together, and sign with new credentials in each of them", async () => {
    const keys = new Set<string>();
    const server = await httpServer((request, response) => {
      keys.add(/Credential=([^/]+)\//.exec(request.headers.authorization ?? "")?.[1] ?? "none");
      request.resume().on("end", () => response.end("ok"));
    });
    try {
      const credentials = { accessKeyId: "FIRST", secretAccessKey: "s" };
      let seconds = 0;
      const run = startRamp({
        ...rampTo(server.url, [{ type: "hold", rate: 100, seconds: 30 }], { processes: 2 }),
        signing: { region: "us-east-1", service: "sagemaker", credentials },
        onPoint() {
          run.updateCredentials({ accessKeyId: "NEXT", secretAccessKey: "s" });
          if (++seconds === 2) void run.stop();
        },
      });
      const { totals, interrupted, failure } = await run.done;
      assert.deepEqual([interrupted, failure, totals.abandoned], [true, undefined, 0]);
      assert.equal(totals.sent, totals.ok);
      assert.deepEqual([...keys], ["FIRST", "NEXT"]);
    } finally {
      await server.close();
    }
  });

  it("are chosen by what a request costs on this machine, and never measured on the target", async () => {
    assert.deepEqual(
      [processesFor(1000, 100e-6, 8), processesFor(20_000, 100e-6, 8), processesFor(1e6, 1e-4, 8)],
      [1, 4, 8],
    );
    let touched = 0;
    const server = await httpServer((_request, response) => {
      touched++;
      response.end();
    });
    try {
      const slow = rampTo(server.url, [{ type: "hold", rate: 100, seconds: 1 }]);
      assert.deepEqual(await chooseProcesses(slow), { processes: 1 });
      const fast = rampTo(server.url, [{ type: "hold", rate: 9_000, seconds: 1 }]);
      const { processes, cpuPerRequest } = await chooseProcesses(fast);
      assert.ok(processes >= 1 && touched === 0, `${touched} requests reached the target`);
      // On a machine with one core there is nothing to choose.
      if (cpuPerRequest !== undefined) assert.ok(cpuPerRequest > 1e-6 && cpuPerRequest < 0.01, `${cpuPerRequest} s`);
      assert.equal(ratePieces(fast.plan.stages).length, 1);
    } finally {
      await server.close();
    }
  });
});
