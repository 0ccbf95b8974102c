import * as l10n from "@vscode/l10n";
import type { LoadRunReport } from "./loadRun.ts";
import { invocationsPerInstance } from "./loadRunScaling.ts";
import { numberText } from "./numberText.ts";
import { INVOCATIONS_METRIC, type ScalingFinding } from "./scalingExplanation.ts";

/** Minutes in a row above the target that target tracking's AlarmHigh wants (Application Auto Scaling user guide). */
const ALARM_MINUTES = 3;

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
        cause: l10n.t("No target-tracking policy was in force"),
        evidence: l10n.t("Endpoint {0} had no policy on {1}.", endpoint ?? report.target.name, INVOCATIONS_METRIC),
        fix: l10n.t("Register a scalable target and put a target-tracking policy on it."),
      },
    ];
  }
  if (policy.minInstances === policy.maxInstances) {
    return [
      {
        cause: l10n.t("Minimum equals maximum"),
        evidence: l10n.t("Both were {0}.", policy.minInstances),
        fix: l10n.t("Raise the maximum capacity of the scalable target."),
      },
    ];
  }
  const first = report.instances[0]?.current ?? 0;
  if (first >= policy.maxInstances) {
    return [
      {
        cause: l10n.t("The maximum was reached from the beginning"),
        evidence: l10n.t(
          "{0} instances were in service when the run began, and {1} is the maximum.",
          first,
          policy.maxInstances,
        ),
        fix: l10n.t("Wait until it has scaled in, then run again; or raise the maximum."),
      },
    ];
  }
  return [...(report.interrupted ? [interruption(report)] : []), duringRun(report, policy.targetPerMinute)];
}

function interruption({ points, plan }: LoadRunReport): ScalingFinding {
  const planned = plan.stages.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    cause: l10n.t("The run was interrupted"),
    evidence: l10n.t("It ended after {0} of {1} s.", numberText(points.length), numberText(planned)),
    fix: l10n.t("Let it run to its end."),
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
      cause: l10n.t("The load stayed below the target"),
      evidence: l10n.t(
        "At most {0} invocations per instance and minute were asked for; the policy's target is {1}.",
        numberText(peak),
        numberText(target),
      ),
      fix: l10n.t("Send more than {0} requests/s, or lower the target value.", numberText((target * count) / 60)),
    };
  }
  const above = load.filter((value) => value > target).length;
  const alarm = marks.some(({ kind, value, text }) => kind === "alarm" && value === 1 && text.includes("high"));
  if (!alarm) {
    const wanted = (ALARM_MINUTES + 1) * minuteSeconds;
    return {
      cause: l10n.t("The load was too short for the alarm"),
      evidence: l10n.t(
        "{0} s were above the target; the alarm wants {1} minutes in a row, here {2} s.",
        numberText(above),
        ALARM_MINUTES,
        numberText(ALARM_MINUTES * minuteSeconds),
      ),
      fix: l10n.t("Hold the rate for at least {0} s.", numberText(wanted)),
    };
  }
  const asked = marks.some(({ kind }) => kind === "desired");
  return asked
    ? {
        cause: l10n.t("The new capacity came too late"),
        evidence: l10n.t("More instances were asked for, but none was in service before the run ended."),
        fix: l10n.t("Hold the load longer, or set watchSecondsAfter in the plan to the start-up time of an instance."),
      }
    : {
        cause: l10n.t("The alarm was on, but nothing was changed"),
        evidence: l10n.t(
          "AlarmHigh was in ALARM without a scaling activity: a cooldown, the maximum, or a suspended target.",
        ),
        fix: l10n.t("See the scaling of the endpoint as it is now; wait until the cooldown has passed."),
      };
}
