import {
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DeregisterScalableTargetCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  type ScalableDimension,
  type ServiceNamespace,
} from "@aws-sdk/client-application-auto-scaling";
import { DeleteAlarmsCommand, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import {
  AssociateKmsKeyCommand,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DisassociateKmsKeyCommand,
  PutRetentionPolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, type ResourceContext, unlessMissing } from "./handler.ts";
import { maps, only, optionalText, PropertyError, text, toInput, without } from "./properties.ts";

interface TargetKey {
  ResourceId: string;
  ScalableDimension: ScalableDimension;
  ServiceNamespace: ServiceNamespace;
}

/** Parts of a scalable target's physical id, `RESOURCE|DIMENSION|NAMESPACE`. */
export function targetKey(id: string): TargetKey {
  const [ResourceId = "", dimension = "", namespace = ""] = id.split("|");
  return {
    ResourceId,
    ScalableDimension: dimension as ScalableDimension,
    ServiceNamespace: namespace as ServiceNamespace,
  };
}

/** A policy names its target by ScalingTargetId, or by the three parts. */
function policyTarget(properties: ValueMap): TargetKey {
  const id = optionalText(properties, "ScalingTargetId");
  if (id !== undefined) return targetKey(id);
  return targetKey(
    ["ResourceId", "ScalableDimension", "ServiceNamespace"].map((name) => text(properties, name)).join("|"),
  );
}

async function register(properties: ValueMap, ctx: ResourceContext): Promise<void> {
  const own = without(properties, "ScheduledActions");
  await ctx.call(RegisterScalableTargetCommand, toInput(RegisterScalableTargetCommand, own));
}

/** The target's scheduled actions are part of it; those that the template has no more go. */
async function putScheduledActions(
  id: string,
  properties: ValueMap,
  previous: ValueMap,
  ctx: ResourceContext,
): Promise<void> {
  const wanted = maps(properties, "ScheduledActions");
  const names = wanted.map((action) => text(action, "ScheduledActionName"));
  for (const action of wanted)
    await ctx.call(PutScheduledActionCommand, toInput(PutScheduledActionCommand, { ...action, ...targetKey(id) }));
  for (const action of maps(previous, "ScheduledActions")) {
    const ScheduledActionName = text(action, "ScheduledActionName");
    if (!names.includes(ScheduledActionName))
      await unlessMissing(
        ctx.call(DeleteScheduledActionCommand, { ...targetKey(id), ScheduledActionName }),
        isNotFound,
      );
  }
}

async function putPolicy(properties: ValueMap, ctx: ResourceContext): Promise<string> {
  const own = without(properties, "ScalingTargetId");
  const input = toInput(PutScalingPolicyCommand, { ...own, ...policyTarget(properties) });
  return (await ctx.call(PutScalingPolicyCommand, input)).PolicyARN!;
}

async function putAlarm(AlarmName: string, properties: ValueMap, ctx: ResourceContext): Promise<string> {
  const input = toInput(PutMetricAlarmCommand, {
    ...properties,
    AlarmName,
    Tags: ctx.tags(properties),
  });
  await ctx.call(PutMetricAlarmCommand, input);
  return `arn:aws:cloudwatch:${ctx.region}:${ctx.accountId}:alarm:${AlarmName}`;
}

/** AWS::ApplicationAutoScaling::*, AWS::CloudWatch::Alarm and AWS::Logs::LogGroup. */
export const scalingHandlers: HandlerTable = {
  "AWS::ApplicationAutoScaling::ScalableTarget": {
    attributes: ["Id"],
    replaceOn: ["ResourceId", "ScalableDimension", "ServiceNamespace"],
    async create(properties, ctx) {
      const id = ["ResourceId", "ScalableDimension", "ServiceNamespace"]
        .map((name) => text(properties, name))
        .join("|");
      await register(properties, ctx);
      ctx.exists(id);
      await putScheduledActions(id, properties, {}, ctx);
      return { id, attributes: { Id: id } };
    },
    async update(id, properties, previous, ctx) {
      await register(properties, ctx);
      await putScheduledActions(id, properties, previous, ctx);
      return undefined;
    },
    async remove(id, _properties, ctx) {
      // Deleting an endpoint deregisters its targets silently, so this one may be gone.
      await unlessMissing(ctx.call(DeregisterScalableTargetCommand, targetKey(id)), isNotFound);
    },
  },

  "AWS::ApplicationAutoScaling::ScalingPolicy": {
    attributes: ["Arn"],
    replaceOn: ["PolicyName", "ScalingTargetId", "ResourceId", "ScalableDimension", "ServiceNamespace"],
    async create(properties, ctx) {
      const id = await putPolicy(properties, ctx);
      return { id, attributes: { Arn: id } };
    },
    async update(_id, properties, _previous, ctx) {
      return { Arn: await putPolicy(properties, ctx) };
    },
    async remove(_id, properties, ctx) {
      const input = { ...policyTarget(properties), PolicyName: text(properties, "PolicyName") };
      await unlessMissing(ctx.call(DeleteScalingPolicyCommand, input), isNotFound);
    },
  },

  "AWS::CloudWatch::Alarm": {
    attributes: ["Arn"],
    replaceOn: ["AlarmName"],
    async create(properties, ctx) {
      const id = optionalText(properties, "AlarmName") ?? ctx.generatedName(255);
      return { id, attributes: { Arn: await putAlarm(id, properties, ctx) } };
    },
    async update(id, properties, _previous, ctx) {
      return { Arn: await putAlarm(id, properties, ctx) };
    },
    async remove(id, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteAlarmsCommand, { AlarmNames: [id] }), isNotFound);
    },
  },

  "AWS::Logs::LogGroup": {
    attributes: ["Arn"],
    replaceOn: ["LogGroupName"],
    async create(properties, ctx) {
      const logGroupName = optionalText(properties, "LogGroupName") ?? ctx.generatedName(512);
      const own = without(properties, "RetentionInDays");
      await ctx.call(
        CreateLogGroupCommand,
        toInput(CreateLogGroupCommand, {
          ...own,
          LogGroupName: logGroupName,
          Tags: ctx.tags(properties),
        }),
      );
      ctx.exists(logGroupName);
      if (properties.RetentionInDays !== undefined)
        await ctx.call(
          PutRetentionPolicyCommand,
          toInput(PutRetentionPolicyCommand, { ...only(properties, "RetentionInDays"), LogGroupName: logGroupName }),
        );
      return {
        id: logGroupName,
        attributes: { Arn: `arn:aws:logs:${ctx.region}:${ctx.accountId}:log-group:${logGroupName}:*` },
      };
    },
    async update(logGroupName, properties, previous, ctx) {
      const extraneous = Object.keys(
        without(properties, "LogGroupName", "RetentionInDays", "Tags", "KmsKeyId", "LogGroupClass"),
      )[0];
      if (extraneous) throw new PropertyError(`#: extraneous key [${extraneous}] is not permitted`);
      if (properties.RetentionInDays === undefined) await ctx.call(DeleteRetentionPolicyCommand, { logGroupName });
      else
        await ctx.call(
          PutRetentionPolicyCommand,
          toInput(PutRetentionPolicyCommand, { ...only(properties, "RetentionInDays"), LogGroupName: logGroupName }),
        );
      const kmsKeyId = optionalText(properties, "KmsKeyId");
      if (kmsKeyId !== undefined) await ctx.call(AssociateKmsKeyCommand, { logGroupName, kmsKeyId });
      else if (previous.KmsKeyId !== undefined) await ctx.call(DisassociateKmsKeyCommand, { logGroupName });
      return undefined;
    },
    async remove(logGroupName, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteLogGroupCommand, { logGroupName }), isNotFound);
    },
  },
};
