import type { MetricId, MetricStore } from "../engine/metricStore.ts";
import type { World } from "../world.ts";
import { asyncConfigOf, type EndpointRecord, type RegionState } from "./state.ts";

/** *Simulated* requests that an instance is given at once where the configuration does not say; SageMaker chooses. */
const AT_ONCE = 4;

/** A request that waits or is worked on. */
interface Job {
  sinceMs: number;
  begin(): void;
}

interface Queue {
  waiting: Job[];
  running: Job[];
  metrics: Record<"backlog" | "backlogPerInstance" | "oldest" | "withoutCapacity", MetricId>;
}

/** The queues of asynchronous endpoints, and their metrics (developer guide, "Monitor asynchronous endpoints"). */
export class AsyncQueues {
  private readonly queues = new WeakMap<EndpointRecord, Queue>();

  constructor(private readonly world: World) {}

  /** Does the work when an instance is free for it. */
  async run(state: RegionState, endpoint: EndpointRecord, work: () => Promise<void>): Promise<void> {
    const queue = this.of(endpoint);
    const job: Job = { sinceMs: this.world.clock.now(), begin: () => {} };
    const begun = new Promise<void>((resolve) => {
      job.begin = resolve;
    });
    queue.waiting.push(job);
    this.beginNext(state, endpoint);
    await begun;
    try {
      await work();
    } finally {
      queue.running.splice(queue.running.indexOf(job), 1);
      this.beginNext(state, endpoint);
    }
  }

  private beginNext(state: RegionState, endpoint: EndpointRecord): void {
    const { waiting, running } = this.of(endpoint);
    const atOnce = asyncConfigOf(state, endpoint)?.ClientConfig?.MaxConcurrentInvocationsPerInstance ?? AT_ONCE;
    for (let free = atOnce * instancesOf(endpoint) - running.length; free > 0; free--) {
      const job = waiting.shift();
      if (!job) return;
      running.push(job);
      job.begin();
    }
  }

  /** Publishes what waits or is worked on, once a simulated minute, and gives work to instances that came meanwhile. */
  publish(state: RegionState, endpoint: EndpointRecord, metrics: MetricStore): void {
    if (!asyncConfigOf(state, endpoint)) return;
    this.beginNext(state, endpoint);
    const { waiting, running, metrics: ids } = this.of(endpoint);
    const size = waiting.length + running.length;
    const instances = instancesOf(endpoint);
    const now = this.world.clock.now();
    const oldestMs = Math.max(0, ...[...waiting, ...running].map(({ sinceMs }) => now - sinceMs));
    metrics.record(ids.backlog, size, "Count");
    if (instances) metrics.record(ids.backlogPerInstance, size / instances, "Count");
    metrics.record(ids.oldest, oldestMs / 1000, "Seconds");
    metrics.record(ids.withoutCapacity, size && !instances ? 1 : 0, "Count");
  }

  private of(endpoint: EndpointRecord): Queue {
    let queue = this.queues.get(endpoint);
    if (!queue) {
      const dimensions = { EndpointName: endpoint.name };
      const id = (name: string): MetricId => ({ namespace: "AWS/SageMaker", name, dimensions });
      const metrics = {
        backlog: id("ApproximateBacklogSize"),
        backlogPerInstance: id("ApproximateBacklogSizePerInstance"),
        oldest: id("ApproximateAgeOfOldestRequest"),
        withoutCapacity: id("HasBacklogWithoutCapacity"),
      };
      queue = { waiting: [], running: [], metrics };
      this.queues.set(endpoint, queue);
    }
    return queue;
  }
}

const instancesOf = ({ variants }: EndpointRecord) => variants.reduce((sum, v) => sum + v.instances.length, 0);
