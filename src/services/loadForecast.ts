import { hourlyPrice } from "../domain/cost.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import { type LoadPlan, peakRate, planSeconds, predictedInstances } from "../domain/loadPlan.ts";
import type { LoadRunPolicy } from "../domain/loadRun.ts";
import type { ScalableTarget } from "../domain/scaling.ts";
import { INVOCATIONS_METRIC } from "../domain/scalingExplanation.ts";

/** The target-tracking policy that a run is judged by, if a variant has one. */
export function policyOf(scaling: readonly ScalableTarget[]): LoadRunPolicy | undefined {
  for (const t of scaling) {
    const policy = t.policies.find((p) => p.metric === INVOCATIONS_METRIC);
    if (policy?.target === undefined) continue;
    return {
      targetPerMinute: policy.target,
      minInstances: t.minInstances,
      maxInstances: t.maxInstances,
      name: policy.name,
      scaleOutCooldownSeconds: policy.scaleOutCooldownSeconds,
      scaleInCooldownSeconds: policy.scaleInCooldownSeconds,
    };
  }
  return undefined;
}

/** US dollars for the predicted instances over the length of the plan; undefined for a type without a known price. */
export function estimateCost(
  plan: LoadPlan,
  endpoint: Endpoint,
  policy: LoadRunPolicy | undefined,
): number | undefined {
  const price = hourlyPrice(endpoint.variants[0]?.instanceType ?? "");
  if (price === undefined) return undefined;
  const predicted = policy ? predictedInstances(peakRate(plan.stages), policy.targetPerMinute) : 1;
  const instances = Math.max(1, Math.min(predicted, policy?.maxInstances ?? predicted));
  return (price * instances * (planSeconds(plan.stages) + (plan.watchSecondsAfter ?? 0))) / 3600;
}
