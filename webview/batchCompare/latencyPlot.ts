import * as l10n from "@vscode/l10n";
import { html, svg, type TemplateResult } from "lit";
import { formatMs } from "../ui/format.ts";

const HEIGHT = 220;
const LEFT = 46;
const BOTTOM = 24;
const TOP = 8;
const RIGHT = 30;
/** Room that a label of the time axis wants. */
const LABEL_WIDTH = 70;
const SHARES = [0, 0.25, 0.5, 0.75, 1];

/**
 * The share of rows that were answered within a time, as one step line a side: shape and tail of both distributions at
 * once, with no bins to choose. The table above says the percentiles.
 * @param width of the plot in CSS pixels: its letters are never scaled
 */
export function latencyPlot(
  latencies: { a: readonly number[]; b: readonly number[] },
  names: { a: string; b: string },
  width: number,
): TemplateResult {
  const all = [...latencies.a, ...latencies.b].filter((value) => value > 0);
  const ticks = logTicks(Math.min(...all), Math.max(...all), (width - LEFT - RIGHT) / LABEL_WIDTH);
  const [low = 1, high = 10] = [ticks[0], ticks.at(-1)];
  const x = (ms: number) =>
    LEFT +
    ((Math.log10(Math.max(ms, low)) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))) * (width - LEFT - RIGHT);
  const y = (share: number) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  return html`<svg
    class="plot"
    width=${width}
    height=${HEIGHT}
    viewBox="0 0 ${width} ${HEIGHT}"
    role="img"
    aria-label="${l10n.t("Latencies of {0} (solid) and {1} (dashed); the figures above say the percentiles", names.a, names.b)}"
  >
    ${SHARES.map(
      (share) => svg`<line class="grid" x1=${LEFT} x2=${width - RIGHT} y1=${y(share)} y2=${y(share)}></line>
      <text x=${LEFT - 6} y=${y(share) + 4} text-anchor="end">${share * 100} %</text>`,
    )}
    ${ticks.map(
      (ms) => svg`<line class="grid" x1=${x(ms)} x2=${x(ms)} y1=${TOP} y2=${HEIGHT - BOTTOM}></line>
      <text x=${x(ms)} y=${HEIGHT - 8} text-anchor="middle">${formatMs(ms)}</text>`,
    )}
    <path class="line a" d=${steps(latencies.a, x, y)}></path>
    <path class="line b" d=${steps(latencies.b, x, y)}></path>
  </svg>`;
}

/** A point each for at most so many rows: more cannot be seen. */
const MOST_STEPS = 600;

function steps(sorted: readonly number[], x: (ms: number) => number, y: (share: number) => number): string {
  const every = Math.max(1, Math.floor(sorted.length / MOST_STEPS));
  const parts = sorted.flatMap((ms, i) => {
    const isShown = i % every === 0 || i === sorted.length - 1;
    return isShown ? [`H${x(ms).toFixed(1)}V${y((i + 1) / sorted.length).toFixed(1)}`] : [];
  });
  return `M${x(sorted[0] ?? 1).toFixed(1)} ${y(0).toFixed(1)}${parts.join("")}`;
}

/** 1, 2, 5, 10, … around the values; at least two. */
function logTicks(least: number, most: number, room: number): number[] {
  const all = Array.from({ length: 30 }, (_, i) => [1, 2, 5].map((digit) => digit * 10 ** (i - 10))).flat();
  const first = Math.max(
    0,
    all.findLastIndex((tick) => tick <= least),
  );
  const last = all.findIndex((tick) => tick >= most);
  const ticks = all.slice(first, Math.max(last, first + 1) + 1);
  // Few enough to be read side by side.
  return ticks.length <= Math.min(8, room)
    ? ticks
    : ticks.filter((tick, i) => i === 0 || i === ticks.length - 1 || /^1e|^10*$|^0\.0*1$/.test(`${tick}`));
}
