import * as l10n from "@vscode/l10n";
import type { EndpointMetrics, MetricSeries } from "../../src/domain/metric.ts";
import { clockText, numberLanguage } from "../../src/domain/numberText.ts";
import type { ChartedPart, DesiredStep, EndpointPageSnapshot } from "../../src/protocol/endpointPage.ts";
import { Chart } from "../ui/chart.ts";
import type { ChartData, Mark } from "../ui/chartSpec.ts";
import { formatMs, formatNumber, formatShort } from "../ui/format.ts";
import { TimeWindow } from "../ui/timeWindow.ts";
import { createZoomBar } from "../ui/zoomBar.ts";

const SECONDS_PER_DAY = 86_400;
const LATENCIES = ["modelLatencyP50Ms", "modelLatencyP95Ms", "modelLatencyP99Ms", "overheadP50Ms", "overheadP99Ms"];
const percent = (value: number) => `${formatShort(value)} %`;

/** What a mark is about, by its sign. */
const SIGNS = { scaled: "↑", alarm: "⚑", deployed: "◆", log: "☰" } as const;

/** The charts of an endpoint, over one time axis. */
export class LiveCharts {
  readonly element = document.createElement("div");
  private rangeSeconds = 900;
  private readonly time = (seconds: number) => formatAxisTime(seconds, this.rangeSeconds);
  private readonly window = new TimeWindow();
  private readonly shared = { formatTime: this.time, window: this.window };
  private readonly invocations = new Chart({
    title: l10n.t("Invocations"),
    unit: "/s",
    ...this.shared,
    series: [
      { label: l10n.t("invocations"), color: "--vscode-charts-blue", fill: true, format: (v) => `${formatShort(v)}/s` },
      {
        label: l10n.t("scaling target"),
        color: "--vscode-charts-foreground",
        dashed: true,
        format: (v) => `${formatShort(v)}/s`,
      },
    ],
  });
  private readonly latency = new Chart({
    title: l10n.t("Latency"),
    unit: l10n.t("ms, log scale"),
    log: true,
    ...this.shared,
    series: [
      { label: l10n.t("model p50"), color: "--vscode-charts-green", format: formatMs },
      { label: l10n.t("model p95"), color: "--vscode-charts-yellow", dashed: true, format: formatMs },
      { label: l10n.t("model p99"), color: "--chart-orange", width: 2, format: formatMs },
      { label: l10n.t("overhead p50"), color: "--vscode-charts-foreground", dashed: true, format: formatMs },
      { label: l10n.t("overhead p99"), color: "--vscode-charts-purple", dashed: true, format: formatMs },
    ],
  });
  private readonly errors = new Chart({
    title: l10n.t("Errors"),
    allZero: l10n.t("None in this range."),
    unit: l10n.t("per period"),
    whole: true,
    ...this.shared,
    series: [
      { label: "4xx", color: "--vscode-charts-yellow", dashed: true, format: (v) => formatNumber(v) },
      { label: "5xx", color: "--vscode-charts-red", fill: true, format: (v) => formatNumber(v) },
    ],
  });
  private instances: Chart | undefined;
  private readonly cpu = new Chart({
    title: l10n.t("CPU and memory"),
    unit: l10n.t("% of the instances, average"),
    ...this.shared,
    series: [
      { label: l10n.t("CPU"), color: "--vscode-charts-blue", width: 2, format: percent },
      { label: l10n.t("memory"), color: "--vscode-charts-yellow", dashed: true, format: percent },
    ],
  });

  /** Shown where the instances have GPUs, or report their disk. */
  private readonly gpu = new Chart({
    title: l10n.t("GPU and disk"),
    unit: l10n.t("% of the instances, average"),
    ...this.shared,
    series: [
      { label: l10n.t("GPU"), color: "--vscode-charts-green", width: 2, format: percent },
      { label: l10n.t("GPU memory"), color: "--vscode-charts-yellow", dashed: true, format: percent },
      { label: l10n.t("disk"), color: "--vscode-charts-foreground", dashed: true, format: percent },
    ],
  });
  private readonly copies = new Chart({
    title: l10n.t("Copies"),
    unit: l10n.t("of the inference component, serving"),
    whole: true,
    ...this.shared,
    series: [
      {
        label: l10n.t("copies"),
        color: "--vscode-charts-purple",
        stepped: true,
        width: 2,
        fill: true,
        format: (v) => formatNumber(v, 1),
      },
    ],
  });
  private readonly concurrency = new Chart({
    title: l10n.t("Concurrent requests"),
    unit: l10n.t("per model, most in a period"),
    whole: true,
    ...this.shared,
    series: [
      {
        label: l10n.t("requests"),
        color: "--vscode-charts-blue",
        width: 2,
        fill: true,
        format: (v) => formatNumber(v),
      },
    ],
  });

  /** Of asynchronous endpoints. */
  private readonly backlog = new Chart({
    title: l10n.t("Backlog"),
    unit: l10n.t("requests waiting or worked on, most in a period"),
    whole: true,
    ...this.shared,
    series: [
      {
        label: l10n.t("requests"),
        color: "--vscode-charts-blue",
        width: 2,
        fill: true,
        format: (v) => formatNumber(v),
      },
      {
        label: l10n.t("per instance"),
        color: "--vscode-charts-foreground",
        dashed: true,
        format: (v) => formatNumber(v, 1),
      },
    ],
  });
  private readonly oldest = new Chart({
    title: l10n.t("Oldest request"),
    unit: l10n.t("s since it came, most in a period"),
    ...this.shared,
    series: [
      { label: l10n.t("oldest"), color: "--vscode-charts-yellow", width: 2, format: (v) => `${formatNumber(v, 1)} s` },
    ],
  });
  /** Of serverless variants. */
  private readonly coldStarts = new Chart({
    title: l10n.t("Cold starts"),
    unit: l10n.t("ms, longest in a period"),
    ...this.shared,
    series: [{ label: l10n.t("start"), color: "--vscode-charts-purple", width: 2, format: formatMs }],
  });
  private readonly busy = new Chart({
    title: l10n.t("Concurrency"),
    unit: l10n.t("% of the most at once, most in a period"),
    ...this.shared,
    series: [{ label: l10n.t("in use"), color: "--vscode-charts-blue", width: 2, fill: true, format: percent }],
  });

  /** What was zoomed into, else all that is shown, in epoch milliseconds. */
  get span(): { fromMs: number; toMs: number } | undefined {
    const { zoom } = this.window;
    const span = zoom ?? this.whole;
    return span && { fromMs: Math.round(span.from * 1000), toMs: Math.round(span.to * 1000) };
  }

  private whole: { from: number; to: number } | undefined;

  /** @param onZoom hears of each change of the zoom */
  constructor(onZoom: () => void) {
    this.window.onChange(onZoom);
    this.element.className = "charts";
    this.element.append(createZoomBar(this.window, this.time));
    this.element.append(
      this.invocations.element,
      this.latency.element,
      this.errors.element,
      this.backlog.element,
      this.oldest.element,
      this.coldStarts.element,
      this.busy.element,
      this.copies.element,
      this.cpu.element,
    );
    this.element.append(this.concurrency.element, this.gpu.element);
  }

  /** @param shown whose figures are shown; undefined for all variants together */
  update(snapshot: EndpointPageSnapshot, shown: ChartedPart | undefined): void {
    const { metrics, marks, simulated } = snapshot;
    const parts = shown?.kind === "component" ? metrics?.components : metrics?.variants;
    const series = parts?.find(({ name }) => name === shown?.name)?.series ?? metrics?.series ?? [];
    const instances = this.instancesChart(simulated);
    if (this.rangeSeconds !== snapshot.range * 60) this.window.reset();
    this.rangeSeconds = snapshot.range * 60;
    const frame = timeFrame(metrics, snapshot.range);
    this.whole = { from: frame.from, to: frame.to };
    const signs = marks.map(({ atMs, text, kind }): Mark => ({ seconds: atMs / 1000, sign: SIGNS[kind], text }));
    const at = (...ids: string[]) => ids.map((id) => aligned(series, id, frame.times));
    const show = (chart: Chart, values: (number | null)[][]) => {
      const data: ChartData = { ...frame, values, marks: signs };
      chart.update(data);
    };
    const [served = []] = at("instances");
    const each = snapshot.endpoint?.targetPerMinute;
    const target = served.map((count) => (count === null || each === undefined ? null : (count * each) / 60));
    show(this.invocations, [...at("invocationsPerSecond"), target]);
    show(this.latency, at(...LATENCIES).map(positive));
    show(this.errors, at("errors4xx", "errors5xx"));
    // What is wanted of all variants together says nothing of one of them.
    show(instances, [served, wantedAt(shown ? [] : (snapshot.desired ?? []), frame)]);
    const isServerless = snapshot.endpoint?.serverlessMost !== undefined;
    // A component has copies instead, which share the instances with others.
    instances.element.hidden = shown?.kind === "component" || isServerless;
    this.showIfMeasured(this.backlog, at("backlog", "backlogPerInstance"), show);
    this.showIfMeasured(this.oldest, at("oldestSeconds"), show);
    this.showIfMeasured(this.coldStarts, at("coldStartMs"), show);
    this.showIfMeasured(this.busy, at("concurrencyPercent"), show);
    this.showIfMeasured(this.copies, at("copies"), show);
    const host = at("cpuPercent", "memoryPercent");
    if (isServerless || shown?.kind === "component") this.showIfMeasured(this.cpu, host, show);
    else {
      this.cpu.element.hidden = false;
      show(this.cpu, host);
    }
    this.showIfMeasured(this.concurrency, at("concurrentRequests"), show);
    this.showIfMeasured(this.gpu, at("gpuPercent", "gpuMemoryPercent", "diskPercent"), show);
  }

  /** Not every endpoint measures everything: a chart that would be empty for ever is left out. */
  private showIfMeasured(
    chart: Chart,
    values: (number | null)[][],
    show: (chart: Chart, values: (number | null)[][]) => void,
  ): void {
    chart.element.hidden = values.every((line) => line.every((value) => value === null));
    show(chart, values);
  }

  /** Made when it is known whether the instances are simulated: that is said once, here. */
  private instancesChart(simulated: boolean): Chart {
    if (!this.instances) {
      this.instances = new Chart({
        title: l10n.t("Instances"),
        unit: simulated ? l10n.t("serving, simulated") : l10n.t("serving"),
        whole: true,
        ...this.shared,
        series: [
          {
            label: l10n.t("instances"),
            color: "--vscode-charts-purple",
            stepped: true,
            width: 2,
            fill: true,
            format: (v) => formatNumber(v, 1),
          },
          {
            label: l10n.t("desired"),
            color: "--vscode-charts-foreground",
            stepped: true,
            dashed: true,
            format: (v) => formatNumber(v),
          },
        ],
      });
      this.cpu.element.before(this.instances.element);
    }
    return this.instances;
  }
}

function timeFrame(
  metrics: EndpointMetrics | undefined,
  rangeMinutes: number,
): Pick<ChartData, "from" | "to" | "times"> {
  if (!metrics) {
    const to = Math.floor(Date.now() / 1000);
    return { from: to - rangeMinutes * 60, to, times: [] };
  }
  const { fromMs, toMs, periodSeconds } = metrics;
  const from = fromMs / 1000;
  const count = Math.max(0, Math.round((toMs / 1000 - from) / periodSeconds));
  return { from, to: toMs / 1000, times: Array.from({ length: count }, (_, i) => from + i * periodSeconds) };
}

/** A series on the page's time axis; a period without data is a gap. */
function aligned(all: readonly MetricSeries[], id: string, times: readonly number[]): (number | null)[] {
  const points = all.find((series) => series.id === id)?.points ?? [];
  const byTime = new Map(points.map(({ atMs, value }) => [Math.round(atMs / 1000), value]));
  return times.map((time) => byTime.get(Math.round(time)) ?? null);
}

/** What was wanted at the end of each period; null before it is known. */
function wantedAt(steps: readonly DesiredStep[], { times, to }: Pick<ChartData, "times" | "to">): (number | null)[] {
  let at = -1;
  return times.map((_, i) => {
    const endMs = (times[i + 1] ?? to) * 1000;
    while ((steps[at + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= endMs) at++;
    return steps[at]?.count ?? null;
  });
}

/** A logarithmic axis has no place for zero. */
const positive = (line: (number | null)[]) => line.map((value) => (value !== null && value > 0 ? value : null));

/** Local time; with the day where the axis spans several. */
function formatAxisTime(seconds: number, rangeSeconds: number): string {
  const at = new Date(seconds * 1000);
  if (rangeSeconds > SECONDS_PER_DAY) {
    return at.toLocaleDateString(numberLanguage(), {
      month: "short",
      day: "numeric",
      hour: "2-digit",
      hourCycle: "h23",
    });
  }
  return clockText(seconds * 1000, rangeSeconds <= 900);
}
