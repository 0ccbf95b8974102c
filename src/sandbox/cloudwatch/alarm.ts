import type { MetricAlarm, PutMetricAlarmInput, StateValue } from "@aws-sdk/client-cloudwatch";
import type { Clock } from "../engine/clock.ts";
import type { MetricId, MetricStore } from "../engine/metricStore.ts";

/** One evaluated period; `value` is undefined when the metric has no sample in it. */
export interface AlarmPoint {
  startMs: number;
  value: number | undefined;
}

/** An alarm with its state. */
export interface AlarmRecord {
  name: string;
  arn: string;
  region: string;
  input: PutMetricAlarmInput;
  metric: MetricId;
  state: StateValue;
  stateReason: string;
  stateReasonData: string | undefined;
  stateUpdatedMs: number;
  configuredMs: number;
  actionsEnabled: boolean;
  /** Points of the last evaluation, newest first. */
  points: AlarmPoint[];
  stop: () => void;
}

const BREACHES: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (v, t) => v > t,
  GreaterThanOrEqualToThreshold: (v, t) => v >= t,
  LessThanThreshold: (v, t) => v < t,
  LessThanOrEqualToThreshold: (v, t) => v <= t,
};
const WORDS: Record<string, string> = {
  GreaterThanThreshold: "greater than",
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};
/** Samples are kept by the second; a shorter window would be empty at very high time scales. */
const SHORTEST_WINDOW_MS = 1_000;

/** Statistics that grow with the length of the window. */
const isTotal = (statistic: string) => statistic === "Sum" || statistic === "SampleCount";

/** Real length of one of the alarm's periods. */
export function windowMs(alarm: AlarmRecord, clock: Clock): number {
  const periodMs = (alarm.input.Period ?? 60) * 1000;
  return clock.timeScale === 0 ? periodMs : Math.max(SHORTEST_WINDOW_MS, clock.toReal(periodMs));
}

/**
 * The last complete periods, newest first. A period passes `timeScale` times faster than on AWS; totals are
 * extrapolated to the full period, so that 1,000 requests/s are 60,000 a minute at every time scale.
 */
export function alarmPoints(alarm: AlarmRecord, metrics: MetricStore, clock: Clock): AlarmPoint[] {
  const window = windowMs(alarm, clock);
  const end = Math.floor(clock.now() / window) * window;
  const statistic = alarm.input.Statistic ?? alarm.input.ExtendedStatistic ?? "Average";
  const factor = isTotal(statistic) ? ((alarm.input.Period ?? 60) * 1000) / window : 1;
  return Array.from({ length: alarm.input.EvaluationPeriods ?? 1 }, (_, i) => {
    const startMs = end - (i + 1) * window;
    const distribution = metrics.window(alarm.metric, startMs, startMs + window);
    const value = distribution.count ? distribution.statistic(statistic) : undefined;
    return { startMs, value: value === undefined ? undefined : value * factor };
  });
}

/** What the points mean, with CloudWatch's words. */
export function judge(alarm: AlarmRecord, points: AlarmPoint[]): { state: StateValue; reason: string } {
  const { input } = alarm;
  const threshold = input.Threshold ?? 0;
  const comparison = input.ComparisonOperator ?? "GreaterThanThreshold";
  const needed = input.DatapointsToAlarm ?? input.EvaluationPeriods ?? 1;
  const treat = input.TreatMissingData ?? "missing";
  const present = points.filter((p) => p.value !== undefined);
  if (!present.length) {
    const reason = `no datapoints were received for ${points.length} period${points.length > 1 ? "s" : ""} and ${points.length} missing datapoint${points.length > 1 ? "s were" : " was"} treated as`;
    if (treat === "breaching") return { state: "ALARM", reason: `Threshold Crossed: ${reason} [Breaching].` };
    if (treat === "notBreaching") return { state: "OK", reason: `Threshold Crossed: ${reason} [NonBreaching].` };
    if (treat === "ignore") return { state: alarm.state, reason: alarm.stateReason };
    return {
      state: "INSUFFICIENT_DATA",
      reason: `Insufficient Data: ${points.length} datapoint${points.length > 1 ? "s were" : " was"} unknown.`,
    };
  }
  const breaches = BREACHES[comparison] ?? (() => false);
  const over = present.filter((p) => breaches(p.value ?? 0, threshold));
  const missing = treat === "breaching" ? points.length - present.length : 0;
  const onlyBreaches = over.length === present.length;
  if (treat === "ignore" && onlyBreaches && over.length < needed)
    return { state: alarm.state, reason: alarm.stateReason };
  const alarming =
    over.length + missing >= needed || (treat === "missing" && onlyBreaches && ageOfOldest(points) >= needed);
  const shown = alarming ? over : present;
  const list = shown.map((p) => `${decimal(p.value ?? 0)} (${stamp(p.startMs)})`).join(", ");
  const plural = shown.length > 1;
  const words = `${plural ? "were" : "was"}${alarming ? "" : " not"} ${WORDS[comparison] ?? comparison} the threshold (${decimal(threshold)})`;
  const of = `${shown.length} out of the last ${points.length} datapoint${points.length > 1 ? "s" : ""} [${list}]`;
  return alarming
    ? {
        state: "ALARM",
        reason: `Threshold Crossed: ${of} ${words} (minimum ${needed} datapoint${needed > 1 ? "s" : ""} for OK -> ALARM transition).`,
      }
    : { state: "OK", reason: `Threshold Crossed: ${of} ${words}.` };
}

/**
 * Periods since the oldest datapoint. Where missing data is left as missing, an alarm is raised by fewer datapoints than
 * it needs when the oldest one is as old as that number and none speaks against it (CloudWatch user guide,
 * "Configuring how CloudWatch alarms treat missing data": so that it is not raised prematurely).
 */
const ageOfOldest = (points: AlarmPoint[]) => points.findLastIndex((p) => p.value !== undefined) + 1;

const decimal = (v: number) => (Number.isInteger(v) ? v.toFixed(1) : String(v));

/** `22/11/26 14:03:00`, as CloudWatch writes times in a reason. */
function stamp(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)}`;
}

/** The alarm as DescribeAlarms shows it. */
export function describeAlarm(alarm: AlarmRecord): MetricAlarm {
  const { Tags: _tags, ...input } = alarm.input;
  return {
    ...input,
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: input.OKActions ?? [],
    AlarmActions: input.AlarmActions ?? [],
    InsufficientDataActions: input.InsufficientDataActions ?? [],
    Dimensions: input.Dimensions ?? [],
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredMs),
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateReasonData: alarm.stateReasonData,
    StateUpdatedTimestamp: new Date(alarm.stateUpdatedMs),
    StateTransitionedTimestamp: new Date(alarm.stateUpdatedMs),
  };
}
