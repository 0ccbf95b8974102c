import { DueQueue } from "./dueQueue.ts";

/**
 * The one clock of the sandbox. Timestamps stay wall-clock; every duration that AWS would take (start-up, alarm
 * periods, cooldowns) is given in *simulated* milliseconds and passes `timeScale` times faster.
 */
export interface Clock {
  /**
   * 30 means: what takes AWS a minute takes two seconds. 0 means: what is created is there at once, and what goes on
   * by itself (alarms, scaling, metrics) only goes on when the clock is stepped.
   */
  readonly timeScale: number;
  /** Wall-clock time, epoch ms; at scale 0 plus what was stepped. */
  now(): number;
  /** Real milliseconds that a simulated duration takes; none at scale 0. */
  toReal(simulatedMs: number): number;
  /** Simulated milliseconds that have passed in a real duration. */
  toSimulated(realMs: number): number;
  /** Resolves after a simulated duration; at once when the time scale is 0. */
  sleep(simulatedMs: number): Promise<void>;
  /** Runs `fn` after a simulated duration; returns the cancellation. */
  schedule(simulatedMs: number, fn: () => void): () => void;
  /** Runs `fn` every simulated duration; at scale 0 while the clock is stepped. Returns the end of it. */
  every(simulatedMs: number, fn: () => void): () => void;
}

/** A clock that stands until it is stepped: a long scaling story passes in moments, and the same way each time. */
export interface SteppedClock extends Clock {
  /** Lets simulated time pass; everything that falls due happens in order, and is finished when this resolves. */
  step(simulatedMs: number): Promise<void>;
}

/** The clock of a time scale. Its timers never keep the process alive. */
export function createClock(timeScale: number): Clock | SteppedClock {
  return timeScale === 0 ? createSteppedClock() : createRunningClock(timeScale);
}

export function isStepped(clock: Clock): clock is SteppedClock {
  return "step" in clock;
}

function createRunningClock(timeScale: number): Clock {
  const toReal = (simulatedMs: number) => simulatedMs / timeScale;
  return {
    timeScale,
    now: () => Date.now(),
    toReal,
    toSimulated: (realMs) => realMs * timeScale,
    sleep: (simulatedMs) =>
      new Promise((resolve) => {
        setTimeout(resolve, toReal(simulatedMs));
      }),
    schedule(simulatedMs, fn) {
      const timer = setTimeout(fn, toReal(simulatedMs));
      timer.unref();
      return () => clearTimeout(timer);
    },
    every(simulatedMs, fn) {
      const timer = setInterval(fn, toReal(simulatedMs));
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}

function createSteppedClock(): SteppedClock {
  const queue = new DueQueue();
  let offsetMs = 0;
  const now = () => Date.now() + offsetMs;
  const moveTo = (atMs: number) => {
    offsetMs = Math.max(offsetMs, atMs - Date.now());
  };
  return {
    timeScale: 0,
    now,
    toReal: () => 0,
    toSimulated: (realMs) => realMs,
    sleep: () => Promise.resolve(),
    schedule: (simulatedMs, fn) => queue.add(now() + simulatedMs, fn),
    every: (simulatedMs, fn) => queue.add(now() + simulatedMs, fn, simulatedMs),
    async step(simulatedMs) {
      const endMs = now() + simulatedMs;
      await queue.runUntil(endMs, moveTo);
      moveTo(endMs);
    },
  };
}
