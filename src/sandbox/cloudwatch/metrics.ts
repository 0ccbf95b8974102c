import {
  type Datapoint,
  type Dimension,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  InvalidNextToken,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  ListMetricsCommand,
  type MetricDataQuery,
  type MetricDataResult,
  type MetricDatum,
  PutMetricDataCommand,
  type StandardUnit,
} from "@aws-sdk/client-cloudwatch";
import type { MetricId, MetricStore } from "../engine/metricStore.ts";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";

/** Limits of GetMetricData (CloudWatch API reference). */
const MAX_QUERIES = 500;
const MAX_POINTS = 100_800;
const LIST_PAGE = 500;
const META = { $metadata: {} };

const dimensionsOf = (list: Dimension[] | undefined) =>
  Object.fromEntries((list ?? []).map((d) => [d.Name ?? "", d.Value ?? ""]));

function metricId(m: { Namespace?: string; MetricName?: string; Dimensions?: Dimension[] }): MetricId {
  return { namespace: m.Namespace ?? "", name: m.MetricName ?? "", dimensions: dimensionsOf(m.Dimensions) };
}

/** Registers PutMetricData, GetMetricData, GetMetricStatistics and ListMetrics. */
export function registerMetrics(
  service: ServiceBuilder,
  world: World,
  storeOf: (region: string) => MetricStore,
): ServiceBuilder {
  return service
    .on(PutMetricDataCommand)((input, ctx) => {
      const namespace = input.Namespace ?? "";
      if (namespace.startsWith("AWS/"))
        throw new InvalidParameterValueException({
          ...META,
          message: `The value ${namespace} for parameter Namespace is invalid.`,
        });
      const store = storeOf(ctx.region);
      for (const datum of input.MetricData ?? []) putDatum(store, namespace, datum, world.clock.now());
      return {};
    })
    .on(GetMetricDataCommand)((input, ctx) => {
      const queries = input.MetricDataQueries ?? [];
      assertQueries(queries);
      const from = input.StartTime?.getTime() ?? 0;
      const to = input.EndTime?.getTime() ?? 0;
      if (from >= to)
        throw new WireError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.");
      const store = storeOf(ctx.region);
      const results = queries
        .filter((q) => q.ReturnData !== false)
        .map((q) => answerQuery(store, q, from, to, input.ScanBy !== "TimestampAscending"));
      return { MetricDataResults: limitPoints(results, input.MaxDatapoints ?? MAX_POINTS), Messages: [] };
    })
    .on(GetMetricStatisticsCommand)((input, ctx) => {
      const periodMs = (input.Period ?? 60) * 1000;
      const from = input.StartTime?.getTime() ?? 0;
      const to = input.EndTime?.getTime() ?? 0;
      if (from >= to)
        throw new InvalidParameterCombinationException({
          ...META,
          message: "The parameter StartTime must be less than the parameter EndTime.",
        });
      if ((to - from) / periodMs > 1440)
        throw new InvalidParameterCombinationException({
          ...META,
          message: `You have requested up to ${Math.ceil((to - from) / periodMs)} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
        });
      const id = metricId(input);
      const store = storeOf(ctx.region);
      return {
        Label: input.MetricName,
        Datapoints: store.read(id, from, to, periodMs).map(({ startMs, distribution }): Datapoint => {
          const point: Datapoint = { Timestamp: new Date(startMs), Unit: (store.unitOf(id) ?? "None") as StandardUnit };
          for (const s of input.Statistics ?? []) point[s] = distribution.statistic(s);
          for (const s of input.ExtendedStatistics ?? []) {
            point.ExtendedStatistics ??= {};
            point.ExtendedStatistics[s] = distribution.statistic(s) ?? Number.NaN;
          }
          return point;
        }),
      };
    })
    .on(ListMetricsCommand)((input, ctx) => {
    const recentMs = input.RecentlyActive === "PT3H" ? world.clock.now() - 3 * 3_600_000 : 0;
    const found = storeOf(ctx.region)
      .list()
      .filter(
        ({ id, lastMs }) =>
          lastMs >= recentMs &&
          (!input.Namespace || id.namespace === input.Namespace) &&
          (!input.MetricName || id.name === input.MetricName) &&
          (input.Dimensions ?? []).every(
            (d) => id.dimensions[d.Name ?? ""] !== undefined && (!d.Value || id.dimensions[d.Name ?? ""] === d.Value),
          ),
      )
      .map(({ id }) => ({
        Namespace: id.namespace,
        MetricName: id.name,
        Dimensions: Object.entries(id.dimensions).map(([Name, Value]) => ({ Name, Value })),
      }));
    const page = pageOf(
      found,
      LIST_PAGE,
      input.NextToken,
      () => new InvalidNextToken({ ...META, message: "The value of NextToken is invalid." }),
    );
    return { Metrics: page.items, NextToken: page.nextToken };
  });
}

function putDatum(store: MetricStore, namespace: string, datum: MetricDatum, now: number): void {
  const id: MetricId = { namespace, name: datum.MetricName ?? "", dimensions: dimensionsOf(datum.Dimensions) };
  const at = datum.Timestamp?.getTime() ?? now;
  if (datum.StatisticValues) {
    const { SampleCount = 0, Sum = 0, Minimum = 0, Maximum = 0 } = datum.StatisticValues;
    store.recordStatisticSet(id, { count: SampleCount, sum: Sum, min: Minimum, max: Maximum }, datum.Unit, at);
  } else if (datum.Values?.length)
    datum.Values.forEach((v, i) => {
      store.record(id, v, datum.Unit, at, datum.Counts?.[i] ?? 1);
    });
  else if (datum.Value !== undefined) store.record(id, datum.Value, datum.Unit, at);
  else
    throw new InvalidParameterValueException({
      ...META,
      message: "At least one of the parameters MetricData.member.1.Value, StatisticValues or Values must be specified.",
    });
}

function assertQueries(queries: MetricDataQuery[]): void {
  if (queries.length > MAX_QUERIES)
    throw new WireError(
      "ValidationError",
      `The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`,
    );
  const ids = new Set<string>();
  for (const q of queries) {
    if (!/^[a-z]\w*$/.test(q.Id ?? ""))
      throw new WireError(
        "ValidationError",
        `The value ${q.Id} for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      );
    if (ids.has(q.Id ?? ""))
      throw new WireError("ValidationError", `The values for parameter Id in MetricDataQueries are not unique.`);
    ids.add(q.Id ?? "");
    if (!q.MetricStat)
      throw new WireError(
        "ValidationError",
        `The sandbox does not evaluate metric math (Expression of query ${q.Id}) yet.`,
      );
  }
}

function answerQuery(
  store: MetricStore,
  q: MetricDataQuery,
  from: number,
  to: number,
  newestFirst: boolean,
): MetricDataResult {
  const id = metricId(q.MetricStat?.Metric ?? {});
  const stat = q.MetricStat?.Stat ?? "Average";
  const periods = store.read(id, from, to, (q.MetricStat?.Period ?? 60) * 1000);
  if (newestFirst) periods.reverse();
  return {
    Id: q.Id,
    Label: q.Label ?? id.name,
    Timestamps: periods.map((p) => new Date(p.startMs)),
    Values: periods.map((p) => {
      const v = p.distribution.statistic(stat);
      if (v === undefined)
        throw new WireError(
          "ValidationError",
          `The value ${stat} for parameter MetricDataQueries.member.MetricStat.Stat is not supported.`,
        );
      return v;
    }),
    StatusCode: "Complete",
  };
}

function limitPoints(results: MetricDataResult[], most: number): MetricDataResult[] {
  let left = most;
  return results.map((r) => {
    const n = r.Timestamps?.length ?? 0;
    const kept = Math.min(n, left);
    left -= kept;
    return kept === n
      ? r
      : { ...r, Timestamps: r.Timestamps?.slice(0, kept), Values: r.Values?.slice(0, kept), StatusCode: "PartialData" };
  });
}
