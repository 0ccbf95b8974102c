import type { SimulatedInstance } from "../engine/simulatedInstance.ts";
import { createFleetWorld, type FleetWorld } from "./fleetWorld.ts";
import type { WhatIfRequest, WhatIfScenario } from "./request.ts";
import { createVirtualClock } from "./virtualClock.ts";

/** A stretch of the simulated time. Latencies in ms, null where nothing was answered. */
export interface WhatIfPoint {
  /** Seconds from the start of the load, and how many the point covers. */
  second: number;
  seconds: number;
  asked: number;
  /** Refused with a full queue (503), or not answered within a container's minute. */
  failed: number;
  instances: number;
  desired: number;
  /** Rate per instance and minute, as the policy sees it. */
  perInstance: number;
  p50Ms: number | null;
  p99Ms: number | null;
}

/** What a scenario came to. */
export interface WhatIfOutcome {
  name: string;
  points: WhatIfPoint[];
  requests: number;
  failed: number;
  p50Ms: number | null;
  p99Ms: number | null;
  mostInstances: number;
  /** Instances × hours, wanted ones counting from the moment they are wanted, as AWS bills them. */
  instanceHours: number;
  activities: { second: number; endSecond?: number; text: string; status: string }[];
}

/** A container must answer within 60 s (SageMaker developer guide, "How containers respond to inference requests"). */
const CONTAINER_TIMEOUT_MS = 60_000;
/** More points would only cover one another in a chart. */
const MOST_POINTS = 600;
/** Latencies kept of one point: enough for a 99th percentile. */
const MOST_SAMPLES = 4_096;
/** Whole minutes make the alarms' periods the same in every scenario. */
const START_MS = Date.UTC(2026, 0, 1);

/** Plays the load against each scenario: *simulated* instances, real alarms and policies. */
export async function runWhatIf(request: WhatIfRequest): Promise<WhatIfOutcome[]> {
  const outcomes: WhatIfOutcome[] = [];
  for (const scenario of request.scenarios) outcomes.push(await play(request, scenario));
  return outcomes;
}

async function play(
  { ratesPerSecond, timeScale, seed }: WhatIfRequest,
  scenario: WhatIfScenario,
): Promise<WhatIfOutcome> {
  const clock = createVirtualClock(START_MS, timeScale);
  const fleet = await createFleetWorld(scenario, clock, seed);
  const width = Math.ceil(ratesPerSecond.length / MOST_POINTS);
  const whole = new Samples();
  const points: WhatIfPoint[] = [];
  let point = new PointMaker(0);
  let instanceSeconds = 0;
  let mostInstances = 0;
  for (const [second, rate] of ratesPerSecond.entries()) {
    const serving = fleet.serving();
    const { desiredCount } = fleet.variant;
    mostInstances = Math.max(mostInstances, serving.length);
    instanceSeconds += Math.max(serving.length, desiredCount);
    serveSecond(fleet, serving, rate, clock.now(), point, whole);
    point.end(rate, serving.length, desiredCount);
    if ((second + 1) % width === 0 || second === ratesPerSecond.length - 1) {
      points.push(point.done());
      point = new PointMaker(second + 1);
    }
    await clock.pass(1000);
  }
  const activities = await fleet.activities();
  fleet.close();
  return {
    name: scenario.name,
    points,
    requests: ratesPerSecond.reduce((sum, rate) => sum + rate, 0),
    failed: points.reduce((sum, { failed }) => sum + failed, 0),
    p50Ms: whole.at(0.5),
    p99Ms: whole.at(0.99),
    mostInstances,
    instanceHours: instanceSeconds / 3600,
    activities: activities.map(({ startMs, endMs, text, status }) => ({
      second: (startMs - START_MS) / 1000,
      endSecond: endMs === undefined ? undefined : (endMs - START_MS) / 1000,
      text,
      status,
    })),
  };
}

/** The requests of a second, evenly spread, over instances chosen at random as SageMaker's default routing does. */
function serveSecond(
  { variant, metrics, random }: FleetWorld,
  serving: readonly SimulatedInstance[],
  rate: number,
  nowMs: number,
  point: PointMaker,
  whole: Samples,
): void {
  if (rate === 0) return;
  const ids = variant.metrics;
  metrics.record(ids.invocations, 1, "Count", nowMs, rate);
  metrics.record(ids.invocationsPerInstance, 1 / Math.max(1, serving.length), "Count", nowMs, rate);
  let failed = 0;
  for (let index = 0; index < rate; index++) {
    const instance = serving.length === 1 ? serving[0] : serving[Math.floor(random() * serving.length)];
    const admission = instance?.admit(nowMs + (index * 1000) / rate);
    if (!admission || admission.latencyMs > CONTAINER_TIMEOUT_MS) {
      failed++;
      continue;
    }
    point.samples.add(admission.latencyMs, random);
    whole.add(admission.latencyMs, random);
  }
  point.failed += failed;
  metrics.record(ids.invocation5xx, 1, "Count", nowMs, failed);
}

/** A sample of latencies of bounded size in which every latency has the same chance to be (Vitter's algorithm R). */
class Samples {
  private readonly values = new Float64Array(MOST_SAMPLES);
  private count = 0;

  add(value: number, random: () => number): void {
    const at = this.count < MOST_SAMPLES ? this.count : Math.floor(random() * (this.count + 1));
    if (at < MOST_SAMPLES) this.values[at] = value;
    this.count++;
  }

  at(share: number): number | null {
    const size = Math.min(this.count, MOST_SAMPLES);
    if (size === 0) return null;
    const sorted = this.values.slice(0, size).sort();
    return sorted[Math.min(size - 1, Math.ceil(share * size) - 1)] ?? null;
  }
}

/** Gathers the seconds of one point. */
class PointMaker {
  readonly samples = new Samples();
  failed = 0;
  private seconds = 0;
  private asked = 0;
  private perInstance = 0;
  private instances = 0;
  private desired = 0;

  constructor(private readonly second: number) {}

  end(rate: number, instances: number, desired: number): void {
    this.seconds++;
    this.asked += rate;
    this.perInstance += (rate * 60) / Math.max(1, instances);
    this.instances = instances;
    this.desired = desired;
  }

  done(): WhatIfPoint {
    const { second, seconds, asked, failed, instances, desired } = this;
    const perInstance = this.perInstance / Math.max(1, seconds);
    const [p50Ms, p99Ms] = [this.samples.at(0.5), this.samples.at(0.99)];
    return { second, seconds, asked, failed, instances, desired, perInstance, p50Ms, p99Ms };
  }
}
