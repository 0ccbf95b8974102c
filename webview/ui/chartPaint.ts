import type uPlot from "uplot";
import type { Mark, SeriesSpec, Values } from "./chartSpec.ts";
import type { TimeSpan } from "./timeWindow.ts";

const colors = new Map<string, string>();
const themeListeners = new Set<() => void>();
const watched = new MutationObserver(() => {
  colors.clear();
  for (const listener of themeListeners) listener();
});
// VS Code tells a theme by the class of the body, and its colours by the style of the root.
watched.observe(document.body, { attributeFilter: ["class", "data-vscode-theme-id"] });
watched.observe(document.documentElement, { attributeFilter: ["style"] });

/** Calls when the colours of the theme have changed. */
export function onThemeChange(listener: () => void): void {
  themeListeners.add(listener);
}

/** What a theme variable is now, with an opacity when one is wanted: over nothing, or over another variable. */
export function chartColor(variable: string, opacity = 1, over?: string): string {
  const key = `${variable} ${opacity} ${over ?? ""}`;
  const known = colors.get(key);
  if (known !== undefined) return known;
  const style = getComputedStyle(document.body);
  const read = (name: string) => style.getPropertyValue(name).trim() || "gray";
  const color = read(variable);
  const below = over === undefined ? "transparent" : read(over);
  const mixed = opacity === 1 ? color : `color-mix(in srgb, ${color} ${opacity * 100}%, ${below})`;
  colors.set(key, mixed);
  return mixed;
}

const ratio = () => window.devicePixelRatio;
const font = (size: number) => `${size * ratio()}px system-ui, sans-serif`;

/** Shades stretches of time behind the lines. */
export function drawBands(u: uPlot, bands: readonly TimeSpan[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = chartColor("--vscode-descriptionForeground", 0.2);
  for (const { from, to } of bands) {
    const left = u.valToPos(from, "x", true);
    // A second of a long run is narrower than a pixel; it is seen all the same.
    ctx.fillRect(left, bbox.top, Math.max(ratio(), u.valToPos(to, "x", true) - left), bbox.height);
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

/**
 * Each line's last value in sight at the right edge, moved apart where they would overlap. `hidden` lines have none.
 * @param values the figures themselves: what is drawn of a stacked line is a sum
 */
export function drawLastValues(
  u: uPlot,
  series: readonly SeriesSpec[],
  hidden: readonly boolean[],
  values: readonly Values[],
  times: readonly number[],
): void {
  const { ctx, bbox } = u;
  const end = u.scales.x?.max ?? Number.POSITIVE_INFINITY;
  const rows = series.flatMap(({ color, format }, i) => {
    if (hidden[i]) return [];
    const drawn = u.data[i + 1] ?? [];
    for (let at = Math.min(drawn.length, times.length) - 1; at >= 0; at--) {
      const y = drawn[at];
      const value = values[i]?.[at];
      if ((times[at] ?? 0) > end || typeof y !== "number" || typeof value !== "number") continue;
      return [{ y: u.valToPos(y, "y", true), text: format(value), color }];
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
