import { DescribeLogStreamsCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { LogLine } from "../domain/failureExplanation.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/** Streams that are looked at: the latest ones tell what happened last. */
const STREAMS = 5;

/**
 * The last lines of a log group over its latest streams, oldest first.
 * @throws OpsError notFound when there is no such group: nothing was ever logged
 */
export function lastLogLines(clients: AwsClients, logGroup: string, most: number): Promise<LogLine[]> {
  return withAwsErrors({ action: `read the log ${logGroup}`, region: clients.region }, async () => {
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
