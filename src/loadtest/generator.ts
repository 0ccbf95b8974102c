import type { LoadErrorKind } from "../domain/loadRun.ts";

/** A request as the pacer hands it over. Times in ms of `performance.now()`. */
export type DueRequest = {
  intendedAt: number;
  /** Index of the plan's stage. */
  stage: number;
  /** The generator itself was late with it, so its latency says nothing about the target. */
  late: boolean;
};

/** How a request came to an end. Times in ms of `performance.now()`; `startedAt` is undefined if it was never begun. */
export type Outcome = DueRequest & {
  kind: "ok" | LoadErrorKind;
  startedAt: number | undefined;
  endedAt: number;
  message?: string;
};

/** What a generator tells of its work. */
export type GeneratorEvents = { sent(): void; ended(outcome: Outcome): void };

/** Sends requests at the moments it is told, over connections that it opens when they are needed. */
export type Generator = {
  start(): Promise<void>;
  /** Sends now if a connection is free or may be opened, else as soon as one gets free. */
  dispatch(request: DueRequest): void;
  /** Ends what has waited longer than the timeout. */
  sweep(now: number): void;
  /** Writes nothing from now on; answers to what was sent still come in. */
  stopSending(): void;
  gauges(): { inFlight: number; queued: number; connections: number };
  /** Closes all connections. */
  close(): void;
};
