import { clockText, dayText, numberText } from "../domain/numberText.ts";

/** `12,000`: thousands grouped, at most `digits` decimals. */
export function formatNumber(value: number, digits = 0): string {
  return numberText(value, digits);
}

/** `14:02` today, `Nov 22, 14:02` on other days; local time. */
export function formatTime(atMs: number, nowMs: number): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString();
  return isToday ? clockText(atMs) : `${dayText(atMs)}, ${clockText(atMs)}`;
}

/** `40 s`, `3 min`, `2 h`: how long something has lasted. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** `3 min`, `45 s`: a period as people say it. */
export function formatPeriod(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** The last part of a path, an ARN or an image's URI. */
export function lastPart(text: string): string {
  return text.slice(text.lastIndexOf("/") + 1);
}
