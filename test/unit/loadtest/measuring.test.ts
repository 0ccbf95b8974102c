import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import autocannon from "autocannon";
import { missingClientMembers } from "../../../src/loadtest/autocannonGenerator.ts";
import { autocannonVersion } from "../../../src/loadtest/autocannonVersion.ts";
import { classifyResponse } from "../../../src/loadtest/classify.ts";
import { createCollector } from "../../../src/loadtest/collector.ts";
import { createHistogram } from "../../../src/loadtest/histogram.ts";
import { payloadRows } from "../../../src/loadtest/payloads.ts";
import { RequestQueue } from "../../../src/loadtest/requestQueue.ts";

describe("histogram", () => {
  it("keeps three digits from microseconds to minutes", () => {
    for (const value of [0.05, 1, 12.34, 250, 70_000, 900_000]) {
      const histogram = createHistogram();
      histogram.record(value);
      assert.ok(Math.abs((histogram.at(50) ?? 0) - value) <= value * 0.001 + 0.001, `${value}: ${histogram.at(50)}`);
    }
  });

  it("gives percentiles of what was recorded and added, and nothing when empty", () => {
    const [one, two] = [createHistogram(), createHistogram()];
    for (let value = 1; value <= 50; value++) one.record(value);
    for (let value = 51; value <= 100; value++) two.record(value);
    one.add(two);
    const summary = one.summary();
    assert.equal(summary?.count, 100);
    assert.ok(Math.abs((summary?.p50Ms ?? 0) - 50) < 0.1 && Math.abs((summary?.p99Ms ?? 0) - 99) < 0.1);
    one.reset();
    assert.deepEqual([one.summary(), one.at(99), one.maxMs(), one.count], [null, null, null, 0]);
  });
});

describe("classification", () => {
  const table: [number, string[], string][] = [
    [200, [], "ok"],
    [301, [], "clientError"],
    [400, ["X-Amzn-ErrorType", "ValidationError:http://x"], "clientError"],
    [400, ["x-amzn-errortype", "ThrottlingException:http://x"], "throttled"],
    [403, [], "clientError"],
    [424, ["x-amzn-errortype", "ModelError"], "modelError"],
    [429, [], "throttled"],
    [500, [], "serverError"],
    [503, ["x-amzn-errortype", "ServiceUnavailable"], "serverError"],
  ];
  for (const [status, headers, kind] of table) {
    it(`HTTP ${status} ${headers[1] ?? ""} is ${kind}`, () =>
      assert.equal(classifyResponse(status, headers, "").kind, kind));
  }

  it("keeps at most 300 characters of one line", () => {
    const { message } = classifyResponse(500, [], `first\n\tsecond ${"x".repeat(5000)}`);
    assert.equal(message?.length, 300);
    assert.match(message ?? "", /^HTTP 500: first second x+…$/);
  });
});

describe("payload rows", () => {
  const rows = (...args: Parameters<typeof payloadRows>) => payloadRows(...args).map(String);

  it("of CSV, without header and dropped columns, in quotes where they need them", () => {
    const text = '\uFEFFa,"class",b\r\n1,0,"x, ""y"""\r\n\r\n2,1,"two\nlines"\n';
    assert.deepEqual(rows({ csv: "f.csv", header: true, dropColumns: ["class"] }, text), [
      '1,"x, ""y"""',
      '2,"two\nlines"',
    ]);
    assert.deepEqual(rows({ csv: "f.csv" }, "1,2\n3,4"), ["1,2", "3,4"]);
    assert.deepEqual(rows({ csv: "f.csv" }, '"1.5","a, b"\n 2, red'), ['1.5,"a, b"', " 2, red"]);
  });

  it("of JSON lines and inline", () => {
    assert.deepEqual(rows({ jsonLines: "f.jsonl" }, '{"a":1}\n\n[2]\n'), ['{"a":1}', "[2]"]);
    assert.deepEqual(rows({ inline: ["x", "y"] }), ["x", "y"]);
  });

  const csv = { csv: "wine.csv", header: true, dropColumns: ["class"] };
  const refusals: [string, () => unknown, RegExp][] = [
    ["a missing column", () => rows(csv, "a,b\n1,2"), /wine\.csv has no column "class".*a, b/],
    ["a short row", () => rows(csv, "a,class\n1,2\n3"), /wine\.csv, line 3 has 1 columns where 2/],
    ["a file without rows", () => rows(csv, "a,class\n"), /wine\.csv has no rows/],
    ["an open quote", () => rows({ csv: "wine.csv" }, '1,"2\n3'), /line 1, column 2: its quote is not closed/],
    ["a line that is not JSON", () => rows({ jsonLines: "w.jsonl" }, "1\n{"), /w\.jsonl, line 2 is not JSON/],
  ];
  for (const [name, act, message] of refusals) {
    it(`refuses ${name}, naming the file`, () => {
      assert.throws(act, (error: Error & { hint?: string }) => message.test(error.message) && Boolean(error.hint));
    });
  }
});

describe("collector", () => {
  const facts = {
    atMs: 0,
    asked: 1,
    gauges: { inFlight: 0, queued: 0, connections: 1 },
    generatorCpu: 0,
    stoodStill: false,
  };
  const outcome = (latency: number, late = false) =>
    ({ kind: "ok", intendedAt: 0, startedAt: 0, endedAt: latency, stage: 0, late }) as const;

  it("leaves seconds in which the generator was the limit out of the clean figures, and only those", () => {
    const collector = createCollector(1);
    collector.lag(0.5);
    collector.ended(outcome(5));
    assert.equal(collector.closeSecond({ ...facts, second: 0 }).generatorLimited, false);
    collector.lag(40);
    collector.ended(outcome(500));
    assert.equal(collector.closeSecond({ ...facts, second: 1 }).generatorLimited, true);
    collector.ended(outcome(500));
    assert.equal(collector.closeSecond({ ...facts, second: 2, stoodStill: true }).generatorLimited, true);
    for (let n = 0; n < 999; n++) collector.lag(0.1);
    collector.lag(30);
    collector.ended(outcome(600, true));
    const point = collector.closeSecond({ ...facts, second: 3 });
    assert.equal(point.generatorLimited, false);
    assert.ok((point.maxMs ?? 0) >= 599, "the second still shows the late request");
    const { latency } = collector.measured(0, 4, 0);
    assert.equal(latency.whole?.count, 4);
    assert.equal(latency.clean?.count, 1);
    assert.equal(latency.stages[0]?.all?.count, 4);
    assert.ok((latency.stages[0]?.clean?.maxMs ?? 99) < 6);
  });

  it("counts a refused connection as an error but not as a fast answer, and keeps the first message", () => {
    const collector = createCollector(1);
    collector.ended({ ...outcome(0.2), kind: "connection", message: "first" });
    collector.ended({ ...outcome(0.2), kind: "connection", message: "second" });
    const point = collector.closeSecond({ ...facts, second: 0 });
    assert.deepEqual([point.done, point.byKind.connection, point.p50Ms], [2, 2, null]);
    assert.equal(collector.measured(0, 2, 0).errorSamples.connection, "first");
  });
});

describe("request queue", () => {
  it("stays first in, first out over many removals", () => {
    const queue = new RequestQueue();
    let expected = 0;
    for (let index = 0; index < 20_000; index++) {
      queue.push({ intendedAt: index, stage: 0, late: false });
      if (index % 3 > 0) assert.equal(queue.shift()?.intendedAt, expected++);
    }
    assert.equal(queue.length, 20_000 - expected);
    while (queue.length > 0) assert.equal(queue.shift()?.intendedAt, expected++);
    assert.equal(queue.shift(), undefined);
  });
});

describe("autocannon's private members", () => {
  it("are those of the version that package.json pins", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
    assert.equal(manifest.dependencies.autocannon, autocannonVersion);
  });

  it("are all there, and the check finds one that is missing", async () => {
    let missing: string[] | undefined;
    const instance = autocannon({
      url: "http://127.0.0.1:9",
      connections: 1,
      duration: 1,
      setupClient: (client) => {
        missing = missingClientMembers(client);
        Object.assign(client, { _connect: () => {}, _doRequest: () => {}, _destroyConnection: () => {} });
      },
    }) as unknown as autocannon.Instance & PromiseLike<unknown>;
    instance.stop();
    await instance;
    assert.deepEqual(missing, []);
    assert.ok(missingClientMembers({ parser: {} }).includes("parser.execute"));
  });
});
