import { clockText, numberText, usdText } from "../../src/domain/numberText.ts";

/** `1,234.5`: thousands grouped, at most `digits` decimals. */
export function formatNumber(value: number, digits = 0): string {
  return numberText(value, digits);
}

/** A number with as many decimals as are worth reading: `0.42`, `8.3`, `84`, `1,234`. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  return formatNumber(value, size < 1 ? 2 : size < 10 ? 1 : 0);
}

/** Keeps a figure and its unit on one line. */
const SPACE = "\u00a0";

/** `84 ms`, `1.2 s` */
export function formatMs(value: number): string {
  return value >= 1000 ? `${formatNumber(value / 1000, 1)}${SPACE}s` : `${formatShort(value)}${SPACE}ms`;
}

/** A share as percent that never rounds to 0 % or 100 % what is neither. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.01) return `<${SPACE}${numberText(0.01, 2)}${SPACE}%`;
  return `${formatNumber(percent < 100 ? Math.min(percent, 99.99) : percent, 2)}${SPACE}%`;
}

/** A moment of a run as minutes and seconds: `01:07`. */
export function formatOffset(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

/** `14:02:05`, local time. */
export function formatClock(atMs: number): string {
  return clockText(atMs, true);
}

/** `$0.23/h` */
export function formatHourly(usd: number): string {
  return `${usdText(usd)}/h`;
}

/** `512 B`, `3.4 KB`, `1.2 MB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}${SPACE}B`;
  const [size, unit] = bytes < 1_000_000 ? [bytes / 1000, "KB"] : [bytes / 1_000_000, "MB"];
  return `${formatShort(size)}${SPACE}${unit}`;
}
