import { availableParallelism } from "node:os";
import { type Endpoint, instanceTotals } from "../domain/endpoint.ts";
import type { LoadPlan } from "../domain/loadPlan.ts";
import type { PlanFacts } from "../domain/loadPlanCheck.ts";
import { planUsd } from "../domain/loadPlanCost.ts";
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
  return planUsd(plan, { instanceType: endpoint.variants[0]?.instanceType, policy });
}

/** What a plan can be checked against before it runs. */
export function planFacts(
  timeScale: number,
  endpoint: Endpoint | undefined,
  policy: LoadRunPolicy | undefined,
): PlanFacts {
  return {
    timeScale,
    cores: availableParallelism(),
    instanceType: endpoint?.variants[0]?.instanceType,
    currentInstances: endpoint && instanceTotals(endpoint).current,
    policy: policy ?? (endpoint ? null : undefined),
  };
}
