import assert from "node:assert/strict";
import { it } from "node:test";
import { type LoadRunPoint, noErrors } from "../../../src/domain/loadRun.ts";
import { findShortfall } from "../../../src/loadtest/shortfall.ts";

function run(of: (second: number) => Partial<LoadRunPoint>, maxConnections = 100, processes = 1) {
  const points = Array.from({ length: 20 }, (_, second): LoadRunPoint => {
    return {
      ...{ atMs: second * 1000, second, asked: 1000, sent: 1000, done: 1000, ok: 1000, byKind: noErrors() },
      ...{ inFlight: 10, queued: 0, connections: 20, p50Ms: 10, p90Ms: 12, p95Ms: 15, p99Ms: 20, maxMs: 30 },
      ...{ serviceP50Ms: 10, serviceP99Ms: 20, lagP99Ms: 1, generatorLimited: false, generatorCpu: 0.2 },
      ...of(second),
    };
  });
  const sum = (key: "asked" | "sent" | "done" | "ok") => points.reduce((total, point) => total + point[key], 0);
  const totals = {
    ...{ planned: sum("asked"), asked: sum("asked"), sent: sum("sent"), sentInTime: sum("sent"), done: sum("done") },
    ...{ ok: sum("ok"), byKind: noErrors(), abandoned: 0, seconds: 20 },
  };
  return findShortfall({ plan: { maxConnections, stages: [] }, points, totals, processes });
}
const late = (second: number) => second >= 10;

it("a rate that was reached needs no explanation", () =>
  assert.equal(
    run(() => ({})),
    undefined,
  ));

it("a busy generator, and one that others kept from working", () => {
  const limited = { sent: 700, generatorLimited: true, lagP99Ms: 240 };
  const busy = run((second) => (late(second) ? { ...limited, generatorCpu: 0.97 } : {}));
  assert.equal(busy?.cause, "generator");
  assert.match(
    busy?.text ?? "",
    /85 % were sent in time.*10 seconds: its one process used 0\.97 cores.*240 ms late.*--processes/,
  );
  const kept = run((second) => (late(second) ? { ...limited, generatorCpu: 0.3 } : {}), 100, 2);
  assert.match(kept?.text ?? "", /got 0\.3 cores only.*other programs/);
});

it("too few connections for a latency that was always so", () => {
  const found = run(() => ({ sent: 500, queued: 900, serviceP50Ms: 200 }));
  assert.equal(found?.cause, "connections");
  assert.match(
    found?.text ?? "",
    /median of 200 ms .*1,000 requests\/s keep 200 connections busy.*up to 900 .*100 connections.*maxConnections to 300/,
  );
});

it("a target that has become slow, or fails", () => {
  const slow = run((second) => (late(second) ? { sent: 400, queued: 5000, serviceP50Ms: 800 } : {}));
  assert.equal(slow?.cause, "target");
  assert.match(slow?.text ?? "", /rose from 10 ms to 800 ms.*more capacity/);
  const failing = run((second) =>
    late(second) ? { sent: 400, queued: 5, byKind: { ...noErrors(), timeout: 300 } } : {},
  );
  assert.equal(failing?.cause, "target");
  assert.match(failing?.text ?? "", /30 % of its answers in 10 seconds were errors or timeouts/);
});
