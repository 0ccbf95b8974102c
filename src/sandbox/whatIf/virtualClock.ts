import type { Clock } from "../engine/clock.ts";

/** A clock that passes only by being told to, though every duration takes its time on it. */
export interface VirtualClock extends Clock {
  /** Lets real milliseconds pass; what falls due happens in order, and is finished when this resolves. */
  pass(realMs: number): Promise<void>;
}

interface Due {
  atMs: number;
  everyMs?: number;
  run: () => void;
}

/** Lets everything that a timer has begun come to rest: the services call one another by promises only. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * The sandbox's stepped clock makes lifecycles instant; here an instance's start-up takes its simulated minutes, because
 * they are what is asked about.
 * @param timeScale how many simulated milliseconds pass in a real one, at least 1
 */
export function createVirtualClock(startMs: number, timeScale: number): VirtualClock {
  const due = new Set<Due>();
  let nowMs = startMs;
  const toReal = (simulatedMs: number) => simulatedMs / timeScale;
  const add = (entry: Due) => {
    due.add(entry);
    return () => {
      due.delete(entry);
    };
  };
  const nextBefore = (endMs: number): Due | undefined => {
    let first: Due | undefined;
    for (const entry of due) if (entry.atMs <= endMs && (!first || entry.atMs < first.atMs)) first = entry;
    return first;
  };
  return {
    timeScale,
    now: () => nowMs,
    toReal,
    toSimulated: (realMs) => realMs * timeScale,
    sleep: (simulatedMs) =>
      new Promise((resolve) => {
        add({ atMs: nowMs + toReal(simulatedMs), run: resolve });
      }),
    schedule: (simulatedMs, fn) => add({ atMs: nowMs + toReal(simulatedMs), run: fn }),
    every: (simulatedMs, fn) => add({ atMs: nowMs + toReal(simulatedMs), everyMs: toReal(simulatedMs), run: fn }),
    async pass(realMs) {
      const endMs = nowMs + realMs;
      for (let entry = nextBefore(endMs); entry; entry = nextBefore(endMs)) {
        nowMs = Math.max(nowMs, entry.atMs);
        if (entry.everyMs === undefined) due.delete(entry);
        else entry.atMs += entry.everyMs;
        entry.run();
        await settle();
      }
      nowMs = endMs;
    },
  };
}
