import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleGroupCommand,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { optionalText, toInput } from "./properties.ts";

/** AWS::Scheduler::Schedule and ScheduleGroup; Ref of each is its name. */
export const schedulerHandlers: HandlerTable = {
  "AWS::Scheduler::Schedule": {
    attributes: ["Arn"],
    replaceOn: ["GroupName", "Name"],
    async create(properties, ctx) {
      const Name = optionalText(properties, "Name") ?? ctx.generatedName(64);
      const input = toInput(CreateScheduleCommand, dated({ ...properties, Name }));
      const { ScheduleArn } = await ctx.call(CreateScheduleCommand, withDates(input, properties));
      return { id: Name, attributes: { Arn: ScheduleArn! } };
    },
    async update(Name, properties, _previous, ctx) {
      const input = toInput(UpdateScheduleCommand, dated({ ...properties, Name }));
      const { ScheduleArn } = await ctx.call(UpdateScheduleCommand, withDates(input, properties));
      return { Arn: ScheduleArn! };
    },
    async remove(Name, properties, ctx) {
      const GroupName = optionalText(properties, "GroupName");
      await unlessMissing(ctx.call(DeleteScheduleCommand, { Name, GroupName }), isNotFound);
    },
  },

  "AWS::Scheduler::ScheduleGroup": {
    attributes: ["Arn", "CreationDate", "LastModificationDate", "State"],
    replaceOn: ["Name"],
    async create(properties, ctx) {
      const Name = optionalText(properties, "Name") ?? ctx.generatedName(64);
      const input = toInput(CreateScheduleGroupCommand, { ...properties, Name, Tags: ctx.tags(properties) });
      await ctx.call(CreateScheduleGroupCommand, input);
      const {
        Arn = "",
        State = "",
        CreationDate,
        LastModificationDate,
      } = await ctx.call(GetScheduleGroupCommand, { Name });
      const date = (at: Date | undefined) => at?.toISOString() ?? "";
      const dates = { CreationDate: date(CreationDate), LastModificationDate: date(LastModificationDate) };
      return { id: Name, attributes: { Arn, State, ...dates } };
    },
    // Only its tags change in place.
    async update() {
      return undefined;
    },
    async remove(Name, _properties, ctx) {
      await unlessMissing(ctx.call(DeleteScheduleGroupCommand, { Name }), isNotFound);
    },
  },
};

/** Templates write dates as text, which the operation takes as dates. */
const dated = ({ StartDate: _start, EndDate: _end, ...rest }: ValueMap): ValueMap => rest;

function withDates<T extends object>(input: T, properties: ValueMap): T & { StartDate?: Date; EndDate?: Date } {
  const date = (name: string) => {
    const text = optionalText(properties, name);
    return text === undefined ? undefined : new Date(text);
  };
  return { ...input, StartDate: date("StartDate"), EndDate: date("EndDate") };
}
