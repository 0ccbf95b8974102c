import * as l10n from "@vscode/l10n";
import type { AwsClients } from "../aws/clients.ts";
import { describeStack, eventsSince } from "../aws/cloudformation.ts";
import { OpsError } from "../domain/errors.ts";
import { isStackInProgress, type Stack, type StackEvent } from "../domain/stack.ts";

/** Waits; ends early, without an error, when the signal fires. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** How to follow a stack. */
export interface FollowOptions {
  /** Milliseconds between looks. */
  pollMs: number;
  /** Events up to this one belong to an earlier operation. */
  afterEventId?: string;
  onEvent?: (event: StackEvent) => void;
  signal?: AbortSignal;
  /** Called once when the signal fires; the stack is followed to its end all the same. */
  onAbort?: () => Promise<void>;
}

/** What following ended with: the last state (undefined when the stack is gone) and everything that happened. */
export interface Followed {
  stack: Stack | undefined;
  events: StackEvent[];
  aborted: boolean;
}

/** The newest event of a stack, to know later what is new. */
export async function lastEventId(clients: AwsClients, stackId: string): Promise<string | undefined> {
  return (await eventsSince(clients, stackId)).at(-1)?.id;
}

/** The last event before the operation that is under way, or was the last one, on a stack. */
export async function lastEventBefore(clients: AwsClients, stackName: string): Promise<string | undefined> {
  const events = await eventsSince(clients, stackName);
  const began = events.findLastIndex(
    ({ type, logicalId, status }) =>
      type === "AWS::CloudFormation::Stack" && logicalId === stackName && /^(CREATE|UPDATE)_IN_PROGRESS$/.test(status),
  );
  return events[began - 1]?.id;
}

/** Looks in a row that may fail for what passes; the SDK has tried each three times. */
const MOST_FAILED = 10;
/** CloudFormation goes on whether we see it or not: too many calls, a network that is gone for a while. */
const PASSING = new Set(["throttled", "unreachable"]);

async function look(clients: AwsClients, stackId: string, lastEventId: string | undefined) {
  const stack = await describeStack(clients, stackId);
  return { stack, fresh: await eventsSince(clients, stackId, lastEventId) };
}

/** What is under way ends without us; who hears of the failure should know that. */
function outOfSight(e: unknown): unknown {
  if (!(e instanceof OpsError)) return e;
  const goesOn = l10n.t("CloudFormation goes on meanwhile: deploy again when it has ended, and the rest is done.");
  return new OpsError(e.code, e.message, {
    hint: [e.hint, goesOn].filter(Boolean).join(" "),
    cause: e.cause,
    place: e.place,
  });
}

/** Follows a stack until CloudFormation is done with it. */
export async function followStack(clients: AwsClients, stackId: string, options: FollowOptions): Promise<Followed> {
  const events: StackEvent[] = [];
  let last = options.afterEventId;
  let aborted = false;
  let failed = 0;
  for (;;) {
    if (options.signal?.aborted && !aborted) {
      aborted = true;
      await options.onAbort?.();
    }
    const seen = await look(clients, stackId, last).catch((e: unknown) => {
      if (e instanceof OpsError && PASSING.has(e.code) && ++failed <= MOST_FAILED) return undefined;
      throw outOfSight(e);
    });
    if (!seen) {
      await pause(options.pollMs * 2, aborted ? undefined : options.signal);
      continue;
    }
    failed = 0;
    const { stack, fresh } = seen;
    for (const event of fresh) {
      events.push(event);
      last = event.id;
      options.onEvent?.(event);
    }
    if (!stack || !(isStackInProgress(stack.status) || stack.status === "REVIEW_IN_PROGRESS"))
      return { stack, events, aborted };
    await pause(options.pollMs, aborted ? undefined : options.signal);
  }
}

/** The resource whose failure began it all, in words: CloudFormation cancels the others because of it. */
export function failureOf(stackName: string, followed: Followed): OpsError {
  const first = followed.events.find(
    (e) =>
      e.status.endsWith("_FAILED") &&
      !/cancelled|canceled/i.test(e.reason ?? "") &&
      e.type !== "AWS::CloudFormation::Stack",
  );
  const status = followed.stack?.status ?? "gone";
  const rolledBack = /ROLLBACK_COMPLETE|DELETE_COMPLETE/.test(status) ? l10n.t(" Everything was rolled back.") : "";
  if (!first)
    return new OpsError(
      "deploymentFailed",
      l10n.t(
        "Stack {0} ended as {1}: {2}.{3}",
        stackName,
        status,
        (followed.stack?.statusReason ?? l10n.t("no reason was given")).replace(/\.$/, ""),
        rolledBack,
      ),
    );
  return new OpsError(
    "deploymentFailed",
    l10n.t(
      "Stack {0} failed at {1} ({2}): {3}.{4}",
      stackName,
      first.logicalId,
      first.type,
      (first.reason ?? first.status).replace(/\.$/, ""),
      rolledBack,
    ),
    { hint: l10n.t("Correct the cause and deploy again.") },
  );
}
