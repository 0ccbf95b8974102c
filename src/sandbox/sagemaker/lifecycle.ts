import type { EndpointStatus, ProductionVariant } from "@aws-sdk/client-sagemaker";
import {
  ENDPOINT_CREATION_MS,
  ENDPOINT_DELETION_MS,
  INSTANCE_DRAIN_MS,
  INSTANCE_STARTUP_MS,
} from "../engine/instanceTypes.ts";
import type { World } from "../world.ts";
import { alarmsRaised, type ShiftStep, shiftSteps } from "./deployment.ts";
import { prepareVariant, resize, StartFailure } from "./fleet.ts";
import type { EndpointRecord, RegionState, RunningVariant } from "./state.ts";

/**
 * The transitions of an endpoint: Creating → InService | Failed, Updating → InService, Deleting → gone. Each takes its
 * simulated time on the clock; at time scale 0 it is over before the call that began it returns.
 */
export class EndpointLifecycle {
  constructor(private readonly world: World) {}

  async create(state: RegionState, endpoint: EndpointRecord, variants: ProductionVariant[]): Promise<void> {
    const generation = this.begin(endpoint, "Creating");
    await this.after(ENDPOINT_CREATION_MS, async () => {
      if (endpoint.generation !== generation) return;
      try {
        endpoint.variants = await this.prepareAll(state, endpoint, variants);
        if (endpoint.generation !== generation) return;
        for (const v of endpoint.variants) resize(this.world, v, v.desiredCount);
        this.finish(endpoint, "InService");
      } catch (e) {
        this.fail(state, endpoint, e, "Failed");
      }
    });
  }

  /** Moves to another configuration: the new fleet starts beside the old one, then takes over (blue/green). */
  async update(
    state: RegionState,
    endpoint: EndpointRecord,
    configName: string,
    variants: ProductionVariant[],
    retainVariantProperties: boolean,
  ): Promise<void> {
    const generation = this.begin(endpoint, "Updating");
    endpoint.pending = { configName, retain: retainVariantProperties, startMs: this.world.clock.now() };
    await this.after(ENDPOINT_CREATION_MS, async () => {
      if (endpoint.generation !== generation) return;
      try {
        const next = await this.prepareAll(state, endpoint, variants);
        if (endpoint.generation !== generation) return;
        for (const variant of next) {
          const old = endpoint.variants.find((v) => v.name === variant.name);
          if (retainVariantProperties && old) {
            variant.desiredCount = old.desiredCount;
            variant.currentWeight = old.currentWeight;
            variant.desiredWeight = old.desiredWeight;
          }
          resize(this.world, variant, variant.desiredCount);
        }
        const instances = next.reduce((sum, v) => sum + v.desiredCount, 0);
        endpoint.green = { variants: next, percent: 0 };
        await this.shift(state, endpoint, generation, shiftSteps(endpoint.deploymentConfig, instances));
      } catch (e) {
        this.fail(state, endpoint, e, "InService");
      }
    });
  }

  /** Moves the traffic step by step; an alarm of the deployment's takes it back. */
  private async shift(
    state: RegionState,
    endpoint: EndpointRecord,
    generation: number,
    [step, ...rest]: ShiftStep[],
  ): Promise<void> {
    const { green, pending } = endpoint;
    if (endpoint.generation !== generation || !green || !pending) return;
    green.percent = step?.percent ?? 100;
    await this.after(step?.waitMs ?? 0, async () => {
      if (endpoint.generation !== generation) return;
      const raised = await alarmsRaised(this.world, state.region, endpoint.deploymentConfig);
      if (raised.length) {
        endpoint.green = undefined;
        endpoint.status = "RollingBack";
        await this.after(INSTANCE_DRAIN_MS, () => {
          if (endpoint.generation !== generation) return;
          endpoint.failureReason = `The update to ${pending.configName} was rolled back: in ALARM: ${raised.join(", ")}.`;
          this.finish(endpoint, "InService");
        });
        return;
      }
      if (rest.length) return this.shift(state, endpoint, generation, rest);
      endpoint.variants = green.variants;
      endpoint.configName = pending.configName;
      this.finish(endpoint, "InService");
    });
  }

  /** Changes counts and weights; `current` and `desired` differ meanwhile. */
  async changeCapacities(endpoint: EndpointRecord, changed: RunningVariant[]): Promise<void> {
    const generation = this.begin(endpoint, "Updating");
    for (const v of changed) v.phase = { status: "Updating", startMs: this.world.clock.now() };
    const grows = changed.some((v) => v.desiredCount > v.instances.length);
    await this.after(grows ? INSTANCE_STARTUP_MS : INSTANCE_DRAIN_MS, () => {
      if (endpoint.generation !== generation) return;
      for (const v of changed) {
        resize(this.world, v, v.desiredCount);
        v.currentWeight = v.desiredWeight;
        v.phase = undefined;
      }
      this.finish(endpoint, "InService");
    });
  }

  async remove(state: RegionState, endpoint: EndpointRecord): Promise<void> {
    const generation = this.begin(endpoint, "Deleting");
    await this.after(ENDPOINT_DELETION_MS, () => {
      if (endpoint.generation !== generation) return;
      state.endpoints.delete(endpoint.name.toLowerCase());
      state.tags.delete(endpoint.arn);
    });
  }

  private prepareAll(
    state: RegionState,
    endpoint: EndpointRecord,
    variants: ProductionVariant[],
  ): Promise<RunningVariant[]> {
    return Promise.all(variants.map((v) => prepareVariant(this.world, state, endpoint.name, v)));
  }

  private begin(endpoint: EndpointRecord, status: EndpointStatus): number {
    endpoint.status = status;
    endpoint.failureReason = undefined;
    endpoint.pending = undefined;
    endpoint.green = undefined;
    endpoint.modifiedMs = this.world.clock.now();
    endpoint.generation += 1;
    return endpoint.generation;
  }

  private finish(endpoint: EndpointRecord, status: EndpointStatus): void {
    endpoint.pending = undefined;
    endpoint.green = undefined;
    endpoint.status = status;
    endpoint.modifiedMs = this.world.clock.now();
  }

  private fail(state: RegionState, endpoint: EndpointRecord, e: unknown, status: EndpointStatus): void {
    const failure = e instanceof StartFailure ? e : new StartFailure(`Internal failure: ${(e as Error).message}`, "");
    endpoint.failureReason = failure.failureReason;
    if (failure.logLine)
      this.world.log(
        state.region,
        `/aws/sagemaker/Endpoints/${endpoint.name}`,
        "AllTraffic/i-sandbox",
        failure.logLine,
      );
    this.finish(endpoint, status);
  }

  /** In the background; at time scale 0 within the call, so that a describe right after it sees the end. */
  private async after(simulatedMs: number, fn: () => void | Promise<void>): Promise<void> {
    if (this.world.timeScale === 0 || simulatedMs === 0) {
      await fn();
      return;
    }
    this.world.clock.schedule(simulatedMs, () => void fn());
  }
}
