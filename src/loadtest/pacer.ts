import type { RatePiece } from "../domain/loadPlanRates.ts";

/** When each request of a plan is meant to start. Times in seconds from the start of the plan. */
export type Pacer = {
  /** Whole number of requests. */
  readonly total: number;
  readonly seconds: number;
  /** N(t), the cumulative count as a real number: the integral of the rate. */
  cumulative(seconds: number): number;
  /** The inverse of N: when request `index` (from 0) is meant to start. */
  startOf(index: number): number;
  /** How many requests are meant to have started at `seconds`, inclusive. */
  dueBy(seconds: number): number;
  /** The plan's stage of a time. */
  stageAt(seconds: number): number;
};

type Piece = RatePiece & { begin: number; before: number; count: number };

/** Rounding room when whole counts are compared with sums of real numbers. */
const slack = 1e-6;

/** Makes the schedule of the pieces, a pure function of time. At least one piece. */
export function createPacer(rates: readonly RatePiece[]): Pacer {
  let seconds = 0;
  let sum = 0;
  const pieces = rates.map((rate): Piece => {
    const piece = { ...rate, begin: seconds, before: sum, count: ((rate.from + rate.to) / 2) * rate.seconds };
    seconds += rate.seconds;
    sum += piece.count;
    return piece;
  });
  if (pieces.length === 0) throw new RangeError("A schedule needs at least one piece.");
  const last = pieces[pieces.length - 1] as Piece;
  const total = Math.floor(sum + slack);

  const pieceAt = (time: number) => pieces.find((piece) => time < piece.begin + piece.seconds) ?? last;

  function cumulative(time: number): number {
    if (time <= 0) return 0;
    if (time >= seconds) return sum;
    const { begin, before, from, to, seconds: length } = pieceAt(time);
    const within = time - begin;
    return before + from * within + ((to - from) * within * within) / (2 * length);
  }

  function startOf(index: number): number {
    const piece = pieces.find(({ before, count }) => index < before + count - slack) ?? last;
    const within = Math.max(0, index - piece.before);
    const growth = (piece.to - piece.from) / piece.seconds;
    // The root of growth/2·x² + from·x = within in the form that stays exact when growth is near 0.
    const root = Math.sqrt(Math.max(0, piece.from * piece.from + 2 * growth * within));
    const offset = within === 0 ? 0 : (2 * within) / (piece.from + root);
    return piece.begin + Math.min(offset, piece.seconds);
  }

  function dueBy(time: number): number {
    if (time < 0) return 0;
    let count = Math.min(total, Math.floor(cumulative(time)));
    while (count < total && startOf(count) <= time) count++;
    while (count > 0 && startOf(count - 1) > time) count--;
    return count;
  }

  return { total, seconds, cumulative, startOf, dueBy, stageAt: (time) => pieceAt(time).stage };
}

/** Which of the plan's requests a process sends: every `count`-th from `index` on. */
export type RequestShare = { index: number; count: number };

/** The schedule of one of several processes. Each request belongs to exactly one, so that their sums are the plan. */
export function sharePacer(pacer: Pacer, { index, count }: RequestShare): Pacer {
  const ofShare = (requests: number) => Math.max(0, Math.ceil((requests - index) / count));
  return {
    total: ofShare(pacer.total),
    seconds: pacer.seconds,
    cumulative: (seconds) => pacer.cumulative(seconds) / count,
    startOf: (own) => pacer.startOf(index + own * count),
    dueBy: (seconds) => ofShare(pacer.dueBy(seconds)),
    stageAt: pacer.stageAt,
  };
}
