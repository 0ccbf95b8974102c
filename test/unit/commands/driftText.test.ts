import assert from "node:assert/strict";
import { test } from "node:test";
import { driftMarkdown } from "../../../src/commands/driftText.ts";
import type { Connection } from "../../../src/domain/connection.ts";

const connection: Connection = {
  kind: "aws",
  accountId: "123456789012",
  principalArn: "arn:aws:iam::123456789012:user/me",
  region: "eu-central-1",
  timeScale: 1,
};
const base = { stackName: "wine", atMs: 0, inSync: 22, notChecked: 1 };

test("a drift tells each property as in the template and as in the account, and what to do", () => {
  const text = driftMarkdown(
    {
      ...base,
      drifts: [
        {
          logicalId: "Target",
          type: "AWS::ApplicationAutoScaling::ScalableTarget",
          kind: "modified",
          differences: [{ path: "/MaxCapacity", expected: "4", actual: "6|`x`" }],
        },
        { logicalId: "Logs", physicalId: "/aws/x", type: "AWS::Logs::LogGroup", kind: "deleted", differences: [] },
      ],
    },
    connection,
    0,
  );
  assert.match(text, /account 123456789012/);
  // A bar in a value must not end the cell, nor a backtick the code.
  assert.match(text, /\| `\/MaxCapacity` \| `4` \| `6\\\|'x'` \|/);
  assert.match(text, /It was deleted outside of the stack\./);
  assert.match(text, /## What now/);
});

test("a stack without drift says so, and gives no advice", () => {
  const text = driftMarkdown({ ...base, drifts: [] }, connection, 0);
  assert.match(text, /is as its template says: 22 resources are in sync; 1 cannot be checked/);
  assert.doesNotMatch(text, /What now/);
});
