import type { LoadRunReport } from "./loadRun.ts";
import { invocationsPerInstance } from "./loadRunScaling.ts";
import { INVOCATIONS_METRIC, type ScalingFinding } from "./scalingExplanation.ts";

/** Minutes in a row above the target that target tracking's AlarmHigh wants (Application Auto Scaling user guide). */
const ALARM_MINUTES = 3;

const number = (v: number) => Math.round(v).toLocaleString("en");

/** Did the number of instances in service rise during the run? */
export function scaledOut({ instances }: LoadRunReport): boolean {
  const first = instances[0]?.current;
  return first !== undefined && instances.some(({ current }) => current > first);
}

/** Why the endpoint did not scale out during a run, from what the run itself measured; none when it did. */
export function explainRun(report: LoadRunReport): ScalingFinding[] {
  if (scaledOut(report)) return [];
  const { policy, endpoint } = report.environment;
  if (!policy) {
    return [
      {
        cause: "No target-tracking policy was in force",
        evidence: `Endpoint ${endpoint ?? report.target.name} had no policy on ${INVOCATIONS_METRIC}.`,
        fix: "Register a scalable target and put a target-tracking policy on it.",
      },
    ];
  }
  if (policy.minInstances === policy.maxInstances) {
    return [
      {
        cause: "Minimum equals maximum",
        evidence: `Both were ${policy.minInstances}.`,
        fix: "Raise the maximum capacity of the scalable target.",
      },
    ];
  }
  const first = report.instances[0]?.current ?? 0;
  if (first >= policy.maxInstances) {
    return [
      {
        cause: "The maximum was reached from the beginning",
        evidence: `${first} instances were in service when the run began, and ${policy.maxInstances} is the maximum.`,
        fix: "Wait until it has scaled in, then run again; or raise the maximum.",
      },
    ];
  }
  return [...(report.interrupted ? [interruption(report)] : []), duringRun(report, policy.targetPerMinute)];
}

function interruption({ points, plan }: LoadRunReport): ScalingFinding {
  const planned = plan.stages.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    cause: "The run was interrupted",
    evidence: `It ended after ${number(points.length)} of ${number(planned)} s.`,
    fix: "Let it run to its end.",
  };
}

function duringRun(report: LoadRunReport, target: number): ScalingFinding {
  const { connection, marks } = report;
  const minuteSeconds = 60 / connection.timeScale;
  const load = invocationsPerInstance(report).map((value) => value ?? 0);
  const peak = Math.max(0, ...load);
  const count = report.instances[0]?.current ?? 1;
  if (peak <= target) {
    return {
      cause: "The load stayed below the target",
      evidence: `At most ${number(peak)} invocations per instance and minute were asked for; the policy's target is ${number(target)}.`,
      fix: `Send more than ${number((target * count) / 60)} requests/s, or lower the target value.`,
    };
  }
  const above = load.filter((value) => value > target).length;
  const alarm = marks.some(({ kind, value, text }) => kind === "alarm" && value === 1 && text.includes("high"));
  if (!alarm) {
    const wanted = (ALARM_MINUTES + 1) * minuteSeconds;
    return {
      cause: "The load was too short for the alarm",
      evidence: `${number(above)} s were above the target; the alarm wants ${ALARM_MINUTES} minutes in a row, here ${number(ALARM_MINUTES * minuteSeconds)} s.`,
      fix: `Hold the rate for at least ${number(wanted)} s.`,
    };
  }
  const asked = marks.some(({ kind }) => kind === "desired");
  return asked
    ? {
        cause: "The new capacity came too late",
        evidence: "More instances were asked for, but none was in service before the run ended.",
        fix: "Hold the load longer, or set watchSecondsAfter in the plan to the start-up time of an instance.",
      }
    : {
        cause: "The alarm was on, but nothing was changed",
        evidence: "AlarmHigh was in ALARM without a scaling activity: a cooldown, the maximum, or a suspended target.",
        fix: "See the scaling of the endpoint as it is now; wait until the cooldown has passed.",
      };
}
