import {
  DeleteMetricFilterCommand,
  DescribeMetricFiltersCommand,
  InvalidParameterException,
  LimitExceededException,
  type MetricTransformation,
  PutMetricFilterCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { readFilterPattern } from "./filterPattern.ts";
import type { LogsState } from "./logs.ts";

/** Filters of one group (AWS: CloudWatch Logs quotas). */
const MAX_FILTERS = 100;
const MAX_DIMENSIONS = 3;

/** PutMetricFilter, DescribeMetricFilters, DeleteMetricFilter: metrics out of the events that come from then on. */
export function addMetricFilterOperations(service: ServiceBuilder, { world, store, groupOf }: LogsState): void {
  service
    .on(PutMetricFilterCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      const pattern = input.filterPattern ?? "";
      readFilterPattern(pattern);
      const transformations = input.metricTransformations ?? [];
      for (const transformation of transformations) check(transformation);
      group.metricFilters ??= new Map();
      const name = input.filterName!;
      if (!group.metricFilters.has(name) && group.metricFilters.size >= MAX_FILTERS)
        throw new LimitExceededException({ message: "Resource limit exceeded.", $metadata: {} });
      const createdAt = world.clock.now();
      group.metricFilters.set(name, { name, pattern, transformations, createdAt });
      return {};
    })
    .on(DescribeMetricFiltersCommand)((input, ctx) => {
      if ((input.metricName === undefined) !== (input.metricNamespace === undefined))
        throw invalid("metricName and metricNamespace must be specified together.");
      const groups =
        input.logGroupName === undefined
          ? [...store.groups(ctx.region).values()]
          : [groupOf(ctx.region, input.logGroupName)];
      const filters = groups
        .flatMap((group) => [...(group.metricFilters?.values() ?? [])].map((filter) => ({ group, filter })))
        .filter(({ filter }) => filter.name.startsWith(input.filterNamePrefix ?? ""))
        .filter(
          ({ filter }) =>
            input.metricName === undefined ||
            filter.transformations.some(
              (one) => one.metricName === input.metricName && one.metricNamespace === input.metricNamespace,
            ),
        )
        .sort((a, b) => (a.filter.name < b.filter.name ? -1 : 1));
      const { items, nextToken } = pageOf(filters, input.limit ?? 50, input.nextToken, () =>
        invalid("The specified nextToken is invalid."),
      );
      return {
        metricFilters: items.map(({ group, filter }) => ({
          filterName: filter.name,
          filterPattern: filter.pattern,
          metricTransformations: filter.transformations,
          creationTime: filter.createdAt,
          logGroupName: group.name,
          applyOnTransformedLogs: false,
        })),
        nextToken,
      };
    })
    .on(DeleteMetricFilterCommand)((input, ctx) => {
    if (!groupOf(ctx.region, input.logGroupName).metricFilters?.delete(input.filterName!))
      throw new ResourceNotFoundException({ message: "The specified metric filter does not exist.", $metadata: {} });
    return {};
  });
}

const invalid = (message: string) => new InvalidParameterException({ message, $metadata: {} });

/** @throws InvalidParameterException */
function check({ metricValue, dimensions, defaultValue }: MetricTransformation): void {
  if (!metricValue?.startsWith("$") && !Number.isFinite(Number(metricValue || "x")))
    throw invalid(`Invalid metric transformation: metricValue must be a number or a selector, not '${metricValue}'`);
  const selectors = Object.values(dimensions ?? {});
  if (selectors.length > MAX_DIMENSIONS)
    throw invalid(`Invalid metric transformation: at most ${MAX_DIMENSIONS} dimensions may be specified`);
  if (selectors.length && defaultValue !== undefined)
    throw invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.");
  if (selectors.some((selector) => !selector.startsWith("$")))
    throw invalid("Invalid metric transformation: dimension value must be valid selector");
}
