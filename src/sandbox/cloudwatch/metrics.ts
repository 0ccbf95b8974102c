import {
  type Datapoint,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  InvalidNextToken,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  ListMetricsCommand,
  type MetricDatum,
  PutMetricDataCommand,
  type StandardUnit,
} from "@aws-sdk/client-cloudwatch";
import type { MetricStore } from "../engine/metricStore.ts";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { answerMetricData } from "./metricData.ts";
import { metricId } from "./metricIds.ts";

const LIST_PAGE = 500;
const META = { $metadata: {} };

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
    .on(GetMetricDataCommand)((input, ctx) => ({
      ...answerMetricData(storeOf(ctx.region), input),
      Messages: [],
    }))
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
  const id = metricId({ Namespace: namespace, MetricName: datum.MetricName, Dimensions: datum.Dimensions });
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
