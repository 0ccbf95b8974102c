import type { Alarms } from "../cloudwatch/alarms.ts";
import type { Persistent } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { registerPolicies, removePolicy } from "./policies.ts";
import { Scaler } from "./scaler.ts";
import { registerScheduledActions, type ScheduledActions } from "./scheduledActions.ts";
import { type ScalingState, type TargetRecord, targetKey } from "./state.ts";
import { registerTargets } from "./targets.ts";

/** Application Auto Scaling for endpoint variants. */
export interface AutoScalingModule extends ServiceModule {
  /** Deleting an endpoint silently deregisters its targets (SageMaker developer guide). */
  forgetEndpoint(region: string, endpointName: string): void;
}

interface Saved {
  regions: ScalingState[];
  scheduled: ReturnType<ScheduledActions["save"]>;
}

export function createAutoScaling(world: World, alarms: Alarms): AutoScalingModule {
  const regions = new Map<string, ScalingState>();
  const stateOf = (region: string): ScalingState => {
    let state = regions.get(region);
    if (!state) {
      state = { region, targets: new Map(), policies: [], activities: [] };
      regions.set(region, state);
    }
    return state;
  };
  const scaler = new Scaler(world);

  const removePolicies = async (state: ScalingState, target: TargetRecord): Promise<void> => {
    const own = state.policies.filter(
      (p) => p.input.ResourceId === target.resourceId && p.input.ScalableDimension === target.dimension,
    );
    for (const policy of own) await removePolicy(world, state, state.region, policy);
  };

  alarms.onAction("arn:aws:autoscaling:", (region, arn, alarm) => {
    const state = stateOf(region);
    const policy = state.policies.find((p) => p.arn === arn);
    const { ServiceNamespace = "", ResourceId = "", ScalableDimension = "" } = policy?.input ?? {};
    const target = state.targets.get(targetKey(ServiceNamespace, ResourceId, ScalableDimension));
    if (policy && target) void scaler.onAlarm(state, target, policy, alarm);
  });

  const service = new ServiceBuilder(serviceInfo.autoscaling);
  registerTargets(service, world, scaler, stateOf, removePolicies);
  registerPolicies(service, world, stateOf);
  const scheduled = registerScheduledActions(service, world, scaler, stateOf);
  const persist: Persistent = {
    name: "autoscaling",
    save: (): Saved => ({ regions: [...regions.values()], scheduled: scheduled.save() }),
    load(saved) {
      const state = saved as Saved;
      for (const region of state.regions) {
        regions.set(region.region, region);
        for (const target of region.targets.values()) target.busy = false;
        for (const activity of region.activities) {
          if (activity.status !== "InProgress" && activity.status !== "Pending") continue;
          const target = region.targets.get(targetKey(activity.namespace, activity.resourceId, activity.dimension));
          if (target) void scaler.resume(target, activity);
        }
      }
      scheduled.load(state.scheduled);
    },
  };
  return {
    services: [service],
    persist,
    forgetEndpoint(region, endpointName) {
      const state = stateOf(region);
      for (const [key, target] of state.targets)
        if (target.resourceId.startsWith(`endpoint/${endpointName}/`)) {
          state.targets.delete(key);
          void removePolicies(state, target);
        }
    },
  };
}
