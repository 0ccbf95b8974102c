import * as l10n from "@vscode/l10n";
import type { EndpointStatus } from "./endpoint.ts";

/** A line of a log. */
export interface LogLine {
  atMs: number;
  stream: string;
  text: string;
}

/** What is known about why an endpoint failed. */
export interface FailureExplanation {
  endpointName: string;
  /** Absent when the endpoint is gone, as after a rolled back deployment. */
  status?: EndpointStatus;
  /** SageMaker's own word. */
  failureReason?: string;
  logGroup: string;
  /** Lines that speak of a failure, or the last ones when none does; oldest first. */
  lines: LogLine[];
  /** Why the log could not be read. */
  logProblem?: string;
  /** What to do next, as a sentence. */
  advice: string;
}

const TROUBLE = /error|exception|traceback|fail|fatal|denied|killed|out of memory|no such|not found|unable|cannot/i;

/** The lines that speak of a failure, each with the one before and after it; without any the last ones. */
export function tellingLines(lines: readonly LogLine[], most: number): LogLine[] {
  const near = (i: number) => [i - 1, i, i + 1].some((at) => TROUBLE.test(lines[at]?.text ?? ""));
  const telling = lines.filter((_, i) => near(i));
  return (telling.length > 0 ? telling : lines).slice(-most);
}

/** SageMaker's reasons that say what to do; texts as DescribeEndpoint returns them in FailureReason. */
const ADVICE: [RegExp, () => string][] = [
  [
    /ping health check/i,
    () =>
      l10n.t(
        "The container started but did not answer /ping: its log says why. Often the model's file does not fit the image, or loading takes longer than the container's start-up time-out.",
      ),
  ],
  [
    /download model data|model data/i,
    () =>
      l10n.t("Check that the artifact lies at the URL, and that the execution role may read the bucket and the key."),
  ],
  [/image|ecr/i, () => l10n.t("Check the image's URI and region, and that the execution role may pull it.")],
  [
    /quota|limit|ResourceLimitExceeded/i,
    () => l10n.t("Ask for a higher quota of this instance type in Service Quotas."),
  ],
  [/capacity/i, () => l10n.t("AWS lacks instances of this type there now: wait, or choose another type.")],
];

/** What to do about a failure reason. */
export function adviceFor(failureReason: string | undefined): string {
  const known = ADVICE.find(([pattern]) => pattern.test(failureReason ?? ""));
  return known?.[1]() ?? l10n.t("Correct what the reason and the log name, then deploy again.");
}
