import type { Clock } from "./clock.ts";
import { Distribution, type PlainDistribution } from "./distribution.ts";

/** Name and value of a metric's dimensions; their order does not matter. */
export type Dimensions = Readonly<Record<string, string>>;

/** Identity of a metric within a region. */
export interface MetricId {
  namespace: string;
  name: string;
  dimensions: Dimensions;
}

/** One aggregated period; `startMs` is its beginning, epoch ms. */
export interface MetricPeriod {
  startMs: number;
  distribution: Distribution;
}

/** What was recorded of a metric in one unit; CloudWatch keeps the units apart and converts none. */
interface Series {
  id: MetricId;
  unit?: string;
  /** Buckets by start, oldest first (Map keeps insertion order; late points may stand out of order). */
  tiers: Map<number, Distribution>[];
  lastMs: number;
  /** Buckets of the second that was recorded last: nearly every sample falls into the same one as its forerunner. */
  recent?: { second: number; buckets: Distribution[] };
}

/**
 * CloudWatch keeps points at falling resolution: under a minute for 3 hours, a minute for 15 days, 5 minutes for 63
 * days, an hour for 455 days (CloudWatch user guide, "Metrics retention").
 */
const HOUR = 3_600_000;
const TIERS = [
  { resolutionMs: 1_000, keepMs: 3 * HOUR },
  { resolutionMs: 60_000, keepMs: 15 * 24 * HOUR },
  { resolutionMs: 300_000, keepMs: 63 * 24 * HOUR },
  { resolutionMs: HOUR, keepMs: 455 * 24 * HOUR },
] as const;
const SWEEP_EVERY_MS = 60_000;
/** What a sample without a unit is in (AWS: MetricDatum, Unit). */
const NO_UNIT = "None";

interface SavedSeries extends Pick<Series, "id" | "unit" | "lastMs"> {
  tiers: Map<number, PlainDistribution>[];
}

/** The metrics of one region. */
export class MetricStore {
  /** By metric, one for each unit. */
  private readonly metrics = new Map<string, Series[]>();
  private sweptAt = 0;

  constructor(private readonly clock: Clock) {}

  /** Records `times` samples of a value at a time (epoch ms; now by default). */
  record(id: MetricId, value: number, unit?: string, atMs = this.clock.now(), times = 1): void {
    const bucket = Distribution.bucketOf(value);
    for (const d of this.bucketsAt(id, unit, atMs)) d.add(value, times, bucket);
  }

  recordStatisticSet(
    id: MetricId,
    set: { count: number; sum: number; min: number; max: number },
    unit: string | undefined,
    atMs: number,
  ): void {
    for (const d of this.bucketsAt(id, unit, atMs)) d.addStatisticSet(set.count, set.sum, set.min, set.max);
  }

  /**
   * Aggregates [fromMs, toMs) into periods aligned to the epoch; periods without a sample are absent.
   * @param periodMs at least 1,000
   * @param unit only what was recorded in it; everything when absent
   */
  read(id: MetricId, fromMs: number, toMs: number, periodMs: number, unit?: string): MetricPeriod[] {
    const age = this.clock.now() - fromMs;
    let tier = TIERS.findIndex((t) => age <= t.keepMs);
    if (tier < 0) tier = TIERS.length - 1;
    const periods = new Map<number, Distribution>();
    for (const [start, distribution] of this.seriesOf(id, unit).flatMap(({ tiers }) => [...(tiers[tier] ?? [])])) {
      if (start < fromMs || start >= toMs) continue;
      const period = Math.floor(start / periodMs) * periodMs;
      let merged = periods.get(period);
      if (!merged) {
        merged = new Distribution();
        periods.set(period, merged);
      }
      merged.merge(distribution);
    }
    return [...periods].sort(([a], [b]) => a - b).map(([startMs, distribution]) => ({ startMs, distribution }));
  }

  /** Everything in [fromMs, toMs), or what of it was recorded in one unit, as one distribution. */
  window(id: MetricId, fromMs: number, toMs: number, unit?: string): Distribution {
    const merged = new Distribution();
    const { resolutionMs } = TIERS[0];
    const first = Math.ceil(fromMs / resolutionMs) * resolutionMs;
    for (const { tiers } of this.seriesOf(id, unit))
      for (let start = first; start < toMs; start += resolutionMs) {
        const bucket = tiers[0]?.get(start);
        if (bucket) merged.merge(bucket);
      }
    return merged;
  }

  private seriesOf(id: MetricId, unit: string | undefined): Series[] {
    const all = this.metrics.get(keyOf(id)) ?? [];
    return unit === undefined ? all : all.filter((series) => (series.unit ?? NO_UNIT) === unit);
  }

  /** Metrics with their newest sample's time, for ListMetrics. */
  list(): { id: MetricId; lastMs: number }[] {
    return [...this.metrics.values()].flatMap((all) =>
      all.slice(0, 1).map(({ id }) => ({ id, lastMs: Math.max(...all.map(({ lastMs }) => lastMs)) })),
    );
  }

  /**
   * Metrics as plain data: those that clients have put, or those of AWS's namespaces, which the services record
   * themselves. There are many of the latter, so that they are kept by the minute.
   */
  save(which: "clients" | "services"): unknown {
    return [...this.metrics.values()]
      .flat()
      .filter(({ id }) => /^\/?aws\//i.test(id.namespace) === (which === "services"))
      .map(
        ({ id, unit, lastMs, tiers }): SavedSeries => ({
          id,
          unit,
          lastMs,
          tiers: tiers.map((tier, i) =>
            i === 0 && which === "services" ? new Map() : new Map([...tier].map(([start, d]) => [start, d.toPlain()])),
          ),
        }),
      );
  }

  load(saved: unknown): void {
    const oldest = this.clock.now() - TIERS[0].keepMs;
    for (const { id, unit, lastMs, tiers } of saved as SavedSeries[]) {
      const [seconds, minutes, ...rest] = tiers;
      // What was kept by the minute stands in the minute's first second, where recent readings look for it.
      const recent = seconds?.size ? seconds : [...(minutes ?? [])].filter(([start]) => start >= oldest);
      const series: Series = {
        id,
        unit,
        lastMs,
        tiers: [recent, minutes ?? [], ...rest].map(
          (tier) => new Map([...tier].map(([start, d]) => [start, Distribution.fromPlain(d)])),
        ),
      };
      this.metrics.set(keyOf(id), [...this.seriesOf(id, undefined).filter((one) => one.unit !== unit), series]);
    }
  }

  /** Units that a metric was recorded in. */
  unitsOf(id: MetricId): string[] {
    return this.seriesOf(id, undefined).map(({ unit }) => unit ?? NO_UNIT);
  }

  private bucketsAt(id: MetricId, unit: string | undefined, atMs: number): Distribution[] {
    this.sweep();
    const key = keyOf(id);
    let all = this.metrics.get(key);
    if (!all) {
      all = [];
      this.metrics.set(key, all);
    }
    let series = all.find((one) => (one.unit ?? NO_UNIT) === (unit ?? NO_UNIT));
    if (!series) {
      series = { id, unit, tiers: TIERS.map(() => new Map()), lastMs: atMs };
      all.push(series);
    }
    if (atMs > series.lastMs) series.lastMs = atMs;
    const second = Math.floor(atMs / TIERS[0].resolutionMs);
    if (series.recent?.second !== second) series.recent = { second, buckets: this.findBuckets(series, atMs) };
    return series.recent.buckets;
  }

  private findBuckets(series: Series, atMs: number): Distribution[] {
    const now = this.clock.now();
    return TIERS.flatMap(({ resolutionMs, keepMs }, i) => {
      if (now - atMs > keepMs) return [];
      const start = Math.floor(atMs / resolutionMs) * resolutionMs;
      const tier = series.tiers[i] as Map<number, Distribution>;
      let bucket = tier.get(start);
      if (!bucket) {
        bucket = new Distribution();
        tier.set(start, bucket);
      }
      return [bucket];
    });
  }

  private sweep(): void {
    const now = this.clock.now();
    if (now - this.sweptAt < SWEEP_EVERY_MS) return;
    this.sweptAt = now;
    for (const series of [...this.metrics.values()].flat()) {
      series.recent = undefined;
      series.tiers.forEach((tier, i) => {
        const oldest = now - (TIERS[i]?.keepMs ?? 0);
        for (const start of tier.keys()) if (start < oldest) tier.delete(start);
      });
    }
  }
}

/** The metrics of all regions: services record into them, CloudWatch reads them. */
export class Metrics {
  private readonly stores = new Map<string, MetricStore>();

  constructor(private readonly clock: Clock) {}

  /** Those of one region. */
  readonly of = (region: string): MetricStore => {
    let store = this.stores.get(region);
    if (!store) {
      store = new MetricStore(this.clock);
      this.stores.set(region, store);
    }
    return store;
  };

  /** What `load` takes back, by region. */
  save(which: "clients" | "services"): Map<string, unknown> {
    return new Map([...this.stores].map(([region, store]) => [region, store.save(which)]));
  }

  load(saved: ReadonlyMap<string, unknown>): void {
    for (const [region, series] of saved) this.of(region).load(series);
  }
}

const keys = new WeakMap<MetricId, string>();

/** Identity as text; cached per object, because the services record under ids that they keep. */
function keyOf(id: MetricId): string {
  let key = keys.get(id);
  if (key === undefined) {
    const dimensions = Object.entries(id.dimensions)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([n, v]) => `${n}\u0001${v}`);
    key = [id.namespace, id.name, ...dimensions].join("\u0000");
    keys.set(id, key);
  }
  return key;
}
