import {
  DeleteMetricFilterCommand,
  DeleteSubscriptionFilterCommand,
  PutMetricFilterCommand,
  PutSubscriptionFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, type ResourceHandler, unlessMissing } from "./handler.ts";
import { optionalText, text, toInput } from "./properties.ts";

type Put = (FilterName: string, properties: ValueMap, ctx: ResourceContext) => Promise<unknown>;
type Delete = (filter: { logGroupName: string; filterName: string }, ctx: ResourceContext) => Promise<unknown>;

/** AWS::Logs::MetricFilter and SubscriptionFilter; Ref of each is its name. */
export const logFilterHandlers: HandlerTable = {
  "AWS::Logs::MetricFilter": filterHandler(
    (FilterName, properties, ctx) =>
      ctx.call(PutMetricFilterCommand, toInput(PutMetricFilterCommand, { ...properties, FilterName })),
    (filter, ctx) => ctx.call(DeleteMetricFilterCommand, filter),
  ),
  "AWS::Logs::SubscriptionFilter": filterHandler(
    (FilterName, properties, ctx) =>
      ctx.call(PutSubscriptionFilterCommand, toInput(PutSubscriptionFilterCommand, { ...properties, FilterName })),
    (filter, ctx) => ctx.call(DeleteSubscriptionFilterCommand, filter),
  ),
};

function filterHandler(put: Put, remove: Delete): ResourceHandler {
  return {
    attributes: [],
    replaceOn: ["FilterName", "LogGroupName"],
    async create(properties, ctx) {
      const FilterName = optionalText(properties, "FilterName") ?? ctx.generatedName(512);
      await put(FilterName, properties, ctx);
      return { id: FilterName, attributes: {} };
    },
    async update(FilterName, properties, _previous, ctx) {
      await put(FilterName, properties, ctx);
      return undefined;
    },
    async remove(filterName, properties, ctx) {
      const logGroupName = text(properties, "LogGroupName");
      await unlessMissing(remove({ logGroupName, filterName }, ctx), isNotFound);
    },
  };
}
