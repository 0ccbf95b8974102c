import {
  DescribeScalingActivitiesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import type { ProductionVariantInstanceType } from "@aws-sdk/client-sagemaker";
import { createAutoScaling } from "../autoscaling/autoscaling.ts";
import { createCloudWatch } from "../cloudwatch/cloudwatch.ts";
import { instanceType } from "../engine/instanceTypes.ts";
import type { MetricStore } from "../engine/metricStore.ts";
import { createRandom } from "../engine/random.ts";
import { SimulatedInstance } from "../engine/simulatedInstance.ts";
import { registerEndpoints } from "../sagemaker/endpoints.ts";
import { resize, unitMetrics } from "../sagemaker/fleet.ts";
import { EndpointLifecycle } from "../sagemaker/lifecycle.ts";
import { createRegionState, type EndpointRecord, type RunningVariant } from "../sagemaker/state.ts";
import constraints from "../wire/constraints.json" with { type: "json" };
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { Constraints } from "../wire/validation.ts";
import { SandboxWorld } from "../world.ts";
import type { WhatIfScenario } from "./request.ts";
import type { VirtualClock } from "./virtualClock.ts";

const REGION = "us-east-1";
const ENDPOINT = "what-if";
const VARIANT = "AllTraffic";
const TARGET = {
  ServiceNamespace: "sagemaker",
  ResourceId: `endpoint/${ENDPOINT}/variant/${VARIANT}`,
  ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
} as const;

/** A world with one endpoint in it, scaled by the sandbox's own metrics, alarms, policies and lifecycles. */
export interface FleetWorld {
  variant: RunningVariant;
  metrics: MetricStore;
  random: () => number;
  /** The instances as they serve: with the capacity that the scenario gives them. */
  serving(): readonly SimulatedInstance[];
  /** Scaling activities, oldest first. */
  activities(): Promise<{ startMs: number; endMs?: number; text: string; status: string }[]>;
  close(): void;
}

/** Makes the world of a scenario: no model is loaded, because only the time of an answer is asked about. */
export async function createFleetWorld(
  scenario: WhatIfScenario,
  clock: VirtualClock,
  seed: number,
): Promise<FleetWorld> {
  const world = new SandboxWorld("000000000000", clock, constraints as unknown as Record<string, Constraints>, seed);
  const cloudwatch = createCloudWatch(world);
  const autoscaling = createAutoScaling(world, cloudwatch.alarms);
  const state = createRegionState(REGION);
  const service = new ServiceBuilder(serviceInfo.sagemaker);
  registerEndpoints(service, world, new EndpointLifecycle(world), () => state, autoscaling.forgetEndpoint);
  for (const module of [cloudwatch, autoscaling, { services: [service] }]) world.register(module);

  const variant = variantOf(scenario);
  resize(world, variant, variant.desiredCount);
  state.endpoints.set(ENDPOINT, endpointOf(variant, clock.now()));
  const caller = { region: REGION };
  const { minInstances, maxInstances, targetPerMinute } = scenario;
  const limits = { MinCapacity: minInstances, MaxCapacity: maxInstances };
  await world.call(RegisterScalableTargetCommand, { ...TARGET, ...limits }, caller);
  await world.call(
    PutScalingPolicyCommand,
    {
      ...TARGET,
      PolicyName: "what-if",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: targetPerMinute,
        ScaleOutCooldown: scenario.scaleOutCooldownSeconds,
        ScaleInCooldown: scenario.scaleInCooldownSeconds,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
      },
    },
    caller,
  );
  return {
    variant,
    metrics: world.metrics.of(REGION),
    random: world.random,
    serving: servingOf(variant, scenario, seed),
    async activities() {
      const { ScalingActivities = [] } = await world.call(DescribeScalingActivitiesCommand, TARGET, caller);
      return ScalingActivities.reverse().map((a) => ({
        startMs: a.StartTime?.getTime() ?? 0,
        endMs: a.EndTime?.getTime(),
        text: a.Description ?? "",
        status: a.StatusCode ?? "",
      }));
    },
    close: () => cloudwatch.alarms.close(),
  };
}

function variantOf({ instanceType: type, initialInstances, minInstances }: WhatIfScenario): RunningVariant {
  const count = initialInstances ?? minInstances;
  return {
    name: VARIANT,
    config: { VariantName: VARIANT, InstanceType: type as ProductionVariantInstanceType, InitialInstanceCount: count },
    instances: [],
    inFlight: 0,
    desiredCount: count,
    currentWeight: 1,
    desiredWeight: 1,
    metrics: unitMetrics({ EndpointName: ENDPOINT, VariantName: VARIANT }, "Instance"),
  };
}

function endpointOf(variant: RunningVariant, nowMs: number): EndpointRecord {
  return {
    name: ENDPOINT,
    arn: `arn:aws:sagemaker:${REGION}:000000000000:endpoint/${ENDPOINT}`,
    configName: ENDPOINT,
    status: "InService",
    createdMs: nowMs,
    modifiedMs: nowMs,
    variants: [variant],
    generation: 0,
  };
}

/** With a measured capacity each instance serves as much faster or slower than the simulation's own of its type. */
function servingOf(
  variant: RunningVariant,
  scenario: WhatIfScenario,
  seed: number,
): () => readonly SimulatedInstance[] {
  const { maxRpsPerInstance } = scenario;
  if (maxRpsPerInstance === undefined) return () => variant.instances;
  const type = instanceType(scenario.instanceType);
  const measured = { ...type, serviceMs: (type.concurrency / maxRpsPerInstance) * 1000 };
  const servers = new WeakMap<SimulatedInstance, SimulatedInstance>();
  let count = 0;
  return () =>
    variant.instances.map((instance) => {
      const known = servers.get(instance);
      if (known) return known;
      const server = new SimulatedInstance(instance.id, measured, createRandom(seed + ++count));
      servers.set(instance, server);
      return server;
    });
}
