import * as l10n from "@vscode/l10n";
import { blockBootstrap, type Estimate } from "./bootstrap.ts";
import { errorCount, type LatencySummary, type LoadRunPoint, type LoadRunReport } from "./loadRun.ts";
import { numberText } from "./numberText.ts";

/** What a figure's change means. same: within noise, or too small to matter; unknown: too little was measured. */
export type ComparisonOutcome = "regression" | "improvement" | "same" | "unknown";

/** One figure of two runs side by side. */
export type ComparedFigure = {
  name: "p50" | "p95" | "p99" | "error rate" | "achieved ratio";
  unit: "ms" | "ratio";
  /** Over the whole run, without the seconds in which the generator was the limit; null when not measured. */
  baseline: number | null;
  candidate: number | null;
  /**
   * The change from second to second with its 95 % interval: for latencies relative (0.1 is 10 % slower), for ratios
   * the difference. Null when there are too few seconds to tell.
   */
  change: Estimate | null;
  outcome: ComparisonOutcome;
};

/** A fact that has no noise to speak of, or too few observations for statistics. */
export type ComparedFact = { name: string; baseline: string; candidate: string };

/** Two runs held against each other. */
export type RunComparison = {
  baselineId: string;
  candidateId: string;
  /** Both ran the same stages: then each second is compared with the same second of the other run. */
  paired: boolean;
  /** Seconds that could be used of each run. */
  seconds: { baseline: number; candidate: number };
  figures: ComparedFigure[];
  facts: ComparedFact[];
  regressed: boolean;
  /** What to bear in mind, in sentences. */
  warnings: string[];
};

/** Below these a change does not matter, however sure it is: 5 % of a latency and 1 ms; 0.1 and 0.5 points of a ratio. */
const leastRelative = 0.05;
const leastMs = 1;
const leastErrorRate = 0.001;
const leastAchieved = 0.005;
/** Fewer seconds than this say nothing about noise. */
const leastSeconds = 20;

/**
 * Compares a run with a baseline. Noise is what the seconds of the runs show (block bootstrap); what differs between
 * two runs as a whole, such as another machine, shows only in several runs. Repeatable: the resampling has a fixed seed.
 */
export function compareRuns(baseline: LoadRunReport, candidate: LoadRunReport): RunComparison {
  const paired = JSON.stringify(baseline.plan.stages) === JSON.stringify(candidate.plan.stages);
  const seconds = paired
    ? pair(baseline.points, candidate.points)
    : { before: usable(baseline), after: usable(candidate) };
  const block = Math.max(
    blockLength(seconds.before.length),
    baseline.source?.periodSeconds ?? 1,
    candidate.source?.periodSeconds ?? 1,
  );
  const figures = [
    ...latencies.map((figure) => compareLatency(figure, baseline, candidate, seconds, paired, block)),
    compareRatio("error rate", baseline, candidate, seconds, paired, block),
    compareRatio("achieved ratio", baseline, candidate, seconds, paired, block),
  ];
  return {
    baselineId: baseline.id,
    candidateId: candidate.id,
    paired,
    seconds: { baseline: seconds.before.length, candidate: seconds.after.length },
    figures,
    facts: facts(baseline, candidate),
    regressed: figures.some(({ outcome }) => outcome === "regression"),
    warnings: warnings(baseline, candidate, paired),
  };
}

const latencies = [
  { name: "p50", key: "p50Ms" },
  { name: "p95", key: "p95Ms" },
  { name: "p99", key: "p99Ms" },
] as const;

type Seconds = { before: readonly LoadRunPoint[]; after: readonly LoadRunPoint[] };

const speaks = (point: LoadRunPoint) => !point.generatorLimited && (point.asked > 0 || point.done > 0);
const usable = ({ points }: LoadRunReport) => points.filter(speaks);

/** The seconds that both runs can show, in the same order. */
function pair(before: readonly LoadRunPoint[], after: readonly LoadRunPoint[]): Seconds {
  const bySecond = new Map(after.filter(speaks).map((point) => [point.second, point]));
  const kept = before.filter((point) => speaks(point) && bySecond.has(point.second));
  return { before: kept, after: kept.map(({ second }) => bySecond.get(second) as LoadRunPoint) };
}

/** Grows with the cube root, the usual choice for a mean; at least ten seconds, over which the seconds of a run resemble. */
const blockLength = (count: number) => Math.max(10, Math.ceil(2 * Math.cbrt(count)));

function compareLatency(
  { name, key }: (typeof latencies)[number],
  baseline: LoadRunReport,
  candidate: LoadRunReport,
  seconds: Seconds,
  paired: boolean,
  block: number,
): ComparedFigure {
  const value = ({ latency }: LoadRunReport): number | null =>
    ((latency.clean ?? latency.whole) as LatencySummary | null)?.[key] ?? null;
  // Logarithms: a latency is compared by its ratio, and one bad second does not outweigh a minute.
  const logs = (points: readonly LoadRunPoint[]) =>
    points.map((point) => (point[key] ? Math.log(point[key]) : Number.NaN));
  const change = bootstrapChange(logs(seconds.before), logs(seconds.after), paired, block, mean);
  const relative = change && {
    value: Math.expm1(change.value),
    low: Math.expm1(change.low),
    high: Math.expm1(change.high),
  };
  const figure = {
    name,
    unit: "ms" as const,
    baseline: value(baseline),
    candidate: value(candidate),
    change: relative,
  };
  const moved = Math.abs((figure.baseline ?? 0) * (relative?.value ?? 0));
  const matters = relative !== null && Math.abs(relative.value) >= leastRelative && moved >= leastMs;
  return { ...figure, outcome: outcomeOf(relative, matters, "lower") };
}

function compareRatio(
  name: "error rate" | "achieved ratio",
  baseline: LoadRunReport,
  candidate: LoadRunReport,
  seconds: Seconds,
  paired: boolean,
  block: number,
): ComparedFigure {
  const errors = name === "error rate";
  const parts = (point: LoadRunPoint): Share =>
    errors ? [errorCount(point.byKind), point.done] : [point.sent, point.asked];
  const change = bootstrapChange(seconds.before.map(parts), seconds.after.map(parts), paired, block, ratio);
  const whole = ({ totals }: LoadRunReport) =>
    errors ? share(errorCount(totals.byKind), totals.done) : share(totals.sentInTime, totals.planned);
  const matters = change !== null && Math.abs(change.value) >= (errors ? leastErrorRate : leastAchieved);
  return {
    name,
    unit: "ratio",
    baseline: whole(baseline),
    candidate: whole(candidate),
    change,
    outcome: outcomeOf(change, matters, errors ? "lower" : "higher"),
  };
}

type Share = [part: number, whole: number];

const share = (part: number, whole: number) => (whole > 0 ? part / whole : null);

function mean(values: readonly number[], indices: Uint32Array): number {
  let sum = 0;
  let count = 0;
  for (const index of indices) {
    const value = values[index] as number;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

function ratio(values: readonly Share[], indices: Uint32Array): number {
  let parts = 0;
  let wholes = 0;
  for (const index of indices) {
    const [part, whole] = values[index] as Share;
    parts += part;
    wholes += whole;
  }
  return parts / wholes;
}

/** The difference of a statistic between two series: by the same draw when they are pairs, else by one draw each. */
function bootstrapChange<T>(
  before: readonly T[],
  after: readonly T[],
  paired: boolean,
  block: number,
  statistic: (values: readonly T[], indices: Uint32Array) => number,
): Estimate | null {
  if (Math.min(before.length, after.length) < leastSeconds) return null;
  if (paired)
    return blockBootstrap(before.length, block, (drawn) => statistic(after, drawn) - statistic(before, drawn));
  const earlier = blockBootstrap(before.length, block, (drawn) => statistic(before, drawn), { seed: 1 });
  const later = blockBootstrap(after.length, block, (drawn) => statistic(after, drawn), { seed: 2 });
  if (!earlier || !later) return null;
  // Independent runs: the variances add up, so the halves of the intervals add up as squares.
  const value = later.value - earlier.value;
  const down = Math.hypot(later.value - later.low, earlier.high - earlier.value);
  const up = Math.hypot(later.high - later.value, earlier.value - earlier.low);
  return { value, low: value - down, high: value + up };
}

function outcomeOf(change: Estimate | null, matters: boolean, better: "lower" | "higher"): ComparisonOutcome {
  if (!change) return "unknown";
  if (!matters || (change.low <= 0 && change.high >= 0)) return "same";
  return change.value > 0 === (better === "lower") ? "regression" : "improvement";
}

function facts(baseline: LoadRunReport, candidate: LoadRunReport): ComparedFact[] {
  const rows: [string, (report: LoadRunReport) => string][] = [
    [l10n.t("verdict"), ({ verdict }) => verdict.sentence],
    [
      l10n.t("most instances"),
      ({ instances }) => (instances.length ? String(Math.max(...instances.map((i) => i.current))) : "–"),
    ],
    [l10n.t("requests sent"), ({ totals }) => numberText(totals.sent)],
    [l10n.t("target"), ({ target }) => (target.variant ? `${target.name} / ${target.variant}` : target.name)],
    [l10n.t("instance type"), ({ environment }) => environment.instanceType ?? "–"],
    [
      l10n.t("policy"),
      ({ environment: { policy } }) =>
        policy ? `${policy.minInstances}–${policy.maxInstances}, ${numberText(policy.targetPerMinute)}/min` : "–",
    ],
    [l10n.t("measured by"), ({ source }) => source?.tool ?? "SageMaker Endpoint Ops"],
  ];
  return rows.map(([name, of]) => ({ name, baseline: of(baseline), candidate: of(candidate) }));
}

function warnings(baseline: LoadRunReport, candidate: LoadRunReport, paired: boolean): string[] {
  const found: string[] = [];
  if (!paired)
    found.push(l10n.t("The runs had different stages: a change may come from the load, not from the endpoint."));
  if (baseline.target.name !== candidate.target.name) found.push(l10n.t("The runs loaded different targets."));
  if (baseline.connection.sandbox !== candidate.connection.sandbox)
    found.push(l10n.t("One run was in the sandbox, the other in an account."));
  const tools = new Set([baseline.source?.tool, candidate.source?.tool]);
  if (tools.size > 1)
    found.push(l10n.t("The runs were measured by different tools, which count latency from different moments."));
  if (baseline.interrupted || candidate.interrupted) found.push(l10n.t("An interrupted run is in the comparison."));
  found.push(
    l10n.t(
      "One run each: what changes from run to run, such as a neighbour on the machine, cannot be told from a change of the endpoint.",
    ),
  );
  return found;
}
