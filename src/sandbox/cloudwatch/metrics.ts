import {
  type Datapoint,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  InvalidNextToken,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  ListMetricsCommand,
  PutMetricDataCommand,
  type StandardUnit,
} from "@aws-sdk/client-cloudwatch";
import type { MetricStore } from "../engine/metricStore.ts";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { answerMetricData } from "./metricData.ts";
import { assertDatum, putDatum } from "./metricDatum.ts";
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
      // All or nothing: the second datum may be wrong.
      input.MetricData?.forEach(assertDatum);
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
      if (!input.Statistics?.length && !input.ExtendedStatistics?.length)
        throw new InvalidParameterCombinationException({
          ...META,
          message: "Must specify either Statistics or ExtendedStatistics",
        });
      if (from >= to)
        throw new InvalidParameterValueException({
          ...META,
          message: "The parameter StartTime must be less than the parameter EndTime.",
        });
      if ((to - from) / periodMs > 1440)
        throw new InvalidParameterCombinationException({
          ...META,
          message: `You have requested up to ${Math.ceil((to - from) / periodMs)} datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
        });
      const id = metricId(input);
      const store = storeOf(ctx.region);
      return {
        Label: input.MetricName,
        // Each unit has points of its own.
        Datapoints: (input.Unit === undefined ? store.unitsOf(id) : [input.Unit])
          .flatMap((unit) => store.read(id, from, to, periodMs, unit).map((period) => ({ unit, ...period })))
          .map(({ unit, startMs, distribution }): Datapoint => {
            const point: Datapoint = { Timestamp: new Date(startMs), Unit: unit as StandardUnit };
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
      () => new InvalidNextToken({ ...META, message: "Request parameter NextToken is invalid" }),
    );
    return { Metrics: page.items, NextToken: page.nextToken };
  });
}
