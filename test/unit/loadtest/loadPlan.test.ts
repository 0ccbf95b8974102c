import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import {
  loadPlanJsonSchema,
  parseLoadPlan,
  peakRate,
  plannedRequests,
  planSeconds,
} from "../../../src/domain/loadPlan.ts";

const shipped = readFileSync(new URL("../../../infra/loadtests/1k-rps.ramp.json", import.meta.url), "utf8");

function shippedWith(change: (plan: Record<string, unknown>) => void): string {
  const plan = JSON.parse(shipped);
  change(plan);
  return JSON.stringify(plan);
}

function problemsOf(text: string) {
  const parsed = parseLoadPlan(text, "x.ramp.json");
  assert.equal(parsed.ok, false);
  return parsed.ok ? [] : parsed.problems;
}

describe("load plan", () => {
  it("the plan that ships asks for 1,000 requests/s as 75,000 requests in 90 s", () => {
    const parsed = parseLoadPlan(shipped, "1k-rps.ramp.json");
    assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
    assert.equal(plannedRequests(parsed.plan.stages), 75_000);
    assert.equal(planSeconds(parsed.plan.stages), 90);
    assert.equal(peakRate(parsed.plan.stages), 1000);
  });

  it("fills in defaults", () => {
    const parsed = parseLoadPlan(
      shippedWith((plan) => {
        delete plan.maxConnections;
        delete plan.timeoutSeconds;
        delete plan.expect;
      }),
      "x",
    );
    assert.ok(parsed.ok);
    assert.deepEqual([parsed.plan.maxConnections, parsed.plan.timeoutSeconds, parsed.plan.expect], [256, 70, {}]);
  });

  const refusals: [string, (plan: Record<string, unknown>) => void, string, RegExp][] = [
    ["an unknown version", (p) => Object.assign(p, { version: 2 }), "version", /version 1/],
    [
      "a stage with an unknown type",
      (p) => Object.assign(p, { stages: [{ type: "burst" }] }),
      "stages[0].type",
      /linear/,
    ],
    [
      "a negative rate",
      (p) => Object.assign(p, { stages: [{ type: "hold", rate: -1, seconds: 1 }] }),
      "stages[0].rate",
      /requests per second/,
    ],
    ["no stage", (p) => Object.assign(p, { stages: [] }), "stages", /hold/],
    [
      "stages without a request",
      (p) => Object.assign(p, { stages: [{ type: "hold", rate: 0, seconds: 9 }] }),
      "stages",
      /hold/,
    ],
    ["a misspelt field", (p) => Object.assign(p, { maxConections: 3 }), "(whole file)", /spelling/],
    [
      "a limit for a missing stage",
      (p) => Object.assign(p, { expect: { p99Ms: { max: 1, stage: 2 } } }),
      "expect.p99Ms.stage",
      /instances/,
    ],
    [
      "columns dropped without a header",
      (p) => Object.assign(p, { payloads: { csv: "a.csv", dropColumns: ["x"] } }),
      "payloads.dropColumns",
      /jsonLines/,
    ],
    ["payloads of no kind", (p) => Object.assign(p, { payloads: {} }), "payloads", /inline/],
    ["an ftp target", (p) => Object.assign(p, { target: { type: "api", url: "ftp://x/y" } }), "target.url", /https/],
    ["a header injection", (p) => Object.assign(p, { contentType: "text/csv\r\nx: y" }), "contentType", /fitting/],
    ["too many connections", (p) => Object.assign(p, { maxConnections: 100_000 }), "maxConnections", /4096/],
  ];
  for (const [name, change, path, hint] of refusals) {
    it(`refuses ${name}, naming the place and the way out`, () => {
      const problem = problemsOf(shippedWith(change)).find((item) => item.path === path);
      assert.ok(problem, `${path} in ${JSON.stringify(problemsOf(shippedWith(change)))}`);
      assert.match(problem.hint, hint);
    });
  }

  it("refuses text that is not JSON with its line, and names the file", () => {
    const parsed = parseLoadPlan('{\n  "version": 1,\n  oops\n}', "broken.ramp.json");
    assert.ok(!parsed.ok);
    assert.match(parsed.message, /broken\.ramp\.json[\s\S]*line 3/);
  });

  it("tells everything that is wrong at once", () => {
    assert.ok(problemsOf("{}").length >= 5);
    assert.equal(problemsOf("[]").length, 1);
  });

  it("has a JSON schema that allows what has defaults to be left out", () => {
    const schema = loadPlanJsonSchema() as { required: string[]; properties: Record<string, unknown> };
    assert.ok(schema.required.includes("stages"));
    assert.ok(!schema.required.includes("maxConnections"));
    assert.ok("expect" in schema.properties);
  });
});
