import * as l10n from "@vscode/l10n";
import type { InstancePoint, LoadErrorKind, ScalingMark } from "../../src/domain/loadRun.ts";
import { loadErrorKinds } from "../../src/domain/loadRun.ts";
import type { LoadRunPageSnapshot } from "../../src/protocol/loadRunPage.ts";
import type { Column, RunColumns } from "../../src/protocol/runColumns.ts";
import { Chart } from "../ui/chart.ts";
import type { Mark, SeriesSpec, Values } from "../ui/chartSpec.ts";
import { formatMs, formatNumber, formatOffset, formatShort } from "../ui/format.ts";
import { instanceSteps, secondsOfRun } from "../ui/instanceSteps.ts";
import { type TimeSpan, TimeWindow } from "../ui/timeWindow.ts";
import { createZoomBar } from "../ui/zoomBar.ts";

const perSecond = (value: number) => `${formatNumber(value)}/s`;

/** Names, colours and dashes of the kinds of errors: no two look alike, with or without colours. */
const errorSeries: Record<LoadErrorKind, Pick<SeriesSpec, "label" | "color" | "dashed" | "width">> = {
  clientError: { label: l10n.t("client error"), color: "--vscode-charts-yellow" },
  throttled: { label: l10n.t("throttled"), color: "--chart-orange" },
  modelError: { label: l10n.t("model error"), color: "--vscode-charts-purple", dashed: true },
  serverError: { label: l10n.t("server error"), color: "--vscode-charts-red", width: 2.5 },
  timeout: { label: l10n.t("timeout"), color: "--vscode-charts-blue", dashed: true },
  connection: { label: l10n.t("connection"), color: "--vscode-charts-foreground", dashed: true },
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
  private readonly window = new TimeWindow();
  private readonly shared = { formatTime: formatOffset, window: this.window };
  private readonly rate = new Chart({
    ...this.shared,
    title: l10n.t("Rate"),
    unit: l10n.t("requests/s"),
    series: [
      { label: l10n.t("achieved"), color: "--vscode-charts-blue", fill: true, width: 2, format: perSecond },
      { label: l10n.t("asked"), color: "--vscode-charts-foreground", dashed: true, format: perSecond },
    ],
  });
  private readonly latency = new Chart({
    ...this.shared,
    title: l10n.t("Latency"),
    unit: l10n.t("ms from the intended start, log scale"),
    log: true,
    series: [
      { label: "p50", color: "--vscode-charts-green", format: formatMs },
      { label: "p95", color: "--vscode-charts-yellow", dashed: true, format: formatMs },
      { label: "p99", color: "--chart-orange", width: 2, format: formatMs },
    ],
  });
  private readonly errors = new Chart({
    ...this.shared,
    title: l10n.t("Errors"),
    allZero: l10n.t("None."),
    unit: l10n.t("per second, by kind, stacked"),
    whole: true,
    stacked: true,
    series: loadErrorKinds.map((kind) => ({ ...errorSeries[kind], format: (v) => formatNumber(v) })),
  });
  private readonly instances: Chart;
  private readonly perInstance = new Chart({
    ...this.shared,
    title: l10n.t("Invocations per instance"),
    unit: "/min",
    series: [
      { label: l10n.t("per instance"), color: "--vscode-charts-blue", format: formatShort },
      { label: l10n.t("policy target"), color: "--vscode-charts-foreground", dashed: true, format: formatShort },
    ],
  });

  constructor(simulated: boolean) {
    const purple = { color: "--vscode-charts-purple", stepped: true, format: (v: number) => formatNumber(v) };
    this.instances = new Chart({
      ...this.shared,
      title: l10n.t("Instances"),
      unit: simulated ? l10n.t("simulated") : "",
      whole: true,
      series: [
        { ...purple, label: l10n.t("in service"), width: 2, fill: true },
        { ...purple, label: l10n.t("desired"), dashed: true },
      ],
    });
    this.element.className = "charts";
    const all = [this.rate, this.latency, this.errors, this.instances, this.perInstance];
    this.element.append(createZoomBar(this.window, formatOffset), ...all.map(({ element }) => element));
  }

  update({ columns, instances, marks, startedAtMs, planSeconds, policyTargetPerMinute }: LoadRunPageSnapshot): void {
    const { seconds: times } = columns;
    const offset = (atMs: number) => (atMs - startedAtMs) / 1000;
    const last = Math.max(times.at(-1) ?? 0, offset(instances.at(-1)?.atMs ?? startedAtMs));
    const frame = {
      from: 0,
      to: Math.max(planSeconds, last + 1),
      marks: marks.map(({ atMs, kind, text }): Mark => ({ seconds: offset(atMs), sign: markSigns[kind], text })),
      bands: limitedBands(columns),
    };
    const show = (chart: Chart, values: Values[]) => chart.update({ ...frame, times, values });
    show(this.rate, [columns.sent, columns.asked]);
    show(this.latency, [columns.p50Ms, columns.p95Ms, columns.p99Ms].map(positive));
    const none = times.map(() => 0);
    show(
      this.errors,
      loadErrorKinds.map((kind) => columns.errors[kind] ?? none),
    );
    const all = secondsOfRun(times, instances, startedAtMs);
    const steps = (pick: (point: InstancePoint) => number) => instanceSteps(instances, startedAtMs, all, pick);
    const serving = steps(({ current }) => current);
    this.instances.update({ ...frame, times: all, values: [serving, steps(({ desired }) => desired)] });
    show(this.perInstance, [
      columns.done.map((done, i) => perInstance(done * 60, serving[i] ?? 0)),
      times.map(() => policyTargetPerMinute ?? null),
    ]);
    this.perInstance.element.hidden = policyTargetPerMinute === undefined;
  }
}

const positive = (line: Column) => line.map((value) => (value !== null && value > 0 ? value : null));

/** Null before instances were seen. */
const perInstance = (value: number, count: number) => (count > 0 ? value / count : null);

/** Seconds in which the generator, not the target, was the limit; neighbours as one stretch. */
function limitedBands({ limited }: RunColumns): TimeSpan[] {
  const bands: TimeSpan[] = [];
  for (const second of limited) {
    const last = bands.at(-1);
    if (last?.to === second) last.to = second + 1;
    else bands.push({ from: second, to: second + 1 });
  }
  return bands;
}
