import * as l10n from "@vscode/l10n";
import { durationText } from "./duration.ts";
import type { LoadPlan } from "./loadPlan.ts";
import { type PlanCostFacts, planUsd, watchSeconds } from "./loadPlanCost.ts";
import {
  fallAt,
  type PlanSpan,
  peakRate,
  planSeconds,
  predictedInstances,
  rateAt,
  spansBetween,
} from "./loadPlanRates.ts";
import { numberText, usdText } from "./numberText.ts";
import { plural } from "./plural.ts";

/** What is known of the target and of this machine; what is absent is not judged. */
export interface PlanFacts extends PlanCostFacts {
  /** How many times faster the sandbox passes AWS's minutes; 1 on AWS. */
  timeScale?: number;
  /** Start-up of an instance in AWS's seconds; 240 when it is not known. */
  startUpSeconds?: number;
  /** Cores of the machine that sends. */
  cores?: number;
  /** p99 that the target is known to have, in ms. */
  latencyMs?: number;
}

/** One thing about a plan. error: it cannot show what it expects; `path` leads to the place in the file. */
export interface PlanFinding {
  severity: "error" | "warning" | "info";
  path: (string | number)[];
  message: string;
}

/** Datapoints of one minute that target tracking's alarms want in a row (seen on AWS: 3 of 3 above, 15 of 15 below). */
const HIGH_MINUTES = 3;
const LOW_MINUTES = 15;
/** AlarmLow's threshold as a share of the target. */
const LOW_SHARE = 0.9;
/** Provisioning, image, model and ping of a small container; larger models take longer. */
const START_UP_SECONDS = 240;
/** A container has 60 s to answer (SageMaker developer guide, "How containers respond to inference requests"). */
const CONTAINER_SECONDS = 60;
/** Signed requests/s that a core sends with room to spare. */
export const RATE_PER_CORE = 5_000;

interface Subject {
  plan: LoadPlan;
  facts: PlanFacts;
  /** Seconds that pass here for one of AWS's. */
  second: number;
  current: number;
}

/**
 * Can this plan show what it expects? Each finding says what is missing and by how much. Seconds in the messages are
 * those of the run: in a sandbox with a time scale AWS's minutes are as much shorter.
 */
export function checkLoadPlan(plan: LoadPlan, facts: PlanFacts): PlanFinding[] {
  const second = 1 / (facts.timeScale && facts.timeScale > 0 ? facts.timeScale : 1);
  const subject: Subject = { plan, facts, second, current: Math.max(1, facts.currentInstances ?? 1) };
  return [capacity, scaleOut, firstCapacity, scaleIn, generator, connections, timeout, cost].flatMap((rule) =>
    rule(subject),
  );
}

const error = (path: PlanFinding["path"], message: string): PlanFinding => ({ severity: "error", path, message });
const warning = (path: PlanFinding["path"], message: string): PlanFinding => ({ severity: "warning", path, message });

/** Rounded up: what is needed is never said to be less. */
const duration = (seconds: number) => durationText(Math.ceil(seconds - 1e-6));

const wantsScaleOut = ({ plan: { expect }, current }: Subject) =>
  (expect.instances !== undefined && expect.instances.min > current) || expect.firstCapacitySeconds !== undefined;

function capacity(subject: Subject): PlanFinding[] {
  const { plan, facts } = subject;
  const { policy } = facts;
  const wanted = plan.expect.instances?.min;
  if (policy === null) {
    if (!wantsScaleOut(subject) && !plan.expect.scaleIn) return [];
    const path = [
      "expect",
      wanted !== undefined ? "instances" : plan.expect.scaleIn ? "scaleIn" : "firstCapacitySeconds",
    ];
    return [
      error(
        path,
        l10n.t("The target has no target-tracking policy on its invocations per instance: it will not scale."),
      ),
    ];
  }
  if (!policy) return [];
  const peak = peakRate(plan.stages);
  const predicted = predictedInstances(peak, policy.targetPerMinute);
  const need = l10n.t(
    "{0} requests/s at a target of {1} invocations per instance and minute need {2}",
    numberText(peak),
    numberText(policy.targetPerMinute),
    plural(predicted, "instance"),
  );
  const found: PlanFinding[] = [];
  if (wanted !== undefined && wanted > policy.maxInstances)
    found.push(
      error(
        ["expect", "instances", "min"],
        l10n.t(
          "{0} instances are expected, but the policy stops at {1}. Raise its maximum by {2}, or expect fewer.",
          wanted,
          policy.maxInstances,
          wanted - policy.maxInstances,
        ),
      ),
    );
  if (predicted > policy.maxInstances)
    found.push(
      warning(
        ["stages"],
        l10n.t(
          "{0}, but the policy stops at {1}. Raise its maximum by {2}, or expect errors.",
          need,
          policy.maxInstances,
          predicted - policy.maxInstances,
        ),
      ),
    );
  if (predicted < 2 || (wanted !== undefined && predicted < wanted && wanted > policy.minInstances)) {
    const least = ((Math.max(2, wanted ?? 2) - 1) * policy.targetPerMinute) / 60;
    const message = l10n.t(
      "{0}, so this plan cannot show {1}. Send more than {2} requests/s, or lower the target.",
      need,
      wanted !== undefined && predicted >= 2 ? `${wanted}` : l10n.t("a scale-out"),
      numberText(least),
    );
    found.push(wantsScaleOut(subject) ? error(["stages"], message) : warning(["stages"], message));
  }
  return found;
}

/** The stretches in which AlarmHigh sees too much load for the instances that stand at the beginning. */
function stretchesAbove({ plan, facts, current }: Subject): PlanSpan[] {
  if (!facts.policy) return [];
  return spansBetween(plan.stages, (facts.policy.targetPerMinute * current) / 60, Number.POSITIVE_INFINITY);
}

const lengthOf = ({ from, to }: PlanSpan) => to - from;
const longest = (spans: readonly PlanSpan[]) => spans.reduce((most, span) => Math.max(most, lengthOf(span)), 0);

function scaleOut(subject: Subject): PlanFinding[] {
  const { plan, facts, second } = subject;
  const spans = stretchesAbove(subject);
  if (spans.length === 0 || !facts.policy || facts.policy.maxInstances <= subject.current) return [];
  const severity = wantsScaleOut(subject) ? error : warning;
  // Periods begin at whole minutes, so that a part of one is lost at the beginning.
  const alarm = (HIGH_MINUTES + 1) * 60 * second;
  const above = longest(spans);
  const at = ["stages"];
  if (above < alarm)
    return [
      severity(
        at,
        l10n.t(
          "The rate is above the policy's target for {0}; its alarm wants {1} datapoints of {2} in a row, which takes up to {3}. Hold the rate {4} longer.",
          duration(above),
          HIGH_MINUTES,
          duration(60 * second),
          duration(alarm),
          duration(alarm - above),
        ),
      ),
    ];
  const first = spans.find((span) => lengthOf(span) >= alarm)?.from ?? 0;
  const serving = first + alarm + (facts.startUpSeconds ?? START_UP_SECONDS) * second;
  const end = planSeconds(plan.stages) + watchSeconds(plan);
  if (serving <= end) return [];
  return [
    severity(
      wantsScaleOut(subject) ? ["expect", plan.expect.instances ? "instances" : "firstCapacitySeconds"] : at,
      l10n.t(
        "New capacity is in service about {0} after the start (alarm up to {1} after the target is passed, then start-up), but the run ends after {2}. Hold the load, or set watchSecondsAfter, {3} longer.",
        duration(serving),
        duration(alarm),
        duration(end),
        duration(serving - end),
      ),
    ),
  ];
}

function firstCapacity({ plan, facts, second }: Subject): PlanFinding[] {
  const limit = plan.expect.firstCapacitySeconds?.max;
  if (limit === undefined) return [];
  const least = (HIGH_MINUTES * 60 + (facts.startUpSeconds ?? START_UP_SECONDS)) * second;
  if (limit >= least) return [];
  return [
    warning(
      ["expect", "firstCapacitySeconds", "max"],
      l10n.t(
        "First new capacity within {0} is not to be expected: {1} datapoints and an instance's start-up take at least {2}.",
        duration(limit),
        HIGH_MINUTES,
        duration(least),
      ),
    ),
  ];
}

function scaleIn({ plan, facts, second, current }: Subject): PlanFinding[] {
  const wanted = plan.expect.scaleIn;
  const { policy } = facts;
  if (!wanted || !policy) return [];
  const path = ["expect", "scaleIn"];
  const found: PlanFinding[] = [];
  const to = wanted.to ?? current;
  if (to < policy.minInstances)
    found.push(
      error(
        [...path, "to"],
        l10n.t("{0} instances are expected, but the policy's minimum is {1}.", to, policy.minInstances),
      ),
    );
  const alarm = (LOW_MINUTES + 1) * 60 * second;
  if (wanted.withinSeconds < alarm)
    found.push(
      error(
        [...path, "withinSeconds"],
        l10n.t(
          "The alarm for scale-in wants {0} datapoints of {1}, which takes up to {2}: expect it {3} later.",
          LOW_MINUTES,
          duration(60 * second),
          duration(alarm),
          duration(alarm - wanted.withinSeconds),
        ),
      ),
    );
  const fall = fallAt(plan.stages);
  const peakInstances = Math.min(
    policy.maxInstances,
    predictedInstances(peakRate(plan.stages), policy.targetPerMinute),
  );
  const bound = (LOW_SHARE * policy.targetPerMinute * peakInstances) / 60;
  const low = spansBetween(plan.stages, 0, bound).flatMap(({ from, to: end }) =>
    end > fall ? [{ from: Math.max(from, fall), to: end }] : [],
  );
  const length = longest(low);
  if (length < alarm) {
    // Without a request the metric has no datapoint, the alarm INSUFFICIENT_DATA, and nothing is scaled in.
    found.push(
      error(
        ["stages"],
        l10n.t(
          "After the fall there are {0} of requests below {1}/s; the alarm for scale-in wants {2} datapoints, up to {3}, and without requests there are none. Add a stage at a low rate, {4} longer.",
          duration(length),
          numberText(bound),
          LOW_MINUTES,
          duration(alarm),
          duration(alarm - length),
        ),
      ),
    );
    return found;
  }
  const lowest = Math.min(
    ...low.flatMap(({ from, to: end }) => [from, end - 1e-6].map((at) => rateAt(plan.stages, at))),
  );
  const settles = Math.max(policy.minInstances, predictedInstances(lowest, policy.targetPerMinute));
  if (settles > to)
    found.push(
      error(
        ["stages"],
        l10n.t(
          "{0} requests/s after the fall keep {1} instances, not {2}. Fall below {3} requests/s.",
          numberText(lowest),
          settles,
          to,
          numberText((to * policy.targetPerMinute) / 60),
        ),
      ),
    );
  return found;
}

function generator({ plan, facts }: Subject): PlanFinding[] {
  if (facts.cores === undefined) return [];
  const most = facts.cores * RATE_PER_CORE;
  const peak = peakRate(plan.stages);
  if (peak <= most) return [];
  return [
    warning(
      ["stages"],
      l10n.t(
        "{0} requests/s are more than this machine's {1} send with certainty (about {2}). Send {3} less, or export the plan to Artillery or k6 for more machines.",
        numberText(peak),
        plural(facts.cores, "core"),
        numberText(most),
        numberText(peak - most),
      ),
    ),
  ];
}

function connections({ plan, facts }: Subject): PlanFinding[] {
  const { expect } = plan;
  const latencyMs = facts.latencyMs ?? expect.p99Ms?.max ?? expect.p95Ms?.max;
  if (latencyMs === undefined) return [];
  const peak = peakRate(plan.stages);
  const needed = Math.ceil((peak * latencyMs) / 1000);
  if (plan.maxConnections >= needed) return [];
  const known = facts.latencyMs === undefined ? l10n.t("that the plan allows") : l10n.t("that the target has");
  return [
    warning(
      ["maxConnections"],
      l10n.t(
        "{0} requests/s at the {1} ms {2} keep {3} connections busy, {4} more than maxConnections: requests would wait here. Raise it to {5}.",
        numberText(peak),
        numberText(latencyMs),
        known,
        numberText(needed),
        numberText(needed - plan.maxConnections),
        numberText(Math.min(4096, Math.ceil(needed * 1.5))),
      ),
    ),
  ];
}

function timeout({ plan }: Subject): PlanFinding[] {
  if (plan.target.type !== "endpoint" || plan.timeoutSeconds >= CONTAINER_SECONDS) return [];
  return [
    {
      severity: "info",
      path: ["timeoutSeconds"],
      message: l10n.t(
        "A container may take {0} s to answer: what comes after {1} s counts as a timeout here though SageMaker would deliver it.",
        CONTAINER_SECONDS,
        plan.timeoutSeconds,
      ),
    },
  ];
}

function cost({ plan, facts }: Subject): PlanFinding[] {
  const cap = plan.expect.costUsd?.max;
  if (cap === undefined || facts.instanceType === undefined) return [];
  const estimate = planUsd(plan, facts);
  if (estimate === undefined)
    return [
      {
        severity: "info",
        path: ["expect", "costUsd"],
        message: l10n.t("The price table has no {0}: the cost of the run cannot be judged.", facts.instanceType),
      },
    ];
  if (estimate <= cap) return [];
  return [
    error(
      ["expect", "costUsd", "max"],
      l10n.t(
        "The run is estimated at {0}, {1} above its cap. Shorten it, or raise the cap.",
        usdText(estimate),
        usdText(estimate - cap),
      ),
    ),
  ];
}
