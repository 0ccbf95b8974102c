import { CreateScheduleCommand, DeleteScheduleCommand, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import type { ValueMap } from "../template/value.ts";
import { type HandlerTable, isNotFound, unlessMissing } from "./handler.ts";
import { optionalText, toInput } from "./properties.ts";

/** AWS::Scheduler::Schedule; Ref is its name. */
export const schedulerHandlers: HandlerTable = {
  "AWS::Scheduler::Schedule": {
    attributes: ["Arn"],
    replaceOn: ["Name"],
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
