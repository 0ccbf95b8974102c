import { randomUUID } from "node:crypto";
import { DeleteDashboardsCommand, PutDashboardCommand } from "@aws-sdk/client-cloudwatch";
import { CreateLogStreamCommand, DeleteLogStreamCommand } from "@aws-sdk/client-cloudwatch-logs";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { document, optionalText, text } from "./properties.ts";

/** AWS::CloudFormation::WaitConditionHandle, AWS::CloudWatch::Dashboard and AWS::Logs::LogStream. */
export const variousHandlers: HandlerTable = {
  // Nothing listens to signals here; the handle alone is what templates use to have a harmless resource.
  "AWS::CloudFormation::WaitConditionHandle": {
    attributes: [],
    replaceOn: [],
    async create(_properties, ctx) {
      const arn = `arn:aws:cloudformation:${ctx.region}:${ctx.accountId}:stack/${ctx.stackName}/${randomUUID()}/${ctx.logicalId}`;
      const host = `cloudformation-waitcondition-${ctx.region}.s3.${ctx.region}.amazonaws.com`;
      return { id: `https://${host}/${encodeURIComponent(arn)}`, attributes: {} };
    },
    async remove() {},
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
