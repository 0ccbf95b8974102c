import type { StepScalingPolicyConfiguration } from "@aws-sdk/client-application-auto-scaling";

/** Keeps a capacity within the target's limits. */
export const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

/**
 * New capacity of a target-tracking policy: proportional to how far the metric is from its target, rounded up.
 * AWS does not publish its formula; this one agrees with what is seen in the field (130/min against 5 jumps 1 → max).
 */
export function trackedCapacity(current: number, metric: number, target: number, min: number, max: number): number {
  return clamp(Math.ceil((current * metric) / target - 1e-9), min, max);
}

/**
 * New capacity of a step-scaling policy, its three adjustment types and MinAdjustmentMagnitude as the user guide
 * describes them.
 * @param breach metric minus the alarm's threshold
 * @returns the present capacity when no step matches
 */
export function steppedCapacity(
  current: number,
  breach: number,
  config: StepScalingPolicyConfiguration,
  min: number,
  max: number,
): number {
  const step = (config.StepAdjustments ?? []).find((s) => {
    const lower = s.MetricIntervalLowerBound ?? Number.NEGATIVE_INFINITY;
    const upper = s.MetricIntervalUpperBound ?? Number.POSITIVE_INFINITY;
    return breach >= 0 ? breach >= lower && breach < upper : breach > lower && breach <= upper;
  });
  if (!step) return current;
  const adjustment = step.ScalingAdjustment ?? 0;
  if (config.AdjustmentType === "ExactCapacity") return clamp(adjustment, min, max);
  if (config.AdjustmentType === "PercentChangeInCapacity")
    return clamp(current + percent(current, adjustment, config), min, max);
  return clamp(current + adjustment, min, max);
}

/** Values above 1 are rounded down, between 0 and 1 up to 1, and the same towards the negative. */
function percent(current: number, adjustment: number, config: StepScalingPolicyConfiguration): number {
  const raw = (current * adjustment) / 100;
  const size = Math.abs(raw) > 1 ? Math.floor(Math.abs(raw)) : raw === 0 ? 0 : 1;
  return Math.sign(adjustment) * Math.max(size, config.MinAdjustmentMagnitude ?? 0);
}
