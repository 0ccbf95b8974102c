import type { MetricQuery, MetricSeries } from "../domain/metric.ts";

type Combine = (values: number[]) => number;

/** A line of an endpoint's charts: which metric of its variants, and how it becomes the chart's unit. */
export interface ChartLine {
  id: string;
  namespace: string;
  metric: string;
  statistic: MetricQuery["statistic"];
  /** How the variants of an endpoint become one line. */
  combine: Combine;
  /** From CloudWatch's unit to the chart's. */
  convert(value: number, periodSeconds: number): number;
}

const sum: Combine = (values) => values.reduce((a, b) => a + b, 0);
const highest: Combine = (values) => Math.max(...values);
const same = (v: number) => v;
/** ModelLatency and OverheadLatency are in microseconds. */
const toMs = (v: number) => v / 1000;
const perSecond = (v: number, periodSeconds: number) => v / periodSeconds;

const SAGEMAKER = "AWS/SageMaker";
const HOSTS = "/aws/sagemaker/Endpoints";

const counted = (id: string, metric: string, convert: ChartLine["convert"]): ChartLine => ({
  id,
  namespace: SAGEMAKER,
  metric,
  statistic: "Sum",
  combine: sum,
  convert,
});
const latency = (id: string, metric: string, statistic: ChartLine["statistic"]): ChartLine => ({
  id,
  namespace: SAGEMAKER,
  metric,
  statistic,
  combine: highest,
  convert: toMs,
});
const used = (id: string, metric: string): ChartLine => ({
  id,
  namespace: HOSTS,
  metric,
  statistic: "Average",
  combine: highest,
  convert: same,
});

/** All lines (developer guide, "Monitor Amazon SageMaker AI with Amazon CloudWatch"). */
export const chartLines: readonly ChartLine[] = [
  counted("invocationsPerSecond", "Invocations", perSecond),
  counted("invocationsPerInstance", "InvocationsPerInstance", perSecond),
  latency("modelLatencyP50Ms", "ModelLatency", "p50"),
  latency("modelLatencyP95Ms", "ModelLatency", "p95"),
  latency("modelLatencyP99Ms", "ModelLatency", "p99"),
  latency("overheadP50Ms", "OverheadLatency", "p50"),
  latency("overheadP99Ms", "OverheadLatency", "p99"),
  counted("errors4xx", "Invocation4XXErrors", same),
  counted("errors5xx", "Invocation5XXErrors", same),
  {
    id: "concurrentRequests",
    namespace: SAGEMAKER,
    metric: "ConcurrentRequestsPerModel",
    statistic: "Maximum",
    combine: sum,
    convert: same,
  },
  used("cpuPercent", "CPUUtilization"),
  used("memoryPercent", "MemoryUtilization"),
  used("diskPercent", "DiskUtilization"),
  used("gpuPercent", "GPUUtilization"),
  used("gpuMemoryPercent", "GPUMemoryUtilization"),
];

/** The queries of an endpoint's lines, for each of its variants. */
export function chartQueries(endpointName: string, variants: readonly string[]): MetricQuery[] {
  return chartLines.flatMap((line) =>
    variants.map((variant, i) => ({
      id: `${line.id}_${i}`,
      namespace: line.namespace,
      name: line.metric,
      dimensions: { EndpointName: endpointName, VariantName: variant },
      statistic: line.statistic,
    })),
  );
}

/** Where the lines of an inference component are filed (developer guide, "Monitor Amazon SageMaker AI with CloudWatch"). */
const COMPONENT_HOSTS = "/aws/sagemaker/InferenceComponents";
const COMPONENT_METRICS: Record<string, string | undefined> = {
  InvocationsPerInstance: "InvocationsPerCopy",
  CPUUtilization: "CPUUtilizationNormalized",
  MemoryUtilization: "MemoryUtilizationNormalized",
  GPUUtilization: "GPUUtilizationNormalized",
  GPUMemoryUtilization: "GPUMemoryUtilizationNormalized",
};

/** Place of an inference component in the queries, beside those of the variants. */
export const componentPlace = (i: number): string => `c${i}`;

/** The queries of the same lines for inference components; disks belong to instances, and have none. */
export function componentQueries(components: readonly string[]): MetricQuery[] {
  return chartLines
    .filter(({ id }) => id !== "diskPercent")
    .flatMap(({ id, namespace, metric, statistic }) =>
      components.map((component, i) => ({
        id: `${id}_${componentPlace(i)}`,
        namespace: namespace === HOSTS ? COMPONENT_HOSTS : namespace,
        name: COMPONENT_METRICS[metric] ?? metric,
        dimensions: { InferenceComponentName: component },
        statistic,
      })),
    );
}

/** The lines of an inference component; what counts instances for a variant counts its copies. */
export function componentSeries(raw: readonly MetricSeries[], i: number, periodSeconds: number): MetricSeries[] {
  return chartSeries(raw, [componentPlace(i)], periodSeconds).map((series) =>
    series.id === "instances" ? { ...series, id: "copies" } : series,
  );
}

/**
 * The lines of some variants together, in the charts' units, and the number of instances.
 * @param of places in the queries
 */
export function chartSeries(
  raw: readonly MetricSeries[],
  of: readonly (number | string)[],
  periodSeconds: number,
): MetricSeries[] {
  const byId = new Map(raw.map((series) => [series.id, series]));
  const series = chartLines.map(({ id, combine, convert }): MetricSeries => {
    const byTime = new Map<number, number[]>();
    for (const i of of)
      for (const { atMs, value } of byId.get(`${id}_${i}`)?.points ?? [])
        byTime.set(atMs, [...(byTime.get(atMs) ?? []), value]);
    const points = [...byTime]
      .sort(([a], [b]) => a - b)
      .map(([atMs, values]) => ({ atMs, value: convert(combine(values), periodSeconds) }));
    return { id, points };
  });
  return [...series, instancesOf(series)];
}

/**
 * CloudWatch has no metric for the number of instances; each invocation adds 1 to Invocations and 1/instances to
 * InvocationsPerInstance, so that their ratio is the mean number of instances that served in a period.
 */
function instancesOf(series: readonly MetricSeries[]): MetricSeries {
  const points = (id: string) => series.find((s) => s.id === id)?.points ?? [];
  const each = new Map(points("invocationsPerInstance").map((p) => [p.atMs, p.value]));
  return {
    id: "instances",
    points: points("invocationsPerSecond").flatMap(({ atMs, value }) => {
      const per = each.get(atMs);
      return per ? [{ atMs, value: value / per }] : [];
    }),
  };
}
