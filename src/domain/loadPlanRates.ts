import type { LoadStage } from "./loadPlan.ts";

/** A piece of constant or linearly changing rate; the form every stage comes down to. Rates per second. */
export type RatePiece = { stage: number; from: number; to: number; seconds: number };

/** The stages as pieces in order; `stage` is the index into the plan's stages. */
export function ratePieces(stages: readonly LoadStage[]): RatePiece[] {
  return stages.flatMap((item, index): RatePiece[] => {
    if (item.type === "linear") return [{ stage: index, from: item.from, to: item.to, seconds: item.seconds }];
    if (item.type === "hold") return [{ stage: index, from: item.rate, to: item.rate, seconds: item.seconds }];
    return Array.from({ length: item.steps }, (_, step) => {
      const rate = item.from + ((item.to - item.from) * step) / (item.steps - 1);
      return { stage: index, from: rate, to: rate, seconds: item.seconds / item.steps };
    });
  });
}

/** Requests that the stages ask for, as a whole number. */
export function plannedRequests(stages: readonly LoadStage[]): number {
  // The small term keeps 0.1 × 30 from losing its last request to rounding.
  return Math.floor(
    ratePieces(stages).reduce((sum, { from, to, seconds }) => sum + ((from + to) / 2) * seconds, 0) + 1e-6,
  );
}

/** Length of all stages in seconds, without `watchSecondsAfter`. */
export function planSeconds(stages: readonly LoadStage[]): number {
  return stages.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Highest rate of the stages, requests per second. */
export function peakRate(stages: readonly LoadStage[]): number {
  return ratePieces(stages).reduce((max, { from, to }) => Math.max(max, from, to), 0);
}

/** Rate in requests per second at `seconds` after the start; 0 outside the plan. */
export function rateAt(stages: readonly LoadStage[], seconds: number): number {
  let begin = 0;
  for (const piece of ratePieces(stages)) {
    const within = seconds - begin;
    if (within >= 0 && within < piece.seconds) return piece.from + ((piece.to - piece.from) * within) / piece.seconds;
    begin += piece.seconds;
  }
  return 0;
}

/**
 * Instances that target tracking on SageMakerVariantInvocationsPerInstance settles at: rate × 60 / target, rounded up
 * (AWS developer guide, endpoint-scaling-loadtest). Rate per second, target per instance and minute.
 */
export function predictedInstances(rate: number, targetPerMinute: number): number {
  if (!(targetPerMinute > 0)) return 1;
  return Math.max(1, Math.ceil((rate * 60) / targetPerMinute));
}

/** Seconds at which the rate leaves its peak for the last time: where a fall begins. The plan's end without a fall. */
export function fallAt(stages: readonly LoadStage[]): number {
  const peak = peakRate(stages);
  let begin = 0;
  let left = 0;
  for (const { from, to, seconds } of ratePieces(stages)) {
    if (to === peak) left = begin + seconds;
    else if (from === peak) left = begin;
    begin += seconds;
  }
  return left;
}

/** A stretch of a plan, seconds from its start. */
export type PlanSpan = { from: number; to: number };

/** The stretches in which the rate lies strictly between two bounds (requests/s), neighbours joined. */
export function spansBetween(stages: readonly LoadStage[], low: number, high: number): PlanSpan[] {
  const spans: PlanSpan[] = [];
  let begin = 0;
  for (const { from, to, seconds } of ratePieces(stages)) {
    const end = begin + seconds;
    // A line crosses each bound at most once, so a piece holds at most one stretch.
    const crossing = (bound: number) => (to === from ? Number.NaN : begin + ((bound - from) / (to - from)) * seconds);
    const cuts = [begin, crossing(low), crossing(high), end].filter((at) => at >= begin && at <= end);
    const edges = [...new Set(cuts)].sort((a, b) => a - b);
    for (const [index, edge] of edges.slice(0, -1).entries()) {
      const next = edges[index + 1] ?? end;
      const middle = from + ((to - from) * ((edge + next) / 2 - begin)) / seconds;
      if (middle <= low || middle >= high) continue;
      const last = spans.at(-1);
      if (last && edge - last.to < 1e-9) last.to = next;
      else spans.push({ from: edge, to: next });
    }
    begin = end;
  }
  return spans;
}
