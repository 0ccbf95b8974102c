import {
  type AlarmHistoryItem,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  type HistoryItemType,
  InvalidNextToken,
  ListTagsForResourceCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmInput,
  ResourceNotFound,
  ResourceNotFoundException,
  SetAlarmStateCommand,
  type StateValue,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import type { MetricStore } from "../engine/metricStore.ts";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { type AlarmRecord, alarmPoints, describeAlarm, judge, windowMs } from "./alarm.ts";

/** Called when an alarm's action fires; `value` is the newest datapoint. Auto Scaling's are repeated every period. */
export type AlarmAction = (region: string, actionArn: string, alarm: AlarmRecord) => void;

interface RegionAlarms {
  alarms: Map<string, AlarmRecord>;
  history: AlarmHistoryItem[];
  tags: Map<string, Tag[]>;
}

/** A region's alarms without what runs and what is measured anew. */
interface SavedAlarms extends Pick<RegionAlarms, "history" | "tags"> {
  region: string;
  alarms: Omit<AlarmRecord, "stop" | "points">[];
}

/** CloudWatch keeps 30 days of history; the sandbox keeps this many entries a region. */
const HISTORY_ENTRIES = 5_000;
const META = { $metadata: {} };

/** The alarms of all regions: they evaluate themselves once a period. */
export class Alarms {
  private readonly regions = new Map<string, RegionAlarms>();
  private readonly actions: { prefix: string; run: AlarmAction }[] = [];

  constructor(
    private readonly world: World,
    private readonly metricsOf: (region: string) => MetricStore,
  ) {}

  /** Routes actions whose ARN starts with `prefix`. */
  onAction(prefix: string, run: AlarmAction): void {
    this.actions.push({ prefix, run });
  }

  close(): void {
    for (const region of this.regions.values()) for (const alarm of region.alarms.values()) alarm.stop();
  }

  register(service: ServiceBuilder): ServiceBuilder {
    return service
      .on(PutMetricAlarmCommand)((input, ctx) => {
        this.put(input, ctx);
        return {};
      })
      .on(DescribeAlarmsCommand)((input, ctx) => {
        const wanted = input.AlarmNames && new Set(input.AlarmNames);
        const all = [...this.of(ctx.region).alarms.values()]
          .filter(
            (a) =>
              (!wanted || wanted.has(a.name)) &&
              (!input.AlarmNamePrefix || a.name.startsWith(input.AlarmNamePrefix)) &&
              (!input.StateValue || a.state === input.StateValue) &&
              (!input.ActionPrefix ||
                (a.input.AlarmActions ?? []).some((arn) => arn.startsWith(input.ActionPrefix ?? ""))),
          )
          .sort((a, b) => (a.name < b.name ? -1 : 1));
        const includesMetricAlarms = !input.AlarmTypes || input.AlarmTypes.includes("MetricAlarm");
        const page = this.page(includesMetricAlarms ? all : [], input.MaxRecords, input.NextToken);
        return { MetricAlarms: page.items.map(describeAlarm), CompositeAlarms: [], NextToken: page.nextToken };
      })
      .on(DescribeAlarmsForMetricCommand)((input, ctx) => {
        const dimensions = dimensionText(input.Dimensions);
        return {
          MetricAlarms: [...this.of(ctx.region).alarms.values()]
            .filter(
              (a) =>
                a.metric.namespace === input.Namespace &&
                a.metric.name === input.MetricName &&
                dimensionText(a.input.Dimensions) === dimensions,
            )
            .map(describeAlarm),
        };
      })
      .on(DescribeAlarmHistoryCommand)((input, ctx) => {
        const items = this.of(ctx.region).history.filter(
          (h) =>
            (!input.AlarmName || h.AlarmName === input.AlarmName) &&
            (!input.HistoryItemType || h.HistoryItemType === input.HistoryItemType) &&
            (!input.StartDate || (h.Timestamp ?? 0) >= input.StartDate) &&
            (!input.EndDate || (h.Timestamp ?? 0) < input.EndDate),
        );
        const ordered = input.ScanBy === "TimestampAscending" ? items : [...items].reverse();
        const page = this.page(ordered, input.MaxRecords, input.NextToken);
        return { AlarmHistoryItems: page.items, NextToken: page.nextToken };
      })
      .on(SetAlarmStateCommand)((input, ctx) => {
        const alarm = this.of(ctx.region).alarms.get(input.AlarmName ?? "");
        if (!alarm) throw new ResourceNotFound({ ...META, message: `Alarm ${input.AlarmName} does not exist` });
        this.change(alarm, input.StateValue ?? "OK", input.StateReason ?? "", input.StateReasonData);
        return {};
      })
      .on(DeleteAlarmsCommand)((input, ctx) => {
        const region = this.of(ctx.region);
        for (const name of input.AlarmNames ?? []) {
          const alarm = region.alarms.get(name);
          if (!alarm) continue;
          alarm.stop();
          region.alarms.delete(name);
          region.tags.delete(alarm.arn);
          this.remember(alarm, "ConfigurationUpdate", `Alarm "${name}" deleted`, { type: "Delete" });
        }
        return {};
      })
      .on(EnableAlarmActionsCommand)((input, ctx) => this.setActions(ctx, input.AlarmNames, true))
      .on(DisableAlarmActionsCommand)((input, ctx) => this.setActions(ctx, input.AlarmNames, false))
      .on(TagResourceCommand)((input, ctx) => {
        const tags = this.tagsOf(ctx, input.ResourceARN ?? "");
        for (const tag of input.Tags ?? []) {
          const known = tags.find((t) => t.Key === tag.Key);
          if (known) known.Value = tag.Value;
          else tags.push(tag);
        }
        return {};
      })
      .on(UntagResourceCommand)((input, ctx) => {
        const tags = this.tagsOf(ctx, input.ResourceARN ?? "");
        const kept = tags.filter((t) => !input.TagKeys?.includes(t.Key ?? ""));
        tags.splice(0, tags.length, ...kept);
        return {};
      })
      .on(ListTagsForResourceCommand)((input, ctx) => ({ Tags: this.tagsOf(ctx, input.ResourceARN ?? "") }));
  }

  private of(region: string): RegionAlarms {
    let state = this.regions.get(region);
    if (!state) {
      state = { alarms: new Map(), history: [], tags: new Map() };
      this.regions.set(region, state);
    }
    return state;
  }

  private page<T>(all: readonly T[], size: number | undefined, token: string | undefined) {
    return pageOf(
      all,
      size ?? 50,
      token,
      () => new InvalidNextToken({ ...META, message: "The value of NextToken is invalid." }),
    );
  }

  private put(input: PutMetricAlarmInput, ctx: CallContext): void {
    if (input.Metrics?.length)
      throw new WireError("ValidationError", "The sandbox does not evaluate alarms on metric math (Metrics) yet.");
    if (!input.MetricName || !input.Namespace)
      throw new WireError("ValidationError", "Exactly one of MetricName or Metrics must be specified.");
    if (!input.Statistic && !input.ExtendedStatistic)
      throw new WireError("ValidationError", "Exactly one of Statistic or ExtendedStatistic must be specified.");
    const name = input.AlarmName ?? "";
    const region = this.of(ctx.region);
    const old = region.alarms.get(name);
    old?.stop();
    const now = this.world.clock.now();
    const alarm: AlarmRecord = {
      name,
      arn: `arn:aws:cloudwatch:${ctx.region}:${ctx.accountId}:alarm:${name}`,
      region: ctx.region,
      input,
      metric: {
        namespace: input.Namespace,
        name: input.MetricName,
        dimensions: Object.fromEntries((input.Dimensions ?? []).map((d) => [d.Name ?? "", d.Value ?? ""])),
      },
      state: old?.state ?? "INSUFFICIENT_DATA",
      stateReason: old?.stateReason ?? "Unchecked: Initial alarm creation",
      stateReasonData: old?.stateReasonData,
      stateUpdatedMs: old?.stateUpdatedMs ?? now,
      configuredMs: now,
      actionsEnabled: input.ActionsEnabled ?? true,
      points: [],
      stop: () => {},
    };
    this.start(alarm);
    region.alarms.set(name, alarm);
    if (input.Tags?.length && !old) region.tags.set(alarm.arn, [...input.Tags]);
    this.remember(alarm, "ConfigurationUpdate", `Alarm "${name}" ${old ? "updated" : "created"}`, {
      type: old ? "Update" : "Create",
    });
  }

  /** As plain data, to be kept on disk. */
  save(): SavedAlarms[] {
    return [...this.regions].map(([region, { alarms, history, tags }]) => ({
      region,
      history,
      tags,
      alarms: [...alarms.values()].map(({ stop: _, points: __, ...alarm }) => alarm),
    }));
  }

  load(saved: SavedAlarms[]): void {
    for (const { region, history, tags, alarms } of saved) {
      const state = this.of(region);
      state.history = history;
      state.tags = tags;
      for (const rest of alarms) {
        const alarm: AlarmRecord = { ...rest, points: [], stop: () => {} };
        state.alarms.set(alarm.name, alarm);
        this.start(alarm);
      }
    }
  }

  /** Evaluates once a period from now on. */
  private start(alarm: AlarmRecord): void {
    const { clock } = this.world;
    alarm.stop = clock.every(clock.toSimulated(windowMs(alarm, clock)), () => this.evaluate(alarm));
  }

  private evaluate(alarm: AlarmRecord): void {
    alarm.points = alarmPoints(alarm, this.metricsOf(alarm.region), this.world.clock);
    const { state, reason } = judge(alarm, alarm.points);
    if (state !== alarm.state) {
      this.change(alarm, state, reason, undefined);
      return;
    }
    alarm.stateReason = reason;
    // While an alarm stays in ALARM, CloudWatch goes on to invoke Auto Scaling actions, once a period.
    if (state === "ALARM") this.act(alarm, (arn) => arn.startsWith("arn:aws:autoscaling:"));
  }

  private change(alarm: AlarmRecord, state: StateValue, reason: string, data: string | undefined): void {
    const before = alarm.state;
    alarm.state = state;
    alarm.stateReason = reason;
    alarm.stateReasonData = data;
    alarm.stateUpdatedMs = this.world.clock.now();
    this.remember(alarm, "StateUpdate", `Alarm updated from ${before} to ${state}`, {
      oldState: { stateValue: before },
      newState: { stateValue: state, stateReason: reason },
    });
    this.act(alarm, () => true);
  }

  private act(alarm: AlarmRecord, filter: (arn: string) => boolean): void {
    if (!alarm.actionsEnabled) return;
    const { AlarmActions, OKActions, InsufficientDataActions } = alarm.input;
    const arns = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[alarm.state] ?? [];
    for (const arn of arns.filter(filter))
      for (const action of this.actions) if (arn.startsWith(action.prefix)) action.run(alarm.region, arn, alarm);
  }

  private remember(alarm: AlarmRecord, type: HistoryItemType, summary: string, data: object): void {
    const { history } = this.of(alarm.region);
    history.push({
      AlarmName: alarm.name,
      AlarmType: "MetricAlarm",
      Timestamp: new Date(this.world.clock.now()),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: JSON.stringify({ version: "1.0", ...data }),
    });
    if (history.length > HISTORY_ENTRIES) history.splice(0, history.length - HISTORY_ENTRIES);
  }

  private setActions(ctx: CallContext, names: string[] | undefined, enabled: boolean): Record<string, never> {
    for (const name of names ?? []) {
      const alarm = this.of(ctx.region).alarms.get(name);
      if (alarm) alarm.actionsEnabled = enabled;
    }
    return {};
  }

  private tagsOf(ctx: CallContext, arn: string): Tag[] {
    const region = this.of(ctx.region);
    if (![...region.alarms.values()].some((a) => a.arn === arn))
      throw new ResourceNotFoundException({
        ...META,
        ResourceType: "Alarm",
        ResourceId: arn,
        message: `${arn} does not exist`,
      });
    let tags = region.tags.get(arn);
    if (!tags) {
      tags = [];
      region.tags.set(arn, tags);
    }
    return tags;
  }
}

const dimensionText = (dimensions: { Name?: string; Value?: string }[] | undefined) =>
  JSON.stringify((dimensions ?? []).map((d) => [d.Name, d.Value]).sort());
