import type { AwsClients } from "../aws/clients.ts";
import { readMetrics } from "../aws/cloudwatch.ts";
import { inferenceComponentNames } from "../aws/inferenceComponents.ts";
import { describeEndpoint } from "../aws/sagemaker.ts";
import { type OpsError, toOpsError } from "../domain/errors.ts";
import type { EndpointMetrics } from "../domain/metric.ts";
import type { Connections } from "./connections.ts";
import { chartQueries, chartSeries, componentQueries, componentSeries, linesOf } from "./metricCharts.ts";

/** CloudWatch gets these metrics once a minute: asking more often shows nothing new and costs. */
const AWS_POLL_MS = 60_000;
const SANDBOX_POLL_MS = 1_000;
const LONGEST_BACKOFF_MS = 300_000;
const MOST_POINTS = 300;
/** How long a list of inference components is good. */
const COMPONENTS_MS = 5 * 60_000;
const SANDBOX_COMPONENTS_MS = 5_000;

/** The period that keeps a range under a few hundred points; AWS has nothing finer than a minute. */
export function periodFor(rangeMinutes: number, sandbox: boolean): number {
  const wanted = (rangeMinutes * 60) / MOST_POINTS;
  const steps = sandbox ? [2, 5, 10, 30, 60, 300, 3600] : [60, 300, 900, 3600];
  return steps.find((s) => s >= wanted) ?? 3600;
}

/** Polls the charts' metrics of an endpoint: one GetMetricData call a refresh, none while nobody looks. */
export class MetricPoller {
  private readonly components = new Map<string, { clients: AwsClients; atMs: number; names: Promise<string[]> }>();

  constructor(private readonly connections: Connections) {}

  /**
   * @param listener gets every reading, or why there is none; after a failure the wait doubles
   * @param isVisible as for `setVisible`: what nobody sees is not read once
   */
  subscribe(
    endpointName: string,
    rangeMinutes: number,
    listener: (metrics: EndpointMetrics | OpsError) => void,
    isVisible = true,
  ): { setVisible(visible: boolean): void; dispose(): void } {
    let timer: NodeJS.Timeout | undefined;
    let visible = isVisible;
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
    if (visible) void look();
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
    const components = await this.componentsOf(endpointName);
    const lines = linesOf(endpoint);
    const queries = [...chartQueries(endpointName, variants, lines), ...componentQueries(components)];
    const raw = queries.length ? await readMetrics(clients, queries, { fromMs: from, toMs: to, periodSeconds }) : [];
    const series = chartSeries(raw, [...variants.keys()], periodSeconds, lines);
    const single = (name: string, i: number) => ({ name, series: chartSeries(raw, [i], periodSeconds, lines) });
    const each = variants.length > 1 ? variants.map(single) : [];
    const parts = components.map((name, i) => ({ name, series: componentSeries(raw, i, periodSeconds) }));
    return { endpointName, fromMs: from, toMs: to, periodSeconds, series, variants: each, components: parts };
  }

  /** Looked up once in a while: components come and go seldom. Who may not list them sees the variants only. */
  private componentsOf(endpointName: string): Promise<string[]> {
    const clients = this.connections.clients();
    const known = this.components.get(endpointName);
    const isSandbox = this.connections.current?.kind === "sandbox";
    const staleMs = isSandbox ? SANDBOX_COMPONENTS_MS : COMPONENTS_MS;
    if (known && known.clients === clients && Date.now() - known.atMs < staleMs) return known.names;
    const names = inferenceComponentNames(clients, endpointName).catch(() => []);
    this.components.set(endpointName, { clients, atMs: Date.now(), names });
    return names;
  }
}
