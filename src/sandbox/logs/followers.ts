import { gzipSync } from "node:zlib";
import { PutMetricDataCommand, type StandardUnit } from "@aws-sdk/client-cloudwatch";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { World } from "../world.ts";
import { selectedValue } from "./extraction.ts";
import { type Matcher, readFilterPattern } from "./filterPattern.ts";
import type { LogEvent, LogGroup, LogStream, MetricFilter, Subscription } from "./logStore.ts";

/** Events that wait for being sent to one function together. */
interface Batch {
  group: LogGroup;
  stream: LogStream;
  subscription: Subscription;
  events: LogEvent[];
}

/** What new events set off: metrics of metric filters, invocations of subscriptions. Reading them back sets off nothing. */
export class LogFollowers {
  private readonly matchers = new WeakMap<MetricFilter | Subscription, Matcher>();
  private readonly batches = new Map<string, Batch>();

  constructor(private readonly world: World) {}

  /** Tells whoever follows a group of events that have come into one of its streams. */
  tell(region: string, group: LogGroup, stream: LogStream, events: LogEvent[]): void {
    if (!group.metricFilters?.size && !group.subscriptions?.size) return;
    for (const filter of group.metricFilters?.values() ?? []) this.measure(region, filter, events);
    for (const subscription of group.subscriptions?.values() ?? []) {
      const matches = this.matcherOf(subscription);
      const found = events.filter(({ message }) => matches(message));
      if (found.length) this.collect(region, { group, stream, subscription, events: found });
    }
  }

  private matcherOf(filter: MetricFilter | Subscription): Matcher {
    let matcher = this.matchers.get(filter);
    if (!matcher) {
      matcher = readFilterPattern(filter.pattern);
      this.matchers.set(filter, matcher);
    }
    return matcher;
  }

  /** A datum for each event that matches; the default value for events of which none does (AWS: "Creating metrics from log events using filters"). */
  private measure(region: string, filter: MetricFilter, events: LogEvent[]): void {
    const matches = this.matcherOf(filter);
    const found = events.filter(({ message }) => matches(message));
    for (const {
      metricName,
      metricNamespace,
      metricValue = "1",
      defaultValue,
      dimensions,
      unit,
    } of filter.transformations) {
      const measured = found.flatMap(({ message, timestamp }) => {
        const text = metricValue.startsWith("$") ? selectedValue(metricValue, filter.pattern, message) : metricValue;
        const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
        const named = Object.entries(dimensions ?? {}).map(([Name, selector]) => ({
          Name,
          Value: selectedValue(selector, filter.pattern, message),
        }));
        // An event that lacks the value, or one of the dimensions, makes no datum.
        if (!Number.isFinite(value) || named.some(({ Value }) => !Value)) return [];
        return [{ value, timestamp, dimensions: named }];
      });
      if (!found.length && defaultValue !== undefined && events[0])
        measured.push({ value: defaultValue, timestamp: events[0].timestamp, dimensions: [] });
      if (!measured.length) continue;
      const MetricData = measured.map(({ value, timestamp, dimensions: Dimensions }) => ({
        MetricName: metricName,
        Value: value,
        Timestamp: new Date(timestamp),
        ...(Dimensions.length && { Dimensions }),
        ...(unit && unit !== "None" && { Unit: unit as StandardUnit }),
      }));
      // What CloudWatch refuses, a value that is too large, has nobody to be told.
      for (let at = 0; at < MetricData.length; at += 1000)
        void this.world
          .call(
            PutMetricDataCommand,
            { Namespace: metricNamespace, MetricData: MetricData.slice(at, at + 1000) },
            { region },
          )
          .catch(() => {});
    }
  }

  /** Lines that a function writes one after the other go to the subscriber together. */
  private collect(region: string, batch: Batch): void {
    const key = JSON.stringify([region, batch.group.name, batch.stream.name, batch.subscription.name]);
    const waiting = this.batches.get(key);
    if (waiting) {
      waiting.events.push(...batch.events);
      return;
    }
    this.batches.set(key, batch);
    setImmediate(() => {
      this.batches.delete(key);
      this.deliver(region, batch);
    });
  }

  /** AWS: "Using CloudWatch Logs subscription filters", the format of the data for Lambda. */
  private deliver(region: string, { group, stream, subscription, events }: Batch): void {
    const message = {
      messageType: "DATA_MESSAGE",
      owner: this.world.accountId,
      logGroup: group.name,
      logStream: stream.name,
      subscriptionFilters: [subscription.name],
      logEvents: events.map(({ id, timestamp, message: text }) => ({ id, timestamp, message: text })),
    };
    const data = gzipSync(JSON.stringify(message)).toString("base64");
    const Payload = Buffer.from(JSON.stringify({ awslogs: { data } }));
    const at = subscription.destinationArn.split(":")[3] ?? region;
    void this.world
      .call(
        InvokeCommand,
        { FunctionName: subscription.destinationArn, InvocationType: "Event", Payload },
        { region: at },
      )
      .catch(() => {}); // the function is gone
  }
}
