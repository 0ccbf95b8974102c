import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { config } from "@vscode/l10n";
import type { LoadPlan } from "../../../src/domain/loadPlan.ts";
import { parseLoadPlan } from "../../../src/domain/loadPlan.ts";
import { type LatencySummary, type LoadRunPoint, noErrors } from "../../../src/domain/loadRun.ts";
import { loadRunReport, loadRunReportJsonSchema } from "../../../src/domain/loadRunSchema.ts";
import type { RampResult } from "../../../src/loadtest/engine.ts";
import { evaluateExpectations } from "../../../src/loadtest/expectations.ts";
import { buildReport, type ReportInput, reportJson, reportMarkdown } from "../../../src/loadtest/report.ts";
import { reportHtml } from "../../../src/loadtest/reportHtml.ts";
import { bundle } from "../../rig/translatable.ts";

const start = Date.UTC(2026, 0, 1, 12);

function planWith(change: Partial<LoadPlan> = {}): LoadPlan {
  const parsed = parseLoadPlan(
    JSON.stringify({
      version: 1,
      name: "1k-rps",
      target: { type: "endpoint" },
      payloads: { inline: ["1,2"] },
      contentType: "text/csv",
      stages: [
        { type: "linear", from: 0, to: 1000, seconds: 30 },
        { type: "hold", rate: 1000, seconds: 60 },
      ],
      seed: 7,
      expect: {
        achievedRatio: { min: 0.99 },
        errorRate: { max: 0.01 },
        p99Ms: { max: 250, stage: 1 },
        instances: { min: 2 },
      },
    }),
    "x",
  );
  assert.ok(parsed.ok);
  return { ...parsed.plan, ...change };
}

const summary = (p99Ms: number): LatencySummary => ({
  count: 100,
  p50Ms: 9,
  p90Ms: 20,
  p95Ms: 40,
  p99Ms,
  p999Ms: 200,
  maxMs: 300,
});

function points(of: (second: number) => Partial<LoadRunPoint>): LoadRunPoint[] {
  return Array.from({ length: 90 }, (_, second) => {
    const asked = second < 30 ? Math.round((second + 0.5) * 33.33) : 1000;
    return {
      ...{ atMs: start + second * 1000, second, asked, sent: asked, done: asked, ok: asked, byKind: noErrors() },
      ...{ inFlight: 9, queued: 0, connections: 20, p50Ms: 9, p90Ms: 20, p95Ms: 40, p99Ms: 84, maxMs: 120 },
      ...{ serviceP50Ms: 8, serviceP99Ms: 70, lagP99Ms: 1, generatorLimited: false, generatorCpu: 0.2 },
      ...of(second),
    };
  });
}

function resultWith(
  of: (second: number) => Partial<LoadRunPoint> = () => ({}),
  change: Partial<RampResult> = {},
): RampResult {
  const series = points(of);
  const byKind = noErrors();
  for (const point of series)
    for (const kind of Object.keys(byKind) as (keyof typeof byKind)[]) byKind[kind] += point.byKind[kind];
  const sum = (key: "sent" | "done" | "ok") => series.reduce((total, point) => total + point[key], 0);
  const sent = sum("sent");
  return {
    startedAtMs: start,
    endedAtMs: start + 90_000,
    interrupted: false,
    points: series,
    totals: {
      planned: 75_000,
      asked: 75_000,
      sent,
      sentInTime: sent,
      done: sum("done"),
      ok: sum("ok"),
      byKind,
      abandoned: 0,
      seconds: 90,
    },
    latency: {
      whole: summary(90),
      clean: summary(88),
      service: summary(70),
      stages: [
        { all: summary(50), clean: summary(50) },
        { all: summary(85), clean: summary(84) },
      ],
    },
    errorSamples: {},
    ...change,
  };
}

const at = (seconds: number) => start + seconds * 1000;

function inputWith(change: Partial<ReportInput> = {}): ReportInput {
  return {
    id: "run-1",
    plan: planWith(),
    target: { type: "endpoint", name: "wine-endpoint" },
    connection: { accountId: "000000000000", region: "us-east-1", sandbox: true, timeScale: 30 },
    result: resultWith(),
    instances: [
      { atMs: at(0), current: 1, desired: 1 },
      { atMs: at(15), current: 1, desired: 3 },
      { atMs: at(21), current: 3, desired: 3 },
    ],
    marks: [
      { atMs: at(13), kind: "alarm", text: "AlarmHigh is ALARM", value: 1 },
      { atMs: at(15), kind: "desired", text: "desired 3", value: 3 },
    ],
    environment: { policy: { targetPerMinute: 12_000, minInstances: 1, maxInstances: 4 } },
    ...change,
  };
}

describe("expectations", () => {
  const { expect } = planWith();
  const judge = (result: RampResult, instances = inputWith().instances) =>
    evaluateExpectations(expect, { ...result, instances });

  it("pass when all holds", () => {
    assert.deepEqual(
      judge(resultWith()).map(({ name, passed }) => [name, passed]),
      [
        ["achieved ratio", true],
        ["error rate", true],
        ["p99", true],
        ["instances", true],
      ],
    );
  });

  it("fail one by one", () => {
    const result = resultWith((second) => ({
      sent: second < 50 ? 900 : 100,
      byKind: { ...noErrors(), throttled: 30 },
    }));
    result.latency.stages[1] = { all: summary(251), clean: summary(251) };
    const outcomes = judge(result, [{ atMs: start, current: 1, desired: 4 }]);
    assert.deepEqual(
      outcomes.map(({ passed }) => passed),
      [false, false, false, false],
    );
    assert.equal(outcomes[3]?.measured, 1);
  });

  it("judge latency without what the generator spoiled, and do not pass when nothing is left", () => {
    const result = resultWith();
    result.latency.stages[1] = { all: summary(900), clean: summary(84) };
    assert.equal(judge(result)[2]?.passed, true);
    result.latency.stages[1] = { all: summary(10), clean: null };
    const spoiled = judge(result)[2];
    assert.deepEqual([spoiled?.passed, spoiled?.measured], [false, null]);
    assert.match(spoiled?.reason ?? "", /generator/);
  });

  it("do not pass on what was not seen", () => {
    assert.deepEqual([judge(resultWith(), [])[3]?.passed, judge(resultWith(), [])[3]?.measured], [false, null]);
  });

  it("of one stage, of first capacity, of scale-in and of the cost", () => {
    const stages = [...planWith().stages, { type: "hold" as const, rate: 10, seconds: 30 }];
    const change = {
      achievedRatio: { min: 0.99, stage: 1 },
      errorRate: { max: 0.05, stage: 0 },
      p999Ms: { max: 100 },
      firstCapacitySeconds: { max: 10 },
      scaleIn: { to: 1, withinSeconds: 25 },
      costUsd: { max: 0.001 },
    };
    const result = resultWith((second) => ({
      sent: second < 30 ? 0 : 1000,
      byKind: { ...noErrors(), serverError: second < 30 ? 1 : 0 },
    }));
    const instances = [...inputWith().instances, { atMs: at(110), current: 1, desired: 1 }];
    const environment = { ...inputWith().environment, instanceType: "ml.m5.large" };
    const plan = planWith({ stages, expect: change });
    const report = buildReport(inputWith({ plan, result, instances, environment, endedAtMs: at(120) }));
    assert.deepEqual(
      report.expectations.map(({ name, passed, measured, stage }) => [
        name,
        passed,
        Number(measured?.toFixed(4)),
        stage,
      ]),
      [
        ["achieved ratio", true, 1, 1],
        ["error rate", true, 0.002, 0],
        ["p99.9", false, 200, undefined],
        ["first new capacity", false, 14, undefined],
        ["scale-in to 1", true, 20, undefined],
        ["cost", false, 0.0099, undefined],
      ],
    );
    assert.match(
      report.verdict.sentence,
      /with 3 instances; scaled in to 1 after 20 s; failed: p99\.9, first new capacity, cost$/,
    );
  });

  it("leave seconds out of the error rate in which the generator was the limit", () => {
    const result = resultWith((second) =>
      second < 45 ? { generatorLimited: true, byKind: { ...noErrors(), timeout: 500 } } : {},
    );
    const [, errors] = evaluateExpectations(expect, { ...result, instances: [] });
    assert.deepEqual([errors?.name, errors?.measured], ["error rate", 0]);
  });
});

describe("verdict", () => {
  const verdictOf = (change: Partial<ReportInput> = {}) => buildReport(inputWith(change)).verdict;

  it("says how it scaled and what was held", () => {
    assert.deepEqual(verdictOf(), {
      passed: true,
      proven: true,
      sentence:
        "scaled 1 → 3; alarm 6 s after the target was passed; first new capacity 8 s later; 1,000 requests/s held at p99 84 ms with 3 instances",
    });
  });

  it("is not proven when instances stayed, whatever was asked for", () => {
    const verdict = verdictOf({ instances: [{ atMs: start, current: 1, desired: 3 }] });
    assert.deepEqual([verdict.passed, verdict.proven], [false, false]);
    assert.match(verdict.sentence, /^stayed at 1 instance, 3 were asked for; .*failed: instances$/);
  });

  it("says when instances went away under the load, as those of an earlier run do", () => {
    const instances = [
      { atMs: start, current: 4, desired: 4 },
      { atMs: at(5), current: 1, desired: 1 },
      { atMs: at(100), current: 1, desired: 1 },
    ];
    const { sentence, proven } = verdictOf({ instances, marks: [] });
    assert.equal(proven, false);
    assert.match(sentence, /^began with 4 instances; .* with 1 instance; scaled in to 1 instance 5 s after the start$/);
  });

  it("does not call a rate held that was not sent, or that failed", () => {
    const slow = verdictOf({ result: resultWith((second) => (second >= 30 ? { sent: 612, done: 612 } : {})) });
    assert.match(slow.sentence, /only 61\.2 % of 1,000 requests\/s could be sent/);
    const failing = verdictOf({ result: resultWith(() => ({ byKind: { ...noErrors(), serverError: 100 } })) });
    assert.match(failing.sentence, /not held.*10 % errors, most of them server error/);
    assert.doesNotMatch(`${slow.sentence}${failing.sentence}`, /requests\/s held/);
  });

  it("names an interruption and does not pass", () => {
    const series = resultWith().points.slice(0, 12);
    const verdict = verdictOf({ result: resultWith(undefined, { points: series, interrupted: true }) });
    assert.equal(verdict.passed, false);
    assert.match(verdict.sentence, /^interrupted after 12 s; .*1,000 requests\/s were not reached/);
  });

  it("works without instances, alarms and a policy, and for a plan without a hold", () => {
    const plan = planWith({ stages: [{ type: "linear", from: 0, to: 1000, seconds: 90 }], expect: {} });
    const verdict = verdictOf({ plan, instances: [], marks: [], environment: {} });
    assert.deepEqual([verdict.passed, verdict.proven], [true, false]);
    assert.match(verdict.sentence, /requests answered at p99 88 ms$/);
  });

  it("leaves generator-limited seconds out, and says when nothing is left", () => {
    const half = verdictOf({ result: resultWith((second) => (second % 2 ? { generatorLimited: true, sent: 9 } : {})) });
    assert.match(half.sentence, /1,000 requests\/s held/);
    const none = verdictOf({ result: resultWith(() => ({ generatorLimited: true })) });
    assert.match(none.sentence, /nothing can be said of 1,000 requests\/s: the generator was the limit throughout/);
  });

  it("says that nothing scaled in where that was expected", () => {
    const expect = { scaleIn: { withinSeconds: 60 } };
    assert.match(verdictOf({ plan: planWith({ expect }) }).sentence, /did not scale in while it was watched/);
  });
});

describe("report", () => {
  it("is JSON that reads back as it was", () => {
    const report = buildReport(inputWith());
    assert.deepEqual(JSON.parse(reportJson(report)), report);
    assert.equal(report.reportVersion, 1);
    assert.equal(report.environment.seed, 7);
  });

  it("keeps to the schema that is shipped, whatever is in it", () => {
    const cut = resultWith(() => ({ sent: 500, queued: 9 }), { errorSamples: { timeout: "No answer" }, processes: 3 });
    const environment = { ...inputWith().environment, instanceType: "ml.m5.large", extensionVersion: "0.1.0" };
    for (const report of [buildReport(inputWith()), buildReport(inputWith({ result: cut, environment }))])
      assert.deepEqual(loadRunReport.parse(JSON.parse(reportJson(report))), report);
    const schema = loadRunReportJsonSchema() as { properties: Record<string, unknown>; required: string[] };
    assert.deepEqual(schema.properties.reportVersion, {
      type: "number",
      const: 1,
      description: "Version of this format.",
    });
    assert.ok(schema.required.includes("verdict") && !schema.required.includes("shortfall"));
  });

  it("says in Markdown what ran where", () => {
    const environment = { ...inputWith().environment, variant: "AllTraffic", instanceType: "ml.m5.large" };
    const text = reportMarkdown(buildReport(inputWith({ environment })));
    for (const part of ["AllTraffic, ml.m5.large", "target 12,000 invocations", "seed 7", "✓ passed", "| $0.0"])
      assert.ok(text.includes(part), part);
  });

  it("warns of generator-limited seconds and of what was cut off", () => {
    const result = resultWith((second) => ({ generatorLimited: second % 2 === 0 }), { interrupted: true });
    result.totals.abandoned = 3;
    const { warnings } = buildReport(inputWith({ result, warnings: ["given"] }));
    assert.match(
      warnings.join("\n"),
      /given\nIn 45 of 90 seconds[\s\S]*stopped before its end[\s\S]*3 requests were still in flight/,
    );
  });

  it("shows everything in one HTML file that loads and runs nothing", () => {
    const html = reportHtml(buildReport(inputWith()));
    assert.equal(html.match(/<svg /g)?.length, 5);
    assert.doesNotMatch(html, /<script|<link|<img|@import|url\(|NaN|undefined|Infinity/);
    for (const text of [
      "scaled 1 → 3",
      "≤ 250 ms",
      "AlarmHigh is ALARM",
      "simulated instances",
      "prefers-color-scheme:dark",
    ]) {
      assert.ok(html.includes(text), text);
    }
  });

  it("escapes whatever comes from plan and target, in HTML and in Markdown", () => {
    const evil = `<img src=x onerror="alert(1)">|'&`;
    const result = resultWith(() => ({ byKind: { ...noErrors(), serverError: 1 } }), {
      errorSamples: { serverError: evil },
    });
    const report = buildReport(
      inputWith({
        plan: planWith({ name: evil }),
        target: { type: "api", name: evil, variant: evil },
        result,
        marks: [{ atMs: at(1), kind: "alarm", text: evil, value: 1 }],
        warnings: [evil],
        environment: { instanceType: evil, extensionVersion: evil },
      }),
    );
    assert.doesNotMatch(reportHtml(report), /<img|onerror="/);
    assert.doesNotMatch(reportMarkdown(report), /(^|[^\\])<img/);
  });

  it("leaves gaps where nothing was measured", () => {
    const none = { p50Ms: null, p90Ms: null, p95Ms: null, p99Ms: null, maxMs: null };
    const html = reportHtml(buildReport(inputWith({ result: resultWith((second) => (second === 40 ? none : {})) })));
    assert.equal(/<path class="line p99" d="([^"]*)"/.exec(html)?.[1]?.match(/M/g)?.length, 2);
  });

  it("holds together when nothing at all was measured", () => {
    const empty = { whole: null, clean: null, service: null, stages: [] };
    const result = resultWith(undefined, {
      points: [],
      latency: empty,
      interrupted: true,
      failure: "the engine ended",
    });
    const report = buildReport(inputWith({ result, instances: [], marks: [] }));
    assert.equal(report.verdict.passed, false);
    assert.match(report.warnings[0] ?? "", /the engine ended/);
    assert.doesNotMatch(reportHtml(report) + reportMarkdown(report), /NaN|undefined|Infinity/);
  });

  it("speaks the editor's language, figures and all, and keeps to English what programs read", (t) => {
    t.after(() => config({ contents: {} }));
    config({ contents: bundle("de") });
    const report = buildReport(inputWith({ result: resultWith(() => ({ generatorLimited: false, p50Ms: 1.5 })) }));
    const [html, markdown] = [reportHtml(report), reportMarkdown(report)];
    for (const text of ["✓ bestanden", "Zielwert 12.000 Aufrufe", "erreichter Anteil", "1.000/s", "1,5 ms"])
      assert.ok(html.includes(text), text);
    assert.match(html, /<html lang="de">[\s\S]*<td class="ok">✓ bestanden/);
    const words = /\b(requests?|asked|achieved|instances?|policy|generator|errors?|passed|failed|target|cost|and)\b/;
    const seen = html.replace(/<style>[\s\S]*<\/style>/, "").replace(/<[^>]*>/g, " ");
    assert.deepEqual(`${seen}\n${markdown}`.match(words), null);
    assert.deepEqual(
      report.expectations.slice(0, 2).map(({ name }) => name),
      ["achieved ratio", "error rate"],
    );
  });
});
