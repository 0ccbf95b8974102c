import { fallAt } from "./loadPlanRates.ts";
import type { InstancePoint, LoadRunReport } from "./loadRun.ts";

/** What the moments of a run's scaling are found from; a report has it all. */
export type ScaledRun = {
  plan: Pick<LoadRunReport["plan"], "stages">;
  startedAtMs: number;
  points: readonly Pick<LoadRunReport["points"][number], "atMs" | "done">[];
  instances: readonly InstancePoint[];
  marks: LoadRunReport["marks"] | readonly LoadRunReport["marks"][number][];
  policy?: { targetPerMinute: number };
};

/** The moments of a run's scaling, epoch ms; what was not seen is absent. */
export type RunScaling = {
  /** Instances in service at the beginning and at most; absent when none were watched. */
  startedWith?: number;
  most?: number;
  /** End of the first second whose rate per instance was above the policy's target. */
  passedAtMs?: number;
  alarmAtMs?: number;
  firstCapacityAtMs?: number;
  /** When the plan's rate left its peak. */
  fallAtMs: number;
  /** The fewest instances after the last moment with most of them, and when they were first so few. */
  scaledIn?: { to: number; atMs: number };
};

/** Instances in service at a time; 0 when none were seen. */
export function countAt(instances: readonly InstancePoint[], atMs: number): number {
  return (instances.findLast((point) => point.atMs <= atMs) ?? instances[0])?.current ?? 0;
}

/**
 * Requests that came to an end, per instance in service, as a rate per minute: one value for each of the run's seconds,
 * null where no instance was in service.
 */
export function invocationsPerInstance(run: Pick<ScaledRun, "points" | "instances">): (number | null)[] {
  return run.points.map(({ atMs, done }) => {
    const count = run.instances.length === 0 ? 1 : countAt(run.instances, atMs);
    return count > 0 ? (done * 60) / count : null;
  });
}

/** Finds the moments of the scaling in what was seen. */
export function runScaling(run: ScaledRun): RunScaling {
  const { instances, policy, startedAtMs } = run;
  const fallAtMs = startedAtMs + fallAt(run.plan.stages) * 1000;
  const first = instances[0]?.current;
  if (first === undefined) return { fallAtMs };
  const most = Math.max(...instances.map(({ current }) => current));
  const over = policy ? invocationsPerInstance(run).findIndex((v) => v !== null && v > policy.targetPerMinute) : -1;
  const passed = run.points[over];
  const alarm = run.marks.find(
    ({ kind, value, text, atMs }) => kind === "alarm" && value !== 0 && atMs >= startedAtMs && !text.includes("low"),
  );
  // Fewer than at most before that was reached is no scale-in.
  const later = instances.slice(instances.findLastIndex(({ current }) => current === most) + 1);
  const fewest = Math.min(...later.map(({ current }) => current));
  const scaledIn = later.find(({ current }) => current === fewest);
  return {
    startedWith: first,
    most,
    passedAtMs: passed && passed.atMs + 1000,
    alarmAtMs: alarm?.atMs,
    firstCapacityAtMs: most > first ? instances.find(({ current }) => current > first)?.atMs : undefined,
    fallAtMs,
    scaledIn: scaledIn && { to: fewest, atMs: scaledIn.atMs },
  };
}
