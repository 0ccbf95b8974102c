/**
 * The one clock of the sandbox. Timestamps stay wall-clock; every duration that AWS would take (start-up, alarm
 * periods, cooldowns) is given in *simulated* milliseconds and passes `timeScale` times faster.
 */
export interface Clock {
  /** 30 means: what takes AWS a minute takes two seconds. 0 means: nothing takes any time. */
  readonly timeScale: number;
  /** Wall-clock time, epoch ms. */
  now(): number;
  /** Real milliseconds that a simulated duration takes. */
  toReal(simulatedMs: number): number;
  /** Simulated milliseconds that have passed in a real duration. */
  toSimulated(realMs: number): number;
  /** Resolves after a simulated duration; at once when the time scale is 0. */
  sleep(simulatedMs: number): Promise<void>;
  /** Runs `fn` after a simulated duration; returns the cancellation. */
  schedule(simulatedMs: number, fn: () => void): () => void;
  /** Runs `fn` every simulated duration, never at scale 0, where loops only act when asked. Returns the end of it. */
  every(simulatedMs: number, fn: () => void): () => void;
}

/** A clock on the machine's time. Its timers never keep the process alive. */
export function createClock(timeScale: number): Clock {
  const toReal = (simulatedMs: number) => (timeScale === 0 ? 0 : simulatedMs / timeScale);
  return {
    timeScale,
    now: () => Date.now(),
    toReal,
    toSimulated: (realMs) => (timeScale === 0 ? realMs : realMs * timeScale),
    sleep: (simulatedMs) =>
      timeScale === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            setTimeout(resolve, toReal(simulatedMs));
          }),
    schedule(simulatedMs, fn) {
      const timer = setTimeout(fn, toReal(simulatedMs));
      timer.unref();
      return () => clearTimeout(timer);
    },
    every(simulatedMs, fn) {
      if (timeScale === 0) return () => {};
      const timer = setInterval(fn, toReal(simulatedMs));
      timer.unref();
      return () => clearInterval(timer);
    },
  };
}
