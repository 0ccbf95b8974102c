import { randomUUID } from "node:crypto";
import {
  InvalidParameterException,
  type LiveTailSessionLogEvent,
  StartLiveTailCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { readFilterPattern } from "./filterPattern.ts";
import type { LogEvent, LogGroup, LogStream } from "./logStore.ts";
import type { LogsState } from "./logs.ts";

/** A session tells once a second what has come, at most this many events, and ends after three hours (AWS: StartLiveTail). */
const UPDATE_MS = 1_000;
const MAX_EVENTS = 500;
const SESSION_MS = 3 * 3_600_000;

interface Followed {
  identifier: string;
  region: string;
  name: string;
}

/** Registers StartLiveTail: an event stream of what is written from now on. */
export function addLiveTail(service: ServiceBuilder, { store, groupOf }: LogsState): void {
  service.on(StartLiveTailCommand)((input, ctx) => {
    const identifiers = input.logGroupIdentifiers ?? [];
    const names = new Set(input.logStreamNames);
    const prefixes = input.logStreamNamePrefixes ?? [];
    assertStreams(identifiers.length, names.size, prefixes.length);
    // AWS takes ARNs only; a name is as clear, and `groupOf` refuses what does not exist.
    const followed = identifiers.map(
      (identifier): Followed => ({
        identifier,
        region: ctx.region,
        name: groupOf(ctx.region, undefined, identifier).name,
      }),
    );
    const matches = readFilterPattern(input.logEventFilterPattern);
    const isWanted = ({ name }: LogStream) =>
      (names.size === 0 || names.has(name)) && (!prefixes.length || prefixes.some((p) => name.startsWith(p)));
    // Ids sort in order of arrival: a session shows nothing that was there before it began.
    let last = newestId(store.groups(ctx.region).values());

    const takeFresh = (): LiveTailSessionLogEvent[] => {
      const fresh: { id: string; shown: LiveTailSessionLogEvent }[] = [];
      for (const { identifier, region, name } of followed) {
        // Looked up anew: a group that is deleted and made again goes on being followed.
        const group = store.groups(region).get(name);
        for (const stream of group?.streams.values() ?? [])
          if (isWanted(stream) && (stream.newestId ?? "") > last)
            for (const event of stream.events)
              if (event.id > last) fresh.push({ id: event.id, shown: describe(event, stream, identifier) });
      }
      fresh.sort((a, b) => (a.id < b.id ? -1 : 1));
      last = fresh.at(-1)?.id ?? last;
      return fresh.map(({ shown }) => shown).filter(({ message }) => matches(message ?? ""));
    };

    async function* session() {
      const endMs = performance.now() + SESSION_MS;
      yield {
        sessionStart: {
          requestId: ctx.requestId,
          sessionId: randomUUID(),
          logGroupIdentifiers: identifiers,
          logStreamNames: [...names],
          logStreamNamePrefixes: prefixes,
          logEventFilterPattern: input.logEventFilterPattern ?? "",
        },
      };
      while (performance.now() < endMs) {
        // Real time at every scale: somebody watches.
        await new Promise((resolve) => setTimeout(resolve, UPDATE_MS).unref());
        const found = takeFresh();
        yield {
          sessionUpdate: {
            sessionMetadata: { sampled: found.length > MAX_EVENTS },
            sessionResults: found.slice(-MAX_EVENTS),
          },
        };
      }
    }
    return { responseStream: session() };
  });
}

/** @throws InvalidParameterException */
function assertStreams(groups: number, names: number, prefixes: number): void {
  const refuse = (message: string) => new InvalidParameterException({ message, $metadata: {} });
  if (names && prefixes) throw refuse("LogStreamNames and LogStreamNamePrefixes are mutually exclusive parameters.");
  if ((names || prefixes) && groups > 1)
    throw refuse("Log streams can be specified for a single log group only: give one logGroupIdentifier.");
}

function describe(event: LogEvent, stream: LogStream, identifier: string): LiveTailSessionLogEvent {
  return {
    logStreamName: stream.name,
    logGroupIdentifier: identifier,
    message: event.message,
    timestamp: event.timestamp,
    ingestionTime: event.ingestedAt,
  };
}

function newestId(groups: Iterable<LogGroup>): string {
  let newest = "";
  for (const group of groups)
    for (const { newestId: id } of group.streams.values()) if (id !== undefined && id > newest) newest = id;
  return newest;
}
