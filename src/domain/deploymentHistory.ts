import { isStackFailed, isStackInProgress, type StackEvent } from "./stack.ts";

/** One operation on a stack, from its beginning to its end. */
export interface PastDeployment {
  id: string;
  kind: "created" | "updated" | "deleted" | "imported";
  startedAtMs: number;
  /** Absent while CloudFormation still works on it. */
  endedAtMs?: number;
  /** CloudFormation's last word on it. */
  status: string;
  /** Why it failed: the first resource that did, and its reason. */
  failure?: { logicalId: string; reason: string };
  /** Resources that were worked on, in the order in which they came to their end. */
  resources: { logicalId: string; type: string; status: string; tookMs: number }[];
}

const KINDS: Record<string, PastDeployment["kind"]> = {
  CREATE_IN_PROGRESS: "created",
  UPDATE_IN_PROGRESS: "updated",
  DELETE_IN_PROGRESS: "deleted",
  IMPORT_IN_PROGRESS: "imported",
};

/**
 * The operations of a stack, newest first, from its events (oldest first). An operation begins with an event of the
 * stack itself that a user initiated; a rollback belongs to what it rolls back.
 */
export function deploymentHistory(stackName: string, events: readonly StackEvent[]): PastDeployment[] {
  const found: PastDeployment[] = [];
  let begun = new Map<string, number>();
  let last: PastDeployment | undefined;
  for (const event of events) {
    const { id, atMs, logicalId, type, status, reason } = event;
    const isStack = type === "AWS::CloudFormation::Stack" && logicalId === stackName;
    const kind = isStack ? KINDS[status] : undefined;
    if (kind) {
      last = { id, kind, startedAtMs: atMs, status, resources: [] };
      begun = new Map();
      found.push(last);
    } else if (!last) {
      // Events are kept for 90 days: the beginning may be gone.
    } else if (isStack) {
      last.status = status;
      last.endedAtMs = isStackInProgress(status) ? undefined : atMs;
    } else {
      if (status.endsWith("_IN_PROGRESS")) begun.set(logicalId, begun.get(logicalId) ?? atMs);
      else last.resources.push({ logicalId, type, status, tookMs: atMs - (begun.get(logicalId) ?? atMs) });
      const isCause = status.endsWith("_FAILED") && !/cancell?ed/i.test(reason ?? "");
      if (isCause) last.failure ??= { logicalId, reason: reason ?? status };
    }
  }
  return found.reverse();
}

/** Did it end as it was meant to? */
export function isSuccessful({ status }: PastDeployment): boolean {
  return !isStackFailed(status) && !isStackInProgress(status);
}
