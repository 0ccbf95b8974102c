import {
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  PutCompositeAlarmCommand,
  PutDashboardCommand,
} from "@aws-sdk/client-cloudwatch";
import { CreateLogStreamCommand, DeleteLogStreamCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { document, optionalText, text, toInput } from "./properties.ts";

/** AWS::CloudWatch::CompositeAlarm, AWS::CloudWatch::Dashboard and AWS::Logs::LogStream. */
export const variousHandlers: HandlerTable = {
  "AWS::CloudWatch::CompositeAlarm": {
    attributes: ["Arn"],
    replaceOn: ["AlarmName"],
    async create(properties, ctx) {
      const AlarmName = optionalText(properties, "AlarmName") ?? ctx.generatedName(255);
      return { id: AlarmName, attributes: { Arn: await putComposite(AlarmName, properties, ctx) } };
    },
    async update(AlarmName, properties, _previous, ctx) {
      return { Arn: await putComposite(AlarmName, properties, ctx) };
    },
    async remove(name, _properties, ctx) {
      await ctx.call(DeleteAlarmsCommand, { AlarmNames: [name] });
    },
  },

  "AWS::CloudWatch::Dashboard": {
    attributes: [],
    replaceOn: ["DashboardName"],
    async create(properties, ctx) {
      const DashboardName = optionalText(properties, "DashboardName") ?? ctx.generatedName(255);
      await ctx.call(PutDashboardCommand, { DashboardName, DashboardBody: document(properties, "DashboardBody") });
      return { id: DashboardName, attributes: {} };
    },
    async update(DashboardName, properties, _previous, ctx) {
      await ctx.call(PutDashboardCommand, { DashboardName, DashboardBody: document(properties, "DashboardBody") });
      return undefined;
    },
    async remove(name, _properties, ctx) {
      await unlessMissing(
        ctx.call(DeleteDashboardsCommand, { DashboardNames: [name] }),
        (error) => isNotFound(error) || /^DashboardNotFound/.test(error.name),
      );
    },
  },

  "AWS::Logs::LogStream": {
    attributes: [],
    replaceOn: [],
    async create(properties, ctx) {
      const logStreamName = optionalText(properties, "LogStreamName") ?? ctx.generatedName(512);
      await ctx.call(CreateLogStreamCommand, { logGroupName: text(properties, "LogGroupName"), logStreamName });
      return { id: logStreamName, attributes: {} };
    },
    async remove(logStreamName, properties, ctx) {
      const logGroupName = text(properties, "LogGroupName");
      await unlessMissing(ctx.call(DeleteLogStreamCommand, { logGroupName, logStreamName }), isNotFound);
    },
  },
};

async function putComposite(AlarmName: string, properties: ValueMap, ctx: ResourceContext): Promise<string> {
  const input = toInput(PutCompositeAlarmCommand, { ...properties, AlarmName, Tags: ctx.tags(properties) });
  await ctx.call(PutCompositeAlarmCommand, input);
  return `arn:aws:cloudwatch:${ctx.region}:${ctx.accountId}:alarm:${AlarmName}`;
}
