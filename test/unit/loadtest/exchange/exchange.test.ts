import assert from "node:assert/strict";
import { test } from "node:test";
import { config } from "@vscode/l10n";
import { parse } from "yaml";
import packageJson from "../../../../package.json" with { type: "json" };
import { plannedRequests } from "../../../../src/domain/loadPlan.ts";
import { compareRuns } from "../../../../src/domain/runComparison.ts";
import { artilleryDependencies, artilleryProject } from "../../../../src/loadtest/exchange/artilleryExport.ts";
import { comparisonMarkdown } from "../../../../src/loadtest/exchange/comparisonMarkdown.ts";
import { importArtillery, isArtilleryReport } from "../../../../src/loadtest/exchange/importArtillery.ts";
import { importedReport } from "../../../../src/loadtest/exchange/importedRun.ts";
import { importK6, isK6Summary } from "../../../../src/loadtest/exchange/importK6.ts";
import { reportJunit } from "../../../../src/loadtest/exchange/junit.ts";
import { k6Project } from "../../../../src/loadtest/exchange/k6Export.ts";
import { bundle } from "../../../rig/translatable.ts";
import { holdPlan, syntheticRun } from "./syntheticRun.ts";

const request = {
  url: "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/wine/invocations",
  method: "POST" as const,
  headers: { "content-type": "text/csv" },
};
const plan = holdPlan(60, {
  stages: [
    { type: "linear", from: 0, to: 1000, seconds: 30 },
    { type: "hold", rate: 1000, seconds: 60 },
    { type: "steps", from: 1000, to: 200, steps: 3, seconds: 4 },
  ],
  expect: { achievedRatio: { min: 0.99 }, errorRate: { max: 0.02 }, p99Ms: { max: 250 } },
});
const payloads = [Buffer.from("1,2"), Buffer.from('{"a": "{{ x }}"}')];

test("an Artillery project divides the rates among its workers, and loses no time to rounding", () => {
  const files = artilleryProject({ plan, request, payloads, region: "eu-west-1", workers: 4 });
  const { config } = parse(files["artillery.yml"] as string) as {
    config: { phases: { duration: number; arrivalRate: number; rampTo?: number }[]; ensure: unknown; target: string };
  };
  assert.equal(config.target, "https://runtime.sagemaker.eu-west-1.amazonaws.com");
  const seconds = config.phases.reduce((sum, { duration }) => sum + duration, 0);
  assert.equal(seconds, 94);
  const requests = config.phases.reduce(
    (sum, { duration, arrivalRate, rampTo }) => sum + ((arrivalRate + (rampTo ?? arrivalRate)) / 2) * duration,
    0,
  );
  assert.ok(Math.abs(requests * 4 - plannedRequests(plan.stages)) < 500, String(requests * 4));
  assert.match(files["artillery.yml"] as string, /http\.codes\.200 >= 0\.98 \* http\.requests/);
  assert.match(files["package.json"] as string, /--count 4/);
});

test("no exported file holds a credential, and none is signed where the target wants no signature", () => {
  for (const write of [artilleryProject, k6Project]) {
    const signed = Object.values(write({ plan, request, payloads, region: "eu-west-1", workers: 1 })).join("\n");
    assert.match(signed, /sagemaker/);
    assert.doesNotMatch(signed, /AKIA|secretAccessKey":/);
    const plain = Object.values(write({ plan, request, payloads, workers: 1 })).join("\n");
    assert.doesNotMatch(plain, /SECRET_ACCESS_KEY|SignatureV4/);
  }
});

test("the exported project's versions are the ones that this project is built with", () => {
  assert.equal(
    artilleryDependencies["@aws-sdk/credential-providers"],
    packageJson.dependencies["@aws-sdk/credential-providers"],
  );
});

test("a number of workers that cannot be meant is refused", () => {
  assert.throws(() => artilleryProject({ plan, request, payloads, workers: 0 }), /0 workers/);
});

test("a k6 script jumps between stages and keeps whole rates", () => {
  const script = k6Project({ plan, request, payloads, region: "eu-west-1", workers: 1 })["script.js"] as string;
  const options = JSON.parse(/export const options = (\{[\s\S]*?\n\});/.exec(script)?.[1] ?? "") as {
    scenarios: { plan: { startRate: number; stages: { duration: string; target: number }[] } };
  };
  assert.equal(options.scenarios.plan.startRate, 0);
  assert.deepEqual(options.scenarios.plan.stages, [
    { duration: "30s", target: 1000 },
    { duration: "60s", target: 1000 },
    { duration: "1s", target: 1000 },
    { duration: "0s", target: 600 },
    { duration: "2s", target: 600 },
    { duration: "0s", target: 200 },
    { duration: "1s", target: 200 },
  ]);
});

test("JUnit shows each expectation, names the failed one, and survives hostile texts", () => {
  const run = syntheticRun({
    seed: 1,
    errorShare: 0.1,
    plan: { name: 'a<b>&"c"\u0000', expect: { errorRate: { max: 0.01 }, p99Ms: { max: 250 } } },
  });
  const xml = reportJunit(run, "loadtests/a.ramp.json");
  const elements = readXml(xml);
  const [root] = elements;
  assert.deepEqual([root?.name, root?.attributes.tests, root?.attributes.failures], ["testsuites", "2", "1"]);
  assert.equal(elements.filter(({ name }) => name === "testcase").length, 2);
  const [failure, ...others] = elements.filter(({ name }) => name === "failure");
  assert.equal(others.length, 0);
  assert.match(failure?.attributes.message ?? "", /^error rate ≤ 1 %: \d/);
  assert.match(xml, /a&lt;b&gt;&amp;&quot;c&quot;/);
});

test("JUnit is the same in every language: a CI knows a test case by its name", (t) => {
  const run = syntheticRun({
    seed: 1,
    plan: { name: "a", expect: { errorRate: { max: 0.005 }, p99Ms: { max: 1250 }, instances: { min: 2 } } },
  });
  const english = reportJunit(run);
  t.after(() => config({ contents: {} }));
  config({ contents: bundle("de") });
  assert.equal(reportJunit(run), english);
  assert.match(english, /name="p99 ≤ 1,250 ms"/);
});

/** Elements of a document in their order; throws where it is not well-formed. */
function readXml(xml: string): { name: string; attributes: Record<string, string> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  const body = xml.replace(/^<\?xml [^>]*\?>/, "");
  for (const part of body.split(/(<[^>]*>)/)) {
    const tag = /^<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>$/.exec(part);
    if (!tag) {
      assert.doesNotMatch(part, /[<>]|&(?!amp;|lt;|gt;|quot;)|\0/, part);
      continue;
    }
    const [, closes, name = "", attributes = "", empty] = tag;
    if (closes) assert.equal(open.pop(), name);
    else if (!empty) open.push(name);
    if (!closes) {
      const pairs = [...attributes.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
      found.push({ name, attributes: Object.fromEntries(pairs) as Record<string, string> });
    }
  }
  assert.deepEqual(open, []);
  return found;
}

const artilleryReport = {
  aggregate: {
    counters: {
      "http.requests": 300,
      "http.responses": 290,
      "http.codes.200": 280,
      "http.codes.429": 10,
      "errors.ETIMEDOUT": 10,
    },
    summaries: {
      "http.response_time": { min: 1, max: 90, count: 290, median: 8, p90: 20, p95: 30, p99: 60, p999: 80 },
    },
    firstMetricAt: 1_700_000_003_000,
    lastMetricAt: 1_700_000_023_000,
  },
  intermediate: [
    {
      period: "1700000010000",
      counters: { "http.requests": 200, "http.responses": 200, "http.codes.200": 200 },
      summaries: { "http.response_time": { min: 1, max: 90, count: 200, median: 8, p95: 30, p99: 60 } },
    },
    {
      period: "1700000000000",
      counters: { "http.requests": 70, "http.responses": 70, "http.codes.200": 70 },
      summaries: {},
    },
    {
      period: "1700000020000",
      counters: {
        "http.requests": 30,
        "http.responses": 20,
        "http.codes.429": 10,
        "http.codes.200": 10,
        "errors.ETIMEDOUT": 10,
      },
      summaries: {},
    },
  ],
};

test("Artillery's report becomes a run: kinds of errors, seconds in order, counts that add up", () => {
  assert.equal(isArtilleryReport(artilleryReport), true);
  const run = importedReport("id", importArtillery(artilleryReport, "report.json"), { name: "imported" });
  assert.equal(run.totals.sent, 300);
  assert.deepEqual([run.totals.byKind.throttled, run.totals.byKind.timeout], [10, 10]);
  assert.equal(run.latency.whole?.p99Ms, 60);
  assert.deepEqual(
    run.points.map(({ second }) => second),
    Array.from({ length: 20 }, (_, second) => second),
  );
  assert.ok(Math.abs(run.points.reduce((sum, { sent }) => sum + sent, 0) - 300) < 1e-6);
  assert.equal(run.source?.tool, "Artillery");
});

test("k6's summaries of both kinds become the same run, and what they cannot tell is said", () => {
  const flat = {
    metrics: {
      http_reqs: { count: 1000, rate: 100 },
      http_req_duration: { avg: 10, min: 1, med: 9, max: 99, "p(90)": 20, "p(95)": 30, "p(99)": 60 },
      http_req_failed: { passes: 20, fails: 980, value: 0.02, thresholds: { "rate<=0.01": true } },
    },
  };
  const nested = {
    state: { testRunDurationMs: 10_000 },
    metrics: Object.fromEntries(
      Object.entries(flat.metrics).map(([name, { ...values }]) => [
        name,
        {
          type: "x",
          contains: "y",
          values: Object.fromEntries(Object.entries(values).filter(([, v]) => typeof v === "number")),
        },
      ]),
    ),
  };
  for (const summary of [flat, nested]) {
    assert.equal(isK6Summary(summary), true);
    const run = importedReport("id", importK6(summary, "summary.json", 1_700_000_010_000), {
      name: "imported",
      plan: { ...plan, expect: { errorRate: { max: 0.01 } } },
    });
    assert.equal(run.totals.sent, 1000);
    assert.equal(run.latency.whole?.p99Ms, 60);
    assert.equal(run.startedAtMs, 1_700_000_000_000);
    assert.equal(run.verdict.passed, false);
    assert.match(run.verdict.sentence, /^1,000 requests sent, 100 requests\/s on average at p99 60 ms; 2 % errors/);
    assert.match(run.warnings.join(" "), /kinds of failures/);
  }
  assert.equal(isK6Summary(artilleryReport), false);
});

test("an imported run says that it cannot be told from noise where it has no course", () => {
  const k6 = importedReport(
    "k6",
    importK6(
      { metrics: { http_reqs: { count: 1000, rate: 100 }, http_req_duration: { med: 9, max: 99 } } },
      "s.json",
      0,
    ),
    { name: "k6" },
  );
  const comparison = compareRuns(syntheticRun({ seed: 1 }), k6);
  assert.match(comparisonMarkdown(comparison), /too little data/);
  assert.match(comparison.warnings.join(" "), /different tools/);
});
