import {
  ConflictException,
  CreateScheduleGroupCommand,
  DeleteScheduleGroupCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListTagsForResourceCommand,
  ResourceNotFoundException,
  TagResourceCommand,
  UntagResourceCommand,
  ValidationException,
} from "@aws-sdk/client-scheduler";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";

const META = { $metadata: {} };
const DEFAULT_GROUP = "default";

/** A group of schedules of one region. */
export interface ScheduleGroup {
  region: string;
  name: string;
  tags: Record<string, string>;
  createdMs: number;
  modifiedMs: number;
}

export const invalid = (message: string) => new ValidationException({ message, Message: message, ...META });
export const missing = (message: string) => new ResourceNotFoundException({ message, Message: message, ...META });
export const conflict = (message: string) => new ConflictException({ message, Message: message, ...META });

/** The groups of all regions; `default` is there from the start, as on AWS. */
export class ScheduleGroups {
  /** By region and name. */
  readonly groups = new Map<string, ScheduleGroup>();

  constructor(private readonly world: World) {}

  /** @throws ResourceNotFoundException */
  get(region: string, name: string | undefined): ScheduleGroup {
    const wanted = name ?? DEFAULT_GROUP;
    const known = this.groups.get(`${region}/${wanted}`);
    if (known) return known;
    if (wanted === DEFAULT_GROUP) return this.add(region, wanted);
    throw missing(`Schedule group ${wanted} does not exist.`);
  }

  arnOf({ region, name }: ScheduleGroup): string {
    return `arn:aws:scheduler:${region}:${this.world.accountId}:schedule-group/${name}`;
  }

  add(region: string, name: string, tags: Record<string, string> = {}): ScheduleGroup {
    const now = this.world.clock.now();
    const group = { region, name, tags, createdMs: now, modifiedMs: now };
    this.groups.set(`${region}/${name}`, group);
    return group;
  }

  of(region: string): ScheduleGroup[] {
    this.get(region, DEFAULT_GROUP);
    return [...this.groups.values()].filter((group) => group.region === region);
  }

  delete({ region, name }: ScheduleGroup): void {
    this.groups.delete(`${region}/${name}`);
  }
}

/**
 * Operations on groups and their tags.
 * @param dropSchedules deletes the schedules of a group, which go with it
 */
export function addGroupOperations(
  service: ServiceBuilder,
  groups: ScheduleGroups,
  dropSchedules: (group: ScheduleGroup) => void,
): void {
  const describe = (group: ScheduleGroup) => ({
    Arn: groups.arnOf(group),
    Name: group.name,
    State: "ACTIVE" as const,
    CreationDate: new Date(group.createdMs),
    LastModificationDate: new Date(group.modifiedMs),
  });
  const byArn = (arn: string | undefined, region: string): ScheduleGroup => {
    const name = /:schedule-group\/([\w.-]+)$/.exec(arn ?? "")?.[1];
    if (!name) throw invalid(`Invalid resource ARN ${arn}: tags belong to schedule groups.`);
    return groups.get(region, name);
  };

  service
    .on(CreateScheduleGroupCommand)((input, ctx) => {
      const name = input.Name!;
      if (groups.of(ctx.region).some((group) => group.name === name))
        throw conflict(`Schedule group ${name} already exists.`);
      const tags = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key!, Value!]));
      return { ScheduleGroupArn: groups.arnOf(groups.add(ctx.region, name, tags)) };
    })
    .on(GetScheduleGroupCommand)((input, ctx) => describe(groups.get(ctx.region, input.Name)))
    .on(ListScheduleGroupsCommand)((input, ctx) => {
      const found = groups
        .of(ctx.region)
        .filter(({ name }) => name.startsWith(input.NamePrefix ?? ""))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = pageOf(found, input.MaxResults ?? 100, input.NextToken, () => invalid("Invalid NextToken."));
      return { ScheduleGroups: page.items.map(describe), NextToken: page.nextToken };
    })
    .on(DeleteScheduleGroupCommand)((input, ctx) => {
      if (input.Name === DEFAULT_GROUP) throw invalid("The default schedule group cannot be deleted.");
      const group = groups.get(ctx.region, input.Name);
      dropSchedules(group);
      groups.delete(group);
      return {};
    })
    .on(TagResourceCommand)((input, ctx) => {
      const { tags } = byArn(input.ResourceArn, ctx.region);
      for (const { Key, Value } of input.Tags ?? []) tags[Key!] = Value!;
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
      const { tags } = byArn(input.ResourceArn, ctx.region);
      for (const key of input.TagKeys ?? []) delete tags[key];
      return {};
    })
    .on(ListTagsForResourceCommand)((input, ctx) => ({
    Tags: Object.entries(byArn(input.ResourceArn, ctx.region).tags).map(([Key, Value]) => ({ Key, Value })),
  }));
}
