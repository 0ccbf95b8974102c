import * as l10n from "@vscode/l10n";
import uPlot from "uplot";
import { ChartLegend } from "./chartLegend.ts";
import { CHART_HEIGHT, chartOptions, valueRange } from "./chartOptions.ts";
import { drawBands, drawLastValues, drawMarks, onThemeChange } from "./chartPaint.ts";
import type { ChartData, ChartSpec, Values } from "./chartSpec.ts";
import { createTableTwin } from "./tableTwin.ts";

/** Asks a chart that is out of sight to draw what it has put off. */
export const DRAW_EVENT = "draw-now";

/**
 * A chart that shares its time axis, crosshair and zoom with the others of its page: with a legend that follows the
 * crosshair and switches lines off, a summary for screen readers, and the same figures as a table.
 */
export class Chart {
  readonly element = document.createElement("section");
  private readonly plot = document.createElement("div");
  private readonly moment = document.createElement("div");
  private readonly zeroNote = document.createElement("p");
  private readonly legend: ChartLegend;
  private readonly table: ReturnType<typeof createTableTwin>;
  private readonly uplot: uPlot;
  private data: ChartData = { from: 0, to: 1, times: [], values: [], marks: [] };
  /** What is drawn; the same as the data unless the lines are stacked. */
  private drawn: Values[] = [];
  private dirty = false;
  private wasDrawn = false;

  constructor(private readonly spec: ChartSpec) {
    this.table = createTableTwin(spec);
    this.legend = new ChartLegend(spec, () => this.redrawLines());
    this.element.className = "chart";
    this.plot.className = "plot";
    this.plot.tabIndex = 0;
    this.plot.setAttribute("role", "img");
    this.moment.className = "moment";
    this.zeroNote.className = "soft";
    this.zeroNote.textContent = spec.allZero ?? "";
    this.zeroNote.hidden = true;
    this.element.append(this.heading(), this.zeroNote, this.plot, this.table.element);
    const hooks: uPlot.Hooks.Arrays = {
      setCursor: [() => this.followCursor()],
      setSelect: [() => this.zoomToSelection()],
      drawClear: [(u) => drawBands(u, this.data.bands ?? [])],
      draw: [(u) => this.drawOver(u)],
    };
    const options = chartOptions(
      spec,
      hooks,
      () => this.xRange(),
      (min, max) => valueRange(spec, min, max),
    );
    this.uplot = new uPlot(options, [[], ...spec.series.map(() => [])], this.plot);
    this.uplot.over.append(this.moment);
    this.plot.addEventListener("keydown", (event) => this.onKey(event));
    this.plot.addEventListener("dblclick", () => spec.window.reset());
    new ResizeObserver(() => this.fit()).observe(this.plot);
    // A chart that is out of sight is drawn when it comes back.
    new IntersectionObserver(() => this.dirty && this.isInSight() && this.draw()).observe(this.plot);
    this.element.addEventListener(DRAW_EVENT, () => this.dirty && this.draw());
    onThemeChange(() => this.uplot.redraw(false));
    spec.window.onChange(() => this.showWindow());
  }

  update(data: ChartData): void {
    this.data = data;
    const quiet = this.leaveOutZeros(data);
    if (!quiet && (!this.wasDrawn || this.isInSight())) this.draw();
    else this.dirty = true;
    this.applyHidden();
    this.followCursor();
    this.plot.setAttribute("aria-label", this.summary());
    this.table.update(data, this.spec.window.zoom);
  }

  private draw(): void {
    this.dirty = false;
    this.wasDrawn = true;
    const { times, from, to } = this.data;
    this.drawn = this.spec.stacked ? stack(this.data.values, this.legend.hidden) : [...this.data.values];
    const data: uPlot.AlignedData =
      times.length === 0
        ? [[from, to], ...this.spec.series.map(() => [null, null])]
        : [times as number[], ...(this.drawn as (number | null)[][])];
    this.uplot.setData(data);
  }

  private isInSight(): boolean {
    const { top, bottom } = this.plot.getBoundingClientRect();
    return bottom > -CHART_HEIGHT && top < window.innerHeight + CHART_HEIGHT;
  }

  private heading(): HTMLElement {
    const head = document.createElement("header");
    const title = document.createElement("h3");
    title.textContent = this.spec.title;
    const unit = document.createElement("span");
    unit.className = "unit";
    unit.textContent = this.spec.unit;
    title.append(" ", unit);
    head.append(title, this.legend.element);
    return head;
  }

  private xRange(): [number, number] {
    const { from, to } = this.spec.window.zoom ?? this.data;
    return [from, to];
  }

  private showWindow(): void {
    const [min, max] = this.xRange();
    this.uplot.setScale("x", { min, max });
    this.table.update(this.data, this.spec.window.zoom);
  }

  private zoomToSelection(): void {
    const { left, width } = this.uplot.select;
    if (width < 4) return;
    const span = { from: this.uplot.posToVal(left, "x"), to: this.uplot.posToVal(left + width, "x") };
    this.uplot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.spec.window.zoomTo(span);
  }

  private drawOver(u: uPlot): void {
    drawMarks(u, this.data.marks);
    drawLastValues(u, this.spec.series, this.legend.hidden, this.data.values, this.data.times);
  }

  /** A kind of error that did not occur is no line along the bottom. Tells whether there is nothing to draw at all. */
  private leaveOutZeros({ values }: ChartData): boolean {
    if (this.spec.allZero === undefined) return false;
    const zeros = this.spec.series.map((_, i) => !values[i]?.some((value) => value !== null && value !== 0));
    this.legend.leaveOut(zeros);
    const quiet = zeros.every(Boolean) && values.some((line) => line.some((value) => value !== null));
    this.zeroNote.hidden = !quiet;
    this.plot.hidden = quiet;
    this.table.element.hidden = quiet;
    return quiet;
  }

  private redrawLines(): void {
    this.draw();
    this.applyHidden();
  }

  private applyHidden(): void {
    this.legend.hidden.forEach((hide, i) => {
      if (this.uplot.series[i + 1]?.show === hide) this.uplot.setSeries(i + 1, { show: !hide });
    });
  }

  private fit(): void {
    const width = Math.floor(this.plot.clientWidth);
    if (width > 0) this.uplot.setSize({ width, height: CHART_HEIGHT });
  }

  /** The figures under the crosshair, or the last ones. */
  private followCursor(): void {
    const { idx, left = -1 } = this.uplot.cursor;
    const index = typeof idx === "number" && left >= 0 ? idx : undefined;
    this.legend.show(this.data.values, index);
    const at = index === undefined ? undefined : this.data.times[index];
    this.moment.hidden = at === undefined;
    if (at === undefined) return;
    this.moment.textContent = this.spec.formatTime(at);
    // By a variable: asking for sizes here would lay the page out anew at every move of the pointer.
    this.moment.style.setProperty("--x", `${Math.round(left)}px`);
  }

  /** Arrows move the crosshair of all charts, + and − zoom around it, 0 shows everything, Escape takes it away. */
  private onKey(event: KeyboardEvent): void {
    const { times } = this.data;
    const { window } = this.spec;
    if (event.key === "Escape") this.uplot.setCursor({ left: -10, top: -10 });
    if (event.key === "0") window.reset();
    if (times.length === 0) return;
    const from = this.uplot.cursor.idx ?? times.length;
    if (event.key === "+" || event.key === "=" || event.key === "-") {
      const [low, high] = this.xRange();
      const seen = this.uplot.cursor.idx;
      const around = typeof seen === "number" ? (times[seen] ?? high) : (low + high) / 2;
      window.scale(event.key === "-" ? 2 : 0.5, around, this.data);
    }
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -times.length, End: times.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const index = Math.min(times.length - 1, Math.max(0, from + step));
    this.uplot.setCursor({ left: this.uplot.valToPos(times[index] ?? 0, "x"), top: 10 });
    this.plot.setAttribute("aria-label", this.summary(index));
  }

  private summary(index?: number): string {
    const { title, unit, series, formatTime } = this.spec;
    const at = index === undefined ? undefined : this.data.times[index];
    const figures = series.flatMap(({ label, format }, i) => {
      if (this.legend.hidden[i]) return [];
      const line = this.data.values[i] ?? [];
      const value = index === undefined ? line.findLast((v) => v !== null) : line[index];
      return [`${label} ${typeof value === "number" ? format(value) : l10n.t("no data")}`];
    });
    const head = [title, unit].filter(Boolean).join(", ");
    return `${head}, ${at === undefined ? l10n.t("last") : formatTime(at)}: ${figures.join(", ") || l10n.t("nothing")}`;
  }
}

/** Each line on top of those after it, so that the first one reaches the sum of all that are shown. */
function stack(values: readonly Values[], hidden: readonly boolean[]): Values[] {
  let below: Values | undefined;
  const stacked: Values[] = [];
  for (let i = values.length - 1; i >= 0; i--) {
    const line = values[i] ?? [];
    if (hidden[i]) {
      stacked[i] = line;
      continue;
    }
    const base = below;
    below = base ? line.map((value, at) => (value === null ? null : value + (base[at] ?? 0))) : line;
    stacked[i] = below;
  }
  return stacked;
}
