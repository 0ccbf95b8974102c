/** Statistic of a series, in CloudWatch's spelling. */
export type MetricStatistic = "Sum" | "Average" | "Minimum" | "Maximum" | "SampleCount" | "p50" | "p95" | "p99";

/** Which metric; dimensions are EndpointName and VariantName, or InferenceComponentName. */
export interface MetricQuery {
  id: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  statistic: MetricStatistic;
}

/** Points of one metric, oldest first. A period without data is absent: missing is a gap, never a zero. */
export interface MetricSeries {
  id: string;
  points: { atMs: number; value: number }[];
}

/** All series of an endpoint's charts, in the units that the charts show. */
export interface EndpointMetrics {
  endpointName: string;
  fromMs: number;
  toMs: number;
  periodSeconds: number;
  /**
   * Of all variants together: invocationsPerSecond, modelLatencyP50Ms, …P95Ms, …P99Ms, overheadP50Ms, …P99Ms, errors4xx,
   * errors5xx, concurrentRequests, cpuPercent, memoryPercent, diskPercent, gpuPercent, gpuMemoryPercent, instances;
   * backlog, backlogPerInstance, oldestSeconds of asynchronous endpoints; coldStartMs, concurrencyPercent of serverless
   */
  series: MetricSeries[];
  /** The same of each variant, where there are several. */
  variants?: { name: string; series: MetricSeries[] }[];
  /** The same of each inference component that the endpoint hosts, with copies in the place of instances. */
  components?: { name: string; series: MetricSeries[] }[];
}

/** One row a period, a column for each series; an empty cell is a period without data. */
export function metricsCsv({ fromMs, toMs, periodSeconds, series }: EndpointMetrics): string {
  const columns = series.map(({ points }) => new Map(points.map(({ atMs, value }) => [atMs, value])));
  const rows: string[] = [["time", ...series.map(({ id }) => id)].join(",")];
  for (let atMs = fromMs; atMs < toMs; atMs += periodSeconds * 1000) {
    rows.push([new Date(atMs).toISOString(), ...columns.map((column) => column.get(atMs) ?? "")].join(","));
  }
  return `${rows.join("\n")}\n`;
}
