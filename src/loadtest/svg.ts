/** Text made safe for HTML and SVG, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  // Control characters have no place in a document either; XML forbids them even as references.
  return text.replace(/[&<>"']/g, (c) => entities[c] ?? c).replace(/[\p{Cc}]/gu, " ");
}

/** A point of a series; a null value is a gap, never a zero. */
export type SeriesPoint = { atMs: number; value: number | null };

/** Size of every chart in SVG units; all share the time axis, so all share the margins. */
export const chartSize = { width: 960, height: 190, left: 60, right: 86, top: 22, bottom: 26 };

/** Maps a value to a coordinate. */
export type Scale = { at(value: number): number; ticks: number[] };

/** The shared time axis: epoch ms to x. Ticks are at whole steps from the start. */
export function timeScale(startMs: number, endMs: number): Scale {
  const span = Math.max(1000, endMs - startMs);
  const { left, right, width } = chartSize;
  const step = niceTimeStep(span / 8);
  const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => startMs + index * step);
  return { at: (atMs) => left + ((atMs - startMs) / span) * (width - left - right), ticks };
}

function niceTimeStep(milliseconds: number): number {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  return (steps.find((seconds) => seconds * 1000 >= milliseconds) ?? 14_400) * 1000;
}

/** A linear axis from 0 to a round number above `max`. `whole` keeps ticks to whole numbers. */
export function linearScale(max: number, whole = false): Scale {
  const raw = Math.max(max, whole ? 1 : 1e-9) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const nice = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= raw) ?? raw;
  const step = whole ? Math.max(1, Math.ceil(nice)) : nice;
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  const top = count * step;
  return { at: (value) => fromBottom(value / top), ticks };
}

/** A logarithmic axis over whole decades around the values; values at or below 0 sit at the bottom. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const low = positive.length > 0 ? Math.floor(Math.log10(Math.min(...positive))) : 0;
  const high = positive.length > 0 ? Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive)))) : 1;
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return { at: (value) => fromBottom(value > 0 ? (Math.log10(value) - low) / (high - low) : 0), ticks };
}

function fromBottom(share: number): number {
  const { height, top, bottom } = chartSize;
  return height - bottom - Math.min(1, Math.max(0, share)) * (height - top - bottom);
}

const round = (value: number) => Math.round(value * 10) / 10;

/** A line as SVG path data, broken at gaps. `stepped` holds each value until the next. */
export function linePath(series: readonly SeriesPoint[], x: Scale, y: Scale, stepped = false): string {
  let path = "";
  let pen = false;
  for (const { atMs, value } of series) {
    if (value === null) {
      pen = false;
      continue;
    }
    const [px, py] = [round(x.at(atMs)), round(y.at(value))];
    // The empty stroke makes a lone value between two gaps a visible dot.
    if (!pen) path += `M${px} ${py}h0`;
    else path += stepped ? `H${px}V${py}` : `L${px} ${py}`;
    pen = true;
  }
  return path;
}

/** An area between two lines of equal length as SVG path data. */
export function bandPath(lower: readonly SeriesPoint[], upper: readonly SeriesPoint[], x: Scale, y: Scale): string {
  if (upper.length === 0) return "";
  const back = linePath([...lower].reverse(), x, y).replace(/^M(\S+ \S+)h0/, "L$1");
  return `${linePath(upper, x, y)}${back}Z`;
}

/** A vertical line across charts, with a sign at its head. */
export type ChartMark = { atMs: number; sign: string; text: string; className: string };

/** What a chart shows; `layers` is SVG inside the axes, `ends` are labels at the right edge. */
export type Chart = {
  title: string;
  x: Scale;
  y: Scale;
  layers: string;
  formatX(atMs: number): string;
  formatY(value: number): string;
  ends: { text: string; value: number | null; className: string }[];
  marks: readonly ChartMark[];
  /** Spans to shade, epoch ms. */
  shaded: readonly { fromMs: number; toMs: number; text: string }[];
};

/** Draws a chart with its grid, axes, shading, marks and labels. */
export function drawChart(chart: Chart): string {
  const { width, height, left, right, top, bottom } = chartSize;
  const { x, y } = chart;
  const floor = height - bottom;
  const shading = chart.shaded.map(({ fromMs, toMs, text }) => {
    const from = round(x.at(fromMs));
    return `<rect class="limited" x="${from}" y="${top}" width="${Math.max(1, round(x.at(toMs) - from))}" height="${floor - top}"><title>${escapeHtml(text)}</title></rect>`;
  });
  const rows = y.ticks.map((tick) => {
    const py = round(y.at(tick));
    return `<line class="grid" x1="${left}" x2="${width - right}" y1="${py}" y2="${py}"/><text class="axis" x="${left - 6}" y="${py + 3.5}" text-anchor="end">${escapeHtml(chart.formatY(tick))}</text>`;
  });
  const columns = x.ticks.map(
    (tick) =>
      `<text class="axis" x="${round(x.at(tick))}" y="${height - 8}" text-anchor="middle">${escapeHtml(chart.formatX(tick))}</text>`,
  );
  const marks = chart.marks.map(({ atMs, sign, text, className }) => {
    const px = round(x.at(atMs));
    return `<g class="mark ${className}"><title>${escapeHtml(text)}</title><line x1="${px}" x2="${px}" y1="${top}" y2="${floor}"/><text x="${px}" y="${top - 6}" text-anchor="middle">${escapeHtml(sign)}</text></g>`;
  });
  const body = [...shading, ...rows, ...columns, chart.layers, ...marks, ...endLabels(chart)].join("");
  return `<figure><figcaption>${escapeHtml(chart.title)}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(chart.title)}">${body}</svg></figure>`;
}

/** Labels with the last values, pushed apart so that none covers another. */
function endLabels({ ends, y }: Chart): string[] {
  const shown = ends
    .flatMap(({ text, value, className }) => (value === null ? [] : [{ text, className, py: y.at(value) }]))
    .sort((a, b) => a.py - b.py);
  let least = chartSize.top;
  return shown.map(({ text, className, py }) => {
    const at = Math.max(least, py + 3.5);
    least = at + 12;
    return `<text class="end ${className}" x="${chartSize.width - chartSize.right + 6}" y="${round(at)}">${escapeHtml(text)}</text>`;
  });
}
