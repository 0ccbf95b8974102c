import uPlot from "uplot";
import { chartColor, drawBands, drawLastValues, drawMarks } from "./chartPaint.ts";
import { createTableTwin } from "./tableTwin.ts";

/** One line of a chart. `color` is the name of a theme variable, e.g. `--vscode-charts-blue`. */
export interface SeriesSpec {
  label: string;
  color: string;
  dashed?: boolean;
  width?: number;
  /** Holds its value until the next point, as a number of instances does. */
  stepped?: boolean;
  fill?: boolean;
  format: (value: number) => string;
}

export interface ChartSpec {
  title: string;
  unit: string;
  log?: boolean;
  /** Only whole numbers on the axis. */
  whole?: boolean;
  /** What is said instead of a picture while every figure is zero; lines of zeros are left out of the legend. */
  allZero?: string;
  series: SeriesSpec[];
  /** A moment of the time axis in words. */
  formatTime: (seconds: number) => string;
}

/** A moment to mark; `sign` is drawn at the top. */
export interface Mark {
  seconds: number;
  sign: string;
  text: string;
}

export interface ChartData {
  /** Of the time axis, which all charts of a page share, in seconds. */
  from: number;
  to: number;
  times: number[];
  /** By series; null is a gap. */
  values: (number | null)[][];
  marks: Mark[];
  /** Stretches of time in which the figures say nothing. */
  bands?: { from: number; to: number }[];
}

const HEIGHT = 128;
const SYNC_KEY = "page";
/** Room for the last values at the right edge. */
const RIGHT_EDGE = 62;

/** A chart with a legend that follows the crosshair, a summary for screen readers, and the same figures as a table. */
export class Chart {
  readonly element = document.createElement("section");
  private readonly plot = document.createElement("div");
  private readonly values: HTMLElement[] = [];
  private readonly legendItems: HTMLElement[] = [];
  private readonly zeroNote = document.createElement("p");
  private hidden: boolean[] = [];
  private readonly table: ReturnType<typeof createTableTwin>;
  private readonly uplot: uPlot;
  private data: ChartData = { from: 0, to: 1, times: [], values: [], marks: [] };

  constructor(private readonly spec: ChartSpec) {
    this.table = createTableTwin(spec);
    this.element.className = "chart";
    this.plot.className = "plot";
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "img");
    this.zeroNote.className = "soft";
    this.zeroNote.textContent = spec.allZero ?? "";
    this.zeroNote.hidden = true;
    this.element.append(this.heading(), this.zeroNote, this.plot, this.table.element);
    this.uplot = new uPlot(this.options(), [[], ...spec.series.map(() => [])], this.plot);
    this.plot.addEventListener("keydown", (event) => this.moveCrosshair(event));
    new ResizeObserver(() => this.fit()).observe(this.plot);
    // The colours of a theme are read when something is drawn.
    new MutationObserver(() => this.uplot.redraw(false)).observe(document.body, { attributeFilter: ["class"] });
  }

  update(data: ChartData): void {
    this.data = data;
    const empty = data.times.length === 0;
    this.uplot.setData(
      empty ? [[data.from, data.to], ...this.spec.series.map(() => [null, null])] : [data.times, ...data.values],
    );
    this.leaveOutZeros(data);
    this.showValues(this.uplot.cursor.idx ?? undefined);
    this.plot.setAttribute("aria-label", this.summary());
    this.table.update(data);
  }

  private heading(): HTMLElement {
    const head = document.createElement("header");
    const title = document.createElement("h3");
    title.textContent = this.spec.title;
    const unit = document.createElement("span");
    unit.className = "unit";
    unit.textContent = this.spec.unit;
    title.append(" ", unit);
    const legend = document.createElement("ul");
    legend.className = "legend";
    for (const { label, color, dashed } of this.spec.series) {
      const item = document.createElement("li");
      const swatch = document.createElement("span");
      swatch.className = dashed ? "swatch dashed" : "swatch";
      swatch.style.setProperty("--series", `var(${color})`);
      const value = document.createElement("output");
      value.setAttribute("aria-live", "off");
      this.values.push(value);
      this.legendItems.push(item);
      item.append(swatch, label, " ", value);
      legend.append(item);
    }
    head.append(title, legend);
    return head;
  }

  private options(): uPlot.Options {
    const { spec } = this;
    const axis = (more: uPlot.Axis): uPlot.Axis => ({
      stroke: () => chartColor("--vscode-descriptionForeground"),
      grid: { stroke: () => chartColor("--chart-grid"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
      ...more,
    });
    return {
      width: 300,
      height: HEIGHT,
      padding: [12, RIGHT_EDGE, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: SYNC_KEY }, drag: { x: false, y: false }, y: false, points: { size: 6 } },
      scales: {
        x: { time: false, range: () => [this.data.from, this.data.to] },
        y: { distr: spec.log ? 3 : 1, range: (_, min, max) => this.yRange(min, max) },
      },
      axes: [
        axis({ size: 24, gap: 6, space: 80, values: (_, ticks) => ticks.map((tick) => spec.formatTime(tick)) }),
        axis({
          size: 48,
          gap: 4,
          space: 26,
          splits: spec.log ? (_u, _axis, min, max) => decades(min, max) : undefined,
          incrs: spec.whole ? [1, 2, 5, 10, 20, 50, 100] : undefined,
          values: (_, ticks) =>
            ticks.map((tick) => (tick === null ? "" : spec.series[0]?.format(tick).replace(/\sms$/, "")) ?? ""),
        }),
      ],
      series: [{}, ...spec.series.map((series) => line(series))],
      hooks: {
        setCursor: [(u) => this.showValues(u.cursor.idx ?? undefined)],
        drawClear: [(u) => drawBands(u, this.data.bands ?? [])],
        draw: [
          (u) => {
            drawMarks(u, this.data.marks);
            drawLastValues(u, spec.series, this.hidden);
          },
        ],
      },
    };
  }

  /** A kind of error that did not occur is no line along the bottom. */
  private leaveOutZeros({ values }: ChartData): void {
    if (this.spec.allZero === undefined) return;
    this.hidden = this.spec.series.map((_, i) => !values[i]?.some((value) => value !== null && value !== 0));
    this.hidden.forEach((hide, i) => {
      const item = this.legendItems[i];
      if (item) item.hidden = hide;
      if (this.uplot.series[i + 1]?.show === hide) this.uplot.setSeries(i + 1, { show: !hide });
    });
    const quiet = this.hidden.every(Boolean) && values.some((line) => line.some((value) => value !== null));
    this.zeroNote.hidden = !quiet;
    this.plot.hidden = quiet;
    this.table.element.hidden = quiet;
  }

  private yRange(min: number | null, max: number | null): [number, number] {
    if (this.spec.log) {
      const low = 10 ** Math.floor(Math.log10(Math.max(min ?? 1, 0.1)));
      const high = 10 ** Math.ceil(Math.log10(Math.max(max ?? 10, low * 1.01)));
      return [low, Math.max(high, low * 10)];
    }
    const top = max === null || max <= 0 ? 1 : max;
    return [0, this.spec.whole ? Math.ceil(top) + 0.5 : top * 1.15];
  }

  private fit(): void {
    const width = Math.floor(this.plot.clientWidth);
    if (width > 0) this.uplot.setSize({ width, height: HEIGHT });
  }

  /** The figures under the crosshair, or the last ones. */
  private showValues(index: number | undefined): void {
    this.spec.series.forEach(({ format }, i) => {
      const line = this.data.values[i] ?? [];
      const value = index === undefined ? lastValue(line) : line[index];
      const output = this.values[i];
      if (output) output.textContent = typeof value === "number" ? format(value) : "–";
    });
    const at = index === undefined ? undefined : this.data.times[index];
    this.plot.title = at === undefined ? "" : this.spec.formatTime(at);
  }

  /** Left and right move the crosshair of all charts, Escape takes it away. */
  private moveCrosshair(event: KeyboardEvent): void {
    const { times } = this.data;
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -times.length, End: times.length }[event.key];
    if (event.key === "Escape") this.uplot.setCursor({ left: -10, top: -10 });
    if (step === undefined || times.length === 0) return;
    event.preventDefault();
    const from = this.uplot.cursor.idx ?? times.length;
    const index = Math.min(times.length - 1, Math.max(0, from + step));
    this.uplot.setCursor({ left: this.uplot.valToPos(times[index] ?? 0, "x"), top: 10 });
    this.plot.setAttribute("aria-label", this.summary(index));
  }

  private summary(index?: number): string {
    const { title, unit, series, formatTime } = this.spec;
    const at = index === undefined ? undefined : this.data.times[index];
    const figures = series.map(({ label, format }, i) => {
      const line = this.data.values[i] ?? [];
      const value = index === undefined ? lastValue(line) : line[index];
      return `${label} ${typeof value === "number" ? format(value) : "no data"}`;
    });
    return `${title}, ${unit}, ${at === undefined ? "last" : formatTime(at)}: ${figures.join(", ")}`;
  }
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

function lastValue(line: readonly (number | null)[]): number | null | undefined {
  return line.findLast((value) => value !== null);
}

function line({ label, color, dashed, width = 1.5, stepped, fill }: SeriesSpec): uPlot.Series {
  return {
    label,
    stroke: () => chartColor(color),
    width,
    dash: dashed ? [6, 4] : undefined,
    fill: fill ? () => chartColor(color, 0.18) : undefined,
    spanGaps: false,
    paths: stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined,
    // A single point between gaps would not be seen as a line.
    points: { show: (u, i, from, to) => isolated(u.data[i], from, to), size: 5, fill: () => chartColor(color) },
  };
}

function isolated(values: uPlot.AlignedData[number] | undefined, from: number, to: number): boolean {
  let points = 0;
  for (let i = from; i <= to; i++) if (typeof values?.[i] === "number") points++;
  return points > 0 && points <= 2;
}
