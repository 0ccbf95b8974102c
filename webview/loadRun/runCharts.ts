import type { InstancePoint, LoadErrorKind, LoadRunPoint, ScalingMark } from "../../src/domain/loadRun.ts";
import { loadErrorKinds } from "../../src/domain/loadRun.ts";
import type { LoadRunPageSnapshot } from "../../src/protocol/loadRunPage.ts";
import { Chart, type ChartData, type Mark, type SeriesSpec } from "../ui/chart.ts";
import { formatMs, formatNumber, formatOffset, formatShort } from "../ui/format.ts";

const perSecond = (value: number) => `${formatNumber(value)}/s`;

/** Names, colours and dashes of the kinds of errors: no two look alike, with or without colours. */
const errorSeries: Record<LoadErrorKind, Pick<SeriesSpec, "label" | "color" | "dashed" | "width">> = {
  clientError: { label: "client error", color: "--vscode-charts-yellow" },
  throttled: { label: "throttled", color: "--chart-orange" },
  modelError: { label: "model error", color: "--vscode-charts-purple", dashed: true },
  serverError: { label: "server error", color: "--vscode-charts-red", width: 2.5 },
  timeout: { label: "timeout", color: "--vscode-charts-red", dashed: true },
  connection: { label: "connection", color: "--vscode-charts-foreground", dashed: true },
};

/** The sign of each kind of mark. */
export const markSigns: Record<ScalingMark["kind"], string> = {
  alarm: "⚑",
  activity: "◆",
  desired: "↑",
  current: "✓",
  inService: "✓",
};

/** The charts of a load run over one time axis, which counts from the run's beginning. */
export class RunCharts {
  readonly element = document.createElement("div");
  private readonly rate = new Chart({
    title: "Rate",
    unit: "requests/s",
    formatTime: formatOffset,
    series: [
      { label: "achieved", color: "--vscode-charts-blue", fill: true, width: 2, format: perSecond },
      { label: "asked", color: "--vscode-charts-foreground", dashed: true, format: perSecond },
    ],
  });
  private readonly latency = new Chart({
    title: "Latency",
    unit: "ms from the intended start, log scale",
    log: true,
    formatTime: formatOffset,
    series: [
      { label: "p50", color: "--vscode-charts-green", format: formatMs },
      { label: "p95", color: "--vscode-charts-yellow", dashed: true, format: formatMs },
      { label: "p99", color: "--chart-orange", width: 2, format: formatMs },
    ],
  });
  private readonly errors = new Chart({
    title: "Errors",
    allZero: "None so far.",
    unit: "per second, by kind",
    whole: true,
    formatTime: formatOffset,
    series: loadErrorKinds.map((kind) => ({ ...errorSeries[kind], format: (v) => formatNumber(v) })),
  });
  private readonly instances: Chart;
  private readonly perInstance = new Chart({
    title: "Invocations per instance",
    unit: "/min",
    formatTime: formatOffset,
    series: [
      { label: "per instance", color: "--vscode-charts-blue", format: formatShort },
      { label: "policy target", color: "--vscode-charts-foreground", dashed: true, format: formatShort },
    ],
  });

  constructor(simulated: boolean) {
    const purple = { color: "--vscode-charts-purple", stepped: true, format: (v: number) => formatNumber(v) };
    this.instances = new Chart({
      title: "Instances",
      unit: simulated ? "simulated" : "",
      whole: true,
      formatTime: formatOffset,
      series: [
        { ...purple, label: "in service", width: 2, fill: true },
        { ...purple, label: "desired", dashed: true },
      ],
    });
    this.element.className = "charts";
    const all = [this.rate, this.latency, this.errors, this.instances, this.perInstance];
    this.element.append(...all.map(({ element }) => element));
  }

  update({ points, instances, marks, startedAtMs, planSeconds, policyTargetPerMinute }: LoadRunPageSnapshot): void {
    const last = Math.max(points.at(-1)?.atMs ?? 0, instances.at(-1)?.atMs ?? 0);
    const offset = (atMs: number) => (atMs - startedAtMs) / 1000;
    const frame = {
      from: 0,
      to: Math.max(planSeconds, offset(last) + 1),
      marks: marks.map(({ atMs, kind, text }): Mark => ({ seconds: offset(atMs), sign: markSigns[kind], text })),
      bands: limitedBands(points),
    };
    const times = points.map(({ second }) => second);
    const show = (chart: Chart, values: (number | null)[][]) => chart.update({ ...frame, times, values });
    const column = (pick: (point: LoadRunPoint) => number | null) => points.map(pick);
    show(this.rate, [column(({ sent }) => sent), column(({ asked }) => asked)]);
    show(this.latency, [column((p) => p.p50Ms), column((p) => p.p95Ms), column((p) => p.p99Ms)].map(positive));
    show(
      this.errors,
      loadErrorKinds.map((kind) => column(({ byKind }) => byKind[kind])),
    );
    const counted = instances.filter(({ atMs }) => offset(atMs) >= 0);
    const steps: ChartData = {
      ...frame,
      times: counted.map(({ atMs }) => offset(atMs)),
      values: [counted.map(({ current }) => current), counted.map(({ desired }) => desired)],
    };
    this.instances.update(steps);
    show(this.perInstance, [
      column(({ atMs, done }) => ratioOf(done * 60, countAt(instances, atMs))),
      column(() => policyTargetPerMinute ?? null),
    ]);
    this.perInstance.element.hidden = policyTargetPerMinute === undefined;
  }
}

const positive = (line: (number | null)[]) => line.map((value) => (value !== null && value > 0 ? value : null));
const ratioOf = (value: number, count: number) => (count > 0 ? value / count : null);

/** Instances in service at a time; 0 when none were seen yet. */
function countAt(instances: readonly InstancePoint[], atMs: number): number {
  return (instances.findLast((point) => point.atMs <= atMs) ?? instances[0])?.current ?? 0;
}

/** Seconds in which the generator, not the target, was the limit. */
function limitedBands(points: readonly LoadRunPoint[]): { from: number; to: number }[] {
  return points.filter((p) => p.generatorLimited).map(({ second }) => ({ from: second, to: second + 1 }));
}
