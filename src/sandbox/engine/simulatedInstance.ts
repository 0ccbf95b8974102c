import { type InstanceType, SERVICE_TIME_SIGMA } from "./instanceTypes.ts";
import { logNormal } from "./random.ts";

/** What an instance will do with a request. */
export interface Admission {
  /** Epoch-free, `performance.now()` ms at which the answer leaves. */
  finishMs: number;
  /** Waiting + serving, ms. */
  latencyMs: number;
}

/**
 * A *simulated* server: `concurrency` workers, one bounded queue, log-normal service times. It decides only *when* a
 * request is answered; what is answered comes from the real model.
 */
export class SimulatedInstance {
  /** When each worker is free again, `performance.now()` ms. */
  private readonly freeAt: number[];
  private busyMs = 0;

  constructor(
    readonly id: string,
    readonly type: InstanceType,
    private readonly random: () => number,
  ) {
    this.freeAt = new Array<number>(type.concurrency).fill(0);
  }

  /** Requests in service or waiting, estimated from the backlog of the workers. */
  backlogMs(nowMs: number): number {
    return Math.max(0, Math.min(...this.freeAt) - nowMs);
  }

  /**
   * Takes a request, or refuses it when the queue is full.
   * @param nowMs `performance.now()`
   */
  admit(nowMs: number): Admission | undefined {
    let worker = 0;
    for (let i = 1; i < this.freeAt.length; i++) if ((this.freeAt[i] ?? 0) < (this.freeAt[worker] ?? 0)) worker = i;
    const start = Math.max(nowMs, this.freeAt[worker] ?? 0);
    const waiting = ((start - nowMs) / this.type.serviceMs) * this.type.concurrency;
    if (waiting > this.type.queueLimit) return undefined;
    const service = logNormal(this.random, this.type.serviceMs, SERVICE_TIME_SIGMA);
    const finishMs = start + service;
    this.freeAt[worker] = finishMs;
    this.busyMs += service;
    return { finishMs, latencyMs: finishMs - nowMs };
  }

  /** Serves a request without a queue: where no time passes, nothing waits for anything. */
  serveAtOnce(nowMs: number): Admission {
    const latencyMs = logNormal(this.random, this.type.serviceMs, SERVICE_TIME_SIGMA);
    this.busyMs += latencyMs;
    return { finishMs: nowMs, latencyMs };
  }

  /** CPU in percent since the last call, 0–100 × vCPUs, as `/aws/sagemaker/Endpoints` reports it. */
  takeCpuPercent(elapsedMs: number): number {
    const percent = Math.min(100 * this.type.vcpus, (this.busyMs / elapsedMs) * 100);
    this.busyMs = 0;
    return percent;
  }
}
