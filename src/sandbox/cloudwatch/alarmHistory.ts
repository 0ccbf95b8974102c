import type { AlarmHistoryItem, AlarmType, HistoryItemType } from "@aws-sdk/client-cloudwatch";
import type { AlarmState } from "./alarm.ts";
import { jsonTime } from "./alarm.ts";

/** CloudWatch keeps 30 days of history; the sandbox keeps this many entries a region. */
const HISTORY_ENTRIES = 5_000;

/** What happened to the alarms of a region, oldest first; the texts are CloudWatch's. */
export class AlarmHistory {
  constructor(readonly items: AlarmHistoryItem[] = []) {}

  /** @param change what the alarm looks like now, or looked like when it was deleted */
  configured(alarm: AlarmState, type: AlarmType, kind: "Create" | "Update" | "Delete", change: object, nowMs: number) {
    const done = { Create: "created", Update: "updated", Delete: "deleted" }[kind];
    this.note(alarm, type, "ConfigurationUpdate", `Alarm "${alarm.name}" ${done}`, nowMs, {
      version: "1.0",
      type: kind,
      [`${done}Alarm`]: lowerCased(change),
    });
  }

  stateChanged(
    alarm: AlarmState,
    type: AlarmType,
    before: Pick<AlarmState, "state" | "stateReason" | "stateReasonData">,
    nowMs: number,
  ) {
    this.note(alarm, type, "StateUpdate", `Alarm updated from ${before.state} to ${alarm.state}`, nowMs, {
      version: "1.0",
      oldState: stateData(before),
      newState: stateData(alarm),
    });
  }

  /** @param error why the action failed; it was executed when undefined */
  acted(alarm: AlarmState, type: AlarmType, arn: string, error: string | undefined, nowMs: number) {
    const how = error === undefined ? "Successfully executed" : "Failed to execute";
    this.note(alarm, type, "Action", `${how} action ${arn}`, nowMs, {
      actionState: error === undefined ? "Succeeded" : "Failed",
      notificationResource: arn,
      stateUpdateTimestamp: alarm.stateUpdatedMs,
      ...(error === undefined ? {} : { error }),
    });
  }

  private note(
    alarm: AlarmState,
    type: AlarmType,
    kind: HistoryItemType,
    summary: string,
    nowMs: number,
    data: object,
  ) {
    this.items.push({
      AlarmName: alarm.name,
      AlarmType: type,
      Timestamp: new Date(nowMs),
      HistoryItemType: kind,
      HistorySummary: summary,
      HistoryData: JSON.stringify(data),
    });
    if (this.items.length > HISTORY_ENTRIES) this.items.splice(0, this.items.length - HISTORY_ENTRIES);
  }
}

function stateData({
  state,
  stateReason,
  stateReasonData,
}: Pick<AlarmState, "state" | "stateReason" | "stateReasonData">) {
  return { stateValue: state, stateReason, ...(stateReasonData ? { stateReasonData: parsed(stateReasonData) } : {}) };
}

/** Given as it stands when it is not JSON: SetAlarmState takes any text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** History writes the members of an alarm with a small first letter, and times with a zone. */
function lowerCased(value: unknown): unknown {
  if (value instanceof Date) return jsonTime(value.getTime());
  if (Array.isArray(value)) return value.map(lowerCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [
      k === "OKActions" ? "okactions" : k.charAt(0).toLowerCase() + k.slice(1),
      lowerCased(v),
    ]),
  );
}
