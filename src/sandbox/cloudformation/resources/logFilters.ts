import {
  DeleteMetricFilterCommand,
  DeleteSubscriptionFilterCommand,
  PutMetricFilterCommand,
  PutSubscriptionFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { optionalText, text, toInput } from "./properties.ts";

/** AWS::Logs::MetricFilter and SubscriptionFilter; Ref of each is its name. */
export const logFilterHandlers: HandlerTable = {
  "AWS::Logs::MetricFilter": {
    attributes: [],
    replaceOn: ["FilterName", "LogGroupName"],
    async create(properties, ctx) {
      const FilterName = optionalText(properties, "FilterName") ?? ctx.generatedName(512);
      await putMetricFilter(FilterName, properties, ctx);
      return { id: FilterName, attributes: {} };
    },
    async update(FilterName, properties, _previous, ctx) {
      await putMetricFilter(FilterName, properties, ctx);
      return undefined;
    },
    async remove(filterName, properties, ctx) {
      const logGroupName = text(properties, "LogGroupName");
      await unlessMissing(ctx.call(DeleteMetricFilterCommand, { logGroupName, filterName }), isNotFound);
    },
  },

  "AWS::Logs::SubscriptionFilter": {
    attributes: [],
    replaceOn: ["FilterName", "LogGroupName"],
    async create(properties, ctx) {
      const FilterName = optionalText(properties, "FilterName") ?? ctx.generatedName(512);
      await putSubscription(FilterName, properties, ctx);
      return { id: FilterName, attributes: {} };
    },
    async update(FilterName, properties, _previous, ctx) {
      await putSubscription(FilterName, properties, ctx);
      return undefined;
    },
    async remove(filterName, properties, ctx) {
      const logGroupName = text(properties, "LogGroupName");
      await unlessMissing(ctx.call(DeleteSubscriptionFilterCommand, { logGroupName, filterName }), isNotFound);
    },
  },
};

async function putMetricFilter(FilterName: string, properties: ValueMap, ctx: ResourceContext): Promise<void> {
  await ctx.call(PutMetricFilterCommand, toInput(PutMetricFilterCommand, { ...properties, FilterName }));
}

async function putSubscription(FilterName: string, properties: ValueMap, ctx: ResourceContext): Promise<void> {
  await ctx.call(PutSubscriptionFilterCommand, toInput(PutSubscriptionFilterCommand, { ...properties, FilterName }));
}
