import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  type DescribeAlarmsInput,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  InvalidFormatFault,
  InvalidNextToken,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  ResourceNotFound,
  ResourceNotFoundException,
  SetAlarmStateCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import { describeAlarm } from "./alarm.ts";
import type { Alarms, AnyAlarm, RegionAlarms } from "./alarms.ts";
import { describeComposite, names } from "./compositeAlarm.ts";

const META = { $metadata: {} };

const pageOrRefuse = <T>(all: readonly T[], size: number | undefined, token: string | undefined) =>
  pageOf(
    all,
    size ?? 50,
    token,
    () => new InvalidNextToken({ ...META, message: "Request parameter NextToken is invalid" }),
  );

/** Registers what clients do with alarms of both kinds. */
export function registerAlarms(service: ServiceBuilder, alarms: Alarms): ServiceBuilder {
  const setActions = (ctx: CallContext, wanted: string[] | undefined, enabled: boolean) => {
    for (const name of wanted ?? []) {
      const alarm = alarms.find(ctx.region, name);
      if (alarm) alarm.actionsEnabled = enabled;
    }
    return {};
  };
  const all = (ctx: CallContext): AnyAlarm[] => {
    const state = alarms.of(ctx.region);
    return [...state.alarms.values(), ...state.composites.values()];
  };

  service
    .on(PutMetricAlarmCommand)((input, ctx) => {
      alarms.putMetric(input, ctx.region);
      return {};
    })
    .on(PutCompositeAlarmCommand)((input, ctx) => {
      alarms.putComposite(input, ctx.region);
      return {};
    })
    .on(DescribeAlarmsCommand)((input, ctx) => {
      // Composite alarms only come when they are asked for (CloudWatch API reference, DescribeAlarms, AlarmTypes).
      const types = input.AlarmTypes ?? ["MetricAlarm"];
      const found = all(ctx)
        .filter((a) => types.includes("rule" in a ? "CompositeAlarm" : "MetricAlarm"))
        .filter((a) => isAskedFor(a, input, alarms.of(ctx.region)))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = pageOrRefuse(found, input.MaxRecords, input.NextToken);
      return {
        MetricAlarms: page.items.flatMap((a) => ("rule" in a ? [] : [describeAlarm(a)])),
        CompositeAlarms: page.items.flatMap((a) => ("rule" in a ? [describeComposite(a)] : [])),
        NextToken: page.nextToken,
      };
    })
    .on(DescribeAlarmsForMetricCommand)((input, ctx) => {
      const dimensions = dimensionText(input.Dimensions);
      return {
        MetricAlarms: [...alarms.of(ctx.region).alarms.values()]
          .filter(
            ({ metric, input: own }) =>
              metric?.namespace === input.Namespace &&
              metric?.name === input.MetricName &&
              dimensionText(own.Dimensions) === dimensions &&
              (!input.Statistic || own.Statistic === input.Statistic) &&
              (!input.ExtendedStatistic || own.ExtendedStatistic === input.ExtendedStatistic) &&
              (!input.Period || own.Period === input.Period) &&
              (!input.Unit || own.Unit === input.Unit),
          )
          .map(describeAlarm),
      };
    })
    .on(DescribeAlarmHistoryCommand)((input, ctx) => {
      const items = alarms
        .of(ctx.region)
        .history.items.filter(
          (h) =>
            (!input.AlarmName || h.AlarmName === input.AlarmName) &&
            (!input.AlarmTypes?.length || input.AlarmTypes.includes(h.AlarmType ?? "MetricAlarm")) &&
            (!input.HistoryItemType || h.HistoryItemType === input.HistoryItemType) &&
            (!input.StartDate || (h.Timestamp ?? 0) >= input.StartDate) &&
            (!input.EndDate || (h.Timestamp ?? 0) < input.EndDate),
        );
      const ordered = input.ScanBy === "TimestampAscending" ? items : [...items].reverse();
      const page = pageOrRefuse(ordered, input.MaxRecords, input.NextToken);
      return { AlarmHistoryItems: page.items, NextToken: page.nextToken };
    })
    .on(SetAlarmStateCommand)((input, ctx) => {
      const alarm = alarms.find(ctx.region, input.AlarmName ?? "");
      // CloudWatch answers without a text.
      if (!alarm) throw new ResourceNotFound({ ...META, message: "" });
      assertJson(input.StateReasonData);
      alarms.change(alarm, input.StateValue ?? "OK", input.StateReason ?? "", input.StateReasonData);
      return {};
    })
    .on(DeleteAlarmsCommand)((input, ctx) => {
      const found = (input.AlarmNames ?? []).flatMap((name) => alarms.find(ctx.region, name) ?? []);
      if (found.filter((a) => "rule" in a).length > 1)
        throw new WireError("ValidationError", "You can't delete more than one composite alarm in one operation.");
      for (const alarm of found) alarms.remove(alarm);
      return {};
    })
    .on(EnableAlarmActionsCommand)((input, ctx) => setActions(ctx, input.AlarmNames, true))
    .on(DisableAlarmActionsCommand)((input, ctx) => setActions(ctx, input.AlarmNames, false));
  registerTags(service, (ctx, arn) => {
    const alarm = all(ctx).find((a) => a.arn === arn);
    return alarm && { tags: alarms.of(ctx.region).tags, arn };
  });
  return service;
}

type TagsOf = (ctx: CallContext, arn: string) => { tags: Map<string, Tag[]>; arn: string } | undefined;

function registerTags(service: ServiceBuilder, find: TagsOf): void {
  const listOf = (ctx: CallContext, arn: string): Tag[] => {
    const found = find(ctx, arn);
    if (!found)
      throw new ResourceNotFoundException({
        ...META,
        ResourceType: "Unknown",
        ResourceId: "Unknown",
        message: "Unknown",
      });
    let tags = found.tags.get(arn);
    if (!tags) {
      tags = [];
      found.tags.set(arn, tags);
    }
    return tags;
  };
  service
    .on(TagResourceCommand)((input, ctx) => {
      const tags = listOf(ctx, input.ResourceARN ?? "");
      for (const tag of input.Tags ?? []) {
        const known = tags.find((t) => t.Key === tag.Key);
        if (known) known.Value = tag.Value;
        else tags.push(tag);
      }
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
      const tags = listOf(ctx, input.ResourceARN ?? "");
      const kept = tags.filter((t) => !input.TagKeys?.includes(t.Key ?? ""));
      tags.splice(0, tags.length, ...kept);
      return {};
    })
    .on(ListTagsForResourceCommand)((input, ctx) => {
    // What is not there has no tags; CloudWatch does not say that it is missing.
    const found = find(ctx, input.ResourceARN ?? "");
    return { Tags: found?.tags.get(found.arn) ?? [] };
  });
}

function isAskedFor(alarm: AnyAlarm, input: DescribeAlarmsInput, state: RegionAlarms): boolean {
  const prefix = input.ActionPrefix;
  const { AlarmActions, OKActions, InsufficientDataActions } = alarm.input;
  const actions = [...(AlarmActions ?? []), ...(OKActions ?? []), ...(InsufficientDataActions ?? [])];
  const parent = input.ChildrenOfAlarmName === undefined ? undefined : state.composites.get(input.ChildrenOfAlarmName);
  const child = input.ParentsOfAlarmName;
  const childAlarm = child === undefined ? undefined : (state.alarms.get(child) ?? state.composites.get(child));
  return (
    (!input.AlarmNames || input.AlarmNames.includes(alarm.name)) &&
    (!input.AlarmNamePrefix || alarm.name.startsWith(input.AlarmNamePrefix)) &&
    (!input.StateValue || alarm.state === input.StateValue) &&
    (!prefix || actions.some((arn) => arn.startsWith(prefix))) &&
    (input.ChildrenOfAlarmName === undefined || (parent !== undefined && names(parent.rule, alarm))) &&
    (child === undefined || (childAlarm !== undefined && "rule" in alarm && names(alarm.rule, childAlarm)))
  );
}

function assertJson(text: string | undefined): void {
  if (text === undefined) return;
  try {
    JSON.parse(text);
  } catch {
    throw new InvalidFormatFault({ ...META, message: "StateReasonData is not valid JSON." });
  }
}

const dimensionText = (dimensions: { Name?: string; Value?: string }[] | undefined) =>
  JSON.stringify((dimensions ?? []).map((d) => [d.Name, d.Value]).sort());
