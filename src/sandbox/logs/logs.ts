import {
  AssociateKmsKeyCommand,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DisassociateKmsKeyCommand,
  InvalidParameterException,
  ListTagsForResourceCommand,
  ListTagsLogGroupCommand,
  type LogGroup as LogGroupOutput,
  PutRetentionPolicyCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  TagLogGroupCommand,
  TagResourceCommand,
  UntagLogGroupCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { persistMap } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import { WireError } from "../wire/types.ts";
import type { AppendLog, ServiceModule, World } from "../world.ts";
import { addFilterOperations } from "./filters.ts";
import { LogFollowers } from "./followers.ts";
import { addLiveTail } from "./liveTail.ts";
import { addEventOperations } from "./logEvents.ts";
import { type LogGroup, LogStore, type LogStream } from "./logStore.ts";
import { addMetricFilterOperations } from "./metricFilters.ts";
import { addSubscriptionOperations } from "./subscriptions.ts";

/** Days that PutRetentionPolicy takes (AWS: PutRetentionPolicy, retentionInDays). */
const RETENTION_DAYS = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/** CloudWatch Logs, and the door through which the sandbox's own services write to it. */
export interface LogsModule extends ServiceModule {
  append: AppendLog;
}

/** What the operations on events need of the groups. */
export interface LogsState {
  readonly world: World;
  readonly store: LogStore;
  /** Who is told of new events. */
  readonly followers: LogFollowers;
  /** @throws ResourceNotFoundException */
  groupOf(region: string, name: string | undefined, identifier?: string): LogGroup;
  /** @throws ResourceNotFoundException */
  streamOf(group: LogGroup, name: string | undefined): LogStream;
}

/** CloudWatch Logs with bounded memory: the newest events of each stream stay. */
export function createLogs(world: World): LogsModule {
  const store = new LogStore();
  const state: LogsState = {
    world,
    store,
    followers: new LogFollowers(world),
    groupOf(region, name, identifier) {
      const wanted = name ?? nameOfArn(identifier ?? "");
      const group = store.groups(region).get(wanted);
      if (!group)
        throw new ResourceNotFoundException({ message: "The specified log group does not exist.", $metadata: {} });
      return group;
    },
    streamOf(group, name) {
      const stream = group.streams.get(name ?? "");
      if (!stream)
        throw new ResourceNotFoundException({ message: "The specified log stream does not exist.", $metadata: {} });
      return stream;
    },
  };
  const service = new ServiceBuilder(serviceInfo.logs);
  addGroupOperations(service, state);
  addStreamOperations(service, state);
  addTagOperations(service, state);
  addEventOperations(service, state);
  addFilterOperations(service);
  addMetricFilterOperations(service, state);
  addSubscriptionOperations(service, state);
  addLiveTail(service, state);
  return {
    services: [service],
    persist: persistMap("logs", store.regions, { lazy: true }),
    append(region, groupName, streamName, message) {
      const now = world.clock.now();
      const groups = store.groups(region);
      let group = groups.get(groupName);
      if (!group) {
        // As on AWS the writing service makes the group when its first line comes.
        group = newGroup(groupName, now);
        groups.set(groupName, group);
      }
      const stream = group.streams.get(streamName) ?? store.addStream(group, streamName, now);
      const events = store.append(stream, [{ timestamp: now, message }], now);
      state.followers.tell(region, group, stream, events);
    },
  };
}

function newGroup(name: string, now: number): LogGroup {
  return { name, createdAt: now, logGroupClass: "STANDARD", tags: new Map(), streams: new Map() };
}

/** Group name of an ARN (with or without the `:*` at its end), or the name itself. */
function nameOfArn(identifier: string): string {
  return /^arn:aws[\w-]*:logs:[^:]*:\d*:log-group:([^:]+)/.exec(identifier)?.[1] ?? identifier;
}

const groupArn = (world: World, region: string, name: string) =>
  `arn:aws:logs:${region}:${world.accountId}:log-group:${name}`;

function addGroupOperations(service: ServiceBuilder, { world, store, groupOf }: LogsState): void {
  service
    .on(CreateLogGroupCommand)((input, ctx) => {
      const groups = store.groups(ctx.region);
      if (input.deletionProtectionEnabled)
        throw new InvalidParameterException({
          message: "This sandbox has no deletion protection of log groups; leave deletionProtectionEnabled out.",
          $metadata: {},
        });
      if (groups.has(input.logGroupName!))
        throw new ResourceAlreadyExistsException({ message: "The specified log group already exists", $metadata: {} });
      const group = newGroup(input.logGroupName!, world.clock.now());
      group.kmsKeyId = input.kmsKeyId;
      group.logGroupClass = input.logGroupClass ?? "STANDARD";
      group.tags = new Map(Object.entries(input.tags ?? {}));
      groups.set(group.name, group);
      return {};
    })
    .on(DeleteLogGroupCommand)((input, ctx) => {
      store.groups(ctx.region).delete(groupOf(ctx.region, input.logGroupName).name);
      return {};
    })
    .on(DescribeLogGroupsCommand)((input, ctx) => {
      if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined)
        throw new InvalidParameterException({
          message: "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
          $metadata: {},
        });
      const pattern = input.logGroupNamePattern?.toLowerCase();
      const named = new Set(input.logGroupIdentifiers?.map(nameOfArn));
      const groups = [...store.groups(ctx.region).values()]
        .filter((group) => group.name.startsWith(input.logGroupNamePrefix ?? ""))
        .filter((group) => pattern === undefined || group.name.toLowerCase().includes(pattern))
        .filter((group) => !input.logGroupIdentifiers?.length || named.has(group.name))
        .filter((group) => !input.logGroupClass || group.logGroupClass === input.logGroupClass)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const { page, nextToken } = pageOf(groups, input.limit ?? 50, input.nextToken);
      return {
        logGroups: page.map((group): LogGroupOutput => {
          const arn = groupArn(world, ctx.region, group.name);
          return {
            logGroupName: group.name,
            creationTime: group.createdAt,
            retentionInDays: group.retentionDays,
            metricFilterCount: group.metricFilters?.size ?? 0,
            arn: `${arn}:*`,
            logGroupArn: arn,
            storedBytes: [...group.streams.values()].reduce((sum, stream) => sum + stream.bytes, 0),
            kmsKeyId: group.kmsKeyId,
            logGroupClass: group.logGroupClass,
            deletionProtectionEnabled: false,
          };
        }),
        nextToken,
      };
    })
    .on(PutRetentionPolicyCommand)((input, ctx) => {
      if (!RETENTION_DAYS.has(input.retentionInDays!))
        throw new InvalidParameterException({
          message: `1 validation error detected: Value '${input.retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${[...RETENTION_DAYS].join(", ")}]`,
          $metadata: {},
        });
      groupOf(ctx.region, input.logGroupName).retentionDays = input.retentionInDays;
      return {};
    })
    .on(DeleteRetentionPolicyCommand)((input, ctx) => {
      groupOf(ctx.region, input.logGroupName).retentionDays = undefined;
      return {};
    })
    .on(AssociateKmsKeyCommand)((input, ctx) => {
      keyedGroup(input, ctx.region).kmsKeyId = input.kmsKeyId;
      return {};
    })
    .on(DisassociateKmsKeyCommand)((input, ctx) => {
    keyedGroup(input, ctx.region).kmsKeyId = undefined;
    return {};
  });

  /** The group by its name, or by its ARN as a resource. */
  function keyedGroup(input: { logGroupName?: string; resourceIdentifier?: string }, region: string): LogGroup {
    const { logGroupName, resourceIdentifier } = input;
    if ((logGroupName === undefined) === (resourceIdentifier === undefined))
      throw new InvalidParameterException({
        message: "Exactly one of logGroupName and resourceIdentifier must be specified.",
        $metadata: {},
      });
    return groupOf(region, logGroupName ?? nameOfArn(resourceIdentifier ?? ""));
  }
}

function addStreamOperations(service: ServiceBuilder, { world, store, groupOf, streamOf }: LogsState): void {
  service
    .on(CreateLogStreamCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      if (group.streams.has(input.logStreamName!))
        throw new ResourceAlreadyExistsException({ message: "The specified log stream already exists", $metadata: {} });
      store.addStream(group, input.logStreamName!, world.clock.now());
      return {};
    })
    .on(DeleteLogStreamCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      group.streams.delete(streamOf(group, input.logStreamName).name);
      return {};
    })
    .on(DescribeLogStreamsCommand)((input, ctx) => {
    if (input.logGroupName !== undefined && input.logGroupIdentifier !== undefined)
      throw new WireError("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    const group = groupOf(ctx.region, input.logGroupName, input.logGroupIdentifier);
    const byTime = input.orderBy === "LastEventTime";
    if (byTime && input.logStreamNamePrefix !== undefined)
      throw new InvalidParameterException({
        message: "Cannot order by LastEventTime with a logStreamNamePrefix.",
        $metadata: {},
      });
    const streams = [...group.streams.values()]
      .filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ""))
      .sort((a, b) =>
        byTime ? (a.events.at(-1)?.timestamp ?? 0) - (b.events.at(-1)?.timestamp ?? 0) : a.name < b.name ? -1 : 1,
      );
    if (input.descending) streams.reverse();
    const { page, nextToken } = pageOf(streams, input.limit ?? 50, input.nextToken);
    return {
      logStreams: page.map((stream) => ({
        logStreamName: stream.name,
        creationTime: stream.createdAt,
        firstEventTimestamp: stream.events[0]?.timestamp,
        lastEventTimestamp: stream.events.at(-1)?.timestamp,
        lastIngestionTime: stream.lastIngestedAt,
        arn: `${groupArn(world, ctx.region, group.name)}:log-stream:${stream.name}`,
        storedBytes: 0, // AWS has answered 0 since 2019 (DescribeLogStreams, storedBytes).
      })),
      nextToken,
    };
  });
}

function addTagOperations(service: ServiceBuilder, { groupOf }: LogsState): void {
  service
    .on(TagResourceCommand)((input, ctx) => {
      const group = groupOf(ctx.region, undefined, input.resourceArn);
      for (const [key, value] of Object.entries(input.tags ?? {})) group.tags.set(key, value);
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
      const group = groupOf(ctx.region, undefined, input.resourceArn);
      for (const key of input.tagKeys ?? []) group.tags.delete(key);
      return {};
    })
    .on(ListTagsForResourceCommand)((input, ctx) => ({
      tags: Object.fromEntries(groupOf(ctx.region, undefined, input.resourceArn).tags),
    }))
    .on(TagLogGroupCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      for (const [key, value] of Object.entries(input.tags ?? {})) group.tags.set(key, value);
      return {};
    })
    .on(UntagLogGroupCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      for (const key of input.tags ?? []) group.tags.delete(key);
      return {};
    })
    .on(ListTagsLogGroupCommand)((input, ctx) => ({
    tags: Object.fromEntries(groupOf(ctx.region, input.logGroupName).tags),
  }));
}

function pageOf<T>(items: T[], limit: number, token?: string): { page: T[]; nextToken?: string } {
  const from = token ? Number(Buffer.from(token, "base64url").toString()) : 0;
  if (!Number.isInteger(from))
    throw new InvalidParameterException({ message: "The specified nextToken is invalid.", $metadata: {} });
  const next = from + limit;
  return {
    page: items.slice(from, next),
    nextToken: next < items.length ? Buffer.from(String(next)).toString("base64url") : undefined,
  };
}
