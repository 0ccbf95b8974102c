import type { Clock } from "../engine/clock.ts";
import { DueQueue } from "../engine/dueQueue.ts";

/** A clock that passes only by being told to, though every duration takes its time on it. */
export interface VirtualClock extends Clock {
  /** Lets real milliseconds pass; what falls due happens in order, and is finished when this resolves. */
  pass(realMs: number): Promise<void>;
}

/**
 * The sandbox's stepped clock makes lifecycles instant; here an instance's start-up takes its simulated minutes, because
 * they are what is asked about.
 * @param timeScale how many simulated milliseconds pass in a real one, at least 1
 */
export function createVirtualClock(startMs: number, timeScale: number): VirtualClock {
  const queue = new DueQueue();
  let nowMs = startMs;
  const toReal = (simulatedMs: number) => simulatedMs / timeScale;
  return {
    timeScale,
    now: () => nowMs,
    toReal,
    toSimulated: (realMs) => realMs * timeScale,
    sleep: (simulatedMs) =>
      new Promise((resolve) => {
        queue.add(nowMs + toReal(simulatedMs), resolve);
      }),
    schedule: (simulatedMs, fn) => queue.add(nowMs + toReal(simulatedMs), fn),
    every: (simulatedMs, fn) => queue.add(nowMs + toReal(simulatedMs), fn, toReal(simulatedMs)),
    async pass(realMs) {
      const endMs = nowMs + realMs;
      await queue.runUntil(endMs, (atMs) => {
        nowMs = Math.max(nowMs, atMs);
      });
      nowMs = endMs;
    },
  };
}
