import * as l10n from "@vscode/l10n";
import { hourlyPrice } from "./cost.ts";
import type { LoadStage } from "./loadPlan.ts";
import { ratePieces } from "./loadPlanRates.ts";
import type { LoadRunPolicy, LoadRunReport } from "./loadRun.ts";
import { numberText } from "./numberText.ts";

/** One way to scale that a load is played against; everything of it is simulated. */
export interface WhatIfScenario {
  name: string;
  instanceType: string;
  minInstances: number;
  maxInstances: number;
  initialInstances?: number;
  /** Invocations per instance and minute. */
  targetPerMinute: number;
  scaleOutCooldownSeconds?: number;
  scaleInCooldownSeconds?: number;
  /** What one instance holds, where it was measured (requests/s); else the simulation's own figure for the type. */
  maxRpsPerInstance?: number;
}

/** Requests in each second. `timeScale` is that of the sandbox for a load recorded there, else 1. */
export interface WhatIfLoad {
  name: string;
  ratesPerSecond: number[];
  timeScale: number;
}

/** A stretch of the simulated time; latencies in ms, null where nothing was answered. */
export interface WhatIfPoint {
  second: number;
  seconds: number;
  asked: number;
  failed: number;
  instances: number;
  desired: number;
  /** Rate per instance and minute. */
  perInstance: number;
  p50Ms: number | null;
  p99Ms: number | null;
}

/** What a scenario came to. */
export interface WhatIfOutcome {
  name: string;
  points: WhatIfPoint[];
  requests: number;
  failed: number;
  p50Ms: number | null;
  p99Ms: number | null;
  mostInstances: number;
  instanceHours: number;
  activities: { second: number; endSecond?: number; text: string; status: string }[];
  /** By the price table, US dollars; absent for a type without a known price. */
  costUsd?: number;
}

/** All scenarios of one load. Simulated: no endpoint was asked. */
export interface WhatIfReport {
  whatIfVersion: 1;
  load: WhatIfLoad;
  scenarios: WhatIfScenario[];
  outcomes: WhatIfOutcome[];
  /** How long the simulation itself took, ms. */
  tookMs: number;
}

/** The load of a plan: how many requests each of its seconds asks for, in sum those of the plan. */
export function plannedPerSecond(stages: readonly LoadStage[]): number[] {
  const pieces = ratePieces(stages);
  const total = Math.ceil(pieces.reduce((sum, { seconds }) => sum + seconds, 0) - 1e-9);
  const until = (time: number) => {
    let begin = 0;
    let sum = 0;
    for (const { from, to, seconds } of pieces) {
      const within = Math.min(Math.max(0, time - begin), seconds);
      sum += from * within + ((to - from) * within * within) / (2 * seconds);
      begin += seconds;
    }
    return Math.floor(sum + 1e-6);
  };
  return Array.from({ length: total }, (_, second) => until(second + 1) - until(second));
}

/** The load of a run as it was asked for, without the seconds in which only answers were awaited. */
export function recordedLoad({ plan, points, connection }: LoadRunReport): WhatIfLoad {
  const last = points.findLastIndex(({ asked }) => asked > 0);
  const ratesPerSecond = points.slice(0, last + 1).map(({ asked }) => asked);
  return { name: plan.name, ratesPerSecond, timeScale: connection.timeScale };
}

/** What scenarios are made from: each list holds the values to try, and one value each makes one scenario. */
export interface WhatIfChoices {
  targets: number[];
  maxInstances: number[];
  minInstances: number[];
  instanceTypes: string[];
  scaleOutCooldowns: (number | undefined)[];
  scaleInCooldowns: (number | undefined)[];
  maxRpsPerInstance?: number;
}

/** The choices that a policy and an instance type stand for, to which others are added. */
export function choicesOf(policy: LoadRunPolicy | undefined, instanceType: string | undefined): WhatIfChoices {
  return {
    targets: policy ? [policy.targetPerMinute] : [],
    minInstances: [policy?.minInstances ?? 1],
    maxInstances: [policy?.maxInstances ?? 4],
    instanceTypes: [instanceType ?? "ml.m5.large"],
    scaleOutCooldowns: [policy?.scaleOutCooldownSeconds],
    scaleInCooldowns: [policy?.scaleInCooldownSeconds],
  };
}

/** Every combination of the choices; each is named by what sets it apart from the others. */
export function scenariosOf(choices: WhatIfChoices): WhatIfScenario[] {
  const { targets, minInstances, maxInstances, instanceTypes, scaleOutCooldowns, scaleInCooldowns } = choices;
  let scenarios: WhatIfScenario[] = targets.map((targetPerMinute) => ({
    ...{ name: "", instanceType: "", minInstances: 1, maxInstances: 1, targetPerMinute },
    ...(choices.maxRpsPerInstance === undefined ? {} : { maxRpsPerInstance: choices.maxRpsPerInstance }),
  }));
  const labels: ((scenario: WhatIfScenario) => string)[] = [];
  if (targets.length > 1) labels.push(({ targetPerMinute }) => l10n.t("target {0}", numberText(targetPerMinute)));
  const vary = <K extends keyof WhatIfScenario>(
    key: K,
    values: readonly WhatIfScenario[K][],
    label: (value: WhatIfScenario[K]) => string,
  ) => {
    scenarios = scenarios.flatMap((scenario) => values.map((value) => ({ ...scenario, [key]: value })));
    if (values.length > 1) labels.push((scenario) => label(scenario[key]));
  };
  vary("minInstances", minInstances, (value) => l10n.t("min {0}", value));
  vary("maxInstances", maxInstances, (value) => l10n.t("max {0}", value));
  vary("instanceType", instanceTypes, (value) => value);
  vary("scaleOutCooldownSeconds", scaleOutCooldowns, (value) => l10n.t("out cooldown {0} s", value ?? 300));
  vary("scaleInCooldownSeconds", scaleInCooldowns, (value) => l10n.t("in cooldown {0} s", value ?? 300));
  const name = (scenario: WhatIfScenario) => labels.map((label) => label(scenario)).join(", ");
  return scenarios
    .filter((scenario) => scenario.minInstances <= scenario.maxInstances)
    .map((scenario) => ({
      ...scenario,
      name: name(scenario) || l10n.t("target {0}", numberText(scenario.targetPerMinute)),
    }));
}

/** The outcome with its cost by the price table. */
export function pricedOutcome(outcome: WhatIfOutcome, instanceType: string): WhatIfOutcome {
  const price = hourlyPrice(instanceType);
  return price === undefined ? outcome : { ...outcome, costUsd: price * outcome.instanceHours };
}
