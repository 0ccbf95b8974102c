import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LoadPlan, type LoadStage, parseLoadPlan } from "../../../src/domain/loadPlan.ts";
import { checkLoadPlan, type PlanFacts } from "../../../src/domain/loadPlanCheck.ts";
import { instancesUsd, planUsd, watchSeconds } from "../../../src/domain/loadPlanCost.ts";
import { fallAt, spansBetween } from "../../../src/domain/loadPlanRates.ts";

const hold = (rate: number, seconds: number): LoadStage => ({ type: "hold", rate, seconds });

function planOf(stages: LoadStage[], more: object = {}): LoadPlan {
  const base = { version: 1, name: "p", target: { type: "endpoint" }, payloads: { inline: ["1"] }, contentType: "a/b" };
  const parsed = parseLoadPlan(JSON.stringify({ ...base, stages, ...more }), "p.ramp.json");
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return parsed.plan;
}

const policy = { targetPerMinute: 12_000, minInstances: 1, maxInstances: 5 };
const aws: PlanFacts = { timeScale: 1, policy, currentInstances: 1, instanceType: "ml.m5.large" };
const found = (plan: LoadPlan, facts: PlanFacts = aws) =>
  checkLoadPlan(plan, facts).map(({ severity, path, message }) => `${severity} ${path.join(".")}: ${message}`);
const has = (findings: string[], wanted: RegExp) =>
  assert.ok(
    findings.some((text) => wanted.test(text)),
    `${wanted} is not among\n${findings.join("\n")}`,
  );

describe("the check of a plan", () => {
  it("finds nothing in one that can show what it expects", () => {
    const stages = [hold(900, 15 * 60), hold(50, 20 * 60)];
    const expect = { instances: { min: 2 }, firstCapacitySeconds: { max: 600 }, scaleIn: { withinSeconds: 1500 } };
    assert.deepEqual(found(planOf(stages, { expect })), []);
    assert.deepEqual(found(planOf([hold(900, 10)]), {}), [], "what is not known is not judged");
  });

  it("says by how much a hold is too short for the alarm, in the time of AWS and of the sandbox", () => {
    const plan = planOf([hold(1000, 60)], { expect: { instances: { min: 2 } } });
    has(found(plan), /^error stages: .*for 60 s.*3 datapoints of 60 s.*up to 4 min\. Hold the rate 3 min longer/);
    assert.deepEqual(found(plan, { ...aws, timeScale: 30 }), []);
    const short = planOf([hold(1000, 5)], { expect: { instances: { min: 2 } } });
    has(
      found(short, { ...aws, timeScale: 30 }),
      /^error stages: .*for 5 s.*of 2 s.*up to 8 s\. Hold the rate 3 s longer/,
    );
  });

  it("sees that new capacity would come after the end of the run, and how watching longer helps", () => {
    const stages = [hold(1000, 300)];
    const expect = { instances: { min: 2 } };
    has(
      found(planOf(stages, { expect })),
      /^error expect\.instances: New capacity is in service about 8 min .*ends after 5 min.*3 min longer/,
    );
    assert.deepEqual(found(planOf(stages, { expect, watchSecondsAfter: 200 })), []);
  });

  it("compares predicted and expected instances with the policy's limits", () => {
    has(
      found(planOf([hold(3000, 900)])),
      /^warning stages: 3,000 .* need 15 instances, but the policy stops at 5\. Raise its maximum by 10/,
    );
    has(
      found(planOf([hold(100, 900)])),
      /^warning stages: .*need 1 instance, so .*cannot show a scale-out\. Send more than 200/,
    );
    const seven = planOf([hold(900, 900)], { expect: { instances: { min: 7 } } });
    has(found(seven), /^error expect\.instances\.min: 7 instances are expected, but the policy stops at 5/);
    has(
      found(seven, { ...aws, policy: { ...policy, maxInstances: 9 } }),
      /^error stages: .*need 5 instances, so .*cannot show 7\. Send more than 1,200/,
    );
    has(found(seven, { ...aws, policy: null }), /^error expect\.instances: .*no target-tracking policy/);
  });

  it("knows that a scale-in needs requests, fifteen datapoints, and a rate low enough", () => {
    const expect = { scaleIn: { to: 1, withinSeconds: 1500 } };
    has(
      found(planOf([hold(1000, 900)], { expect })),
      /^error stages: After the fall there are 0 s .*without requests there are none.*16 min longer/,
    );
    has(found(planOf([hold(1000, 900), hold(10, 300)], { expect })), /there are 5 min .* 11 min longer/);
    has(
      found(planOf([hold(1000, 900), hold(500, 1200)], { expect })),
      /^error stages: 500 requests\/s after the fall keep 3 instances, not 1\. Fall below 200/,
    );
    const rounded = { ...aws, policy: { ...policy, targetPerMinute: 2500 } };
    const whole = planOf([hold(100, 900), hold(5, 1200)], { expect });
    assert.deepEqual(
      found(whole, rounded),
      [],
      "at its peak, too, each of the instances has less than the low alarm's bound",
    );
    const hasty = { scaleIn: { withinSeconds: 120 } };
    has(
      found(planOf([hold(1000, 900), hold(10, 1200)], { expect: hasty })),
      /^error expect\.scaleIn\.withinSeconds: .*up to 16 min: expect it 14 min later/,
    );
    has(
      found(planOf([hold(1000, 900), hold(10, 1200)], { expect: { scaleIn: { to: 0, withinSeconds: 1500 } } })),
      /^error expect\.scaleIn\.to: .*minimum is 1/,
    );
  });

  it("knows this machine, its connections, a container's minute, and the cost", () => {
    has(
      found(planOf([hold(20_000, 1)]), { cores: 2 }),
      /^warning stages: 20,000 .*2 cores.*about 10,000.*Send 10,000 less/,
    );
    const expect = { p99Ms: { max: 500 } };
    has(
      found(planOf([hold(1000, 1)], { expect, maxConnections: 100 }), {}),
      /^warning maxConnections: .*500 connections busy, 400 more.*Raise it to 750/,
    );
    has(found(planOf([hold(1, 1)], { timeoutSeconds: 10 }), {}), /^info timeoutSeconds: .*60 s to answer/);
    const dear = planOf([hold(1000, 3600)], { expect: { costUsd: { max: 0.1 } } });
    has(found(dear), /^error expect\.costUsd\.max: .*estimated at \$0\.58, \$0\.48 above its cap/);
    has(
      found(dear, { ...aws, instanceType: "ml.x9.huge" }),
      /^info expect\.costUsd: The price table has no ml\.x9\.huge/,
    );
    const soon = planOf([hold(900, 900)], { expect: { firstCapacitySeconds: { max: 60 } } });
    has(
      found(soon),
      /^warning expect\.firstCapacitySeconds\.max: .*within 60 s is not to be expected: .*at least 7 min/,
    );
  });
});

describe("the arithmetic of plans", () => {
  it("finds the fall and stretches of a rate", () => {
    const stages: LoadStage[] = [
      { type: "linear", from: 0, to: 100, seconds: 10 },
      hold(100, 20),
      { type: "linear", from: 100, to: 0, seconds: 10 },
    ];
    assert.equal(fallAt(stages), 30);
    assert.equal(fallAt([hold(5, 10)]), 10);
    assert.equal(fallAt([{ type: "linear", from: 9, to: 1, seconds: 4 }]), 0);
    assert.deepEqual(spansBetween(stages, 50, Number.POSITIVE_INFINITY), [{ from: 5, to: 35 }]);
    assert.deepEqual(spansBetween(stages, 0, 50), [
      { from: 0, to: 5 },
      { from: 35, to: 40 },
    ]);
  });

  it("watches as long as the scale-in may take, and counts what instances cost", () => {
    assert.equal(watchSeconds(planOf([hold(9, 60), hold(1, 40)], { expect: { scaleIn: { withinSeconds: 100 } } })), 60);
    assert.equal(watchSeconds(planOf([hold(9, 60)], { watchSecondsAfter: 7 })), 7);
    assert.equal(planUsd(planOf([hold(1000, 3600)]), { ...aws, instanceType: "nope" }), undefined);
    const seen = [
      { atMs: 0, current: 1, desired: 1 },
      { atMs: 1_800_000, current: 1, desired: 3 },
    ];
    assert.equal(instancesUsd(seen, "ml.m5.large", 0, 3_600_000)?.toFixed(3), (0.115 * 2).toFixed(3));
  });
});
