import {
  InvalidParameterValueException,
  type MetricDataQuery,
  type PutMetricAlarmInput,
} from "@aws-sdk/client-cloudwatch";
import { WireError } from "../wire/types.ts";

const refuse = (message: string) => new WireError("ValidationError", message);

/** Alarms on expressions take at most this many metrics (CloudWatch API reference, PutMetricAlarm). */
const MOST_QUERIES = 20;
/** An alarm looks back a week at most with periods of an hour or more, else a day. */
const DAY_S = 86_400;

/** What the model's constraints do not say of PutMetricAlarm. @throws WireError ValidationError with CloudWatch's words */
export function assertAlarm(input: PutMetricAlarmInput): void {
  if (input.ThresholdMetricId !== undefined)
    throw refuse("The sandbox does not evaluate anomaly detection bands (ThresholdMetricId): give a Threshold.");
  if (input.Metrics?.length) assertQueries(input, input.Metrics);
  else assertSingleMetric(input);
  const low = input.EvaluateLowSampleCountPercentile;
  if (low !== undefined && low !== "evaluate" && low !== "ignore")
    throw refuse(
      `Option ${low} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.`,
    );
  const treat = input.TreatMissingData;
  if (treat !== undefined && !["breaching", "notBreaching", "ignore", "missing"].includes(treat))
    throw refuse(
      `The value ${treat} is not supported for TreatMissingData parameter. Supported values are [breaching, notBreaching, ignore, missing].`,
    );
  if (input.Threshold === undefined) throw refuse("Threshold must not be null");
  const periods = input.EvaluationPeriods ?? 1;
  if ((input.DatapointsToAlarm ?? 1) > periods)
    throw refuse("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
}

function assertSingleMetric(input: PutMetricAlarmInput): void {
  if (!input.MetricName || !input.Namespace) throw refuse("MetricName and Namespace must be specified, or Metrics.");
  if (!input.Statistic && !input.ExtendedStatistic) throw refuse("Must specify either Statistic or ExtendedStatistic");
  if (input.Statistic && input.ExtendedStatistic)
    throw refuse("Must specify either Statistic or ExtendedStatistic, not both");
  const statistic = input.ExtendedStatistic;
  if (statistic !== undefined && !isPercentile(statistic))
    throw new InvalidParameterValueException({
      $metadata: {},
      message: `The value ${statistic} for parameter ExtendedStatistic is not supported.`,
    });
  const period = input.Period;
  if (period === undefined) throw refuse("Period must not be null");
  assertPeriod(period);
  const longest = period >= 3_600 ? 7 * DAY_S : DAY_S;
  if (period * (input.EvaluationPeriods ?? 1) > longest)
    throw refuse(
      `Metrics cannot be checked across more than ${longest === DAY_S ? "a day" : "seven days"} (EvaluationPeriods * Period must be <= ${longest}).`,
    );
}

function assertQueries(input: PutMetricAlarmInput, queries: MetricDataQuery[]): void {
  const single = ["MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"] as const;
  const also = single.filter((name) => input[name] !== undefined && (input[name] as { length?: number }).length !== 0);
  if (also.length) throw refuse(`Parameters ${also.join(", ")} are not allowed together with Metrics.`);
  if (queries.length > MOST_QUERIES)
    throw refuse(`The collection Metrics must not have a size greater than ${MOST_QUERIES}.`);
  const ids = new Set(queries.map((q) => q.Id));
  if (ids.size < queries.length) throw refuse("The values for parameter Id in Metrics are not unique.");
  for (const q of queries) {
    if ((q.MetricStat === undefined) === (q.Expression === undefined))
      throw refuse(`Exactly one of MetricStat and Expression must be specified for the query ${q.Id}.`);
    if (q.Expression !== undefined && /\bSEARCH\s*\(/.test(q.Expression))
      throw refuse("SEARCH is not supported on Metric Alarms.");
    if (q.MetricStat?.Period !== undefined) assertPeriod(q.MetricStat.Period);
  }
  if (queries.filter((q) => q.ReturnData !== false).length !== 1)
    throw refuse("Exactly one element of the metrics list should return data.");
}

function assertPeriod(seconds: number): void {
  if (seconds !== 10 && seconds !== 20 && seconds !== 30 && seconds % 60 !== 0)
    throw refuse("Period must be 10, 20, 30 or a multiple of 60");
}

const isPercentile = (s: string) => /^(p(\d{1,2}(\.\d{0,10})?|100)|(tm|wm|tc|ts|pr|iqm|TM|WM|TC|TS|PR|IQM).*)$/.test(s);
