import * as l10n from "@vscode/l10n";
import { hourlyPrice, PRICES_REGION } from "./cost.ts";
import type { ScalingMeaning } from "./endpointChange.ts";

/** From this load on so many instances are added. */
export interface ScalingStep {
  /** Invocations per instance and minute. */
  fromPerMinute: number;
  add: number;
}

/** Step scaling of a variant on its invocations per instance. */
export interface StepSettings {
  /** The lowest load first. */
  steps: ScalingStep[];
  /** Below this load, invocations per instance and minute, one instance goes; 0 for never. */
  removeBelowPerMinute: number;
  /** Minutes in a row for which the load must stand. */
  minutes: number;
  /** Seconds after an activity before the next one. */
  cooldownSeconds: number;
}

/** To begin with, where a variant has no steps yet. */
export const DEFAULT_STEPS: StepSettings = {
  steps: [
    { fromPerMinute: 15_000, add: 1 },
    { fromPerMinute: 30_000, add: 2 },
  ],
  removeBelowPerMinute: 5_000,
  minutes: 3,
  cooldownSeconds: 300,
};

/** `15000: +1, 30000: +2` */
export function stepsText(steps: readonly ScalingStep[]): string {
  return steps.map(({ fromPerMinute, add }) => `${fromPerMinute}: +${add}`).join(", ");
}

/** Reads what `stepsText` writes; the text is what is wrong. */
export function parseSteps(text: string): ScalingStep[] | { problem: string } {
  const steps: ScalingStep[] = [];
  for (const part of text.split(",").filter((item) => item.trim() !== "")) {
    const [, from, add] = /^\s*(\d+(?:\.\d+)?)\s*:\s*\+?(\d+)\s*$/.exec(part) ?? [];
    if (from === undefined) return { problem: l10n.t('"{0}" is not a step such as 15000: +1.', part.trim()) };
    steps.push({ fromPerMinute: Number(from), add: Number(add) });
  }
  return steps.sort((a, b) => a.fromPerMinute - b.fromPerMinute);
}

/** Most steps of a policy (Application Auto Scaling quotas: step adjustments per step scaling policy). */
const MOST_STEPS = 20;

/** What is wrong with settings, in sentences that name the value; empty when they can be applied. */
export function stepProblems({ steps, removeBelowPerMinute, minutes, cooldownSeconds }: StepSettings): string[] {
  const problems: string[] = [];
  const [first] = steps;
  if (!first) problems.push(l10n.t("There is no step."));
  if (steps.length > MOST_STEPS)
    problems.push(l10n.t("There are {0} steps; a policy has at most {1}.", steps.length, MOST_STEPS));
  for (const [index, { fromPerMinute, add }] of steps.entries()) {
    if (!(fromPerMinute > 0)) problems.push(l10n.t("The step at {0} is not above 0.", fromPerMinute));
    if (!Number.isInteger(add) || add < 1)
      problems.push(l10n.t("The step at {0} adds {1} instances, not one or more.", fromPerMinute, add));
    if (steps[index + 1]?.fromPerMinute === fromPerMinute)
      problems.push(l10n.t("There are two steps at {0}.", fromPerMinute));
  }
  if (!(removeBelowPerMinute >= 0))
    problems.push(l10n.t("The load {0} to remove below is not from 0.", removeBelowPerMinute));
  // One instance shares its load with those that are added; what is left must not be taken for too little at once.
  if (first && removeBelowPerMinute > first.fromPerMinute / (1 + first.add))
    problems.push(
      l10n.t(
        "Instances would come and go: {0} on one instance is {1} on {2}, which is below {3}.",
        first.fromPerMinute,
        Math.floor(first.fromPerMinute / (1 + first.add)),
        1 + first.add,
        removeBelowPerMinute,
      ),
    );
  if (!Number.isInteger(minutes) || minutes < 1)
    problems.push(l10n.t("{0} is not a whole number of minutes from 1.", minutes));
  if (!Number.isInteger(cooldownSeconds) || cooldownSeconds < 0)
    problems.push(l10n.t("The cooldown {0} is not a whole number of seconds.", cooldownSeconds));
  return problems;
}

/** What steps mean at a steady rate. */
export interface StepMeaning extends ScalingMeaning {
  /** How often the policy has acted until then. */
  rises: number;
  /** Invocations per instance and minute at the end. */
  perInstance: number;
}

/**
 * Instances that steps end at under a rate in requests per second, from the minimum on, and what they cost. `wanted` is
 * what they would end at without a maximum.
 */
export function stepMeaning(
  { steps }: Pick<StepSettings, "steps">,
  { minInstances, maxInstances }: { minInstances: number; maxInstances: number },
  instanceType: string | undefined,
  ratePerSecond: number,
  region: string = PRICES_REGION,
): StepMeaning {
  const ended = (most: number) => {
    let instances = Math.max(1, minInstances);
    let rises = 0;
    for (;;) {
      const load = (ratePerSecond * 60) / instances;
      const step = steps.findLast(({ fromPerMinute }) => load >= fromPerMinute);
      if (!step || instances >= most) return { instances, rises, perInstance: load };
      instances = Math.min(most, instances + step.add);
      rises++;
    }
  };
  const { instances, rises, perInstance } = ended(maxInstances);
  const price = instanceType === undefined ? undefined : hourlyPrice(instanceType, region);
  return {
    ratePerSecond,
    wanted: ended(LIMITLESS).instances,
    instances,
    rises,
    perInstance,
    hourlyUsd: price === undefined ? undefined : price * instances,
  };
}

/** Far above any fleet; a loop needs an end. */
const LIMITLESS = 10_000;
