import { randomUUID } from "node:crypto";
import type { NotScaledReason } from "@aws-sdk/client-application-auto-scaling";
import type { AlarmRecord } from "../cloudwatch/alarm.ts";
import type { World } from "../world.ts";
import { steppedCapacity, trackedCapacity } from "./capacity.ts";
import { type Capacity, scalableOf } from "./scalable.ts";
import {
  ACTIVITY_ENTRIES,
  type ActivityRecord,
  type PolicyRecord,
  type ScalingState,
  type TargetRecord,
} from "./state.ts";

/** Default cooldown of endpoint variants (Application Auto Scaling user guide). */
const DEFAULT_COOLDOWN_S = 300;
/** How often a change in progress is looked at. */
const POLL_MS = 10_000;

/** Turns alarms into changes of capacity. */
export class Scaler {
  constructor(private readonly world: World) {}

  /** An alarm of a policy fired, or is still firing. */
  async onAlarm(state: ScalingState, target: TargetRecord, policy: PolicyRecord, alarm: AlarmRecord): Promise<void> {
    if (target.busy) return;
    const metric = alarm.points.find((p) => p.value !== undefined)?.value;
    if (metric === undefined) return;
    const capacity = await this.capacityOf(target);
    // Another policy's alarm may have begun a change while the endpoint was asked.
    if (!capacity || target.busy) return;
    const wanted = wantedCapacity(policy, alarm, metric, capacity.desired, target);
    const cause = `monitor alarm ${alarm.name} in state ALARM triggered policy ${policy.name}`;
    if (wanted === capacity.desired) {
      this.noteNotScaled(state, target, policy, alarm, capacity.desired, cause);
      return;
    }
    const out = wanted > capacity.desired;
    if (out ? target.suspended.DynamicScalingOutSuspended : target.suspended.DynamicScalingInSuspended) return;
    if (this.inCooldown(target, policy, out)) return;
    await this.setCapacity(state, target, wanted, cause);
  }

  /** The limits of a target were set: capacity outside them is brought in at once. */
  async enforceLimits(state: ScalingState, target: TargetRecord): Promise<void> {
    const capacity = await this.capacityOf(target);
    if (!capacity || target.busy) return;
    if (capacity.desired < target.min)
      await this.setCapacity(state, target, target.min, `minimum capacity was set to ${target.min}`);
    else if (capacity.desired > target.max)
      await this.setCapacity(state, target, target.max, `maximum capacity was set to ${target.max}`);
  }

  /** Goes on with a change that was under way when the sandbox ended. */
  async resume(target: TargetRecord, activity: ActivityRecord): Promise<void> {
    const count = Number(/ to (\d+)\.$/.exec(activity.description)?.[1]);
    target.busy = true;
    try {
      await this.waitUntilFulfilled(target, activity, count);
    } finally {
      activity.endMs = this.world.clock.now();
      target.busy = false;
    }
  }

  /** Does the variant exist? */
  async exists(target: TargetRecord): Promise<boolean> {
    return (await this.capacityOf(target)) !== undefined;
  }

  private async capacityOf(target: TargetRecord): Promise<Capacity | undefined> {
    return scalableOf(target.resourceId, target.dimension)?.read(this.world, target.region);
  }

  private inCooldown(target: TargetRecord, policy: PolicyRecord, out: boolean): boolean {
    const config = policy.input.TargetTrackingScalingPolicyConfiguration;
    const step = policy.input.StepScalingPolicyConfiguration;
    const seconds = (out ? config?.ScaleOutCooldown : config?.ScaleInCooldown) ?? step?.Cooldown ?? DEFAULT_COOLDOWN_S;
    const since = this.world.clock.now() - (out ? target.lastOutMs : target.lastInMs);
    return this.world.clock.toSimulated(since) < seconds * 1000;
  }

  private async setCapacity(state: ScalingState, target: TargetRecord, count: number, cause: string): Promise<void> {
    const scalable = scalableOf(target.resourceId, target.dimension);
    if (!scalable) return;
    target.busy = true;
    const what = `desired ${scalable.noun} to ${count}`;
    const activity = this.note(state, target, `Setting ${what}.`, cause);
    const before = (await this.capacityOf(target))?.desired ?? 0;
    const direction = count > before ? "lastOutMs" : "lastInMs";
    let fulfilled = false;
    try {
      await scalable.write(this.world, target.region, count);
      activity.status = "InProgress";
      activity.message = `Successfully set ${what}. Waiting for change to be fulfilled by sagemaker.`;
      // Scaling out cancels the cooldown of an earlier scale-in (Application Auto Scaling user guide, "Cooldown period").
      if (direction === "lastOutMs") target.lastInMs = 0;
      target[direction] = this.world.clock.now();
      fulfilled = await this.waitUntilFulfilled(target, activity, count);
      target[direction] = this.world.clock.now();
    } catch (e) {
      activity.status = "Failed";
      activity.message = `Failed to set ${what}. Reason: ${(e as Error).message}`;
    } finally {
      activity.endMs = this.world.clock.now();
      target.busy = false;
    }
    // Limits that were set while the change was under way.
    if (fulfilled) await this.enforceLimits(state, target);
  }

  /** Ends the activity's status; false when the change was overtaken by another or lost its endpoint. */
  private async waitUntilFulfilled(target: TargetRecord, activity: ActivityRecord, count: number): Promise<boolean> {
    for (;;) {
      const now = await this.capacityOf(target);
      if (!now) {
        activity.status = "Unfulfilled";
        activity.message = `Successfully ${activity.description.replace(/^Setting/, "set").replace(/\.$/, "")}. The endpoint was deleted meanwhile.`;
        return false;
      }
      if (now.inService && now.current === count) {
        activity.status = "Successful";
        activity.message = `Successfully ${activity.description.replace(/^Setting/, "set").replace(/\.$/, "")}. Change successfully fulfilled by sagemaker.`;
        return true;
      }
      if (now.desired !== count) {
        activity.status = "Overridden";
        activity.message = `Successfully ${activity.description.replace(/^Setting/, "set").replace(/\.$/, "")}. The desired count was changed to ${now.desired} meanwhile.`;
        return false;
      }
      await this.world.clock.sleep(POLL_MS);
    }
  }

  private note(state: ScalingState, target: TargetRecord, description: string, cause: string): ActivityRecord {
    const activity: ActivityRecord = {
      id: randomUUID(),
      resourceId: target.resourceId,
      dimension: target.dimension,
      namespace: target.namespace,
      description,
      cause,
      startMs: this.world.clock.now(),
      status: "Pending",
    };
    state.activities.push(activity);
    if (state.activities.length > ACTIVITY_ENTRIES) state.activities.splice(0, 100);
    return activity;
  }

  /** Shown by DescribeScalingActivities only with IncludeNotScaledActivities; repeated causes are noted once. */
  private noteNotScaled(
    state: ScalingState,
    target: TargetRecord,
    policy: PolicyRecord,
    alarm: AlarmRecord,
    capacity: number,
    cause: string,
  ): void {
    const high = isHigh(policy, alarm);
    const reason: NotScaledReason =
      high && capacity >= target.max
        ? { Code: "AlreadyAtMaxCapacity", MaxCapacity: target.max, CurrentCapacity: capacity }
        : !high && capacity <= target.min
          ? { Code: "AlreadyAtMinCapacity", MinCapacity: target.min, CurrentCapacity: capacity }
          : { Code: "AlreadyAtDesiredCapacity", CurrentCapacity: capacity };
    const last = state.activities.findLast((a) => a.resourceId === target.resourceId);
    if (last?.status === "NotScaled" && last.cause === cause && last.notScaled?.[0]?.Code === reason.Code) {
      last.endMs = this.world.clock.now();
      return;
    }
    const activity = this.note(state, target, "Attempting to scale due to alarm triggered", cause);
    activity.status = "NotScaled";
    activity.endMs = activity.startMs;
    activity.notScaled = [reason];
  }
}

function isHigh(policy: PolicyRecord, alarm: AlarmRecord): boolean {
  return policy.input.PolicyType === "TargetTrackingScaling"
    ? alarm.name.includes("-AlarmHigh-")
    : (alarm.input.ComparisonOperator ?? "").startsWith("Greater");
}

function wantedCapacity(
  policy: PolicyRecord,
  alarm: AlarmRecord,
  metric: number,
  current: number,
  target: TargetRecord,
): number {
  const step = policy.input.StepScalingPolicyConfiguration;
  if (step) return steppedCapacity(current, metric - (alarm.input.Threshold ?? 0), step, target.min, target.max);
  const goal = policy.input.TargetTrackingScalingPolicyConfiguration?.TargetValue ?? 0;
  const wanted = trackedCapacity(current, metric, goal, target.min, target.max);
  return isHigh(policy, alarm) ? Math.max(wanted, current) : Math.min(wanted, current);
}
