import { type CloudWatchClient, GetMetricStatisticsCommand, type Statistic } from "@aws-sdk/client-cloudwatch";

const HOUR_MS = 3_600_000;

/**
 * One statistic of a metric over the last and the next hour.
 * @param metric its namespace and name, as in `AWS/Lambda Errors`
 * @returns undefined where nothing was measured
 */
export async function measured(
  cloudwatch: CloudWatchClient,
  metric: `${string} ${string}`,
  dimensions: Record<string, string>,
  statistic: Statistic = "Sum",
): Promise<number | undefined> {
  const [Namespace, MetricName] = metric.split(" ");
  const { Datapoints = [] } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - HOUR_MS),
      EndTime: new Date(Date.now() + HOUR_MS),
      Period: 86_400,
      Statistics: [statistic],
    }),
  );
  const values = Datapoints.map((point) => point[statistic] ?? 0);
  if (values.length === 0) return undefined;
  // Around midnight there are two days.
  const adds = statistic === "Sum" || statistic === "SampleCount";
  return values.reduce((a, b) => (adds ? a + b : Math.max(a, b)));
}
