import type { MetricId, MetricStore } from "../engine/metricStore.ts";
import type { World } from "../world.ts";
import type { FunctionFamily, LambdaFunction } from "./functionStore.ts";

/** The metrics of one set of dimensions; kept, because a metric's identity is cached on the object. */
class Group {
  /** Invocations at work. */
  running = 0;
  readonly invocations: MetricId;
  readonly errors: MetricId;
  readonly throttles: MetricId;
  readonly duration: MetricId;
  readonly concurrent: MetricId;

  constructor(dimensions: Record<string, string>) {
    const id = (name: string): MetricId => ({ namespace: "AWS/Lambda", name, dimensions });
    this.invocations = id("Invocations");
    this.errors = id("Errors");
    this.throttles = id("Throttles");
    this.duration = id("Duration");
    this.concurrent = id("ConcurrentExecutions");
  }
}

/** Measures the invocations that name a function in the same way (AWS: "Types of metrics for Lambda functions"). */
export class CallMetrics {
  constructor(
    private readonly store: MetricStore,
    private readonly groups: readonly Group[],
  ) {}

  /** An invocation begins. @param atMs epoch ms */
  begin(atMs: number): void {
    for (const group of this.groups) this.store.record(group.concurrent, ++group.running, "Count", atMs);
  }

  /** It is over, however it ended. */
  end(): void {
    for (const group of this.groups) group.running--;
  }

  /**
   * The function has run.
   * @param atMs when it was invoked, epoch ms: the timestamp of its metrics, however long it took
   * @param durationMs without the start of its process
   */
  completed(atMs: number, durationMs: number, isError: boolean): void {
    const { store } = this;
    for (const { invocations, errors, throttles, duration } of this.groups) {
      store.record(invocations, 1, "Count", atMs);
      store.record(errors, isError ? 1 : 0, "Count", atMs);
      store.record(throttles, 0, "Count", atMs);
      store.record(duration, durationMs, "Milliseconds", atMs);
    }
  }

  /** It was not let in: neither an invocation nor an error. */
  throttled(atMs: number): void {
    for (const { throttles } of this.groups) this.store.record(throttles, 1, "Count", atMs);
  }
}

/**
 * Namespace `AWS/Lambda`, by the dimensions of AWS's "Viewing metrics for Lambda functions": none for all functions of
 * a region; FunctionName; with Resource, which is the function as it was named, with version or alias; through an alias
 * also with ExecutedVersion.
 */
export class FunctionMetrics {
  private readonly regions = new Map<string, Group>();
  private readonly families = new WeakMap<FunctionFamily, Map<string, Group>>();

  constructor(private readonly world: World) {}

  /**
   * What measures an invocation.
   * @param fn the version that runs
   * @param qualifier by which it was asked for
   */
  of(fn: LambdaFunction, qualifier: string | undefined): CallMetrics {
    const { family, region, name: FunctionName, version: ExecutedVersion } = fn;
    let known = this.families.get(family);
    if (!known) {
      known = new Map();
      this.families.set(family, known);
    }
    const Resource = qualifier === undefined ? FunctionName : `${FunctionName}:${qualifier}`;
    const groups = [
      groupOf(this.regions, region, {}),
      groupOf(known, "", { FunctionName }),
      groupOf(known, Resource, { FunctionName, Resource }),
    ];
    if (qualifier !== undefined && family.aliases.has(qualifier))
      groups.push(groupOf(known, `${Resource} ${ExecutedVersion}`, { FunctionName, Resource, ExecutedVersion }));
    return new CallMetrics(this.world.metrics.of(region), groups);
  }
}

function groupOf(groups: Map<string, Group>, key: string, dimensions: Record<string, string>): Group {
  let group = groups.get(key);
  if (!group) {
    group = new Group(dimensions);
    groups.set(key, group);
  }
  return group;
}
