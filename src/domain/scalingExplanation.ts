import type { EndpointStatus } from "./endpoint.ts";
import type { Alarm, ScalableTarget, ScalingActivity } from "./scaling.ts";

/** What is known of a variant and its scaling when the question is asked. */
export interface ScalingFacts {
  endpointName: string;
  status: EndpointStatus;
  variantName: string;
  currentInstances: number;
  desiredInstances: number;
  target?: ScalableTarget;
  /** Newest first, with those that changed nothing. */
  activities: readonly ScalingActivity[];
  /** Invocations per instance and minute of the last whole minutes, oldest first; a minute without data is absent. */
  load: readonly { atMs: number; perMinute: number }[];
}

/** One reason, what shows it, and what to do. */
export interface ScalingFinding {
  cause: string;
  evidence: string;
  fix: string;
}

/** The answer to "why did it, or did it not, scale?" */
export interface ScalingExplanation {
  endpointName: string;
  variantName: string;
  /** What happened last, in a sentence. */
  summary: string;
  findings: ScalingFinding[];
}

/** The predefined metric whose target says how many requests an instance is meant for. */
export const INVOCATIONS_METRIC = "SageMakerVariantInvocationsPerInstance";

const number = (v: number) => Math.round(v).toLocaleString("en");

/** Goes through everything that can keep a variant from scaling out, most basic first. */
export function explainScaling(facts: ScalingFacts): ScalingExplanation {
  const { endpointName, variantName } = facts;
  return { endpointName, variantName, summary: summarize(facts), findings: findCauses(facts) };
}

function summarize({ activities, currentInstances, desiredInstances }: ScalingFacts): string {
  const last = activities.find((a) => !a.notScaledReasons.length);
  const now = `${currentInstances} of ${desiredInstances} instances are in service`;
  if (!last) return `No scaling activity is known; ${now}.`;
  return `${last.description.replace(/\.$/, "")} at ${new Date(last.startedAtMs).toISOString()} (${last.status}), because ${last.cause}; ${now}.`;
}

function findCauses(facts: ScalingFacts): ScalingFinding[] {
  const { target, endpointName, variantName, status } = facts;
  const found: ScalingFinding[] = [];
  const add = (cause: string, evidence: string, fix: string) => found.push({ cause, evidence, fix });
  if (status !== "InService")
    add(
      "The endpoint is not InService",
      `Endpoint ${endpointName} is ${status}; its capacity cannot be changed meanwhile.`,
      "Wait until it is InService; if it has failed, look at its failure reason.",
    );
  if (!target) {
    add(
      "The variant is not registered for scaling",
      `Application Auto Scaling has no scalable target for endpoint/${endpointName}/variant/${variantName}.`,
      "Register a scalable target with a minimum and a maximum, and put a target-tracking policy on it.",
    );
    return found;
  }
  if (target.minInstances === target.maxInstances)
    add(
      "Minimum equals maximum",
      `Both are ${target.minInstances}, so that there is nothing to choose.`,
      "Raise the maximum capacity of the scalable target.",
    );
  if (target.suspended)
    add("Scaling is suspended", "The scalable target's dynamic scaling is suspended.", "Resume it.");
  if (!target.policies.length)
    add(
      "There is no scaling policy",
      "The target is registered, but no policy acts on it.",
      "Put a target-tracking policy on it.",
    );
  for (const policy of target.policies) found.push(...policyCauses(facts, target, policy));
  const failed = facts.activities.find((a) => a.status === "Failed" && !a.notScaledReasons.length);
  if (failed)
    add(
      "A scaling activity failed",
      `${failed.description} ${failed.message ?? ""}`.trim(),
      "Remove the cause that it names; a quota is raised in Service Quotas.",
    );
  return found;
}

function policyCauses(
  facts: ScalingFacts,
  target: ScalableTarget,
  policy: ScalableTarget["policies"][number],
): ScalingFinding[] {
  const found: ScalingFinding[] = [];
  if (policy.type === "targetTracking" && policy.metric !== INVOCATIONS_METRIC)
    found.push({
      cause: "The policy tracks another metric",
      evidence: `Policy ${policy.name} tracks ${policy.metric ?? "an unknown metric"}, not the invocations per instance.`,
      fix: `Track ${INVOCATIONS_METRIC}, or check that this metric has the right dimensions.`,
    });
  const high = policy.alarms.find((a) => a.name.includes("AlarmHigh"));
  if (policy.type === "targetTracking" && !high)
    found.push({
      cause: "The policy has lost its alarm",
      evidence: `Policy ${policy.name} has no AlarmHigh.`,
      fix: "Put the policy again: that makes its alarms anew.",
    });
  if (high) found.push(...alarmCauses(facts, target, policy, high));
  return found;
}

function alarmCauses(
  facts: ScalingFacts,
  target: ScalableTarget,
  policy: ScalableTarget["policies"][number],
  alarm: Alarm,
): ScalingFinding[] {
  const periods = alarm.evaluationPeriods ?? 3;
  if (alarm.state === "INSUFFICIENT_DATA")
    return [
      {
        cause: "The alarm lacks datapoints",
        evidence: `${alarm.name} is INSUFFICIENT_DATA: the metric had no sample lately.`,
        fix: "Send requests to the endpoint; if you do, check the alarm's dimensions.",
      },
    ];
  if (alarm.state === "ALARM") {
    if (facts.desiredInstances >= target.maxInstances)
      return [
        {
          cause: "The maximum is reached",
          evidence: `${facts.desiredInstances} instances are wanted and ${target.maxInstances} is the maximum.`,
          fix: "Raise the maximum capacity, or the target value if the instances hold more.",
        },
      ];
    return [
      {
        cause: "The alarm is on, the cooldown may be running",
        evidence: `${alarm.name} is in ALARM; the scale-out cooldown is ${policy.scaleOutCooldownSeconds ?? 300} s.`,
        fix: "Wait until the cooldown has passed, or shorten it.",
      },
    ];
  }
  const goal = policy.target;
  if (goal === undefined || policy.metric !== INVOCATIONS_METRIC || !facts.load.length) return [];
  const peak = Math.max(...facts.load.map((p) => p.perMinute));
  if (peak <= goal)
    return [
      {
        cause: "The target is above the load",
        evidence: `The highest minute had ${number(peak)} invocations per instance; the policy's target is ${number(goal)}.`,
        fix: "Send more, or lower the target value.",
      },
    ];
  const over = facts.load.filter((p) => p.perMinute > goal).length;
  if (over < periods)
    return [
      {
        cause: "The load was too short",
        evidence: `${over} minute${over === 1 ? " was" : "s were"} above ${number(goal)}; the alarm wants ${periods} in a row.`,
        fix: `Hold the load for at least ${periods + 1} minutes.`,
      },
    ];
  return [];
}
