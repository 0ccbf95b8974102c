import * as l10n from "@vscode/l10n";
import { hourlyPrice, PRICES_REGION } from "./cost.ts";
import type { Endpoint, Variant } from "./endpoint.ts";
import { predictedInstances } from "./loadPlan.ts";

/** Limits and target-tracking policy of a variant. */
export interface ScalingSettings {
  minInstances: number;
  maxInstances: number;
  /** Invocations per instance and minute. */
  targetPerMinute: number;
  scaleOutCooldownSeconds: number;
  scaleInCooldownSeconds: number;
}

/** AWS's own defaults for SageMaker variants (Application Auto Scaling user guide, cooldown periods). */
export const DEFAULT_SCALING: ScalingSettings = {
  minInstances: 1,
  maxInstances: 4,
  targetPerMinute: 15_000,
  scaleOutCooldownSeconds: 300,
  scaleInCooldownSeconds: 300,
};

/** What is wrong with settings, in sentences that name the value; empty when they can be applied. */
export function scalingProblems(settings: ScalingSettings): string[] {
  const { minInstances, maxInstances, targetPerMinute, scaleOutCooldownSeconds, scaleInCooldownSeconds } = settings;
  const problems: string[] = [];
  if (!Number.isInteger(minInstances) || minInstances < 0)
    problems.push(l10n.t("The minimum {0} is not a whole number from 0.", minInstances));
  if (!Number.isInteger(maxInstances) || maxInstances < 1)
    problems.push(l10n.t("The maximum {0} is not a whole number from 1.", maxInstances));
  if (minInstances > maxInstances)
    problems.push(l10n.t("The minimum {0} is above the maximum {1}.", minInstances, maxInstances));
  if (!(targetPerMinute > 0)) problems.push(l10n.t("The target {0} is not above 0.", targetPerMinute));
  for (const seconds of [scaleOutCooldownSeconds, scaleInCooldownSeconds])
    if (!Number.isInteger(seconds) || seconds < 0)
      problems.push(l10n.t("The cooldown {0} is not a whole number of seconds.", seconds));
  return problems;
}

/** What settings mean at a rate: instances that target tracking settles at, and their cost. */
export interface ScalingMeaning {
  ratePerSecond: number;
  /** What the rate asks for, before the limits. */
  wanted: number;
  instances: number;
  /** US dollars per hour; undefined for a type without a known price. */
  hourlyUsd?: number;
}

/** Instances and cost of a variant at a rate in requests per second. */
export function scalingMeaning(
  { minInstances, maxInstances, targetPerMinute }: ScalingSettings,
  instanceType: string | undefined,
  ratePerSecond: number,
  region: string = PRICES_REGION,
): ScalingMeaning {
  const wanted = predictedInstances(ratePerSecond, targetPerMinute);
  const instances = Math.min(maxInstances, Math.max(minInstances, wanted));
  const price = instanceType === undefined ? undefined : hourlyPrice(instanceType, region);
  return { ratePerSecond, wanted, instances, hourlyUsd: price === undefined ? undefined : price * instances };
}

/** What an update changes of one variant; what is absent stays. */
export interface VariantChange {
  variantName: string;
  instanceType?: string;
  instanceCount?: number;
  modelName?: string;
}

/**
 * How traffic moves to the new instances (SageMaker deployment guardrails, blue/green). Percentages of capacity;
 * seconds. `alarms` roll the update back when one of them fires.
 */
export type Guardrail =
  | { type: "allAtOnce"; waitSeconds: number; alarms: string[] }
  | { type: "canary"; percent: number; waitSeconds: number; alarms: string[] }
  | { type: "linear"; stepPercent: number; waitSeconds: number; alarms: string[] };

/** In words: `canary: 10 % first, the rest after 300 s; rolled back when …`. */
export function guardrailText(guardrail: Guardrail): string {
  const { type, waitSeconds, alarms } = guardrail;
  const traffic =
    type === "canary"
      ? l10n.t("canary: {0} % first, the rest after {1} s", guardrail.percent, waitSeconds)
      : type === "linear"
        ? l10n.t("linear: {0} % every {1} s", guardrail.stepPercent, waitSeconds)
        : l10n.t("all at once, watched for {0} s", waitSeconds);
  return alarms.length > 0 ? l10n.t("{0}; rolled back when {1} fires", traffic, alarms.join(" or ")) : traffic;
}

/** Something to know before an update is asked for: what, and why. */
export interface UpdateWarning {
  label: string;
  detail: string;
}

/** What has to be known before an update is asked for. */
export function updateWarnings(endpoint: Endpoint, change: VariantChange, keepsCapacity: boolean): UpdateWarning[] {
  const variant = endpoint.variants.find(({ name }) => name === change.variantName);
  const warnings: UpdateWarning[] = [];
  if (!variant) return warnings;
  const { name, desiredInstances, instanceType } = variant;
  const first = change.instanceCount;
  if (!keepsCapacity && first !== undefined && first < desiredInstances)
    warnings.push({
      label: l10n.t("What scaling has added is thrown away"),
      detail: l10n.t("{0} has {1} instances now and starts with {2}", name, desiredInstances, first),
    });
  if (keepsCapacity && first !== undefined && first !== desiredInstances)
    warnings.push({
      label: l10n.t("The number {0} applies only when capacity is not kept", first),
      detail: l10n.t("The {0} instances of {1} are kept", desiredInstances, name),
    });
  if (change.instanceType && instanceType && change.instanceType !== instanceType)
    warnings.push({
      label: l10n.t("Measure the policy's target again"),
      detail: l10n.t("What fits {0} may not fit {1}", instanceType, change.instanceType),
    });
  return warnings;
}

/** Traffic of each variant in percent under these weights. */
export function trafficShares(weights: Readonly<Record<string, number>>): Record<string, number> {
  const sum = Object.values(weights).reduce((a, b) => a + b, 0);
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, sum > 0 ? (100 * weight) / sum : 0]),
  );
}

/** Cost of the variants in US dollars per hour with one of them changed. */
export function changedHourlyCost(
  variants: readonly Variant[],
  change: VariantChange,
  keepsCapacity: boolean,
  region: string = PRICES_REGION,
): number | undefined {
  let sum = 0;
  for (const variant of variants) {
    const isChanged = variant.name === change.variantName;
    const type = (isChanged && change.instanceType) || variant.instanceType;
    const count =
      isChanged && !keepsCapacity ? (change.instanceCount ?? variant.desiredInstances) : variant.desiredInstances;
    const price = type === undefined ? undefined : hourlyPrice(type, region);
    if (price === undefined) return undefined;
    sum += price * count;
  }
  return sum;
}
