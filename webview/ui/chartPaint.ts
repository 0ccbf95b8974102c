import type uPlot from "uplot";
import type { Mark, SeriesSpec } from "./chart.ts";

/** What a theme variable is now, with an opacity when one is wanted. */
export function chartColor(variable: string, opacity = 1): string {
  const color = getComputedStyle(document.body).getPropertyValue(variable).trim() || "gray";
  return opacity === 1 ? color : `color-mix(in srgb, ${color} ${opacity * 100}%, transparent)`;
}

const ratio = () => window.devicePixelRatio;
const font = (size: number) => `${size * ratio()}px system-ui, sans-serif`;

/** Shades stretches of time behind the lines. */
export function drawBands(u: uPlot, bands: readonly { from: number; to: number }[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = chartColor("--vscode-descriptionForeground", 0.2);
  for (const { from, to } of bands) {
    const left = u.valToPos(from, "x", true);
    ctx.fillRect(left, bbox.top, u.valToPos(to, "x", true) - left, bbox.height);
  }
  ctx.restore();
}

/** A dotted line with a sign on top, so that nothing depends on colour alone. */
export function drawMarks(u: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = chartColor("--vscode-foreground");
  ctx.lineWidth = ratio();
  ctx.font = font(11);
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  let lastX = Number.NEGATIVE_INFINITY;
  for (const { seconds, sign } of marks) {
    const x = u.valToPos(seconds, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.setLineDash([2 * ratio(), 3 * ratio()]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    // Marks of the same moment keep one sign.
    if (x - lastX > 10 * ratio()) ctx.fillText(sign, x, bbox.top);
    lastX = x;
  }
  ctx.restore();
}

/** Each line's last value at the right edge, moved apart where they would overlap. `hidden` lines have none. */
export function drawLastValues(u: uPlot, series: readonly SeriesSpec[], hidden: readonly boolean[]): void {
  const { ctx, bbox } = u;
  const rows = series.flatMap(({ color, format }, i) => {
    if (hidden[i]) return [];
    const values = u.data[i + 1] ?? [];
    for (let at = values.length - 1; at >= 0; at--) {
      const value = values[at];
      if (typeof value === "number") return [{ y: u.valToPos(value, "y", true), text: format(value), color }];
    }
    return [];
  });
  rows.sort((a, b) => a.y - b.y);
  const gap = 13 * ratio();
  const bottom = bbox.top + bbox.height;
  rows.forEach((row, i) => {
    row.y = Math.max(row.y, (rows[i - 1]?.y ?? Number.NEGATIVE_INFINITY) + gap);
  });
  for (let i = rows.length - 1, limit = bottom; i >= 0; i--, limit -= gap) {
    const row = rows[i];
    if (row) row.y = Math.min(row.y, limit);
  }
  ctx.save();
  ctx.font = font(11);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const x = bbox.left + bbox.width + 6 * ratio();
  for (const { y, text, color } of rows) {
    ctx.fillStyle = chartColor(color);
    ctx.fillRect(x, y - 3 * ratio(), 6 * ratio(), 6 * ratio());
    ctx.fillStyle = chartColor("--vscode-foreground");
    ctx.fillText(text, x + 9 * ratio(), y);
  }
  ctx.restore();
}
