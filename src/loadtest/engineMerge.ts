import {
  type LoadErrorCounts,
  type LoadRunPoint,
  type LoadRunTotals,
  loadErrorKinds,
  noErrors,
} from "../domain/loadRun.ts";
import { limitLagMs, type PackedRun, type PackedSecond } from "./collector.ts";
import type { EngineMeasured, EnginePacks } from "./engineMessages.ts";
import { createHistogram, type LatencyHistogram, type PackedHistogram } from "./histogram.ts";

/** What one process told at a time; `packs` is missing only when it is the only one. */
export type ToldByProcess = { points: LoadRunPoint[]; measured: EngineMeasured; packs?: EnginePacks };

/** Puts together what the processes of one run tell, second by second. */
export type RunMerger = {
  /** Takes a message in; gives the seconds that are complete by it, in order. */
  take(process: number, told: ToldByProcess): LoadRunPoint[];
  /** The process tells nothing more, so no second waits for it. Gives the seconds that are complete by that. */
  end(process: number): LoadRunPoint[];
  /** The run so far; undefined when nothing was told yet. */
  measured(): EngineMeasured | undefined;
};

type SecondPart = { point: LoadRunPoint; pack?: PackedSecond };

/** Counts are sums and percentiles come from merged histograms: nothing is ever averaged over processes. */
export function createRunMerger(processes: number): RunMerger {
  const seconds = new Map<number, SecondPart[]>();
  const latest: (ToldByProcess | undefined)[] = new Array(processes).fill(undefined);
  const live = new Set(Array.from({ length: processes }, (_, index) => index));
  const told = new Array<number>(processes).fill(-1);
  let next = 0;

  function complete(): LoadRunPoint[] {
    const points: LoadRunPoint[] = [];
    for (;;) {
      const parts = seconds.get(next);
      const waits = [...live].some((index) => (told[index] ?? -1) < next);
      if (!parts || waits) return points;
      points.push(mergeSecond(parts));
      seconds.delete(next);
      next++;
    }
  }

  return {
    take(index, message) {
      const { points, packs } = message;
      latest[index] = message;
      for (const [at, point] of points.entries()) {
        const parts = seconds.get(point.second) ?? [];
        parts.push({ point, pack: packs?.seconds[at] });
        seconds.set(point.second, parts);
        told[index] = point.second;
      }
      return complete();
    },
    end(index) {
      live.delete(index);
      return complete();
    },
    measured: () => mergeMeasured(latest.flatMap((message) => (message ? [message] : []))),
  };
}

function mergeSecond(parts: readonly SecondPart[]): LoadRunPoint {
  const [first] = parts;
  if (!first) throw new RangeError("A second needs at least one part.");
  if (parts.length === 1) return first.point;
  const points = parts.map(({ point }) => point);
  const merged = (key: keyof PackedSecond) => mergeHistograms(parts.flatMap(({ pack }) => (pack ? [pack[key]] : [])));
  const [all, service, lags] = [merged("all"), merged("service"), merged("lags")];
  const sum = (key: SummedKey) => points.reduce((total, point) => total + point[key], 0);
  const lagP99Ms = lags.at(99) ?? 0;
  return {
    atMs: first.point.atMs,
    second: first.point.second,
    asked: sum("asked"),
    sent: sum("sent"),
    done: sum("done"),
    ok: sum("ok"),
    byKind: addErrors(points.map(({ byKind }) => byKind)),
    inFlight: sum("inFlight"),
    queued: sum("queued"),
    connections: sum("connections"),
    p50Ms: all.at(50),
    p90Ms: all.at(90),
    p95Ms: all.at(95),
    p99Ms: all.at(99),
    maxMs: all.maxMs(),
    serviceP50Ms: service.at(50),
    serviceP99Ms: service.at(99),
    lagP99Ms,
    // One process that lags spoils the second for all of them.
    generatorLimited: lagP99Ms > limitLagMs || points.some(({ generatorLimited }) => generatorLimited),
    generatorCpu: sum("generatorCpu"),
  };
}

type SummedKey = "asked" | "sent" | "done" | "ok" | "inFlight" | "queued" | "connections" | "generatorCpu";

function mergeMeasured(told: readonly ToldByProcess[]): EngineMeasured | undefined {
  const [first] = told;
  if (!first || told.length === 1) return first?.measured;
  const runs = told.flatMap(({ packs }) => (packs ? [packs.run] : []));
  const merged = (pick: (run: PackedRun) => PackedHistogram | undefined) =>
    mergeHistograms(runs.flatMap((run) => pick(run) ?? [])).summary();
  const stages = first.measured.latency.stages.map((_, stage) => ({
    all: merged((run) => run.stages[stage]?.all),
    clean: merged((run) => run.stages[stage]?.clean),
  }));
  return {
    startedAtMs: first.measured.startedAtMs,
    totals: addTotals(told.map(({ measured }) => measured.totals)),
    latency: {
      whole: merged((run) => run.whole),
      clean: merged((run) => run.clean),
      service: merged((run) => run.service),
      stages,
    },
    errorSamples: Object.assign({}, ...told.map(({ measured }) => measured.errorSamples).reverse()),
  };
}

function mergeHistograms(packs: readonly PackedHistogram[]): LatencyHistogram {
  const histogram = createHistogram();
  for (const pack of packs) histogram.unpack(pack);
  return histogram;
}

function addTotals(totals: readonly LoadRunTotals[]): LoadRunTotals {
  const sum = (key: Exclude<keyof LoadRunTotals, "byKind">) => totals.reduce((all, each) => all + each[key], 0);
  return {
    planned: sum("planned"),
    asked: sum("asked"),
    sent: sum("sent"),
    sentInTime: sum("sentInTime"),
    done: sum("done"),
    ok: sum("ok"),
    byKind: addErrors(totals.map(({ byKind }) => byKind)),
    abandoned: sum("abandoned"),
    seconds: Math.max(...totals.map(({ seconds }) => seconds)),
  };
}

function addErrors(counts: readonly LoadErrorCounts[]): LoadErrorCounts {
  const sum = noErrors();
  for (const count of counts) for (const kind of loadErrorKinds) sum[kind] += count[kind];
  return sum;
}
