import {
  DescribeMetricFiltersCommand,
  DescribeResourcePoliciesCommand,
  DescribeSubscriptionFiltersCommand,
  OperationAbortedException,
  PutMetricFilterCommand,
  PutSubscriptionFilterCommand,
  TestMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { readFilterPattern } from "./filterPattern.ts";
import type { LogsState } from "./logs.ts";

/** Filters: patterns can be tried; subscriptions and metrics from logs are refused, their lists are empty. */
export function addFilterOperations(service: ServiceBuilder, { groupOf }: LogsState): void {
  const refused = (what: string, way: string) =>
    new OperationAbortedException({ message: `This sandbox has no ${what}. ${way}`, $metadata: {} });
  service
    .on(TestMetricFilterCommand)((input) => {
      const matches = readFilterPattern(input.filterPattern);
      return {
        matches: (input.logEventMessages ?? []).flatMap((eventMessage, index) =>
          matches(eventMessage) ? [{ eventNumber: index + 1, eventMessage, extractedValues: {} }] : [],
        ),
      };
    })
    .on(DescribeMetricFiltersCommand)((input, ctx) => {
      if (input.logGroupName !== undefined) groupOf(ctx.region, input.logGroupName);
      return { metricFilters: [] };
    })
    .on(DescribeSubscriptionFiltersCommand)((input, ctx) => {
      groupOf(ctx.region, input.logGroupName);
      return { subscriptionFilters: [] };
    })
    .on(DescribeResourcePoliciesCommand)(() => ({ resourcePolicies: [] }))
    .on(PutSubscriptionFilterCommand)((input, ctx) => {
      groupOf(ctx.region, input.logGroupName);
      throw refused("subscription filters", "Read the events with FilterLogEvents.");
    })
    .on(PutMetricFilterCommand)((input, ctx) => {
    groupOf(ctx.region, input.logGroupName);
    throw refused("metric filters", "Write the metric with PutMetricData.");
  });
}
