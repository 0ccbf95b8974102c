import assert from "node:assert/strict";
import { test } from "node:test";
import { deploymentHistory } from "../../../src/domain/deploymentHistory.ts";
import type { StackEvent } from "../../../src/domain/stack.ts";

let count = 0;
const event = (logicalId: string, status: string, reason?: string): StackEvent => ({
  id: `e${++count}`,
  atMs: count * 1000,
  logicalId,
  type: logicalId === "wine" ? "AWS::CloudFormation::Stack" : "AWS::SageMaker::Endpoint",
  status,
  reason,
});

test("events become operations, newest first; a rollback belongs to what it rolls back", () => {
  const history = deploymentHistory("wine", [
    event("wine", "CREATE_IN_PROGRESS", "User Initiated"),
    event("Endpoint", "CREATE_IN_PROGRESS"),
    event("Endpoint", "CREATE_COMPLETE"),
    event("wine", "CREATE_COMPLETE"),
    event("wine", "UPDATE_IN_PROGRESS", "User Initiated"),
    event("Endpoint", "UPDATE_IN_PROGRESS"),
    event("Other", "UPDATE_FAILED", "Resource update cancelled"),
    event("Endpoint", "UPDATE_FAILED", "did not pass the ping health check"),
    event("wine", "UPDATE_ROLLBACK_IN_PROGRESS"),
    event("wine", "UPDATE_ROLLBACK_COMPLETE"),
  ]);
  assert.deepEqual(
    history.map(({ kind, status, failure, resources }) => [kind, status, failure?.logicalId, resources.length]),
    [
      ["updated", "UPDATE_ROLLBACK_COMPLETE", "Endpoint", 2],
      ["created", "CREATE_COMPLETE", undefined, 1],
    ],
  );
  const [updated, created] = history;
  assert.equal(created?.resources[0]?.tookMs, 1000);
  assert.equal(updated?.endedAtMs, 10_000);
});

test("what is under way has no end yet", () => {
  const [first] = deploymentHistory("wine", [event("wine", "UPDATE_IN_PROGRESS")]);
  assert.equal(first?.endedAtMs, undefined);
});
