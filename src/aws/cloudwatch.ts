import {
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import * as l10n from "@vscode/l10n";
import type { MetricQuery, MetricSeries } from "../domain/metric.ts";
import type { Alarm, AlarmState } from "../domain/scaling.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** All series in one GetMetricData call (and its pages); $0.01 per 1,000 metrics asked for. */
export function readMetrics(
  clients: AwsClients,
  queries: readonly MetricQuery[],
  range: { fromMs: number; toMs: number; periodSeconds: number },
): Promise<MetricSeries[]> {
  return withAwsErrors({ action: l10n.t("read the metrics"), region: clients.region }, async () => {
    const client = await clients.cloudwatch();
    const results = await collect(
      (token) =>
        client.send(
          new GetMetricDataCommand({
            StartTime: new Date(range.fromMs),
            EndTime: new Date(range.toMs),
            ScanBy: "TimestampAscending",
            NextToken: token,
            MetricDataQueries: queries.map((q) => ({
              Id: q.id,
              MetricStat: {
                Metric: {
                  Namespace: q.namespace,
                  MetricName: q.name,
                  Dimensions: Object.entries(q.dimensions).map(([Name, Value]) => ({ Name, Value })),
                },
                Period: range.periodSeconds,
                Stat: q.statistic,
              },
            })),
          }),
        ),
      (page) => page.MetricDataResults,
      (page) => page.NextToken,
    );
    return queries.map((q) => ({ id: q.id, points: results.filter((r) => r.Id === q.id).flatMap(pointsOf) }));
  });
}

function pointsOf(result: MetricDataResult): { atMs: number; value: number }[] {
  return (result.Timestamps ?? []).flatMap((t, i) => {
    const value = result.Values?.[i];
    return value === undefined ? [] : [{ atMs: t.getTime(), value }];
  });
}

/** Variants that had invocations in the last two weeks: older metrics are not listed (API reference, ListMetrics). */
export function invokedVariants(clients: AwsClients): Promise<{ endpointName: string; variantName: string }[]> {
  return withAwsErrors({ action: l10n.t("list the metrics of the endpoints"), region: clients.region }, async () => {
    const client = await clients.cloudwatch();
    const metrics = await collect(
      (NextToken) =>
        client.send(new ListMetricsCommand({ Namespace: "AWS/SageMaker", MetricName: "Invocations", NextToken })),
      (page) => page.Metrics,
      (page) => page.NextToken,
    );
    return metrics.flatMap(({ Dimensions = [] }) => {
      const value = (name: string) => Dimensions.find(({ Name }) => Name === name)?.Value;
      const [endpointName, variantName] = [value("EndpointName"), value("VariantName")];
      return endpointName && variantName && Dimensions.length === 2 ? [{ endpointName, variantName }] : [];
    });
  });
}

/** Alarms by name; names that do not exist are left out. */
export function describeAlarms(clients: AwsClients, names: string[]): Promise<Alarm[]> {
  if (!names.length) return Promise.resolve([]);
  return withAwsErrors({ action: l10n.t("describe the alarms"), region: clients.region }, async () => {
    const client = await clients.cloudwatch();
    const answer = await client.send(new DescribeAlarmsCommand({ AlarmNames: names, MaxRecords: 100 }));
    return (answer.MetricAlarms ?? []).map((a) => ({
      name: a.AlarmName ?? "",
      arn: a.AlarmArn,
      state: a.StateValue as AlarmState,
      stateReason: a.StateReason,
      stateAtMs: a.StateUpdatedTimestamp?.getTime(),
      threshold: a.Threshold,
      comparison: a.ComparisonOperator,
      periodSeconds: a.Period,
      evaluationPeriods: a.EvaluationPeriods,
      actionsEnabled: a.ActionsEnabled,
      metric: a.MetricName
        ? {
            namespace: a.Namespace ?? "",
            name: a.MetricName,
            dimensions: Object.fromEntries((a.Dimensions ?? []).map((d) => [d.Name ?? "", d.Value ?? ""])),
          }
        : undefined,
    }));
  });
}

/** Changes that are read of one alarm: the newest. */
const MOST_CHANGES = 100;

/** How an alarm's state has changed since a time, newest first; CloudWatch keeps that for 30 days. */
export function alarmStateChanges(
  clients: AwsClients,
  name: string,
  sinceMs: number,
): Promise<{ atMs: number; state: AlarmState }[]> {
  const context = { action: l10n.t("read the history of alarm {0}", name), region: clients.region };
  return withAwsErrors(context, async () => {
    const client = await clients.cloudwatch();
    const { AlarmHistoryItems = [] } = await client.send(
      new DescribeAlarmHistoryCommand({
        AlarmName: name,
        HistoryItemType: "StateUpdate",
        StartDate: new Date(sinceMs),
        EndDate: new Date(),
        MaxRecords: MOST_CHANGES,
      }),
    );
    return AlarmHistoryItems.flatMap(({ Timestamp, HistorySummary = "" }) => {
      // `Alarm updated from OK to ALARM`
      const state = / to (OK|ALARM|INSUFFICIENT_DATA)\b/.exec(HistorySummary)?.[1];
      return Timestamp && state ? [{ atMs: Timestamp.getTime(), state: state as AlarmState }] : [];
    });
  });
}

/** Metrics of an endpoint that alarms usually watch. */
const GUARDING_METRICS = ["Invocation5XXErrors", "Invocation4XXErrors", "ModelLatency", "OverheadLatency"];

/** Names of the alarms on an endpoint's errors and latencies, over all its variants. */
export function endpointAlarms(clients: AwsClients, endpointName: string): Promise<string[]> {
  return withAwsErrors(
    { action: l10n.t("look for alarms of endpoint {0}", endpointName), region: clients.region },
    async () => {
      const client = await clients.cloudwatch();
      const alarms = await collect(
        (NextToken) => client.send(new DescribeAlarmsCommand({ NextToken, AlarmTypes: ["MetricAlarm"] })),
        (page) => page.MetricAlarms,
        (page) => page.NextToken,
      );
      return alarms
        .filter(
          ({ MetricName, Dimensions }) =>
            GUARDING_METRICS.includes(MetricName ?? "") &&
            Dimensions?.some(({ Name, Value }) => Name === "EndpointName" && Value === endpointName),
        )
        .map(({ AlarmName }) => AlarmName ?? "");
    },
  );
}
