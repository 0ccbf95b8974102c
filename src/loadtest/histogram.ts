import * as hdr from "hdr-histogram-js";
import type { LatencySummary } from "../domain/loadRun.ts";

/** A histogram's content in a form that travels between processes: values in µs with their counts, the empty left out. */
export type PackedHistogram = { values: Float64Array; counts: Float64Array };

/** A latency histogram with three significant digits. Values go in and come out in ms; kept in µs. */
export type LatencyHistogram = {
  record(milliseconds: number): void;
  /** Adds all of the other's values. */
  add(other: LatencyHistogram): void;
  /** Adds what `pack` gave, of this process or of another. */
  unpack(packed: PackedHistogram): void;
  pack(): PackedHistogram;
  reset(): void;
  readonly count: number;
  /** Value at a percentile of 0 to 100, in ms; null when empty. */
  at(percentile: number): number | null;
  maxMs(): number | null;
  summary(): LatencySummary | null;
};

type Recording = LatencyHistogram & { readonly raw: hdr.JsHistogram };

/** An hour: longer than any timeout that a plan can have. */
const highestMicroseconds = 3_600_000_000;

/** Makes an empty histogram; it grows with what is recorded. */
export function createHistogram(): LatencyHistogram {
  // Without WebAssembly it is this class, which its type does not say.
  const raw = hdr.build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  }) as hdr.JsHistogram;
  const at = (percentile: number) => (raw.totalCount === 0 ? null : raw.getValueAtPercentile(percentile) / 1000);
  const maxMs = () => (raw.totalCount === 0 ? null : raw.maxValue / 1000);
  const histogram: Recording = {
    raw,
    record: (milliseconds) =>
      raw.recordValue(Math.min(highestMicroseconds, Math.max(1, Math.round(milliseconds * 1000)))),
    add: (other) => {
      if (other.count > 0) raw.add((other as Recording).raw);
    },
    pack() {
      const values: number[] = [];
      const counts: number[] = [];
      for (let index = 0, left = raw.totalCount; left > 0 && index < raw.countsArrayLength; index++) {
        const count = raw.getCountAtIndex(index);
        if (count === 0) continue;
        left -= count;
        values.push(raw.valueFromIndex(index));
        counts.push(count);
      }
      return { values: Float64Array.from(values), counts: Float64Array.from(counts) };
    },
    unpack({ values, counts }) {
      for (const [index, value] of values.entries()) raw.recordValueWithCount(Math.max(1, value), counts[index] ?? 0);
    },
    reset: () => raw.reset(),
    get count() {
      return raw.totalCount;
    },
    at,
    maxMs,
    summary: () =>
      raw.totalCount === 0
        ? null
        : {
            count: raw.totalCount,
            p50Ms: at(50) ?? 0,
            p90Ms: at(90) ?? 0,
            p95Ms: at(95) ?? 0,
            p99Ms: at(99) ?? 0,
            p999Ms: at(99.9) ?? 0,
            maxMs: maxMs() ?? 0,
          },
  };
  return histogram;
}
