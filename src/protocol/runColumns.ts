import { type LoadErrorKind, type LoadRunPoint, loadErrorKinds } from "../domain/loadRun.ts";

/** A line of numbers by second; null is a gap. */
export type Column = (number | null)[];

/**
 * The seconds of a run as a page draws them: by column, without what no chart shows. A run of an hour is 0.2 MB like
 * this, and 2 MB as points.
 */
export interface RunColumns {
  /** Seconds since the first intended start, rising. */
  seconds: number[];
  /** Null once the plan is over and only answers still come, which is no fall of the rate to zero. */
  asked: Column;
  sent: Column;
  done: number[];
  p50Ms: Column;
  p95Ms: Column;
  p99Ms: Column;
  /** Only kinds that occurred. */
  errors: Partial<Record<LoadErrorKind, number[]>>;
  /** Seconds in which the generator, not the target, was the limit. */
  limited: number[];
}

/** Hundredths of a millisecond are the finest that a chart shows. */
const rounded = (value: number | null) => (value === null ? null : Math.round(value * 100) / 100);

/** Points as they are measured, for a page. */
export function runColumns(points: readonly LoadRunPoint[]): RunColumns {
  const occurred = loadErrorKinds.filter((kind) => points.some(({ byKind }) => byKind[kind] > 0));
  const lastSent = points.findLastIndex(({ asked, sent }) => asked > 0 || sent > 0);
  const whileSending = (of: (point: LoadRunPoint) => number) => points.map((p, i) => (i <= lastSent ? of(p) : null));
  return {
    seconds: points.map(({ second }) => second),
    asked: whileSending(({ asked }) => asked),
    sent: whileSending(({ sent }) => sent),
    done: points.map(({ done }) => done),
    p50Ms: points.map(({ p50Ms }) => rounded(p50Ms)),
    p95Ms: points.map(({ p95Ms }) => rounded(p95Ms)),
    p99Ms: points.map(({ p99Ms }) => rounded(p99Ms)),
    errors: Object.fromEntries(occurred.map((kind) => [kind, points.map(({ byKind }) => byKind[kind])])),
    limited: points.filter(({ generatorLimited }) => generatorLimited).map(({ second }) => second),
  };
}

/** All failures of a run together. */
export function errorTotal({ errors }: RunColumns): number {
  return Object.values(errors).reduce((sum, line) => sum + line.reduce((all, count) => all + count, 0), 0);
}
