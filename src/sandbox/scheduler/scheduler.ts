import { GetRoleCommand } from "@aws-sdk/client-iam";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  UpdateScheduleCommand,
  ValidationException,
} from "@aws-sdk/client-scheduler";
import { parseSchedule, type Schedule } from "../autoscaling/schedule.ts";
import { pageOf } from "../paging.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { CallContext } from "../wire/types.ts";
import type { ServiceModule, World } from "../world.ts";

const DAY_MS = 86_400_000;
const META = { $metadata: {} };
const UNIVERSAL = /^arn:aws[\w-]*:scheduler:::aws-sdk:(\w+):(\w+)$/;
const FUNCTION = /^arn:aws[\w-]*:lambda:([\w-]+):\d{12}:function:/;

interface ScheduleRecord {
  region: string;
  name: string;
  arn: string;
  input: CreateScheduleInput;
  createdMs: number;
  modifiedMs: number;
}

const invalid = (message: string) => new ValidationException({ message, Message: message, ...META });

/**
 * EventBridge Scheduler: schedules of the default group, which invoke a Lambda function or any operation of the sandbox
 * (universal targets) with the rights of their role. Times are calendar times, whatever the clock's scale.
 */
export function createScheduler(world: World): ServiceModule {
  const records = new Map<string, ScheduleRecord>();
  const timers = new Map<ScheduleRecord, () => void>();
  const service = new ServiceBuilder(serviceInfo.scheduler);
  const arnOf = (ctx: CallContext, name: string | undefined) =>
    `arn:aws:scheduler:${ctx.region}:${ctx.accountId}:schedule/default/${name}`;

  const find = (ctx: CallContext, name: string | undefined, group: string | undefined): ScheduleRecord => {
    checkGroup(group);
    const record = records.get(arnOf(ctx, name));
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
    // Timers cannot be longer than some weeks: what is far away is looked at once a day.
    const wait = Math.min(Math.max(0, next - world.clock.now()), DAY_MS);
    timers.set(
      record,
      world.clock.schedule(world.clock.toSimulated(wait), () => {
        if (records.get(record.arn) !== record) return;
        if (world.clock.now() < next) return plan(record, afterMs);
        void invoke(world, record).finally(() => {
          if (records.get(record.arn) === record) plan(record, next);
        });
      }),
    );
  };

  service
    .on(CreateScheduleCommand)(async (input, ctx) => {
      checkGroup(input.GroupName);
      const arn = arnOf(ctx, input.Name);
      if (records.has(arn)) {
        const message = `Schedule ${input.Name} already exists.`;
        throw new ConflictException({ message, Message: message, ...META });
      }
      await check(world, input, ctx);
      const now = world.clock.now();
      const record = { region: ctx.region, name: input.Name!, arn, input, createdMs: now, modifiedMs: now };
      records.set(arn, record);
      plan(record, now);
      return { ScheduleArn: arn };
    })
    .on(GetScheduleCommand)((input, ctx) => {
      const { input: own, arn, createdMs, modifiedMs } = find(ctx, input.Name, input.GroupName);
      const { ClientToken: _token, ...rest } = own;
      return {
        ...rest,
        Arn: arn,
        GroupName: "default",
        State: own.State ?? ("ENABLED" as const),
        ActionAfterCompletion: own.ActionAfterCompletion ?? ("NONE" as const),
        ScheduleExpressionTimezone: own.ScheduleExpressionTimezone ?? "UTC",
        Target: { RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 }, ...own.Target! },
        CreationDate: new Date(createdMs),
        LastModificationDate: new Date(modifiedMs),
      };
    })
    .on(ListSchedulesCommand)((input, ctx) => {
      const found = [...records.values()]
        .filter(
          ({ region, name, input: own }) =>
            region === ctx.region &&
            (!input.GroupName || input.GroupName === "default") &&
            (!input.NamePrefix || name.startsWith(input.NamePrefix)) &&
            (!input.State || (own.State ?? "ENABLED") === input.State),
        )
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = pageOf(found, input.MaxResults ?? 100, input.NextToken, () => invalid("Invalid NextToken."));
      return {
        Schedules: page.items.map(({ arn, name, input: own, createdMs, modifiedMs }) => ({
          Arn: arn,
          Name: name,
          GroupName: "default",
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

  return {
    services: [service],
    persist: {
      name: "scheduler",
      save: () => records,
      load(saved) {
        for (const [arn, record] of saved as Map<string, ScheduleRecord>) {
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
const missing = (message: string) => new ResourceNotFoundException({ message, Message: message, ...META });

function checkGroup(group: string | undefined): void {
  if (group !== undefined && group !== "default") throw missing(`Schedule group ${group} does not exist.`);
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
  if (!scheduleOf(input)) throw invalid(`Invalid Schedule Expression ${input.ScheduleExpression}.`);
  const arn = input.Target?.Arn ?? "";
  if (!UNIVERSAL.test(arn) && !FUNCTION.test(arn))
    throw invalid(
      `Provided Arn is not in correct format or not supported by this sandbox: ${arn}. It invokes Lambda functions and universal targets (arn:aws:scheduler:::aws-sdk:service:apiAction).`,
    );
  if (input.Target?.Input !== undefined && UNIVERSAL.test(arn)) parseInput(input.Target.Input);
  const RoleName = (input.Target?.RoleArn ?? "").split("/").at(-1) ?? "";
  const role = await world.call(GetRoleCommand, { RoleName }, { region: ctx.region }).catch(() => undefined);
  if (!decodeURIComponent(role?.Role?.AssumeRolePolicyDocument ?? "").includes("scheduler.amazonaws.com"))
    throw invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
}

function parseInput(text: string | undefined): object {
  try {
    const input: unknown = JSON.parse(text ?? "{}");
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return input;
  } catch {
    // worded below
  }
  throw invalid("Invalid Target Input: a universal target takes a JSON object.");
}

/** Invokes the target; a failure is tried again, as the retry policy allows, a minute apart. */
async function invoke(world: World, { region, input, name }: ScheduleRecord): Promise<void> {
  const { Arn = "", RoleArn = "", Input, RetryPolicy } = input.Target ?? {};
  const roleName = RoleArn.split("/").at(-1);
  const principalArn = `arn:aws:sts::${world.accountId}:assumed-role/${roleName}/${name}`;
  const attempts = Math.min(RetryPolicy?.MaximumRetryAttempts ?? 185, world.timeScale === 0 ? 0 : 185);
  for (let attempt = 0; attempt <= attempts; attempt++) {
    try {
      const [, service = "", action = ""] = UNIVERSAL.exec(Arn) ?? [];
      if (service) {
        const operation = action.charAt(0).toUpperCase() + action.slice(1);
        await world.callNamed(service, operation, parseInput(Input), { region, principalArn });
      } else {
        const Payload = Buffer.from(Input ?? "{}");
        const at = FUNCTION.exec(Arn)?.[1] ?? region;
        await world.call(
          InvokeCommand,
          { FunctionName: Arn, InvocationType: "Event", Payload },
          { region: at, principalArn },
        );
      }
      return;
    } catch (error) {
      // What the target refuses for good is not asked again.
      if (/Validation|NotFound|Unknown|AccessDenied/.test((error as Error).name)) return;
      await world.clock.sleep(60_000);
    }
  }
}
