import type { LogGroupClass, MetricTransformation } from "@aws-sdk/client-cloudwatch-logs";

/** One line in a log stream. */
export interface LogEvent {
  id: string;
  /** Epoch ms, as the writer says. */
  timestamp: number;
  /** Epoch ms of arrival. */
  ingestedAt: number;
  message: string;
}

/** A log stream with the newest events only. */
export interface LogStream {
  name: string;
  createdAt: number;
  lastIngestedAt?: number;
  /** Id of the event that came last. */
  newestId?: string;
  /** In order of timestamp. */
  events: LogEvent[];
  bytes: number;
}

/** A log group of one region. */
export interface LogGroup {
  name: string;
  createdAt: number;
  retentionDays?: number;
  kmsKeyId?: string;
  logGroupClass: LogGroupClass;
  tags: Map<string, string>;
  streams: Map<string, LogStream>;
  /** By name. */
  metricFilters?: Map<string, MetricFilter>;
  /** By name. */
  subscriptions?: Map<string, Subscription>;
}

/** What makes metrics out of a group's events. */
export interface MetricFilter {
  name: string;
  pattern: string;
  transformations: MetricTransformation[];
  createdAt: number;
}

/** A function that a group's events are sent to. */
export interface Subscription {
  name: string;
  pattern: string;
  destinationArn: string;
  createdAt: number;
}

/** Kept per stream; older events go first. AWS keeps them for the retention, the sandbox for as long as there is room. */
const MAX_STREAM_EVENTS = 10_000;
const MAX_STREAM_BYTES = 4 * 1024 * 1024;
/** Kept per group; a Lambda under load opens a stream per process. */
const MAX_STREAMS = 1_000;
/** AWS counts 26 bytes for each event beside its text. */
const EVENT_OVERHEAD_BYTES = 26;

/** Log groups of all regions. */
export class LogStore {
  readonly regions = new Map<string, Map<string, LogGroup>>();
  private sequence = 0;

  groups(region: string): Map<string, LogGroup> {
    let groups = this.regions.get(region);
    if (!groups) {
      groups = new Map();
      this.regions.set(region, groups);
    }
    return groups;
  }

  addStream(group: LogGroup, name: string, now: number): LogStream {
    const stream: LogStream = { name, createdAt: now, events: [], bytes: 0 };
    group.streams.set(name, stream);
    if (group.streams.size > MAX_STREAMS) group.streams.delete(group.streams.keys().next().value as string);
    return stream;
  }

  /** Adds events and drops the oldest ones that no longer fit. @returns what was added */
  append(stream: LogStream, events: readonly { timestamp: number; message: string }[], now: number): LogEvent[] {
    const stored: LogEvent[] = [];
    for (const { timestamp, message } of events) {
      const event: LogEvent = { id: this.nextId(now), timestamp, ingestedAt: now, message };
      stored.push(event);
      stream.newestId = event.id;
      const last = stream.events.at(-1);
      if (!last || last.timestamp <= timestamp) stream.events.push(event);
      else stream.events.splice(firstAfter(stream.events, timestamp), 0, event);
      stream.bytes += message.length + EVENT_OVERHEAD_BYTES;
    }
    stream.lastIngestedAt = now;
    let drop = Math.max(0, stream.events.length - MAX_STREAM_EVENTS);
    for (let bytes = stream.bytes, i = 0; i < stream.events.length && (i < drop || bytes > MAX_STREAM_BYTES); i++) {
      bytes -= stream.events[i]!.message.length + EVENT_OVERHEAD_BYTES;
      stream.bytes = bytes;
      drop = Math.max(drop, i + 1);
    }
    if (drop) stream.events.splice(0, drop);
    return stored;
  }

  /** Ids sort in order of arrival; AWS's have 56 digits. */
  private nextId(now: number): string {
    this.sequence++;
    return `${now}${String(this.sequence).padStart(43, "0")}`.padStart(56, "0");
  }
}

/** Index of the first event later than `timestamp`. */
function firstAfter(events: readonly LogEvent[], timestamp: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.timestamp <= timestamp) low = middle + 1;
    else high = middle;
  }
  return low;
}
