import { type LoadErrorKind, type LoadRunPoint, type LoadRunTotals, noErrors } from "../domain/loadRun.ts";
import type { EngineMeasured } from "./engineMessages.ts";
import type { GeneratorEvents, Outcome } from "./generator.ts";
import { createHistogram, type LatencyHistogram, type PackedHistogram } from "./histogram.ts";

/** Above this dispatch lag, in ms, the generator is the limit and not the target. */
export const limitLagMs = 10;

/** What the collector cannot see for itself when a second ends. */
export type SecondFacts = {
  atMs: number;
  second: number;
  asked: number;
  gauges: { inFlight: number; queued: number; connections: number };
  generatorCpu: number;
  /** The second was closed so late that the process must have stood still. */
  stoodStill: boolean;
};

/** Turns single outcomes into seconds and sums. */
export type Collector = GeneratorEvents & {
  lag(milliseconds: number): void;
  closeSecond(facts: SecondFacts): LoadRunPoint;
  /** Nothing was sent and nothing ended since the last second was closed. */
  isEmpty(): boolean;
  /** From now on what is sent no longer counts as sent in time. */
  planEnded(): void;
  measured(startedAtMs: number, planned: number, abandoned: number): EngineMeasured;
  /** The histograms of the seconds closed since the last call, and those of the run, for several processes together. */
  takePackedSeconds(): PackedSecond[];
  packRun(): PackedRun;
};

/** From the intended start, from the actual start, and the dispatch lag. */
export type PackedSecond = { all: PackedHistogram; service: PackedHistogram; lags: PackedHistogram };
/** The histograms behind `LoadRunLatency`. */
export type PackedRun = {
  whole: PackedHistogram;
  clean: PackedHistogram;
  service: PackedHistogram;
  stages: { all: PackedHistogram; clean: PackedHistogram }[];
};

/** Latencies of one stage: of the whole run, without what the generator spoiled, and of the second under way. */
type StageLatency = { all: LatencyHistogram; clean: LatencyHistogram; second: LatencyHistogram };

/**
 * Latencies count for answers with any status and for timeouts; a refused connection is an error but no latency, or a
 * dead target would look fast. A request that was dispatched late, or answered in a second in which the generator was
 * the limit, is left out of the clean figures, which expectations are judged by.
 * @param packing each second's histograms are kept for `takePackedSeconds`
 */
export function createCollector(stageCount: number, packing = false): Collector {
  const stages = Array.from({ length: stageCount }, (): StageLatency => {
    return { all: createHistogram(), clean: createHistogram(), second: createHistogram() };
  });
  const late = createHistogram();
  const service = createHistogram();
  const whole = createHistogram();
  const wholeClean = createHistogram();
  const secondService = createHistogram();
  const secondAll = createHistogram();
  const lags = createHistogram();
  const errorSamples: EngineMeasured["errorSamples"] = {};
  const sums = { asked: 0, sent: 0, sentInTime: 0, done: 0, ok: 0, byKind: noErrors(), seconds: 0 };
  let second = { sent: 0, done: 0, ok: 0, byKind: noErrors() };
  let inTime = true;
  let packed: PackedSecond[] = [];

  function countEnd({ kind, message }: Outcome): void {
    second.done++;
    sums.done++;
    if (kind === "ok") {
      second.ok++;
      sums.ok++;
      return;
    }
    second.byKind[kind]++;
    sums.byKind[kind]++;
    if (message && !errorSamples[kind]) errorSamples[kind as LoadErrorKind] = message;
  }

  return {
    sent() {
      second.sent++;
      sums.sent++;
      if (inTime) sums.sentInTime++;
    },
    ended(outcome) {
      countEnd(outcome);
      if (outcome.kind === "connection") return;
      const latency = outcome.endedAt - outcome.intendedAt;
      const stage = stages[outcome.stage];
      if (outcome.late) {
        stage?.all.record(latency);
        late.record(latency);
      } else {
        stage?.second.record(latency);
      }
      if (outcome.startedAt !== undefined) secondService.record(outcome.endedAt - outcome.startedAt);
    },
    lag: (milliseconds) => lags.record(milliseconds),
    planEnded: () => {
      inTime = false;
    },
    isEmpty: () => second.sent === 0 && second.done === 0,
    closeSecond({ gauges, stoodStill, ...facts }) {
      const lagP99Ms = lags.at(99) ?? 0;
      const generatorLimited = stoodStill || lagP99Ms > limitLagMs;
      secondAll.reset();
      secondAll.add(late);
      whole.add(late);
      for (const stage of stages) {
        if (stage.second.count === 0) continue;
        secondAll.add(stage.second);
        stage.all.add(stage.second);
        whole.add(stage.second);
        if (!generatorLimited) {
          stage.clean.add(stage.second);
          wholeClean.add(stage.second);
        }
        stage.second.reset();
      }
      service.add(secondService);
      const point: LoadRunPoint = {
        ...facts,
        ...second,
        ...gauges,
        p50Ms: secondAll.at(50),
        p90Ms: secondAll.at(90),
        p95Ms: secondAll.at(95),
        p99Ms: secondAll.at(99),
        maxMs: secondAll.maxMs(),
        serviceP50Ms: secondService.at(50),
        serviceP99Ms: secondService.at(99),
        lagP99Ms,
        generatorLimited,
      };
      sums.asked += facts.asked;
      sums.seconds++;
      if (packing) packed.push({ all: secondAll.pack(), service: secondService.pack(), lags: lags.pack() });
      for (const histogram of [late, secondService, lags]) histogram.reset();
      second = { sent: 0, done: 0, ok: 0, byKind: noErrors() };
      return point;
    },
    measured(startedAtMs, planned, abandoned) {
      const totals: LoadRunTotals = { ...sums, byKind: { ...sums.byKind }, planned, abandoned };
      const latency = {
        whole: whole.summary(),
        clean: wholeClean.summary(),
        service: service.summary(),
        stages: stages.map(({ all, clean }) => ({ all: all.summary(), clean: clean.summary() })),
      };
      return { startedAtMs, totals, latency, errorSamples };
    },
    takePackedSeconds() {
      const taken = packed;
      packed = [];
      return taken;
    },
    packRun: () => ({
      whole: whole.pack(),
      clean: wholeClean.pack(),
      service: service.pack(),
      stages: stages.map(({ all, clean }) => ({ all: all.pack(), clean: clean.pack() })),
    }),
  };
}
