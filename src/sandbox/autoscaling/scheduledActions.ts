import { randomUUID } from "node:crypto";
import {
  DeleteScheduledActionCommand,
  DescribeScheduledActionsCommand,
  ObjectNotFoundException,
  PutScheduledActionCommand,
  type ScalableDimension,
  type ScalableTargetAction,
  type ServiceNamespace,
  ValidationException,
} from "@aws-sdk/client-application-auto-scaling";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import type { Scaler } from "./scaler.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";
import { type ScalingState, type TargetRecord, targetKey } from "./state.ts";
import { invalidToken, noTarget } from "./targets.ts";

/** A scheduled action of a target; `cancel` takes its timer away. */
interface ScheduledActionRecord {
  name: string;
  arn: string;
  target: TargetRecord;
  schedule: Schedule;
  expression: string;
  timezone?: string;
  startMs?: number;
  endMs?: number;
  action: ScalableTargetAction;
  createdMs: number;
  cancel: () => void;
}

const META = { $metadata: {} };

/** What is kept of an action on disk; its target is found by its key. */
type SavedAction = Omit<ScheduledActionRecord, "target" | "schedule" | "cancel"> & {
  region: string;
  targetKey: string;
};

/** The door through which scheduled actions are kept across restarts. */
export interface ScheduledActions {
  save(): SavedAction[];
  load(saved: SavedAction[]): void;
}

/** Registers PutScheduledAction, DescribeScheduledActions and DeleteScheduledAction; they ignore cooldowns, as on AWS. */
export function registerScheduledActions(
  service: ServiceBuilder,
  world: World,
  scaler: Scaler,
  stateOf: (region: string) => ScalingState,
): ScheduledActions {
  const regions = new Map<string, ScheduledActionRecord[]>();
  const recordsOf = (region: string): ScheduledActionRecord[] => {
    let records = regions.get(region);
    if (!records) {
      records = [];
      regions.set(region, records);
    }
    return records;
  };

  const plan = (region: string, record: ScheduledActionRecord): void => {
    const now = world.clock.now();
    const next = record.schedule.next(Math.max(now, record.startMs ?? 0));
    if (next === undefined || (record.endMs !== undefined && next > record.endMs)) return;
    // The schedule is in calendar time: only what passes between is simulated faster.
    record.cancel = world.clock.schedule(world.clock.toSimulated(next - now), () => {
      const state = stateOf(region);
      const { target } = record;
      const isRegistered = [...state.targets.values()].includes(target);
      if (!isRegistered) return;
      if (!target.suspended.ScheduledScalingSuspended) {
        target.min = record.action.MinCapacity ?? target.min;
        target.max = Math.max(target.min, record.action.MaxCapacity ?? target.max);
        void scaler.enforceLimits(state, target);
      }
      plan(region, record);
    });
  };

  service
    .on(PutScheduledActionCommand)((input, ctx) => {
      const {
        ServiceNamespace: namespace = "",
        ResourceId: resourceId = "",
        ScalableDimension: dimension = "",
        ScheduledActionName: name = "",
      } = input;
      const target = stateOf(ctx.region).targets.get(targetKey(namespace, resourceId, dimension));
      if (!target) throw noTarget(namespace, resourceId, dimension);
      const records = recordsOf(ctx.region);
      const known = records.find((r) => r.name === name && r.target === target);
      const expression = input.Schedule ?? known?.expression;
      const schedule = expression === undefined ? undefined : parseSchedule(expression);
      if (expression === undefined || !schedule)
        throw new ValidationException({ ...META, message: `Schedule expression is invalid: ${expression ?? "none"}` });
      const action = { ...known?.action, ...input.ScalableTargetAction };
      if (action.MinCapacity === undefined && action.MaxCapacity === undefined)
        throw new ValidationException({ ...META, message: "MinCapacity or MaxCapacity must be specified." });
      const record: ScheduledActionRecord = {
        name,
        arn:
          known?.arn ??
          `arn:aws:autoscaling:${ctx.region}:${ctx.accountId}:scheduledAction:${randomUUID()}:resource/${namespace}/${resourceId}:scheduledActionName/${name}`,
        target,
        schedule,
        expression,
        timezone: input.Timezone ?? known?.timezone,
        startMs: input.StartTime?.getTime() ?? known?.startMs,
        endMs: input.EndTime?.getTime() ?? known?.endMs,
        action,
        createdMs: known?.createdMs ?? world.clock.now(),
        cancel: () => {},
      };
      known?.cancel();
      if (known) records.splice(records.indexOf(known), 1);
      records.push(record);
      plan(ctx.region, record);
      return {};
    })
    .on(DescribeScheduledActionsCommand)((input, ctx) => {
      const live = new Set(stateOf(ctx.region).targets.values());
      const found = recordsOf(ctx.region).filter(
        (r) =>
          live.has(r.target) &&
          r.target.namespace === input.ServiceNamespace &&
          (!input.ResourceId || r.target.resourceId === input.ResourceId) &&
          (!input.ScalableDimension || r.target.dimension === input.ScalableDimension) &&
          (!input.ScheduledActionNames?.length || input.ScheduledActionNames.includes(r.name)),
      );
      const page = pageOf(found, input.MaxResults ?? 50, input.NextToken, invalidToken);
      return {
        ScheduledActions: page.items.map((r) => ({
          ScheduledActionName: r.name,
          ScheduledActionARN: r.arn,
          ServiceNamespace: r.target.namespace as ServiceNamespace,
          Schedule: r.expression,
          Timezone: r.timezone,
          ResourceId: r.target.resourceId,
          ScalableDimension: r.target.dimension as ScalableDimension,
          StartTime: r.startMs === undefined ? undefined : new Date(r.startMs),
          EndTime: r.endMs === undefined ? undefined : new Date(r.endMs),
          ScalableTargetAction: r.action,
          CreationTime: new Date(r.createdMs),
        })),
        NextToken: page.nextToken,
      };
    })
    .on(DeleteScheduledActionCommand)((input, ctx) => {
    const records = recordsOf(ctx.region);
    const record = records.find(
      (r) =>
        r.name === input.ScheduledActionName &&
        r.target.namespace === input.ServiceNamespace &&
        r.target.resourceId === input.ResourceId &&
        r.target.dimension === input.ScalableDimension,
    );
    if (!record)
      throw new ObjectNotFoundException({
        ...META,
        message: `No scheduled action found for service namespace: ${input.ServiceNamespace}, resource ID: ${input.ResourceId}, scalable dimension: ${input.ScalableDimension}, scheduled action name: ${input.ScheduledActionName}`,
      });
    record.cancel();
    records.splice(records.indexOf(record), 1);
    return {};
  });

  return {
    save: () =>
      [...regions].flatMap(([region, records]) =>
        records.map(({ target, schedule: _, cancel: __, ...rest }) => ({
          ...rest,
          region,
          targetKey: targetKey(target.namespace, target.resourceId, target.dimension),
        })),
      ),
    load(saved) {
      for (const { region, targetKey: key, ...rest } of saved) {
        const target = stateOf(region).targets.get(key);
        const schedule = parseSchedule(rest.expression);
        if (!target || !schedule) continue;
        const record: ScheduledActionRecord = { ...rest, target, schedule, cancel: () => {} };
        recordsOf(region).push(record);
        plan(region, record);
      }
    },
  };
}
