import * as l10n from "@vscode/l10n";
import { type LoadExpectations, type LoadStage, planSeconds } from "../domain/loadPlan.ts";
import {
  type ExpectationResult,
  errorCount,
  type InstancePoint,
  type LoadRunLatency,
  type LoadRunPoint,
  type LoadRunTotals,
} from "../domain/loadRun.ts";
import type { RunScaling } from "../domain/loadRunScaling.ts";

/** What expectations are held against. Without `points` nothing can be judged by stage. */
export type MeasuredRun = {
  totals: LoadRunTotals;
  latency: LoadRunLatency;
  instances: readonly InstancePoint[];
  points?: readonly LoadRunPoint[];
  stages?: readonly LoadStage[];
  scaling?: RunScaling;
  costUsd?: number;
};

/** Sent in time against asked for by the whole plan; null when nothing was asked for. */
export function achievedRatio(totals: LoadRunTotals): number | null {
  return totals.planned > 0 ? totals.sentInTime / totals.planned : null;
}

/** Failures against all requests that came to an end; null when none did. */
export function errorRate(totals: LoadRunTotals): number | null {
  return totals.done > 0 ? errorCount(totals.byKind) / totals.done : null;
}

/** Holds each expectation of the plan against the run, in the order in which the plan format lists them. */
export function evaluateExpectations(expect: LoadExpectations, run: MeasuredRun): ExpectationResult[] {
  return [
    ...judgeRatios(expect, run),
    ...latencyNames.flatMap(([key, name]) => judgeLatency(expect, run, key, name)),
    ...judgeInstances(expect, run),
    ...judgeCost(expect, run),
  ];
}

function judgeRatios({ achievedRatio: achieved, errorRate: errors }: LoadExpectations, run: MeasuredRun) {
  const results: ExpectationResult[] = [];
  if (achieved) {
    // A second in which the generator was late counts: what was not sent was not achieved, whoever was to blame.
    const seconds = stagePoints(run, achieved.stage);
    const asked = sumOf(seconds, "asked");
    const ofStage = asked > 0 ? Math.min(1, sumOf(seconds, "sent") / asked) : null;
    const measured = achieved.stage === undefined ? achievedRatio(run.totals) : ofStage;
    const result = judge("achieved ratio", "atLeast", achieved.min, measured, "ratio", l10n.t("nothing was asked for"));
    results.push(withStage(result, achieved.stage));
  }
  if (errors) {
    const seconds = stagePoints(run, errors.stage);
    const clean = seconds.filter(({ generatorLimited }) => !generatorLimited);
    const spoiled = clean.length > 0 && clean.length < seconds.length;
    const measured = errors.stage === undefined && !spoiled ? errorRate(run.totals) : errorShare(clean);
    const result = judge("error rate", "atMost", errors.max, measured, "ratio", l10n.t("no request came to an end"));
    results.push(withStage(result, errors.stage));
  }
  return results;
}

/** The run's seconds that lie wholly in a stage, all of them without one. */
function stagePoints({ points = [], stages = [] }: MeasuredRun, stage: number | undefined): readonly LoadRunPoint[] {
  if (stage === undefined) return points;
  const begin = planSeconds(stages.slice(0, stage));
  const end = begin + (stages[stage]?.seconds ?? 0);
  return points.filter(({ second }) => second >= begin - 1e-9 && second + 1 <= end + 1e-9);
}

const sumOf = (points: readonly LoadRunPoint[], key: "asked" | "sent" | "done") =>
  points.reduce((sum, point) => sum + point[key], 0);

function errorShare(points: readonly LoadRunPoint[]): number | null {
  const done = sumOf(points, "done");
  return done > 0 ? points.reduce((sum, { byKind }) => sum + errorCount(byKind), 0) / done : null;
}

const withStage = (result: ExpectationResult, stage: number | undefined): ExpectationResult =>
  stage === undefined ? result : { ...result, stage };

function judgeLatency(
  expect: LoadExpectations,
  { latency }: MeasuredRun,
  key: (typeof latencyNames)[number][0],
  name: string,
): ExpectationResult[] {
  const limit = expect[key];
  if (!limit) return [];
  const stage = limit.stage === undefined ? undefined : latency.stages[limit.stage];
  const clean = limit.stage === undefined ? latency.clean : (stage?.clean ?? null);
  const all = limit.stage === undefined ? latency.whole : (stage?.all ?? null);
  const reason = all ? l10n.t("the generator was the limit throughout") : l10n.t("nothing was answered");
  return [withStage(judge(name, "atMost", limit.max, clean?.[key] ?? null, "ms", reason), limit.stage)];
}

function judgeInstances(expect: LoadExpectations, { instances, scaling }: MeasuredRun): ExpectationResult[] {
  const results: ExpectationResult[] = [];
  const unseen = l10n.t("instances were not seen");
  if (expect.instances) {
    const measured = instances.length > 0 ? Math.max(...instances.map(({ current }) => current)) : null;
    results.push(judge("instances", "atLeast", expect.instances.min, measured, "instances", unseen));
  }
  if (expect.firstCapacitySeconds) {
    const { passedAtMs, firstCapacityAtMs } = scaling ?? {};
    const isSeen = passedAtMs !== undefined && firstCapacityAtMs !== undefined;
    const seconds = isSeen ? Math.max(0, firstCapacityAtMs - passedAtMs) / 1000 : null;
    const reason =
      instances.length === 0
        ? unseen
        : passedAtMs === undefined
          ? l10n.t("the policy's target was not passed")
          : l10n.t("no new capacity came into service");
    const { max } = expect.firstCapacitySeconds;
    results.push(judge("first new capacity", "atMost", max, seconds, "seconds", reason));
  }
  if (expect.scaleIn) {
    const to = expect.scaleIn.to ?? scaling?.startedWith ?? 1;
    const fallAtMs = scaling?.fallAtMs ?? 0;
    const most = scaling?.most ?? 0;
    const peak = instances.find(({ current }) => current === most)?.atMs ?? Number.POSITIVE_INFINITY;
    const low = instances.find(({ atMs, current }) => atMs >= Math.max(fallAtMs, peak) && current <= to);
    const reason =
      instances.length === 0
        ? unseen
        : most <= to
          ? l10n.t("it never had more than {0}", to)
          : l10n.t("{0} were still in service", instances.at(-1)?.current ?? 0);
    const seconds = low && most > to ? (low.atMs - fallAtMs) / 1000 : null;
    results.push(judge(`scale-in to ${to}`, "atMost", expect.scaleIn.withinSeconds, seconds, "seconds", reason));
  }
  return results;
}

function judgeCost({ costUsd }: LoadExpectations, run: MeasuredRun): ExpectationResult[] {
  if (!costUsd) return [];
  return [
    judge("cost", "atMost", costUsd.max, run.costUsd ?? null, "usd", l10n.t("the price table lacks the instance type")),
  ];
}

const latencyNames = [
  ["p50Ms", "p50"],
  ["p90Ms", "p90"],
  ["p95Ms", "p95"],
  ["p99Ms", "p99"],
  ["p999Ms", "p99.9"],
  ["maxMs", "max"],
] as const;

function judge(
  name: string,
  comparison: ExpectationResult["comparison"],
  asked: number,
  measured: number | null,
  unit: ExpectationResult["unit"],
  reason: string,
): ExpectationResult {
  const base = { name, comparison, asked, measured, unit };
  if (measured === null) return { ...base, passed: false, reason };
  return { ...base, passed: comparison === "atLeast" ? measured >= asked : measured <= asked };
}
