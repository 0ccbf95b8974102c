import uPlot from "uplot";
import { chartColor } from "./chartPaint.ts";
import type { ChartSpec, SeriesSpec } from "./chartSpec.ts";

/** Height of a chart, CSS pixels. */
export const CHART_HEIGHT = 128;
const SYNC_KEY = "page";
/** Room for the last values at the right edge. */
const RIGHT_EDGE = 62;

/** How uPlot is to draw a chart; what changes with the data comes from the hooks of the caller. */
export function chartOptions(
  spec: ChartSpec,
  hooks: uPlot.Hooks.Arrays,
  xRange: () => [number, number],
  yRange: (min: number | null, max: number | null) => [number, number],
): uPlot.Options {
  const axis = (more: uPlot.Axis): uPlot.Axis => ({
    stroke: () => chartColor("--vscode-descriptionForeground"),
    grid: { stroke: () => chartColor("--chart-grid"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
    ...more,
  });
  const tick = (value: number | null) => (value === null ? "" : (spec.series[0]?.format(value) ?? ""));
  return {
    width: 300,
    height: CHART_HEIGHT,
    padding: [12, RIGHT_EDGE, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: SYNC_KEY },
      // The selection only tells what was meant: the window zooms all charts at once.
      drag: { x: true, y: false, setScale: false, dist: 4 },
      y: false,
      points: { size: 6 },
    },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: xRange },
      y: { distr: spec.log ? 3 : 1, range: (_, min, max) => yRange(min, max) },
    },
    axes: [
      axis({
        size: 24,
        gap: 6,
        space: 80,
        incrs: TIME_STEPS,
        values: (_, ticks) => ticks.map((at) => spec.formatTime(at)),
      }),
      axis({
        size: 48,
        gap: 4,
        space: 26,
        splits: spec.log ? (_u, _axis, min, max) => decades(min, max) : undefined,
        incrs: spec.whole ? WHOLE_STEPS : undefined,
        values: (_, ticks) => withoutMs(ticks.map(tick)),
      }),
    ],
    series: [{}, ...spec.series.map((series) => line(series, spec.stacked))],
    hooks,
  };
}

/** The unit stands above the chart; beside a label in seconds each has its own. */
function withoutMs(labels: string[]): string[] {
  return labels.some((label) => /\d\ss$/.test(label)) ? labels : labels.map((label) => label.replace(/\sms$/, ""));
}

/** Seconds between ticks of the time axis, as clocks have them: the labels are whole seconds, so the ticks are, too. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30]
  .concat([1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60))
  .concat([1, 2, 3, 6, 12].map((hours) => hours * 3600))
  .concat([1, 2, 5, 10, 30].map((days) => days * 86_400));

const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

/** From the lowest to the highest value that is seen, with some air; powers of ten on a logarithmic axis. */
export function valueRange(spec: ChartSpec, min: number | null, max: number | null): [number, number] {
  if (spec.log) {
    const low = 10 ** Math.floor(Math.log10(Math.max(min ?? 1, 0.1)));
    const high = 10 ** Math.ceil(Math.log10(Math.max(max ?? 10, low * 1.01)));
    return [low, Math.max(high, low * 10)];
  }
  const top = max === null || max <= 0 ? 1 : max;
  return [0, spec.whole && top < 20 ? Math.ceil(top) + 0.5 : top * 1.15];
}

/** Ticks of a logarithmic axis: powers of ten, with steps between where there is room. */
function decades(min: number, max: number): number[] {
  const first = Math.round(Math.log10(min));
  const last = Math.round(Math.log10(max));
  const steps = last - first <= 1 ? [1, 2, 5] : [1];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) =>
    steps.map((step) => step * 10 ** (first + i)),
  ).flat();
  return ticks.filter((tick) => tick <= max * 1.001);
}

function line({ label, color, dashed, width = 1.5, stepped, fill }: SeriesSpec, stacked = false): uPlot.Series {
  return {
    label,
    stroke: () => chartColor(color),
    width,
    dash: dashed ? [6, 4] : undefined,
    // What stands lower is drawn later, over the others: it must cover them.
    fill: stacked
      ? () => chartColor(color, 0.4, "--vscode-editor-background")
      : fill
        ? () => chartColor(color, 0.18)
        : undefined,
    spanGaps: false,
    paths: stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
    // A single point between gaps would not be seen as a line.
    points: { show: (u, i, from, to) => isolated(u.data[i], from, to), size: 5, fill: () => chartColor(color) },
  };
}

function isolated(values: uPlot.AlignedData[number] | undefined, from: number, to: number): boolean {
  let points = 0;
  for (let i = from; i <= to && points <= 2; i++) if (typeof values?.[i] === "number") points++;
  return points > 0 && points <= 2;
}
