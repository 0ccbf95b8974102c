import type { Endpoint } from "../domain/endpoint.ts";
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

/** Lines of every endpoint (developer guide, "Monitor Amazon SageMaker AI with Amazon CloudWatch"). */
const chartLines: readonly ChartLine[] = [
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

const most = (id: string, metric: string, convert: ChartLine["convert"] = same): ChartLine => ({
  id,
  namespace: SAGEMAKER,
  metric,
  statistic: "Maximum",
  combine: highest,
  convert,
});

/** What an asynchronous endpoint measures besides, of the endpoint itself (developer guide, "Monitor asynchronous endpoints"). */
const queueLines: readonly ChartLine[] = [
  most("backlog", "ApproximateBacklogSize"),
  most("backlogPerInstance", "ApproximateBacklogSizePerInstance"),
  most("oldestSeconds", "ApproximateAgeOfOldestRequest"),
];
const isOfQueue = ({ id }: ChartLine) => queueLines.some((line) => line.id === id);

/** What a serverless variant measures besides (developer guide, "Monitor a serverless endpoint"). */
const serverlessLines: readonly ChartLine[] = [
  most("coldStartMs", "ModelSetupTime", toMs),
  most("concurrencyPercent", "ServerlessConcurrentExecutionsUtilization", (share) => share * 100),
];

/** The lines that an endpoint of this kind can have: only these are asked for. */
export function linesOf({ isAsync, variants }: Pick<Endpoint, "isAsync" | "variants">): readonly ChartLine[] {
  // An asynchronous endpoint has no Invocations.
  const common = isAsync
    ? chartLines.map((line) => (line.metric === "Invocations" ? { ...line, metric: "InvocationsProcessed" } : line))
    : chartLines;
  const isServerless = variants.some(({ serverless }) => serverless);
  return [...common, ...(isAsync ? queueLines : []), ...(isServerless ? serverlessLines : [])];
}

/** The queries of an endpoint's lines, for each of its variants. */
export function chartQueries(
  endpointName: string,
  variants: readonly string[],
  lines: readonly ChartLine[],
): MetricQuery[] {
  const query = (line: ChartLine, i: number, dimensions: Record<string, string>): MetricQuery => ({
    id: `${line.id}_${i}`,
    namespace: line.namespace,
    name: line.metric,
    dimensions: { EndpointName: endpointName, ...dimensions },
    statistic: line.statistic,
  });
  return lines.flatMap((line) =>
    isOfQueue(line) ? [query(line, 0, {})] : variants.map((VariantName, i) => query(line, i, { VariantName })),
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
  return chartSeries(raw, [componentPlace(i)], periodSeconds, chartLines).map((series) =>
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
  lines: readonly ChartLine[],
): MetricSeries[] {
  const byId = new Map(raw.map((series) => [series.id, series]));
  const series = lines.map(({ id, combine, convert }): MetricSeries => {
    const byTime = new Map<number, number[]>();
    for (const i of of)
      for (const { atMs, value } of byId.get(`${id}_${i}`)?.points ?? [])
        byTime.set(atMs, [...(byTime.get(atMs) ?? []), value]);
    const points = [...byTime]
      .sort(([a], [b]) => a - b)
      .map(([atMs, values]) => ({ atMs, value: convert(combine(values), periodSeconds) }));
    return { id, points };
  });
  return [...series, instancesOf(byId, of)];
}

/**
 * CloudWatch has no metric for the number of instances; each invocation adds 1 to Invocations and 1/instances to
 * InvocationsPerInstance, so that their ratio is the mean number of a variant's instances that served in a period.
 */
function instancesOf(byId: ReadonlyMap<string, MetricSeries>, of: readonly (number | string)[]): MetricSeries {
  const total = new Map<number, number>();
  for (const i of of) {
    const points = (id: string) => byId.get(`${id}_${i}`)?.points ?? [];
    const each = new Map(points("invocationsPerInstance").map((p) => [p.atMs, p.value]));
    for (const { atMs, value } of points("invocationsPerSecond")) {
      const per = each.get(atMs);
      if (per) total.set(atMs, (total.get(atMs) ?? 0) + value / per);
    }
  }
  const points = [...total].sort(([a], [b]) => a - b).map(([atMs, value]) => ({ atMs, value }));
  return { id: "instances", points };
}
