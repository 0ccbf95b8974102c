import type { CompositeAlarm, PutCompositeAlarmInput } from "@aws-sdk/client-cloudwatch";
import { type AlarmState, describeState } from "./alarm.ts";
import { type AlarmRule, readAlarmRule } from "./alarmRule.ts";

/** An alarm over the states of other alarms. */
export interface CompositeRecord extends AlarmState {
  input: PutCompositeAlarmInput;
  /** Read from the input; made anew after a restart. */
  rule: AlarmRule;
  /** Why its last actions were not executed. */
  suppressedBy?: "Alarm" | "WaitPeriod" | "ExtensionPeriod";
}

/** @throws WireError ValidationError for a rule that cannot be read */
export function compositeOf(
  input: PutCompositeAlarmInput,
  old: CompositeRecord | undefined,
  at: { arn: string; region: string; nowMs: number },
): CompositeRecord {
  const name = input.AlarmName ?? "";
  return {
    name,
    arn: at.arn,
    region: at.region,
    input,
    rule: readAlarmRule(input.AlarmRule ?? ""),
    state: old?.state ?? "INSUFFICIENT_DATA",
    stateReason: old?.stateReason ?? "Unchecked: Initial alarm creation",
    stateReasonData: old?.stateReasonData,
    stateUpdatedMs: old?.stateUpdatedMs ?? at.nowMs,
    configuredMs: at.nowMs,
    actionsEnabled: input.ActionsEnabled ?? true,
    stop: () => {},
  };
}

/** Whether a rule names this alarm, by name or ARN. */
export const names = (rule: AlarmRule, alarm: { name: string; arn: string }): boolean =>
  rule.alarms.some((a) => a === alarm.name || a === alarm.arn);

/** `Sunday 22 November, 2026 14:03:00 UTC`, as composite alarms write times in a reason. */
export function longTime(ms: number): string {
  const at = new Date(ms);
  const part = (options: Intl.DateTimeFormatOptions) => at.toLocaleString("en-US", { timeZone: "UTC", ...options });
  const day = String(at.getUTCDate()).padStart(2, "0");
  return `${part({ weekday: "long" })} ${day} ${part({ month: "long" })}, ${at.getUTCFullYear()} ${at.toISOString().slice(11, 19)} UTC`;
}

/** StateReasonData: the alarm whose change decided. */
export function triggerData(by: AlarmState): string {
  const timestamp = new Date(by.stateUpdatedMs).toISOString().replace("Z", "+0000");
  return JSON.stringify({ triggeringAlarms: [{ arn: by.arn, state: { value: by.state, timestamp } }] });
}

/** The alarm as DescribeAlarms shows it. */
export function describeComposite(alarm: CompositeRecord): CompositeAlarm {
  const { Tags: _tags, ...input } = alarm.input;
  return {
    ...input,
    ...describeState(alarm, input),
    ...(alarm.suppressedBy
      ? {
          ActionsSuppressedBy: alarm.suppressedBy,
          ActionsSuppressedReason: `Actions suppressed by ${alarm.suppressedBy === "Alarm" ? input.ActionsSuppressor : alarm.suppressedBy}`,
        }
      : {}),
  };
}
