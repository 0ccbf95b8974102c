import type { LoadRunPoint } from "../domain/loadRun.ts";
import { type Collector, limitLagMs } from "./collector.ts";
import type { EngineMeasured } from "./engineMessages.ts";
import type { Generator } from "./generator.ts";
import type { Pacer } from "./pacer.ts";

/** What a loop drives. `drainMs`: how long answers are awaited after a stop. */
export type RampLoopOptions = {
  pacer: Pacer;
  generator: Generator;
  collector: Collector;
  drainMs: number;
  /** Epoch ms of the plan's start, for processes that begin together; left out, at once. */
  startAtMs?: number;
  onSecond(points: LoadRunPoint[], measured: EngineMeasured): void;
};

/** A running loop. */
export type RampLoop = {
  /** No request is written after this call; what is in flight gets `drainMs`. */
  stop(): void;
  done: Promise<{ measured: EngineMeasured; stopped: boolean }>;
};

/** Shortest pause between two looks at the schedule: less costs CPU, more makes small bursts. */
const tickMs = 1;
/** Longest pause: how soon a second is closed and a timeout is noticed. */
const idleTickMs = 50;
/** Time given from the last intended start for requests to count as sent in time. */
const graceMs = 1000;
/** A second that is closed later than this was not watched: the process stood still. */
const stoodStillMs = 250;

/**
 * Sends every request at its intended start, whatever became of those before: a slow target meets the load that it
 * would meet in life. Starts at once.
 */
export function startRampLoop(options: RampLoopOptions): RampLoop {
  const { pacer, generator, collector, drainMs, onSecond } = options;
  // A little way ahead, so that the first request is not late.
  const startedAtMs = options.startAtMs ?? Date.now() + 20;
  const start = performance.now() + startedAtMs - Date.now();
  const planEnd = start + pacer.seconds * 1000;
  let next = 0;
  let nextAt = start + pacer.startOf(0) * 1000;
  let second = 0;
  let sweptAt = start;
  let stoppedAt: number | undefined;
  let cpu = process.cpuUsage();
  let cpuAt = performance.now();
  let timer: NodeJS.Timeout;
  let finish: (end: { measured: EngineMeasured; stopped: boolean }) => void;
  const done = new Promise<{ measured: EngineMeasured; stopped: boolean }>((resolve) => {
    finish = resolve;
  });

  function dispatchDue(): void {
    for (let now = performance.now(); next < pacer.total && nextAt <= now; now = performance.now()) {
      const lag = now - nextAt;
      collector.lag(lag);
      const seconds = (nextAt - start) / 1000;
      generator.dispatch({ intendedAt: nextAt, stage: pacer.stageAt(seconds), late: lag > limitLagMs });
      next++;
      nextAt = start + pacer.startOf(next) * 1000;
    }
  }

  function cpuShare(now: number): number {
    const used = process.cpuUsage(cpu);
    const share = (used.user + used.system) / 1000 / Math.max(1, now - cpuAt);
    cpu = process.cpuUsage();
    cpuAt = now;
    return share;
  }

  /** Closes the seconds that ended by `now`; the last one, with `all`, before its time. */
  function closeSeconds(now: number, all = false): LoadRunPoint[] {
    const points: LoadRunPoint[] = [];
    // In the plan's own seconds, so that a request at the very boundary belongs to the second that it begins.
    const lastDue = stoppedAt === undefined ? Number.POSITIVE_INFINITY : (stoppedAt - start) / 1000;
    const dueBefore = (seconds: number) => (seconds <= 0 ? 0 : pacer.dueBy(Math.min(seconds - 1e-9, lastDue)));
    const isLast = () => all && start + second * 1000 < now && !collector.isEmpty();
    while (start + (second + 1) * 1000 <= now || isLast()) {
      const end = start + (second + 1) * 1000;
      points.push(
        collector.closeSecond({
          atMs: startedAtMs + second * 1000,
          second,
          asked: dueBefore(second + 1) - dueBefore(second),
          gauges: generator.gauges(),
          generatorCpu: cpuShare(now),
          stoodStill: now - end > stoodStillMs,
        }),
      );
      second++;
    }
    return points;
  }

  const measured = () => collector.measured(startedAtMs, pacer.total, stoppedAt ? generator.gauges().inFlight : 0);

  function isOver(now: number): boolean {
    if (stoppedAt === undefined && (next < pacer.total || now < planEnd)) return false;
    const { inFlight, queued } = generator.gauges();
    if (stoppedAt !== undefined) return inFlight === 0 || now - stoppedAt > drainMs;
    return inFlight === 0 && queued === 0;
  }

  function tick(): void {
    if (stoppedAt === undefined) dispatchDue();
    const now = performance.now();
    if (now - sweptAt >= idleTickMs) {
      generator.sweep(now);
      sweptAt = now;
    }
    if (now > planEnd + graceMs) collector.planEnded();
    const over = isOver(now);
    const points = over || start + (second + 1) * 1000 <= now ? closeSeconds(now, over) : [];
    if (points.length > 0) onSecond(points, measured());
    if (over) {
      finish({ measured: measured(), stopped: stoppedAt !== undefined });
      return;
    }
    const pause = stoppedAt === undefined && next < pacer.total ? nextAt - performance.now() : idleTickMs;
    timer = setTimeout(tick, Math.min(idleTickMs, Math.max(tickMs, pause)));
  }

  timer = setTimeout(tick, 0);
  return {
    done,
    stop() {
      if (stoppedAt !== undefined) return;
      stoppedAt = performance.now();
      generator.stopSending();
      clearTimeout(timer);
      timer = setTimeout(tick, 0);
    },
  };
}
