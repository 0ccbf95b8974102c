import { GetRoleCommand } from "@aws-sdk/client-iam";
import {
  CreateScheduleCommand,
  type CreateScheduleInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { parseSchedule, type Schedule } from "../autoscaling/schedule.ts";
import { pageOf } from "../paging.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { CallContext } from "../wire/types.ts";
import type { ServiceModule, World } from "../world.ts";
import {
  addGroupOperations,
  conflict,
  invalid,
  missing,
  type ScheduleGroup,
  ScheduleGroups,
} from "./scheduleGroups.ts";
import { DEFAULT_RETRIES, FUNCTION, invokeTarget, parseInput, UNIVERSAL } from "./scheduleInvocation.ts";

const DAY_MS = 86_400_000;

interface ScheduleRecord {
  region: string;
  /** Name of its group. */
  group: string;
  name: string;
  arn: string;
  input: CreateScheduleInput;
  createdMs: number;
  modifiedMs: number;
}

/**
 * EventBridge Scheduler: schedules in groups, which invoke a Lambda function or any operation of the sandbox
 * (universal targets) with the rights of their role. Times are calendar times, whatever the clock's scale.
 */
export function createScheduler(world: World): ServiceModule {
  const records = new Map<string, ScheduleRecord>();
  const timers = new Map<ScheduleRecord, () => void>();
  const service = new ServiceBuilder(serviceInfo.scheduler);
  const groups = new ScheduleGroups(world);
  const arnOf = (ctx: CallContext, name: string | undefined, group: ScheduleGroup) =>
    `arn:aws:scheduler:${ctx.region}:${ctx.accountId}:schedule/${group.name}/${name}`;

  const find = (ctx: CallContext, name: string | undefined, group: string | undefined): ScheduleRecord => {
    const record = records.get(arnOf(ctx, name, groups.get(ctx.region, group)));
    if (record) return record;
    throw missing(`Schedule ${name} does not exist.`);
  };
  const drop = (record: ScheduleRecord) => {
    timers.get(record)?.();
    timers.delete(record);
    records.delete(record.arn);
  };

  /** Waits for the next time that is due. */
  const plan = (record: ScheduleRecord, afterMs: number) => {
    timers.get(record)?.();
    timers.delete(record);
    const { State, StartDate, EndDate } = record.input;
    const schedule = scheduleOf(record.input);
    if (State === "DISABLED" || !schedule) return;
    const next = schedule.next(Math.max(afterMs, (StartDate?.getTime() ?? 0) - 1));
    if (next === undefined || (EndDate && next > EndDate.getTime())) {
      if (record.input.ActionAfterCompletion === "DELETE") drop(record);
      return;
    }
    const due = next + flexibleMs(world, record.input);
    // Timers cannot be longer than some weeks: what is far away is looked at once a day.
    const wait = Math.min(Math.max(0, due - world.clock.now()), DAY_MS);
    timers.set(
      record,
      world.clock.schedule(world.clock.toSimulated(wait), () => {
        if (records.get(record.arn) !== record) return;
        if (world.clock.now() < next) return plan(record, afterMs);
        void invokeTarget(world, record).finally(() => {
          if (records.get(record.arn) === record) plan(record, next);
        });
      }),
    );
  };

  service
    .on(CreateScheduleCommand)(async (input, ctx) => {
      const group = groups.get(ctx.region, input.GroupName);
      const arn = arnOf(ctx, input.Name, group);
      if (records.has(arn)) throw conflict(`Schedule ${input.Name} already exists.`);
      await check(world, input, ctx);
      const now = world.clock.now();
      const own = { region: ctx.region, group: group.name, name: input.Name!, arn };
      const record = { ...own, input, createdMs: now, modifiedMs: now };
      records.set(arn, record);
      plan(record, now);
      return { ScheduleArn: arn };
    })
    .on(GetScheduleCommand)((input, ctx) => {
      const { input: own, arn, group, createdMs, modifiedMs } = find(ctx, input.Name, input.GroupName);
      const { ClientToken: _token, ...rest } = own;
      return {
        ...rest,
        Arn: arn,
        GroupName: group,
        State: own.State ?? ("ENABLED" as const),
        ActionAfterCompletion: own.ActionAfterCompletion ?? ("NONE" as const),
        ScheduleExpressionTimezone: own.ScheduleExpressionTimezone ?? "UTC",
        Target: { ...own.Target!, RetryPolicy: { ...DEFAULT_RETRIES, ...own.Target!.RetryPolicy } },
        CreationDate: new Date(createdMs),
        LastModificationDate: new Date(modifiedMs),
      };
    })
    .on(ListSchedulesCommand)((input, ctx) => {
      const found = [...records.values()]
        .filter(
          ({ region, group, name, input: own }) =>
            region === ctx.region &&
            (!input.GroupName || input.GroupName === group) &&
            (!input.NamePrefix || name.startsWith(input.NamePrefix)) &&
            (!input.State || (own.State ?? "ENABLED") === input.State),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = pageOf(found, input.MaxResults ?? 100, input.NextToken, () => invalid("Invalid NextToken."));
      return {
        Schedules: page.items.map(({ arn, group, name, input: own, createdMs, modifiedMs }) => ({
          Arn: arn,
          Name: name,
          GroupName: group,
          State: own.State ?? ("ENABLED" as const),
          Target: { Arn: own.Target?.Arn },
          CreationDate: new Date(createdMs),
          LastModificationDate: new Date(modifiedMs),
        })),
        NextToken: page.nextToken,
      };
    })
    .on(UpdateScheduleCommand)(async (input, ctx) => {
      const record = find(ctx, input.Name, input.GroupName);
      await check(world, input, ctx);
      record.input = input;
      record.modifiedMs = world.clock.now();
      plan(record, record.modifiedMs);
      return { ScheduleArn: record.arn };
    })
    .on(DeleteScheduleCommand)((input, ctx) => {
    drop(find(ctx, input.Name, input.GroupName));
    return {};
  });

  addGroupOperations(service, groups, (group) => {
    for (const record of [...records.values()])
      if (record.region === group.region && record.group === group.name) drop(record);
  });

  return {
    services: [service],
    persist: {
      name: "scheduler",
      save: (): Saved => ({ records, groups: groups.groups }),
      load(saved) {
        // Schedules alone were saved before there were groups.
        const state =
          saved instanceof Map ? { records: saved as Saved["records"], groups: new Map() } : (saved as Saved);
        for (const [key, group] of state.groups as Saved["groups"]) groups.groups.set(key, group);
        for (const [arn, known] of state.records) {
          const record = { ...known, group: known.group ?? "default" };
          records.set(arn, record);
          // A time that passed while nothing ran is made up for, as one is on AWS that could not be kept.
          plan(record, isOnce(record.input) ? record.modifiedMs : world.clock.now());
        }
      },
    },
    async close() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

const isOnce = ({ ScheduleExpression = "" }: CreateScheduleInput) => ScheduleExpression.startsWith("at(");

interface Saved {
  records: Map<string, ScheduleRecord>;
  groups: Map<string, ScheduleGroup>;
}

/** How much later than due a schedule with a flexible window starts, real ms (AWS: "Configuring flexible time windows"). */
function flexibleMs(world: World, { FlexibleTimeWindow: window }: CreateScheduleInput): number {
  return window?.Mode === "FLEXIBLE" ? world.random() * (window.MaximumWindowInMinutes ?? 0) * 60_000 : 0;
}

/** The schedule in its time zone; undefined when the expression or the zone is none. */
function scheduleOf(input: CreateScheduleInput): Schedule | undefined {
  const schedule = parseSchedule(input.ScheduleExpression ?? "");
  const zone = input.ScheduleExpressionTimezone ?? "UTC";
  if (!schedule || zone === "UTC") return schedule;
  return {
    next(after) {
      const offset = offsetOf(zone, after);
      const local = schedule.next(after + offset);
      return local === undefined ? undefined : local - offsetOf(zone, local - offset);
    },
  };
}

/** How far a zone is ahead of UTC at a moment, ms. @throws RangeError for a zone that does not exist */
function offsetOf(timeZone: string, at: number): number {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return Date.parse(`${format.format(at).replace(" ", "T")}Z`) - Math.floor(at / 1000) * 1000;
}

/** @throws ValidationException */
async function check(world: World, input: CreateScheduleInput, ctx: CallContext): Promise<void> {
  try {
    offsetOf(input.ScheduleExpressionTimezone ?? "UTC", 0);
  } catch {
    throw invalid(`Invalid ScheduleExpressionTimezone ${input.ScheduleExpressionTimezone}.`);
  }
  // One of the two days is always a question mark (AWS: "Schedule types in EventBridge Scheduler").
  const [, , days, , weekdays] =
    /^cron\((.*)\)$/
      .exec(input.ScheduleExpression ?? "")?.[1]
      ?.trim()
      .split(/\s+/) ?? [];
  if ((days !== undefined && days !== "?" && weekdays !== "?") || !scheduleOf(input))
    throw invalid(`Invalid Schedule Expression ${input.ScheduleExpression}.`);
  const arn = input.Target?.Arn ?? "";
  if (!UNIVERSAL.test(arn) && !FUNCTION.test(arn))
    throw invalid(
      `Provided Arn is not in correct format or not supported by this sandbox: ${arn}. It invokes Lambda functions and universal targets (arn:aws:scheduler:::aws-sdk:service:apiAction).`,
    );
  if (UNIVERSAL.test(arn)) checkInput(input.Target?.Input);
  const { Mode, MaximumWindowInMinutes } = input.FlexibleTimeWindow ?? {};
  if (Mode === "FLEXIBLE" && MaximumWindowInMinutes === undefined)
    throw invalid("MaximumWindowInMinutes must be provided when Mode is FLEXIBLE.");
  if (Mode === "OFF" && MaximumWindowInMinutes !== undefined)
    throw invalid("MaximumWindowInMinutes must not be provided when Mode is OFF.");
  const RoleName = (input.Target?.RoleArn ?? "").split("/").at(-1) ?? "";
  const role = await world.call(GetRoleCommand, { RoleName }, { region: ctx.region }).catch(() => undefined);
  if (!decodeURIComponent(role?.Role?.AssumeRolePolicyDocument ?? "").includes("scheduler.amazonaws.com"))
    throw invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
}

/** @throws ValidationException */
function checkInput(text: string | undefined): void {
  try {
    parseInput(text);
  } catch {
    throw invalid("Invalid Target Input: a universal target takes a JSON object.");
  }
}
