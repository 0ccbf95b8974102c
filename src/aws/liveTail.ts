import { StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";
import * as l10n from "@vscode/l10n";
import type { LogLine } from "../domain/failureExplanation.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/** What a session tells once a second. */
export interface LiveTailUpdate {
  lines: LogLine[];
  /** More came than a session shows (500 events a second), so that these are a sample. */
  isSampled: boolean;
}

/**
 * One session of CloudWatch Logs Live Tail: what is logged from now on, as it comes. Ends when the signal fires, and by
 * itself after three hours.
 * @param onStart is called when the session stands: what is logged from then on is told
 * @throws OpsError notFound for a group that does not exist, badInput for a wrong pattern
 */
export function liveTail(
  clients: AwsClients,
  { logGroup, accountId, pattern }: { logGroup: string; accountId: string; pattern: string },
  onStart: () => void,
  tell: (update: LiveTailUpdate) => void,
  signal: AbortSignal,
): Promise<void> {
  return withAwsErrors({ action: l10n.t("follow the log {0}", logGroup), region: clients.region }, async () => {
    const client = await clients.logs();
    const { region } = clients;
    const partition = region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
    const identifier = `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroup}`;
    const input = { logGroupIdentifiers: [identifier], logEventFilterPattern: pattern || undefined };
    try {
      const { responseStream } = await client.send(new StartLiveTailCommand(input), { abortSignal: signal });
      for await (const event of responseStream ?? []) {
        if (signal.aborted) return;
        const broken = event.SessionStreamingException ?? event.SessionTimeoutException;
        // A session ends after three hours: whoever follows begins another one.
        if (broken) return;
        if (event.sessionStart) onStart();
        const { sessionResults = [], sessionMetadata } = event.sessionUpdate ?? {};
        if (sessionResults.length === 0) continue;
        const lines = sessionResults.map(({ timestamp, message, logStreamName }) => ({
          atMs: timestamp ?? 0,
          stream: logStreamName ?? "",
          text: (message ?? "").trimEnd(),
        }));
        tell({ lines: lines.sort((a, b) => a.atMs - b.atMs), isSampled: sessionMetadata?.sampled ?? false });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  });
}
