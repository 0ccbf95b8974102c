import {
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import * as l10n from "@vscode/l10n";
import type { LogLine } from "../domain/failureExplanation.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** Streams that are looked at: the latest ones tell what happened last. */
const STREAMS = 5;

/**
 * The last lines of a log group over its latest streams, oldest first.
 * @throws OpsError notFound when there is no such group: nothing was ever logged
 */
export function lastLogLines(clients: AwsClients, logGroup: string, most: number): Promise<LogLine[]> {
  return withAwsErrors({ action: l10n.t("read the log {0}", logGroup), region: clients.region }, async () => {
    const client = await clients.logs();
    const group = { logGroupName: logGroup };
    const { logStreams = [] } = await client.send(
      new DescribeLogStreamsCommand({ ...group, orderBy: "LastEventTime", descending: true, limit: STREAMS }),
    );
    const pages = await Promise.all(
      logStreams.map(({ logStreamName }) =>
        client.send(new GetLogEventsCommand({ ...group, logStreamName, limit: most, startFromHead: false })),
      ),
    );
    const lines = pages.flatMap(({ events = [] }, i) =>
      events.map(({ timestamp, message }) => ({
        atMs: timestamp ?? 0,
        stream: logStreams[i]?.logStreamName ?? "",
        text: (message ?? "").trimEnd(),
      })),
    );
    return lines.sort((a, b) => a.atMs - b.atMs).slice(-most);
  });
}

/** Lines of a stretch of time, each with an id of its own. Times in epoch milliseconds; without `toMs` up to now. */
export function filterLog(
  clients: AwsClients,
  { logGroup, pattern, fromMs, toMs }: { logGroup: string; pattern: string; fromMs: number; toMs?: number },
): Promise<(LogLine & { id: string })[]> {
  return withAwsErrors({ action: l10n.t("read the log {0}", logGroup), region: clients.region }, async () => {
    const client = await clients.logs();
    const events = await collect(
      (nextToken) =>
        client.send(
          new FilterLogEventsCommand({
            logGroupName: logGroup,
            filterPattern: pattern || undefined,
            startTime: fromMs,
            endTime: toMs,
            nextToken,
          }),
        ),
      (page) => page.events,
      (page) => page.nextToken,
    );
    return events
      .map(({ eventId, timestamp, logStreamName, message }) => ({
        id: eventId ?? `${logStreamName}/${timestamp}/${message}`,
        atMs: timestamp ?? 0,
        stream: logStreamName ?? "",
        text: (message ?? "").trimEnd(),
      }))
      .sort((a, b) => a.atMs - b.atMs);
  });
}
