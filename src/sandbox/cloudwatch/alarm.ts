import type { MetricAlarm, PutMetricAlarmInput, StateValue } from "@aws-sdk/client-cloudwatch";
import type { Clock } from "../engine/clock.ts";
import type { MetricId, MetricStore } from "../engine/metricStore.ts";

/** One evaluated period; `value` is undefined when the metric has no sample in it. */
export interface AlarmPoint {
  startMs: number;
  value: number | undefined;
  /** Samples behind the value; unknown for metric math. */
  sampleCount?: number;
}

/** What metric alarms and composite alarms have in common. */
export interface AlarmState {
  name: string;
  arn: string;
  region: string;
  state: StateValue;
  stateReason: string;
  /** JSON. */
  stateReasonData: string | undefined;
  stateUpdatedMs: number;
  configuredMs: number;
  actionsEnabled: boolean;
  stop: () => void;
}

/** A metric alarm with its state. */
export interface AlarmRecord extends AlarmState {
  input: PutMetricAlarmInput;
  /** Absent when the alarm watches an expression (`Metrics`). */
  metric: MetricId | undefined;
  /** Points of the last evaluation, newest first. */
  points: AlarmPoint[];
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

/** Seconds of one of the alarm's periods; those of an expression are its own or its metrics'. */
export function periodSeconds(input: PutMetricAlarmInput): number {
  if (!input.Metrics?.length) return input.Period ?? 60;
  const shown = input.Metrics.find((q) => q.ReturnData !== false);
  const stats = input.Metrics.map((q) => q.MetricStat?.Period ?? 0);
  return shown?.MetricStat?.Period ?? shown?.Period ?? (Math.max(...stats) || 60);
}

/** Real length of a period. */
export function realPeriodMs(seconds: number, clock: Clock): number {
  return clock.timeScale === 0 ? seconds * 1000 : Math.max(SHORTEST_WINDOW_MS, clock.toReal(seconds * 1000));
}

/** Real length of one of the alarm's periods. */
export function windowMs(alarm: AlarmRecord, clock: Clock): number {
  return realPeriodMs(periodSeconds(alarm.input), clock);
}

/**
 * The last complete periods of a metric, newest first. A period passes `timeScale` times faster than on AWS; totals are
 * extrapolated to the full period, so that 1,000 requests/s are 60,000 a minute at every time scale.
 * @param unit only what was recorded in it; everything when absent
 */
export function metricPoints(
  id: MetricId,
  statistic: string,
  seconds: number,
  count: number,
  metrics: MetricStore,
  clock: Clock,
  unit?: string,
): AlarmPoint[] {
  const window = realPeriodMs(seconds, clock);
  const end = Math.floor(clock.now() / window) * window;
  const factor = isTotal(statistic) ? (seconds * 1000) / window : 1;
  return Array.from({ length: count }, (_, i) => {
    const startMs = end - (i + 1) * window;
    const distribution = metrics.window(id, startMs, startMs + window, unit);
    const value = distribution.count ? distribution.statistic(statistic) : undefined;
    return {
      startMs,
      value: value === undefined ? undefined : value * factor,
      sampleCount: distribution.count,
    };
  });
}

/** What the points mean, with CloudWatch's words (as seen in its own answers). */
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
  const words = `${shown.length > 1 ? "were" : "was"}${alarming ? "" : " not"} ${WORDS[comparison] ?? comparison} the threshold (${decimal(threshold)})`;
  const state = alarming ? "ALARM" : "OK";
  // The words differ by whether the alarm was told how many of its datapoints must breach ("M out of N").
  if (input.DatapointsToAlarm === undefined)
    return { state, reason: `Threshold Crossed: ${counted(shown.length)} [${list}] ${words}.` };
  const minimum = alarming ? ` (minimum ${counted(needed)} for OK -> ALARM transition)` : "";
  const of = `${shown.length} out of the last ${points.length} datapoints [${list}]`;
  return { state, reason: `Threshold Crossed: ${of} ${words}${minimum}.` };
}

const counted = (n: number) => `${n} datapoint${n === 1 ? "" : "s"}`;

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

/** `2026-11-22T14:03:00.000+0000`, as CloudWatch writes times in JSON. */
export const jsonTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "+0000");

/** StateReasonData of an evaluation: what was looked at, as JSON. */
export function reasonData(alarm: AlarmRecord, nowMs: number): string {
  const { input, points } = alarm;
  const oldestFirst = points.filter((p) => p.value !== undefined).reverse();
  return JSON.stringify({
    version: "1.0",
    queryDate: jsonTime(nowMs),
    ...(oldestFirst[0] ? { startDate: jsonTime(oldestFirst[0].startMs) } : {}),
    unit: input.Unit,
    statistic: input.Statistic ?? input.ExtendedStatistic,
    period: periodSeconds(input),
    recentDatapoints: oldestFirst.map((p) => p.value),
    threshold: input.Threshold,
    evaluatedDatapoints: points.map((p) => ({
      timestamp: jsonTime(p.startMs),
      ...(p.sampleCount ? { sampleCount: p.sampleCount } : {}),
      ...(p.value === undefined ? {} : { value: p.value }),
    })),
  });
}

/** What DescribeAlarms shows of every kind of alarm. */
export function describeState(
  alarm: AlarmState,
  { OKActions = [], AlarmActions = [], InsufficientDataActions = [] }: ActionLists,
) {
  return {
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.actionsEnabled,
    OKActions,
    AlarmActions,
    InsufficientDataActions,
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredMs),
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateReasonData: alarm.stateReasonData,
    StateUpdatedTimestamp: new Date(alarm.stateUpdatedMs),
    StateTransitionedTimestamp: new Date(alarm.stateUpdatedMs),
  };
}

type ActionLists = Pick<PutMetricAlarmInput, "OKActions" | "AlarmActions" | "InsufficientDataActions">;

/** The alarm as DescribeAlarms shows it. */
export function describeAlarm(alarm: AlarmRecord): MetricAlarm {
  const { Tags: _tags, ...input } = alarm.input;
  return {
    ...input,
    // An expression's alarm has neither dimensions nor a metric of its own.
    ...(input.Metrics?.length ? {} : { Dimensions: input.Dimensions ?? [] }),
    ...describeState(alarm, input),
  };
}
