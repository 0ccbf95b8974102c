import * as l10n from "@vscode/l10n";
import { predictedInstances } from "./loadPlanRates.ts";
import type { LoadRunConnection } from "./loadRun.ts";
import { fixedText, numberText } from "./numberText.ts";

/** One rate that was held for some seconds on one instance. Rates in requests/s, latencies in ms. */
export interface TargetStep {
  rate: number;
  seconds: number;
  /** Answered with HTTP 2xx, per second. */
  achievedRate: number;
  p50Ms: number | null;
  p99Ms: number | null;
  /** Failures against all that came to an end. */
  errorShare: number;
  /** This machine, not the instance, was the limit: the step says nothing. */
  generatorLimited: boolean;
  phase: "rise" | "knee";
  /** The rule by which the instance did not hold the rate; absent when it did. */
  broke?: KneeRule;
}

/** What shows that a rate is too much: the success share fell, the answers fell behind, or the latency bent. */
export type KneeRule = "errors" | "throughput" | "latency" | "limit";

/** When a rate counts as too much. */
export interface KneeLimits {
  /** Share of failures above which a rate is not held. */
  errorShare: number;
  /** Share of the asked rate that has to be answered. */
  achievedShare: number;
  /** The median may grow by this factor against light load: a queue that is always there has the same effect. */
  latencyFactor: number;
  /** A p99 that must not be passed, ms. */
  p99Ms?: number;
}

/** The ordinary limits. */
export const KNEE_LIMITS: KneeLimits = { errorShare: 0.01, achievedShare: 0.97, latencyFactor: 5 };

/** Where AWS's formula stands: SageMakerVariantInvocationsPerInstance = MAX_RPS × SAFETY_FACTOR × 60. */
export const TARGET_FORMULA_URL = "https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html";

/** The rule that a step breaks, if it does; `quietP50Ms` is the median under light load. */
export function brokenRule(
  step: Omit<TargetStep, "broke">,
  quietP50Ms: number | null,
  limits: KneeLimits,
): KneeRule | undefined {
  if (step.errorShare > limits.errorShare) return "errors";
  if (step.achievedRate < step.rate * limits.achievedShare) return "throughput";
  if (limits.p99Ms !== undefined && (step.p99Ms ?? 0) > limits.p99Ms) return "limit";
  if (quietP50Ms !== null && (step.p50Ms ?? 0) > quietP50Ms * limits.latencyFactor) return "latency";
  return undefined;
}

/** The rule in words, with the figures of the step. */
export function ruleText(step: TargetStep, quietP50Ms: number | null, limits: KneeLimits): string {
  const ms = (value: number | null) => (value === null ? "–" : `${fixedText(value, value < 10 ? 1 : 0)} ms`);
  const at = l10n.t("at {0} requests/s", numberText(step.rate));
  if (step.broke === "errors")
    return l10n.t(
      "{0} {1} % failed, more than {2} %",
      at,
      fixedText(step.errorShare * 100, 1),
      numberText(limits.errorShare * 100),
    );
  if (step.broke === "throughput")
    return l10n.t(
      "{0} only {1}/s were answered, less than {2} %",
      at,
      numberText(step.achievedRate),
      numberText(limits.achievedShare * 100),
    );
  if (step.broke === "limit")
    return l10n.t("{0} p99 was {1}, above the limit of {2}", at, ms(step.p99Ms), ms(limits.p99Ms ?? null));
  if (step.broke === "latency")
    return l10n.t(
      "{0} the median was {1}, more than {2} times the {3} of light load",
      at,
      ms(step.p50Ms),
      limits.latencyFactor,
      ms(quietP50Ms),
    );
  return l10n.t("{0} everything held", at);
}

/** How the search goes. Rates in requests/s. */
export interface SearchOptions {
  startRate: number;
  maxRate: number;
  /** The rate is multiplied by this until something breaks. */
  growth: number;
  /** Width of a step around the knee, as a share of the rate. */
  resolution: number;
  /** Steps around the knee. */
  repeats: number;
}

/** Steps in a row that this machine may spoil. */
const MOST_SPOILED = 4;

/** The search as it stands: what has been measured, and the rate to measure next. */
export interface TargetSearch {
  next(): number | undefined;
  take(step: TargetStep): void;
}

/**
 * First the rate rises by a factor until a rule breaks, then it goes up after each step that holds and down after each
 * that does not: an up-and-down staircase, which stays around the knee and crosses it again and again (Dixon and Mood,
 * 1948). Its turning points are repeated measurements of the knee, from which the interval is made.
 */
export function createTargetSearch(options: SearchOptions): TargetSearch {
  let rate: number | undefined = Math.min(options.startRate, options.maxRate);
  let held = 0;
  let left = options.repeats;
  let spoiled = 0;
  let risen = false;
  let lowestBroken: number | undefined;
  return {
    next: () => rate,
    take(step) {
      if (step.generatorLimited) {
        // A few in a row are a hiccup of this machine, and the rate is tried again.
        if (++spoiled > MOST_SPOILED) rate = undefined;
        return;
      }
      spoiled = 0;
      if (step.broke === undefined) held = Math.max(held, step.rate);
      if (held === 0) {
        // Nothing has held yet: down to where something does.
        lowestBroken = step.rate;
        rate = step.rate / options.growth >= 1 ? step.rate / options.growth : undefined;
        return;
      }
      if (!risen) {
        if (step.broke === undefined && lowestBroken === undefined) {
          rate = held >= options.maxRate ? undefined : Math.min(options.maxRate, held * options.growth);
          return;
        }
        risen = true;
        rate = (held + (lowestBroken ?? step.rate)) / 2;
        return;
      }
      left--;
      const next =
        step.broke === undefined ? step.rate * (1 + options.resolution) : step.rate * (1 - options.resolution);
      rate = left > 0 && next >= 1 ? Math.min(options.maxRate, next) : undefined;
    },
  };
}

/** What the search found. `low` and `high` bound MAX_RPS with a confidence of 95 %. */
export interface TargetKnee {
  maxRps: number;
  low: number;
  high: number;
  /** The rule that fired most often around the knee, and the first time that it did, in words. */
  rule: KneeRule;
  text: string;
}

/** Student's t, two-sided 95 %, for 1 to 30 degrees of freedom. */
const T95 = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09, 2.09,
  2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04,
];

/**
 * MAX_RPS from the steps: the mean of the midpoints between neighbouring steps of which one held and the other did not.
 * The interval is Student's, and never narrower than half a step, below which the staircase does not look. Undefined
 * when nothing broke.
 */
export function kneeOf(all: readonly TargetStep[], limits: KneeLimits, resolution: number): TargetKnee | undefined {
  const steps = all.filter(({ generatorLimited }) => !generatorLimited);
  const quiet = quietMedian(steps);
  const first = steps.find(({ broke }) => broke !== undefined);
  if (!first?.broke) return undefined;
  const stairs = steps.filter(({ phase }) => phase === "knee");
  const turns = stairs.slice(1).flatMap((step, index) => {
    const before = stairs[index];
    return before && (before.broke === undefined) !== (step.broke === undefined) ? [(before.rate + step.rate) / 2] : [];
  });
  const rules = stairs.flatMap(({ broke }) => broke ?? []);
  const rule = mostFrequent(rules) ?? first.broke;
  const shown = stairs.find(({ broke }) => broke === rule) ?? first;
  const held = Math.max(0, ...steps.filter(({ broke }) => broke === undefined).map(({ rate }) => rate));
  const values = turns.length > 0 ? turns : [held];
  const maxRps = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - maxRps) ** 2, 0) / Math.max(1, values.length - 1));
  const student = T95[Math.min(values.length - 1, T95.length) - 1] ?? 0;
  const half = Math.max((student * deviation) / Math.sqrt(values.length), (maxRps * resolution) / 2);
  return {
    maxRps,
    low: Math.max(0, maxRps - half),
    high: maxRps + half,
    rule,
    text: ruleText(shown, quiet, limits),
  };
}

function mostFrequent(rules: readonly KneeRule[]): KneeRule | undefined {
  const count = (rule: KneeRule) => rules.filter((other) => other === rule).length;
  return [...rules].sort((a, b) => count(b) - count(a))[0];
}

/** Median latency under light load: of the lowest rate that held; null when none did. */
export function quietMedian(steps: readonly TargetStep[]): number | null {
  const held = steps.filter(({ broke, generatorLimited }) => broke === undefined && !generatorLimited);
  return (
    held.reduce<TargetStep | undefined>((low, step) => (low && low.rate <= step.rate ? low : step), undefined)?.p50Ms ??
    null
  );
}

/** Everything that a search for a policy's target found. */
export interface TargetReport {
  targetReportVersion: 1;
  endpointName: string;
  variantName: string;
  instanceType?: string;
  connection: LoadRunConnection;
  startedAtMs: number;
  endedAtMs: number;
  steps: TargetStep[];
  limits: KneeLimits;
  /** Absent when the search ended without finding one; `warnings` say why. */
  knee?: TargetKnee;
  safetyFactor: number;
  /** Invocations per instance and minute for the policy. */
  targetPerMinute?: number;
  /** The policy's target as it was. */
  currentTargetPerMinute?: number;
  /** Instances that the target means at some rates. */
  predictions: { ratePerSecond: number; instances: number }[];
  warnings: string[];
}

/** The policy's target by AWS's formula, a whole number of invocations per instance and minute, at least 1. */
export function targetFor(maxRps: number, safetyFactor: number): number {
  return Math.max(1, Math.floor(maxRps * safetyFactor * 60));
}

/** Instances at some telling rates, and at those that are asked for. */
export function predictionsFor(targetPerMinute: number, maxRps: number, rates: readonly number[]) {
  const telling = rates.length > 0 ? rates : [maxRps, maxRps * 2, maxRps * 5].map((rate) => Math.round(rate));
  return telling.map((ratePerSecond) => ({
    ratePerSecond,
    instances: predictedInstances(ratePerSecond, targetPerMinute),
  }));
}
