import {
  type FilteredLogEvent,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  InvalidParameterException,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { readFilterPattern } from "./filterPattern.ts";
import type { LogEvent } from "./logStore.ts";
import type { LogsState } from "./logs.ts";

const MAX_EVENTS = 10_000;
const DAY_MS = 24 * 3_600_000;
const MAX_BATCH_BYTES = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
/** Bounds of an event's age (AWS: PutLogEvents). */
const MAX_AHEAD_MS = 2 * 3_600_000;
const MAX_AGE_MS = 14 * DAY_MS;

/** PutLogEvents, GetLogEvents and FilterLogEvents. */
export function addEventOperations(
  service: ServiceBuilder,
  { world, store, followers, groupOf, streamOf }: LogsState,
): void {
  service
    .on(PutLogEventsCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName);
      const stream = streamOf(group, input.logStreamName);
      const events = (input.logEvents ?? []).map((event) => ({ timestamp: event.timestamp!, message: event.message! }));
      if (events.some((event, index) => index > 0 && event.timestamp < events[index - 1]!.timestamp))
        throw new InvalidParameterException({
          message: "Log events in a single PutLogEvents request must be in chronological order.",
          $metadata: {},
        });
      checkBatch(events);
      const now = world.clock.now();
      const expiry = group.retentionDays === undefined ? 0 : now - group.retentionDays * DAY_MS;
      const expired = events.filter((event) => event.timestamp < expiry).length;
      const tooOld = events.filter((event) => event.timestamp < now - MAX_AGE_MS).length;
      const tooNew = events.findIndex((event) => event.timestamp > now + MAX_AHEAD_MS);
      const taken = events.slice(Math.max(expired, tooOld), tooNew < 0 ? undefined : tooNew);
      followers.tell(ctx.region, group, stream, store.append(stream, taken, now));
      return {
        nextSequenceToken: String(now).padStart(56, "0"),
        rejectedLogEventsInfo:
          tooOld || expired || tooNew >= 0
            ? {
                tooOldLogEventEndIndex: tooOld || undefined,
                expiredLogEventEndIndex: expired || undefined,
                tooNewLogEventStartIndex: tooNew < 0 ? undefined : tooNew,
              }
            : undefined,
      };
    })
    .on(GetLogEventsCommand)((input, ctx) => {
      const group = groupOf(ctx.region, input.logGroupName, input.logGroupIdentifier);
      const stream = streamOf(group, input.logStreamName);
      const all = within(stream.events, input.startTime, input.endTime);
      const limit = input.limit ?? MAX_EVENTS;
      // Tokens name an event id and a direction, so that events dropped meanwhile do not shift the pages.
      const token = /^([fb])\/(\d*)$/.exec(input.nextToken ?? "");
      if (input.nextToken !== undefined && !token)
        throw new InvalidParameterException({ message: "The specified nextToken is invalid.", $metadata: {} });
      let page: LogEvent[];
      if (token?.[1] === "f") page = all.filter((event) => event.id > token[2]!).slice(0, limit);
      else if (token) {
        const before = all.filter((event) => event.id < token[2]!);
        page = before.slice(Math.max(0, before.length - limit));
      } else page = input.startFromHead ? all.slice(0, limit) : all.slice(Math.max(0, all.length - limit));
      const at = token?.[2] ?? (all.at(-1)?.id || "0".repeat(56));
      return {
        events: page.map((event) => ({
          timestamp: event.timestamp,
          message: event.message,
          ingestionTime: event.ingestedAt,
        })),
        // At the end the same token comes back (AWS: GetLogEvents, nextForwardToken).
        nextForwardToken: `f/${page.at(-1)?.id ?? at}`,
        nextBackwardToken: `b/${page[0]?.id ?? at}`,
      };
    })
    .on(FilterLogEventsCommand)((input, ctx) => {
    const group = groupOf(ctx.region, input.logGroupName, input.logGroupIdentifier);
    if (input.logStreamNames && input.logStreamNamePrefix !== undefined)
      throw new InvalidParameterException({
        message: "logStreamNamePrefix and logStreamNames cannot be specified together.",
        $metadata: {},
      });
    const matches = readFilterPattern(input.filterPattern);
    const streams = input.logStreamNames
      ? input.logStreamNames.map((name) => streamOf(group, name))
      : [...group.streams.values()].filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ""));
    const found = streams
      .flatMap((stream) =>
        within(stream.events, input.startTime, input.endTime)
          .filter((event) => matches(event.message))
          .map((event): FilteredLogEvent & { eventId: string; timestamp: number } => ({
            logStreamName: stream.name,
            timestamp: event.timestamp,
            message: event.message,
            ingestionTime: event.ingestedAt,
            eventId: event.id,
          })),
      )
      .sort((a, b) => a.timestamp - b.timestamp || (a.eventId < b.eventId ? -1 : 1));
    const after = input.nextToken === undefined ? 0 : found.findIndex((event) => event.eventId === input.nextToken) + 1;
    if (input.nextToken !== undefined && after === 0)
      throw new InvalidParameterException({ message: "The specified nextToken is invalid.", $metadata: {} });
    const page = found.slice(after, after + (input.limit ?? MAX_EVENTS));
    return {
      events: page,
      searchedLogStreams: [],
      nextToken: after + page.length < found.length ? page.at(-1)?.eventId : undefined,
    };
  });
}

/** What one request may carry (AWS: PutLogEvents). @throws InvalidParameterException */
function checkBatch(events: readonly { timestamp: number; message: string }[]): void {
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES, 0);
  const refuse = (message: string) => new InvalidParameterException({ message, $metadata: {} });
  if (bytes > MAX_BATCH_BYTES) throw refuse(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
  if ((events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) > DAY_MS)
    throw refuse("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
}

/** Start inclusive, end exclusive (AWS: FilterLogEvents; GetLogEvents, endTime). */
function within(events: readonly LogEvent[], start = 0, end = Number.POSITIVE_INFINITY): LogEvent[] {
  return events.filter((event) => event.timestamp >= start && event.timestamp < end);
}
