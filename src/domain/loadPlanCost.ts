import { hourlyPrice } from "./cost.ts";
import type { LoadPlan } from "./loadPlan.ts";
import { fallAt, peakRate, planSeconds, predictedInstances } from "./loadPlanRates.ts";
import type { InstancePoint, LoadRunPolicy } from "./loadRun.ts";

/** What the estimate of a plan's cost goes by. */
export interface PlanCostFacts {
  instanceType?: string;
  policy?: LoadRunPolicy | null;
  /** Instances in service before the run. */
  currentInstances?: number;
}

/**
 * US dollars for the instances over the length of a plan, as if those of its peak stood from the beginning: rather too
 * much than too little. Undefined for a type without a known price.
 */
export function planUsd(plan: LoadPlan, facts: PlanCostFacts): number | undefined {
  const price = hourlyPrice(facts.instanceType ?? "");
  if (price === undefined) return undefined;
  const current = Math.max(1, facts.currentInstances ?? 1);
  const { policy } = facts;
  const predicted = policy ? predictedInstances(peakRate(plan.stages), policy.targetPerMinute) : current;
  const instances = Math.max(current, Math.min(predicted, policy?.maxInstances ?? predicted));
  return (price * instances * (planSeconds(plan.stages) + watchSeconds(plan))) / 3600;
}

/** Seconds for which the scaling is watched after the last request: what the plan says, or what its scale-in needs. */
export function watchSeconds(plan: LoadPlan): number {
  const { scaleIn } = plan.expect;
  const forScaleIn = scaleIn ? scaleIn.withinSeconds - (planSeconds(plan.stages) - fallAt(plan.stages)) : 0;
  return Math.max(0, plan.watchSecondsAfter ?? 0, forScaleIn);
}

/** What the instances that were seen cost between two moments (epoch ms), US dollars; undefined without a price. */
export function instancesUsd(
  instances: readonly InstancePoint[],
  instanceType: string | undefined,
  fromMs: number,
  toMs: number,
): number | undefined {
  const price = hourlyPrice(instanceType ?? "");
  if (price === undefined || instances.length === 0) return undefined;
  let hours = 0;
  for (const [index, { atMs, current, desired }] of instances.entries()) {
    // What was seen first stood before, too. AWS bills an instance from its start on, so what is wanted counts.
    const begin = index === 0 ? fromMs : Math.max(fromMs, atMs);
    const end = Math.min(toMs, instances[index + 1]?.atMs ?? toMs);
    hours += (Math.max(current, desired) * Math.max(0, end - begin)) / 3_600_000;
  }
  return price * hours;
}
