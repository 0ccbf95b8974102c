import * as l10n from "@vscode/l10n";
import { numberText } from "./numberText.ts";
import { plural } from "./plural.ts";
import type { Alarm, ScalableTarget, ScalingActivity, ScalingPolicy } from "./scaling.ts";
import { INVOCATIONS_METRIC, type ScalingFacts, type ScalingFinding } from "./scalingExplanation.ts";

/** Default cooldown of endpoint variants in seconds (Application Auto Scaling user guide). */
const COOLDOWN_SECONDS = 300;
const MINUTE_MS = 60_000;
const QUOTAS_URL = "https://console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas";
/** How far back a failed activity still is the reason for what one sees. */
const RECENT_PERIODS = 60;

/** Everything that keeps a variant from scaling out, most basic first. */
export function findScalingCauses(facts: ScalingFacts): ScalingFinding[] {
  const { target, endpointName, variantName, status } = facts;
  const found: ScalingFinding[] = [];
  if (status !== "InService")
    found.push({
      id: "notInService",
      cause: l10n.t("The endpoint is not InService"),
      evidence: l10n.t("Endpoint {0} is {1}; its capacity cannot be changed meanwhile.", endpointName, status),
      fix: l10n.t("Wait until it is InService; if it has failed, look at its failure reason."),
      action: status === "Failed" ? { kind: "explainFailure" } : undefined,
      cli: `aws sagemaker wait endpoint-in-service --endpoint-name ${endpointName}`,
    });
  if (!target) {
    found.push({
      id: "notRegistered",
      cause: l10n.t("The variant is not registered for scaling"),
      evidence: l10n.t(
        "Application Auto Scaling has no scalable target for endpoint/{0}/variant/{1}.",
        endpointName,
        variantName,
      ),
      fix: l10n.t("Register a scalable target with a minimum and a maximum, and put a target-tracking policy on it."),
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
      cause: l10n.t("Minimum equals maximum"),
      evidence: l10n.t("Both are {0}, so that there is nothing to choose.", minInstances),
      fix: l10n.t("Raise the maximum capacity of the scalable target."),
      action: { kind: "setLimits", minInstances, maxInstances: maxInstances + 3 },
      cli: register(facts, `--min-capacity ${minInstances} --max-capacity ${maxInstances + 3}`),
    });
  if (target.suspended) {
    const out = target.scaleOutSuspended ?? true;
    const both = out && (target.scaleInSuspended ?? true);
    found.push({
      id: "suspended",
      cause: out ? l10n.t("Scaling is suspended") : l10n.t("Scale-in is suspended"),
      evidence: l10n.t(
        "The scalable target's dynamic {0} is suspended.",
        both ? l10n.t("scaling") : out ? "scale-out" : "scale-in",
      ),
      fix: l10n.t("Resume it."),
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
      cause: l10n.t("There is no scaling policy"),
      evidence: l10n.t("The target is registered, but no policy acts on it."),
      fix: l10n.t("Put a target-tracking policy on it."),
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
      cause: l10n.t("The policy tracks another metric"),
      evidence: l10n.t(
        "Policy {0} tracks {1}, not the invocations per instance.",
        policy.name,
        policy.metric ?? l10n.t("an unknown metric"),
      ),
      fix: l10n.t("Track {0}, or check that this metric rises with the load.", INVOCATIONS_METRIC),
      action: { kind: "editPolicy" },
    });
  if (high) found.push(...dimensionCauses(facts, policy, high));
  if (policy.type === "targetTracking" && !high)
    found.push({
      id: "alarmLost",
      cause: l10n.t("The policy has lost its alarm"),
      evidence: l10n.t("Policy {0} has no AlarmHigh.", policy.name),
      fix: l10n.t("Put the policy again: that makes its alarms anew."),
      action: { kind: "editPolicy", targetPerMinute: policy.target },
    });
  if (high?.actionsEnabled === false)
    found.push({
      id: "alarmDisabled",
      cause: l10n.t("The alarm's actions are switched off"),
      evidence: l10n.t("{0} is evaluated, but does nothing.", high.name),
      fix: l10n.t("Switch its actions on."),
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
      cause: l10n.t("The alarm looks at something else"),
      evidence: l10n.t(
        "{0} of policy {1} watches {2} {3} of {4}; this variant is {5}.",
        name,
        policy.name,
        metric.namespace,
        metric.name,
        seen.join(", ") || l10n.t("no dimension"),
        Object.entries(wanted)
          .map(([key, value]) => `${key}=${value}`)
          .join(", "),
      ),
      fix: l10n.t(
        "Give the policy's metric the dimension{0} {1} of this variant, or track {2}.",
        wrong.length > 1 ? "s" : "",
        wrong.map(([key]) => key).join(" and "),
        INVOCATIONS_METRIC,
      ),
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
        cause: l10n.t("The alarm lacks datapoints"),
        evidence: l10n.t(
          "{0} is INSUFFICIENT_DATA: {1} no sample in the last {2}.",
          alarm.name,
          alarm.metric ? l10n.t("{0} had", alarm.metric.name) : l10n.t("its metric had"),
          plural(alarm.evaluationPeriods ?? 3, "period"),
        ),
        fix: l10n.t(
          "Send requests to the endpoint: without any the metric has no datapoint. If you do, check the alarm's dimensions.",
        ),
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
        cause: l10n.t("The maximum is reached"),
        evidence: l10n.t("{0} instances are wanted and {1} is the maximum.", facts.desiredInstances, maxInstances),
        fix: l10n.t("Raise the maximum capacity, or the target value if the instances hold more."),
        action: { kind: "setLimits", minInstances, maxInstances: maxInstances * 2 },
        cli: register(facts, `--max-capacity ${maxInstances * 2}`),
      },
    ];
  const isUnderWay = facts.activities.some(({ status }) => status === "Pending" || status === "InProgress");
  if (facts.currentInstances < facts.desiredInstances || isUnderWay)
    return [
      {
        id: "inProgress",
        cause: l10n.t("New capacity is on its way"),
        evidence: l10n.t(
          "{0} instances are wanted and {1} are in service.",
          facts.desiredInstances,
          facts.currentInstances,
        ),
        fix: l10n.t("Wait: an instance needs some minutes to start, and nothing else is changed meanwhile."),
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
    last?.endedAtMs === undefined
      ? ""
      : l10n.t("; the last scaling ended at {0}", new Date(last.endedAtMs).toISOString());
  return [
    {
      id: "cooldown",
      cause:
        left === undefined ? l10n.t("The alarm is on, the cooldown may be running") : l10n.t("The cooldown is running"),
      evidence: l10n.t(
        "{0} is in ALARM; the scale-out cooldown is {1} s{2}{3}.",
        alarm.name,
        cooldown,
        since,
        left === undefined ? "" : l10n.t(", {0} s are left", Math.ceil(left / 1000)),
      ),
      fix: l10n.t("Wait until the cooldown has passed, or shorten it."),
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
        cause: l10n.t("The target is above the load"),
        evidence: l10n.t(
          "The highest minute had {0} invocations per instance; the policy's target is {1}.",
          numberText(peak),
          numberText(goal),
        ),
        fix: l10n.t(
          "Send more than {0} requests/s, or lower the target value.",
          numberText((goal * Math.max(1, facts.currentInstances)) / 60),
        ),
        action: { kind: "findTarget" },
      },
    ];
  const over = longestRun(facts, goal);
  if (over >= periods) return [];
  return [
    {
      id: "loadTooShort",
      cause: l10n.t("The load was too short"),
      evidence:
        over === 1
          ? l10n.t("1 minute was above {0} in a row; the alarm wants {1}.", numberText(goal), periods)
          : l10n.t("{0} minutes were above {1} in a row; the alarm wants {2}.", over, numberText(goal), periods),
      fix: l10n.t("Hold the load for at least {0} minutes.", periods + 1),
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
      cause: l10n.t("Application Auto Scaling expected flapping"),
      evidence: l10n.t(
        "{0} was not done, because the capacity would have been changed back at once.",
        recent[0].description.replace(/\.$/, ""),
      ),
      fix: l10n.t(
        "Raise the minimum, or the target value, so that the load lies clearly within one number of instances.",
      ),
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
      cause: quota ? l10n.t("The quota of {0} is used up", quota[1] ?? "") : l10n.t("A quota is used up"),
      evidence,
      fix: l10n.t("Request more in Service Quotas, or use another instance type."),
      action: { kind: "openUrl", url: QUOTAS_URL },
      cli: `aws service-quotas list-service-quotas --service-code sagemaker --query "Quotas[?contains(QuotaName, '${quota?.[1] ?? "endpoint usage"}')].[QuotaName,QuotaCode,Value]"`,
    };
  return {
    id: "activityFailed",
    cause: l10n.t("A scaling activity failed"),
    evidence,
    fix: l10n.t("Remove the cause that it names, then let the alarm fire again."),
  };
}
