import type { Alarm, ScalableTarget, ScalingActivity, ScalingPolicy } from "./scaling.ts";
import { INVOCATIONS_METRIC, type ScalingFacts, type ScalingFinding } from "./scalingExplanation.ts";

/** Default cooldown of endpoint variants in seconds (Application Auto Scaling user guide). */
const COOLDOWN_SECONDS = 300;
const MINUTE_MS = 60_000;
const QUOTAS_URL = "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas";
/** How far back a failed activity still is the reason for what one sees. */
const RECENT_PERIODS = 60;

const number = (v: number) => Math.round(v).toLocaleString("en");
const plural = (count: number, noun: string) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

/** Everything that keeps a variant from scaling out, most basic first. */
export function findScalingCauses(facts: ScalingFacts): ScalingFinding[] {
  const { target, endpointName, variantName, status } = facts;
  const found: ScalingFinding[] = [];
  if (status !== "InService")
    found.push({
      id: "notInService",
      cause: "The endpoint is not InService",
      evidence: `Endpoint ${endpointName} is ${status}; its capacity cannot be changed meanwhile.`,
      fix: "Wait until it is InService; if it has failed, look at its failure reason.",
      action: status === "Failed" ? { kind: "explainFailure" } : undefined,
      cli: `aws sagemaker wait endpoint-in-service --endpoint-name ${endpointName}`,
    });
  if (!target) {
    found.push({
      id: "notRegistered",
      cause: "The variant is not registered for scaling",
      evidence: `Application Auto Scaling has no scalable target for endpoint/${endpointName}/variant/${variantName}.`,
      fix: "Register a scalable target with a minimum and a maximum, and put a target-tracking policy on it.",
      action: { kind: "editPolicy" },
      cli: register(facts, "--min-capacity 1 --max-capacity 4"),
    });
    return found;
  }
  found.push(...targetCauses(facts, target));
  for (const policy of target.policies) found.push(...policyCauses(facts, target, policy));
  found.push(...activityCauses(facts));
  return found;
}

const register = ({ endpointName, variantName }: ScalingFacts, more: string) =>
  `aws application-autoscaling register-scalable-target --service-namespace sagemaker --scalable-dimension sagemaker:variant:DesiredInstanceCount --resource-id endpoint/${endpointName}/variant/${variantName} ${more}`;

function targetCauses(facts: ScalingFacts, target: ScalableTarget): ScalingFinding[] {
  const found: ScalingFinding[] = [];
  const { minInstances, maxInstances } = target;
  if (minInstances === maxInstances)
    found.push({
      id: "minEqualsMax",
      cause: "Minimum equals maximum",
      evidence: `Both are ${minInstances}, so that there is nothing to choose.`,
      fix: "Raise the maximum capacity of the scalable target.",
      action: { kind: "setLimits", minInstances, maxInstances: maxInstances + 3 },
      cli: register(facts, `--min-capacity ${minInstances} --max-capacity ${maxInstances + 3}`),
    });
  if (target.suspended) {
    const out = target.scaleOutSuspended ?? true;
    const both = out && (target.scaleInSuspended ?? true);
    found.push({
      id: "suspended",
      cause: out ? "Scaling is suspended" : "Scale-in is suspended",
      evidence: `The scalable target's dynamic ${both ? "scaling" : out ? "scale-out" : "scale-in"} is suspended.`,
      fix: "Resume it.",
      action: { kind: "resumeScaling" },
      cli: register(
        facts,
        "--suspended-state DynamicScalingInSuspended=false,DynamicScalingOutSuspended=false,ScheduledScalingSuspended=false",
      ),
    });
  }
  if (!target.policies.length)
    found.push({
      id: "noPolicy",
      cause: "There is no scaling policy",
      evidence: "The target is registered, but no policy acts on it.",
      fix: "Put a target-tracking policy on it.",
      action: { kind: "editPolicy" },
    });
  return found;
}

function policyCauses(facts: ScalingFacts, target: ScalableTarget, policy: ScalingPolicy): ScalingFinding[] {
  const found: ScalingFinding[] = [];
  const high = policy.alarms.find(isHigh);
  // SageMaker's other predefined metrics rise with the load, too.
  if (policy.type === "targetTracking" && !policy.metric?.startsWith("SageMakerVariant"))
    found.push({
      id: "wrongMetric",
      cause: "The policy tracks another metric",
      evidence: `Policy ${policy.name} tracks ${policy.metric ?? "an unknown metric"}, not the invocations per instance.`,
      fix: `Track ${INVOCATIONS_METRIC}, or check that this metric rises with the load.`,
      action: { kind: "editPolicy" },
    });
  if (high) found.push(...dimensionCauses(facts, policy, high));
  if (policy.type === "targetTracking" && !high)
    found.push({
      id: "alarmLost",
      cause: "The policy has lost its alarm",
      evidence: `Policy ${policy.name} has no AlarmHigh.`,
      fix: "Put the policy again: that makes its alarms anew.",
      action: { kind: "editPolicy", targetPerMinute: policy.target },
    });
  if (high?.actionsEnabled === false)
    found.push({
      id: "alarmDisabled",
      cause: "The alarm's actions are switched off",
      evidence: `${high.name} is evaluated, but does nothing.`,
      fix: "Switch its actions on.",
      cli: `aws cloudwatch enable-alarm-actions --alarm-names ${high.name}`,
    });
  if (high) found.push(...alarmCauses(facts, target, policy, high));
  return found;
}

/** Target tracking names its alarms; a step policy's alarm is anybody's, known by its comparison. */
const isHigh = (alarm: Alarm) =>
  alarm.name.includes("AlarmHigh") ||
  (!alarm.name.includes("AlarmLow") && (alarm.comparison ?? "").startsWith("Greater"));

/** An alarm on another endpoint's metric, or on dimensions that nobody publishes, never sees this variant's load. */
function dimensionCauses(facts: ScalingFacts, policy: ScalingPolicy, { metric, name }: Alarm): ScalingFinding[] {
  if (!metric || !/SageMaker/.test(metric.namespace)) return [];
  const wanted = { EndpointName: facts.endpointName, VariantName: facts.variantName };
  const wrong = Object.entries(wanted).filter(([key, value]) => metric.dimensions[key] !== value);
  if (!wrong.length) return [];
  const seen = Object.entries(metric.dimensions).map(([key, value]) => `${key}=${value}`);
  return [
    {
      id: "wrongDimension",
      cause: "The alarm looks at something else",
      evidence: `${name} of policy ${policy.name} watches ${metric.namespace} ${metric.name} of ${seen.join(", ") || "no dimension"}; this variant is ${Object.entries(
        wanted,
      )
        .map(([key, value]) => `${key}=${value}`)
        .join(", ")}.`,
      fix: `Give the policy's metric the dimension${wrong.length > 1 ? "s" : ""} ${wrong.map(([key]) => key).join(" and ")} of this variant, or track ${INVOCATIONS_METRIC}.`,
      action: { kind: "editPolicy" },
    },
  ];
}

function alarmCauses(
  facts: ScalingFacts,
  target: ScalableTarget,
  policy: ScalingPolicy,
  alarm: Alarm,
): ScalingFinding[] {
  if (alarm.state === "INSUFFICIENT_DATA")
    return [
      {
        id: "noData",
        cause: "The alarm lacks datapoints",
        evidence: `${alarm.name} is INSUFFICIENT_DATA: ${alarm.metric ? `${alarm.metric.name} had` : "its metric had"} no sample in the last ${plural(alarm.evaluationPeriods ?? 3, "period")}.`,
        fix: "Send requests to the endpoint: without any the metric has no datapoint. If you do, check the alarm's dimensions.",
      },
    ];
  if (alarm.state === "ALARM") return firingCauses(facts, target, policy, alarm);
  return quietCauses(facts, policy, alarm);
}

/** The alarm is on: something between it and new capacity. */
function firingCauses(
  facts: ScalingFacts,
  target: ScalableTarget,
  policy: ScalingPolicy,
  alarm: Alarm,
): ScalingFinding[] {
  const { minInstances, maxInstances } = target;
  if (facts.desiredInstances >= maxInstances)
    return [
      {
        id: "atMaximum",
        cause: "The maximum is reached",
        evidence: `${facts.desiredInstances} instances are wanted and ${maxInstances} is the maximum.`,
        fix: "Raise the maximum capacity, or the target value if the instances hold more.",
        action: { kind: "setLimits", minInstances, maxInstances: maxInstances * 2 },
        cli: register(facts, `--max-capacity ${maxInstances * 2}`),
      },
    ];
  const isUnderWay = facts.activities.some(({ status }) => status === "Pending" || status === "InProgress");
  if (facts.currentInstances < facts.desiredInstances || isUnderWay)
    return [
      {
        id: "inProgress",
        cause: "New capacity is on its way",
        evidence: `${facts.desiredInstances} instances are wanted and ${facts.currentInstances} are in service.`,
        fix: "Wait: an instance needs some minutes to start, and nothing else is changed meanwhile.",
      },
    ];
  const cooldown = policy.scaleOutCooldownSeconds ?? COOLDOWN_SECONDS;
  const last = facts.activities.find((a) => hasScaled(a) && a.endedAtMs !== undefined);
  const real = (cooldown * 1000 * (facts.periodMs ?? MINUTE_MS)) / MINUTE_MS;
  const left =
    last?.endedAtMs === undefined || facts.nowMs === undefined ? undefined : last.endedAtMs + real - facts.nowMs;
  // Without a time it may be so; with one it is known.
  if (left !== undefined && left <= 0) return [];
  const since =
    last?.endedAtMs === undefined ? "" : `; the last scaling ended at ${new Date(last.endedAtMs).toISOString()}`;
  return [
    {
      id: "cooldown",
      cause: left === undefined ? "The alarm is on, the cooldown may be running" : "The cooldown is running",
      evidence: `${alarm.name} is in ALARM; the scale-out cooldown is ${cooldown} s${since}${left === undefined ? "" : `, ${Math.ceil(left / 1000)} s are left`}.`,
      fix: "Wait until the cooldown has passed, or shorten it.",
      action: { kind: "editPolicy", targetPerMinute: policy.target },
    },
  ];
}

const hasScaled = (a: ScalingActivity) => a.status === "Successful" && !a.notScaledReasons.length;

/** The alarm is off although there may have been load. */
function quietCauses(facts: ScalingFacts, policy: ScalingPolicy, alarm: Alarm): ScalingFinding[] {
  const goal = policy.target;
  if (goal === undefined || policy.metric !== INVOCATIONS_METRIC || !facts.load.length) return [];
  const periods = alarm.evaluationPeriods ?? 3;
  const peak = Math.max(...facts.load.map((p) => p.perMinute));
  if (peak <= goal)
    return [
      {
        id: "targetAboveLoad",
        cause: "The target is above the load",
        evidence: `The highest minute had ${number(peak)} invocations per instance; the policy's target is ${number(goal)}.`,
        fix: `Send more than ${number((goal * Math.max(1, facts.currentInstances)) / 60)} requests/s, or lower the target value.`,
        action: { kind: "findTarget" },
      },
    ];
  const over = longestRun(facts, goal);
  if (over >= periods) return [];
  return [
    {
      id: "loadTooShort",
      cause: "The load was too short",
      evidence: `${over} minute${over === 1 ? " was" : "s were"} above ${number(goal)} in a row; the alarm wants ${periods}.`,
      fix: `Hold the load for at least ${periods + 1} minutes.`,
    },
  ];
}

/** Most minutes in a row above the target; a minute without data ends a row. */
function longestRun({ load, periodMs = MINUTE_MS }: ScalingFacts, goal: number): number {
  let most = 0;
  let run = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, perMinute } of load) {
    run = perMinute > goal ? (atMs - lastMs <= periodMs * 1.5 ? run + 1 : 1) : 0;
    lastMs = atMs;
    most = Math.max(most, run);
  }
  return most;
}

function activityCauses(facts: ScalingFacts): ScalingFinding[] {
  const found: ScalingFinding[] = [];
  const oldest = (facts.nowMs ?? 0) - RECENT_PERIODS * (facts.periodMs ?? MINUTE_MS);
  const recent = facts.activities.filter(({ startedAtMs }) => startedAtMs >= oldest);
  // What has succeeded since shows that the obstacle is gone.
  const last = recent.find((a) => !a.notScaledReasons.length);
  if (last?.status === "Failed") found.push(failedActivity(last));
  if (recent[0]?.notScaledReasons.includes("AutoScalingAnticipatedFlapping"))
    found.push({
      id: "flapping",
      cause: "Application Auto Scaling expected flapping",
      evidence: `${recent[0].description.replace(/\.$/, "")} was not done, because the capacity would have been changed back at once.`,
      fix: "Raise the minimum, or the target value, so that the load lies clearly within one number of instances.",
      action: { kind: "editPolicy" },
    });
  return found;
}

function failedActivity({ description, message = "" }: ScalingActivity): ScalingFinding {
  const evidence = `${description} ${message}`.trim();
  const quota = /'?(ml\.[\w.]+) for endpoint usage'? is (\d+)/.exec(message);
  if (quota || /service limit|ResourceLimitExceeded|quota/i.test(message))
    return {
      id: "quota",
      cause: quota ? `The quota of ${quota[1]} is used up` : "A quota is used up",
      evidence,
      fix: "Request more in Service Quotas, or use another instance type.",
      action: { kind: "openUrl", url: QUOTAS_URL },
      cli: `aws service-quotas list-service-quotas --service-code sagemaker --query "Quotas[?contains(QuotaName, '${quota?.[1] ?? "endpoint usage"}')].[QuotaName,QuotaCode,Value]"`,
    };
  return {
    id: "activityFailed",
    cause: "A scaling activity failed",
    evidence,
    fix: "Remove the cause that it names, then let the alarm fire again.",
  };
}
