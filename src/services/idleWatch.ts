import { invokedVariants, readMetrics } from "../aws/cloudwatch.ts";
import type { EndpointSummary } from "../domain/endpoint.ts";
import type { MetricQuery } from "../domain/metric.ts";
import type { Connections } from "./connections.ts";
import { Emitter } from "./emitter.ts";
import type { Endpoints } from "./endpoints.ts";

/** How often it is looked, on AWS; in the sandbox the same, divided by its time scale. */
const EVERY_MS = 600_000;
const SHORTEST_MS = 2_000;
const HOUR_MS = 3_600_000;
/** GetMetricData takes this many queries in one call (API reference). */
const MOST_QUERIES = 500;

/**
 * Tells which of the listed endpoints were not invoked for a time: they cost and serve nobody. One GetMetricData call
 * (and ListMetrics, which knows what had data in the last two weeks) for all of them, none while nobody looks.
 */
export class IdleWatch {
  readonly onDidChange = new Emitter<void>();
  private idleNames = new Set<string>();
  private lookedAtMs = 0;
  private looking = false;
  private visible = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly forget: (() => void)[];

  /** @param hours without an invocation that make an endpoint idle, as they are set now; 0 is never */
  constructor(
    private readonly connections: Connections,
    private readonly endpoints: Endpoints,
    readonly hours: () => number,
  ) {
    this.forget = [
      connections.onDidChange.on(() => {
        this.idleNames = new Set();
        this.lookedAtMs = 0;
      }),
      endpoints.onDidChange.on(() => this.schedule()),
    ];
  }

  isIdle(name: string): boolean {
    return this.idleNames.has(name);
  }

  setVisible(visible: boolean): void {
    this.visible = visible;
    this.schedule();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const stop of this.forget) stop();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const { current } = this.connections;
    if (!this.visible || !current || this.hours() <= 0 || this.serving().length === 0) return;
    const everyMs = Math.max(SHORTEST_MS, EVERY_MS / Math.max(1, current.timeScale));
    this.timer = setTimeout(() => void this.look(), Math.max(0, this.lookedAtMs + everyMs - Date.now()));
    this.timer.unref?.();
  }

  private serving(): EndpointSummary[] {
    return this.endpoints.snapshot().endpoints.filter(({ status }) => status === "InService");
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    this.lookedAtMs = Date.now();
    const { current } = this.connections;
    try {
      const idle = await this.read();
      if (current !== this.connections.current) return;
      const changed = idle.size !== this.idleNames.size || [...idle].some((name) => !this.idleNames.has(name));
      this.idleNames = idle;
      if (changed) this.onDidChange.fire();
    } catch {
      // A hint less: without the right to read metrics nothing is said of them.
    } finally {
      this.looking = false;
      this.schedule();
    }
  }

  private async read(): Promise<Set<string>> {
    const clients = this.connections.clients();
    const { kind, timeScale } = this.connections.required();
    const idleMs = (this.hours() * HOUR_MS) / Math.max(1, timeScale);
    const nowMs = Date.now();
    // What is younger has not had the time to be idle.
    const old = this.serving().filter(({ modifiedAtMs }) => nowMs - modifiedAtMs > idleMs);
    if (old.length === 0) return new Set();
    const names = new Set(old.map(({ name }) => name));
    const variants = (await invokedVariants(clients)).filter(({ endpointName }) => names.has(endpointName));
    const asked = variants.slice(0, MOST_QUERIES);
    const queries = asked.map(
      ({ endpointName, variantName }, i): MetricQuery => ({
        id: `invocations_${i}`,
        namespace: "AWS/SageMaker",
        name: "Invocations",
        dimensions: { EndpointName: endpointName, VariantName: variantName },
        statistic: "Sum",
      }),
    );
    const periodSeconds = kind === "sandbox" && idleMs < HOUR_MS ? 5 : 3600;
    const periodMs = periodSeconds * 1000;
    const fromMs = Math.floor((nowMs - idleMs) / periodMs) * periodMs;
    const series = queries.length ? await readMetrics(clients, queries, { fromMs, toMs: nowMs, periodSeconds }) : [];
    asked.forEach(({ endpointName }, i) => {
      if (series[i]?.points.some(({ value }) => value > 0)) names.delete(endpointName);
    });
    // Of what was not asked for nothing is known.
    for (const { endpointName } of variants.slice(MOST_QUERIES)) names.delete(endpointName);
    return names;
  }
}
