import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  TestMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let logs: CloudWatchLogsClient;
before(async () => {
  sandbox = await startTestSandbox();
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
});
after(async () => {
  logs.destroy();
  await sandbox.close();
});

describe("CloudWatch Logs filter patterns", () => {
  const events = [
    '{"status":500,"user":{"name":"ann"},"tags":["a","b"],"ok":false}',
    '{"status":404,"user":null,"latency":12.5}',
    '127.0.0.1 - ann [10/Oct/2026] "GET /x" 404 15',
    "ERROR: the endpoint wine is not there",
  ];
  const cases: [pattern: string, expected: number[]][] = [
    ["{ $.status = 500 }", [1]],
    ["{ $.status >= 404 && $.status != 500 }", [2]],
    ['{ ($.user.name = "a*") || ($.latency > 12) }', [1, 2]],
    ["{ $.user IS NULL }", [2]],
    ["{ $.ok IS FALSE }", [1]],
    ["{ $.latency NOT EXISTS }", [1]],
    ['{ $.tags[1] = "b" }', [1]],
    ['{ $.tags[*] = "a" }', [1]],
    ["{ $.status = %^4\\d+% }", [2]],
    ["[ip, dash, user, time, request, status = 4*, size > 10]", [3]],
    ["[..., size = 15]", [3]],
    ["%wine|404%", [2, 3, 4]],
    ["ERROR -wine", []],
    ['?"not there" ?127.0.0.1', [3, 4]],
  ];
  for (const [filterPattern, expected] of cases)
    it(`functionality: ${filterPattern}`, async () => {
      const { matches } = await logs.send(new TestMetricFilterCommand({ filterPattern, logEventMessages: events }));
      assert.deepEqual(
        (matches ?? []).map((match) => match.eventNumber),
        expected,
      );
    });

  it("validation: patterns that are none", async () => {
    for (const filterPattern of ["{ $.a = }", "{ $.a ~ 1 }", "{ ($.a = 1 }", "[a, b", "%[%", `{ ${"(".repeat(99)} }`])
      await assert.rejects(
        logs.send(new TestMetricFilterCommand({ filterPattern, logEventMessages: ["x"] })),
        { name: "InvalidParameterException", message: "Invalid filter pattern" },
        filterPattern,
      );
  });
});

describe("CloudWatch Logs batches", () => {
  const logGroupName = "batches";
  const logStreamName = "s";

  it("functionality: what is too old for the retention is rejected, the rest is kept", async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
    const now = Date.now();
    const { rejectedLogEventsInfo } = await logs.send(
      new PutLogEventsCommand({
        logGroupName,
        logStreamName,
        logEvents: [
          { timestamp: now - 24.5 * 3_600_000, message: "old" },
          { timestamp: now - 0.6 * 3_600_000, message: '{"level":"error"}' },
        ],
      }),
    );
    assert.deepEqual(rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
    const found = await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: '{ $.level = "err*" }' }));
    assert.equal(found.events?.length, 1);
  });

  it("validation: a batch that spans more than a day", async () => {
    const now = Date.now();
    const logEvents = [now - 25 * 3_600_000, now].map((timestamp) => ({ timestamp, message: "m" }));
    await assert.rejects(logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents })), {
      message: "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    });
  });
});
