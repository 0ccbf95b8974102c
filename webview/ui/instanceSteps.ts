import type { InstancePoint } from "../../src/domain/loadRun.ts";
import type { Column } from "../../src/protocol/runColumns.ts";

/** Whole seconds of a run: those that were measured, and on to the last time at which its instances were seen. */
export function secondsOfRun(
  seconds: readonly number[],
  instances: readonly InstancePoint[],
  startedAtMs: number,
): number[] {
  const seen = Math.floor(((instances.at(-1)?.atMs ?? startedAtMs) - startedAtMs) / 1000);
  const last = seconds.at(-1) ?? -1;
  const later = Array.from({ length: Math.max(0, seen - last) }, (_, i) => last + 1 + i);
  return [...seconds, ...later];
}

/**
 * A number of instances at each second. Readings come when something changes or was asked for: between two of them the
 * earlier one holds.
 */
export function instanceSteps(
  instances: readonly InstancePoint[],
  startedAtMs: number,
  seconds: readonly number[],
  pick: (point: InstancePoint) => number,
): Column {
  let at = -1;
  return seconds.map((second) => {
    const endMs = startedAtMs + second * 1000 + 999;
    while ((instances[at + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= endMs) at++;
    const point = instances[Math.max(0, at)];
    return point ? pick(point) : null;
  });
}
