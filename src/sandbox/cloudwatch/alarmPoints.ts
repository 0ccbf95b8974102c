import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { Clock } from "../engine/clock.ts";
import type { MetricStore } from "../engine/metricStore.ts";
import { WireError } from "../wire/types.ts";
import { type AlarmPoint, type AlarmRecord, metricPoints, periodSeconds, realPeriodMs } from "./alarm.ts";
import { metricId } from "./metricIds.ts";
import { evaluateMath, type MathScope, type MathValue, type Series, seriesOf } from "./metricMath.ts";

/** Periods before the evaluated ones that RATE and DIFF look back to. */
const LOOK_BACK = 1;

/** The last complete periods of what an alarm watches, newest first. */
export function alarmPoints(alarm: AlarmRecord, metrics: MetricStore, clock: Clock): AlarmPoint[] {
  const { input } = alarm;
  const count = input.EvaluationPeriods ?? 1;
  const seconds = periodSeconds(input);
  if (alarm.metric) {
    const statistic = input.Statistic ?? input.ExtendedStatistic ?? "Average";
    return metricPoints(alarm.metric, statistic, seconds, count, metrics, clock, input.Unit);
  }
  const queries = input.Metrics ?? [];
  const shown = queries.find((q) => q.ReturnData !== false);
  if (!shown) return [];
  const value = new AlarmMath(queries, seconds, count + LOOK_BACK, metrics, clock).valueOf(shown);
  const window = realPeriodMs(seconds, clock);
  const end = Math.floor(clock.now() / window) * window;
  return Array.from({ length: count }, (_, i) => {
    const startMs = end - (i + 1) * window;
    return { startMs, value: typeof value === "number" ? value : seriesOf(value)[0]?.values.get(startMs) };
  });
}

/** The names in an alarm's expressions, over periods that pass as fast as the clock. */
class AlarmMath implements MathScope {
  private readonly known = new Map<string, MathValue>();

  constructor(
    private readonly queries: readonly MetricDataQuery[],
    private readonly seconds: number,
    private readonly count: number,
    private readonly metricStore: MetricStore,
    private readonly clock: Clock,
  ) {}

  valueOf(query: MetricDataQuery): MathValue {
    const id = query.Id ?? "";
    const known = this.known.get(id);
    if (known !== undefined) return known;
    // An expression that refers to itself finds no value, instead of no end.
    this.known.set(id, Number.NaN);
    const stat = query.MetricStat;
    const value = stat ? this.read(stat, id) : evaluateMath(query.Expression ?? "", this);
    this.known.set(id, value);
    return value;
  }

  byId(id: string): MathValue | undefined {
    const query = this.queries.find((q) => q.Id === id);
    return query && this.valueOf(query);
  }

  metrics(idContains: string): Series[] {
    return this.queries
      .filter((q) => q.MetricStat && (q.Id ?? "").includes(idContains))
      .flatMap((q) => seriesOf(this.valueOf(q)));
  }

  /** CloudWatch user guide, "Creating an alarm based on a metric math expression": no search expressions. */
  search(): Series[] {
    throw new WireError("ValidationError", "SEARCH is not supported on Metric Alarms.");
  }

  times(): number[] {
    const window = realPeriodMs(this.seconds, this.clock);
    const end = Math.floor(this.clock.now() / window) * window;
    return Array.from({ length: this.count }, (_, i) => end - (this.count - i) * window);
  }

  private read(stat: NonNullable<MetricDataQuery["MetricStat"]>, label: string): Series {
    const { metricStore, clock, seconds, count } = this;
    const points = metricPoints(
      metricId(stat.Metric ?? {}),
      stat.Stat ?? "Average",
      seconds,
      count,
      metricStore,
      clock,
      stat.Unit,
    );
    const values = new Map<number, number>();
    for (const { startMs, value } of points.reverse()) if (value !== undefined) values.set(startMs, value);
    return { label, periodSeconds: seconds, values };
  }
}
