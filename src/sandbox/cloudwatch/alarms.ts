import type {
  AlarmHistoryItem,
  AlarmType,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
  StateValue,
  Tag,
} from "@aws-sdk/client-cloudwatch";
import type { MetricStore } from "../engine/metricStore.ts";
import { WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { type AlarmRecord, describeAlarm, judge, reasonData, windowMs } from "./alarm.ts";
import { type Before, invokeFunction } from "./alarmActions.ts";
import { AlarmHistory } from "./alarmHistory.ts";
import { assertAlarm } from "./alarmInput.ts";
import { alarmPoints } from "./alarmPoints.ts";
import { readAlarmRule } from "./alarmRule.ts";
import {
  type CompositeRecord,
  compositeOf,
  describeComposite,
  longTime,
  names,
  triggerData,
} from "./compositeAlarm.ts";
import { metricId } from "./metricIds.ts";

/** Called when a metric alarm's action fires. Auto Scaling's are repeated every period. */
export type AlarmAction = (region: string, actionArn: string, alarm: AlarmRecord) => void;

/** An alarm of either kind. */
export type AnyAlarm = AlarmRecord | CompositeRecord;

/** The alarms of one region. */
export interface RegionAlarms {
  alarms: Map<string, AlarmRecord>;
  composites: Map<string, CompositeRecord>;
  history: AlarmHistory;
  tags: Map<string, Tag[]>;
}

/** A region's alarms without what runs and what is measured anew. */
interface SavedAlarms {
  region: string;
  history: AlarmHistoryItem[];
  tags: Map<string, Tag[]>;
  alarms: Omit<AlarmRecord, "stop" | "points">[];
  composites?: Omit<CompositeRecord, "stop" | "rule">[];
}

const typeOf = (alarm: AnyAlarm): AlarmType => ("rule" in alarm ? "CompositeAlarm" : "MetricAlarm");
const describe = (alarm: AnyAlarm) => ("rule" in alarm ? describeComposite(alarm) : describeAlarm(alarm));

/** The alarms of all regions: metric alarms evaluate themselves once a period, composite ones when another changes. */
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
    for (const region of this.regions.values())
      for (const alarm of [...region.alarms.values(), ...region.composites.values()]) alarm.stop();
  }

  of(region: string): RegionAlarms {
    let state = this.regions.get(region);
    if (!state) {
      state = { alarms: new Map(), composites: new Map(), history: new AlarmHistory(), tags: new Map() };
      this.regions.set(region, state);
    }
    return state;
  }

  /** An alarm of either kind by its name. */
  find(region: string, name: string): AnyAlarm | undefined {
    const state = this.of(region);
    return state.alarms.get(name) ?? state.composites.get(name);
  }

  /** @throws WireError ValidationError */
  putMetric(input: PutMetricAlarmInput, region: string): void {
    assertAlarm(input);
    const name = input.AlarmName ?? "";
    const state = this.of(region);
    this.assertKind(state.composites.has(name), name);
    const old = state.alarms.get(name);
    old?.stop();
    const now = this.world.clock.now();
    const alarm: AlarmRecord = {
      name,
      arn: this.arnOf(region, name),
      region,
      input,
      metric: input.Metrics?.length ? undefined : metricId(input),
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
    state.alarms.set(name, alarm);
    this.noteConfigured(alarm, old, input.Tags);
  }

  /** @throws WireError ValidationError for a rule that cannot be read, or that names what is not there */
  putComposite(input: PutCompositeAlarmInput, region: string): void {
    const name = input.AlarmName ?? "";
    const state = this.of(region);
    this.assertKind(state.alarms.has(name), name);
    const old = state.composites.get(name);
    const nowMs = this.world.clock.now();
    const alarm = compositeOf(input, old, { arn: this.arnOf(region, name), region, nowMs });
    const missing = alarm.rule.alarms.filter((a) => !this.find(region, a.split(":alarm:").at(-1) ?? a));
    if (missing.length)
      throw new WireError(
        "ValidationError",
        `Could not save the composite alarm as alarms [${missing.join(", ")}] in the alarm rule do not exist`,
      );
    if (names(alarm.rule, alarm))
      throw new WireError("ValidationError", `The composite alarm ${name} cannot refer to itself.`);
    old?.stop();
    state.composites.set(name, alarm);
    this.noteConfigured(alarm, old, input.Tags);
    const wanted = this.ruleState(alarm);
    if (wanted !== alarm.state)
      this.change(alarm, wanted, `${alarm.arn} was created and its alarm rule evaluates to ${wanted}`, undefined);
  }

  remove(alarm: AnyAlarm): void {
    const state = this.of(alarm.region);
    alarm.stop();
    if ("rule" in alarm) state.composites.delete(alarm.name);
    else state.alarms.delete(alarm.name);
    state.tags.delete(alarm.arn);
    state.history.configured(alarm, typeOf(alarm), "Delete", describe(alarm), this.world.clock.now());
  }

  /** Moves an alarm to a state, notes it, acts, and lets composite alarms look again. */
  change(alarm: AnyAlarm, state: StateValue, reason: string, data: string | undefined): void {
    const before: Before = { ...alarm };
    alarm.state = state;
    alarm.stateReason = reason;
    alarm.stateReasonData = data;
    if (state === before.state) return;
    const region = this.of(alarm.region);
    alarm.stateUpdatedMs = this.world.clock.now();
    region.history.stateChanged(alarm, typeOf(alarm), before, alarm.stateUpdatedMs);
    this.actUnlessSuppressed(alarm, before);
    for (const composite of region.composites.values()) {
      if (names(composite.rule, alarm)) this.evaluateComposite(composite, alarm);
      if ([alarm.name, alarm.arn].includes(composite.input.ActionsSuppressor ?? "")) this.release(composite, state);
    }
  }

  /** As plain data, to be kept on disk. */
  save(): SavedAlarms[] {
    return [...this.regions].map(([region, { alarms, composites, history, tags }]) => ({
      region,
      history: history.items,
      tags,
      alarms: [...alarms.values()].map(({ stop: _, points: __, ...alarm }) => alarm),
      composites: [...composites.values()].map(({ stop: _, rule: __, ...alarm }) => alarm),
    }));
  }

  load(saved: SavedAlarms[]): void {
    for (const { region, history, tags, alarms, composites } of saved) {
      const state = this.of(region);
      state.history = new AlarmHistory(history);
      state.tags = tags;
      for (const rest of composites ?? [])
        state.composites.set(rest.name, { ...rest, rule: readAlarmRule(rest.input.AlarmRule ?? ""), stop: () => {} });
      for (const rest of alarms) {
        const alarm: AlarmRecord = { ...rest, points: [], stop: () => {} };
        state.alarms.set(alarm.name, alarm);
        this.start(alarm);
      }
    }
  }

  private arnOf(region: string, name: string): string {
    return `arn:aws:cloudwatch:${region}:${this.world.accountId}:alarm:${name}`;
  }

  private assertKind(isOther: boolean, name: string): void {
    if (isOther)
      throw new WireError("ValidationError", `An alarm of another type with the name ${name} already exists.`);
  }

  private noteConfigured(alarm: AnyAlarm, old: AnyAlarm | undefined, tags: Tag[] | undefined): void {
    const state = this.of(alarm.region);
    if (tags?.length && !old) state.tags.set(alarm.arn, [...tags]);
    state.history.configured(alarm, typeOf(alarm), old ? "Update" : "Create", describe(alarm), this.world.clock.now());
  }

  /** Evaluates once a period from now on. */
  private start(alarm: AlarmRecord): void {
    const { clock } = this.world;
    alarm.stop = clock.every(clock.toSimulated(windowMs(alarm, clock)), () => this.evaluate(alarm));
  }

  private evaluate(alarm: AlarmRecord): void {
    try {
      alarm.points = alarmPoints(alarm, this.metricsOf(alarm.region), this.world.clock);
    } catch (e) {
      // An expression that cannot be calculated leaves the alarm without data, as on CloudWatch.
      const reason = `Insufficient Data: ${e instanceof Error ? e.message : String(e)}`;
      this.change(alarm, "INSUFFICIENT_DATA", reason, undefined);
      return;
    }
    const { state, reason } = judge(alarm, alarm.points);
    const isSame = state === alarm.state;
    this.change(alarm, state, reason, reasonData(alarm, this.world.clock.now()));
    // While an alarm stays in ALARM, CloudWatch goes on to invoke Auto Scaling actions, once a period.
    if (isSame && state === "ALARM" && alarm.actionsEnabled)
      for (const arn of alarm.input.AlarmActions ?? [])
        if (arn.startsWith("arn:aws:autoscaling:")) this.route(alarm, arn);
  }

  private ruleState(alarm: CompositeRecord): StateValue {
    const stateOf = (name: string) => this.find(alarm.region, name.split(":alarm:").at(-1) ?? name)?.state;
    return alarm.rule.evaluate(stateOf) ? "ALARM" : "OK";
  }

  private evaluateComposite(composite: CompositeRecord, by: AnyAlarm): void {
    const state = this.ruleState(composite);
    if (state === composite.state) return;
    this.change(
      composite,
      state,
      `${by.arn} transitioned to ${by.state} at ${longTime(by.stateUpdatedMs)}`,
      triggerData(by),
    );
  }

  /** Actions of a composite alarm wait for its suppressor, which may go into ALARM within the wait period. */
  private actUnlessSuppressed(alarm: AnyAlarm, before: Before): void {
    if (!("rule" in alarm)) {
      this.act(alarm, before);
      return;
    }
    alarm.stop();
    const suppressor = this.suppressorOf(alarm);
    const waitS = alarm.input.ActionsSuppressorWaitPeriod ?? 0;
    alarm.suppressedBy = suppressor?.state === "ALARM" ? "Alarm" : suppressor && waitS > 0 ? "WaitPeriod" : undefined;
    if (alarm.suppressedBy === undefined) this.act(alarm, before);
    if (alarm.suppressedBy === "WaitPeriod") this.actLater(alarm, before, waitS);
  }

  /** The suppressor of a composite alarm has changed its state. */
  private release(composite: CompositeRecord, state: StateValue): void {
    if (composite.suppressedBy === undefined) return;
    composite.stop();
    if (state === "ALARM") composite.suppressedBy = "Alarm";
    else if (composite.suppressedBy === "Alarm") {
      composite.suppressedBy = "ExtensionPeriod";
      this.actLater(composite, composite, composite.input.ActionsSuppressorExtensionPeriod ?? 0);
    }
  }

  private actLater(composite: CompositeRecord, before: Before, seconds: number): void {
    composite.stop = this.world.clock.schedule(seconds * 1000, () => {
      composite.suppressedBy = undefined;
      this.act(composite, before);
    });
  }

  private suppressorOf(composite: CompositeRecord): AnyAlarm | undefined {
    const name = composite.input.ActionsSuppressor;
    return name === undefined ? undefined : this.find(composite.region, name.split(":alarm:").at(-1) ?? name);
  }

  private act(alarm: AnyAlarm, before: Before): void {
    if (!alarm.actionsEnabled) return;
    const { AlarmActions, OKActions, InsufficientDataActions } = alarm.input;
    const arns = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[alarm.state] ?? [];
    const { history } = this.of(alarm.region);
    for (const arn of arns) {
      const note = (error?: string) => history.acted(alarm, typeOf(alarm), arn, error, this.world.clock.now());
      if (arn.startsWith("arn:aws:lambda:"))
        invokeFunction(this.world, arn, alarm, before).then(
          () => note(),
          (e: Error) => note(e.message),
        );
      else if (!("rule" in alarm) && this.route(alarm, arn)) note();
      else note("The sandbox notifies Lambda functions and Auto Scaling only.");
    }
  }

  private route(alarm: AlarmRecord, arn: string): boolean {
    const found = this.actions.filter(({ prefix }) => arn.startsWith(prefix));
    for (const { run } of found) run(alarm.region, arn, alarm);
    return found.length > 0;
  }
}
