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

/** `2026-01-05T13:00:00.250+01:00`: local time as the charts have it, with the offset that makes it a moment. */
export function localStamp(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const size = Math.abs(minutes);
  const local = new Date(atMs + minutes * 60_000).toISOString().slice(0, -1);
  return `${local}${minutes < 0 ? "-" : "+"}${two(size / 60)}:${two(size % 60)}`;
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
