import { readMetrics } from "../aws/cloudwatch.ts";
import { describeEndpoint } from "../aws/sagemaker.ts";
import { type OpsError, toOpsError } from "../domain/errors.ts";
import type { EndpointMetrics, MetricQuery, MetricSeries } from "../domain/metric.ts";
import type { Connections } from "./connections.ts";

type Point = { atMs: number; value: number };
type Combine = (values: number[]) => number;

interface Chart {
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
const CHARTS: readonly Chart[] = [
  {
    id: "invocationsPerSecond",
    namespace: SAGEMAKER,
    metric: "Invocations",
    statistic: "Sum",
    combine: sum,
    convert: perSecond,
  },
  {
    id: "invocationsPerInstance",
    namespace: SAGEMAKER,
    metric: "InvocationsPerInstance",
    statistic: "Sum",
    combine: sum,
    convert: perSecond,
  },
  {
    id: "modelLatencyP50Ms",
    namespace: SAGEMAKER,
    metric: "ModelLatency",
    statistic: "p50",
    combine: highest,
    convert: toMs,
  },
  {
    id: "modelLatencyP99Ms",
    namespace: SAGEMAKER,
    metric: "ModelLatency",
    statistic: "p99",
    combine: highest,
    convert: toMs,
  },
  {
    id: "overheadP50Ms",
    namespace: SAGEMAKER,
    metric: "OverheadLatency",
    statistic: "p50",
    combine: highest,
    convert: toMs,
  },
  {
    id: "errors4xx",
    namespace: SAGEMAKER,
    metric: "Invocation4XXErrors",
    statistic: "Sum",
    combine: sum,
    convert: same,
  },
  {
    id: "errors5xx",
    namespace: SAGEMAKER,
    metric: "Invocation5XXErrors",
    statistic: "Sum",
    combine: sum,
    convert: same,
  },
  {
    id: "cpuPercent",
    namespace: "/aws/sagemaker/Endpoints",
    metric: "CPUUtilization",
    statistic: "Average",
    combine: highest,
    convert: same,
  },
  {
    id: "memoryPercent",
    namespace: "/aws/sagemaker/Endpoints",
    metric: "MemoryUtilization",
    statistic: "Average",
    combine: highest,
    convert: same,
  },
];

/** CloudWatch gets these metrics once a minute: asking more often shows nothing new and costs. */
const AWS_POLL_MS = 60_000;
const SANDBOX_POLL_MS = 1_000;
const LONGEST_BACKOFF_MS = 300_000;
const MOST_POINTS = 300;

/** The period that keeps a range under a few hundred points; AWS has nothing finer than a minute. */
export function periodFor(rangeMinutes: number, sandbox: boolean): number {
  const wanted = (rangeMinutes * 60) / MOST_POINTS;
  const steps = sandbox ? [2, 5, 10, 30, 60, 300, 3600] : [60, 300, 900, 3600];
  return steps.find((s) => s >= wanted) ?? 3600;
}

/** Polls the charts' metrics of an endpoint: one GetMetricData call a refresh, none while nobody looks. */
export class MetricPoller {
  constructor(private readonly connections: Connections) {}

  /** @param listener gets every reading, or why there is none; after a failure the wait doubles */
  subscribe(
    endpointName: string,
    rangeMinutes: number,
    listener: (metrics: EndpointMetrics | OpsError) => void,
  ): { setVisible(visible: boolean): void; dispose(): void } {
    let timer: NodeJS.Timeout | undefined;
    let visible = true;
    let disposed = false;
    let reading = false;
    let backoff = 1;
    const look = async () => {
      if (reading) return;
      reading = true;
      try {
        const metrics = await this.read(endpointName, rangeMinutes);
        backoff = 1;
        if (!disposed) listener(metrics);
      } catch (e) {
        backoff *= 2;
        if (!disposed) listener(toOpsError(e));
      } finally {
        reading = false;
        schedule();
      }
    };
    const schedule = () => {
      clearTimeout(timer);
      if (!visible || disposed) return;
      const base = this.connections.current?.kind === "sandbox" ? SANDBOX_POLL_MS : AWS_POLL_MS;
      timer = setTimeout(() => void look(), Math.min(LONGEST_BACKOFF_MS, base * backoff));
      timer.unref?.();
    };
    void look();
    return {
      setVisible(v) {
        if (visible === v) return;
        visible = v;
        if (v) void look();
        else clearTimeout(timer);
      },
      dispose() {
        disposed = true;
        clearTimeout(timer);
      },
    };
  }

  /** One reading of all charts. Only whole periods: the one that is still open would look like a fall. */
  async read(endpointName: string, rangeMinutes: number): Promise<EndpointMetrics> {
    const clients = this.connections.clients();
    const periodSeconds = periodFor(rangeMinutes, this.connections.current?.kind === "sandbox");
    const periodMs = periodSeconds * 1000;
    const to = Math.floor(Date.now() / periodMs) * periodMs;
    const from = to - Math.ceil((rangeMinutes * 60_000) / periodMs) * periodMs;
    const endpoint = await describeEndpoint(clients, endpointName);
    const variants = endpoint.variants.map((v) => v.name);
    const queries = CHARTS.flatMap((chart) =>
      variants.map(
        (variant, i): MetricQuery => ({
          id: `${chart.id}_${i}`,
          namespace: chart.namespace,
          name: chart.metric,
          dimensions: { EndpointName: endpointName, VariantName: variant },
          statistic: chart.statistic,
        }),
      ),
    );
    const raw = queries.length ? await readMetrics(clients, queries, { fromMs: from, toMs: to, periodSeconds }) : [];
    const series = CHARTS.map((chart) => combineVariants(chart, raw, periodSeconds));
    series.push(instancesOf(series));
    return { endpointName, fromMs: from, toMs: to, periodSeconds, series };
  }
}

function combineVariants(chart: Chart, raw: MetricSeries[], periodSeconds: number): MetricSeries {
  const byTime = new Map<number, number[]>();
  for (const s of raw)
    if (s.id.startsWith(`${chart.id}_`))
      for (const p of s.points) byTime.set(p.atMs, [...(byTime.get(p.atMs) ?? []), p.value]);
  const points = [...byTime]
    .sort(([a], [b]) => a - b)
    .map(([atMs, values]): Point => ({ atMs, value: chart.convert(chart.combine(values), periodSeconds) }));
  return { id: chart.id, points };
}

/**
 * CloudWatch has no metric for the number of instances; each invocation adds 1 to Invocations and 1/instances to
 * InvocationsPerInstance, so that their ratio is the mean number of instances that served in a period.
 */
function instancesOf(series: MetricSeries[]): MetricSeries {
  const points = (id: string) => series.find((s) => s.id === id)?.points ?? [];
  const each = new Map(points("invocationsPerInstance").map((p) => [p.atMs, p.value]));
  return {
    id: "instances",
    points: points("invocationsPerSecond").flatMap(({ atMs, value }): Point[] => {
      const per = each.get(atMs);
      return per ? [{ atMs, value: value / per }] : [];
    }),
  };
}
