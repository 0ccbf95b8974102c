import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const logGroupName = "/test/group";
const logStreamName = "stream/1";
let sandbox: TestSandbox;
let logs: CloudWatchLogsClient;
before(async () => {
  sandbox = await startTestSandbox();
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
  await logs.send(new CreateLogGroupCommand({ logGroupName, tags: { a: "1" } }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
});
after(async () => {
  logs.destroy();
  await sandbox.close();
});

describe("CloudWatch Logs", () => {
  it("serialization: groups with their ARN, retention and tags", async () => {
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 14 }));
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/test/" }));
    assert.equal(logGroups?.length, 1);
    assert.equal(logGroups[0]?.arn, `arn:aws:logs:us-east-1:123456789012:log-group:${logGroupName}:*`);
    assert.equal(logGroups[0].retentionInDays, 14);
    const resourceArn = logGroups[0].logGroupArn;
    assert.deepEqual((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { a: "1" });
  });

  it("validation: what is there already, or not at all", async () => {
    await assert.rejects(logs.send(new CreateLogGroupCommand({ logGroupName })), {
      name: "ResourceAlreadyExistsException",
      message: "The specified log group already exists",
    });
    await assert.rejects(logs.send(new DeleteLogGroupCommand({ logGroupName: "nope" })), {
      name: "ResourceNotFoundException",
      message: "The specified log group does not exist.",
    });
    await assert.rejects(logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 2 })), {
      name: "InvalidParameterException",
    });
    const now = Date.now();
    const logEvents = [
      { timestamp: now, message: "b" },
      { timestamp: now - 1, message: "a" },
    ];
    await assert.rejects(
      logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents })),
      /chronological order/,
    );
  });

  it("functionality: events are read forwards and backwards, and filtered by terms", async () => {
    const start = Date.now() - 10_000;
    const messages = ["START one", "ERROR: disk full", "héllo <world>", 'ERROR "quoted" x', "END"];
    const logEvents = messages.map((message, index) => ({ timestamp: start + index, message }));
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));

    const first = await logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, limit: 2 }),
    );
    assert.deepEqual(
      first.events?.map((event) => event.message),
      messages.slice(0, 2),
    );
    const second = await logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, nextToken: first.nextForwardToken }),
    );
    assert.deepEqual(
      second.events?.map((event) => event.message),
      messages.slice(2),
    );
    const end = await logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, nextToken: second.nextForwardToken }),
    );
    assert.deepEqual([end.events, end.nextForwardToken], [[], second.nextForwardToken]);

    const filter = async (filterPattern: string, more = {}) =>
      (await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern, ...more }))).events?.map(
        (event) => event.message,
      );
    assert.deepEqual(await filter("ERROR"), [messages[1], messages[3]]);
    assert.deepEqual(await filter('ERROR -"disk full"'), [messages[3]]);
    assert.deepEqual(await filter("?START ?END"), [messages[0], messages[4]]);
    assert.deepEqual(await filter("", { startTime: start + 1, endTime: start + 3 }), messages.slice(1, 3));
    await assert.rejects(filter("{ $.level = }"), { name: "InvalidParameterException" });

    const paged: (string | undefined)[] = [];
    for await (const page of paginateFilterLogEvents({ client: logs, pageSize: 2 }, { logGroupName }))
      paged.push(...(page.events ?? []).map((event) => event.message));
    assert.deepEqual(paged, messages);
    const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime" }));
    assert.equal(logStreams?.[0]?.lastEventTimestamp, start + 4);
  });

  it("functionality: memory is bounded: the oldest events of a stream go first", async () => {
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "busy" }));
    const now = Date.now();
    for (let batch = 0; batch < 3; batch++) {
      const logEvents = Array.from({ length: 5_000 }, (_, i) => ({
        timestamp: now,
        message: String(batch * 5_000 + i),
      }));
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: "busy", logEvents }));
    }
    const { events } = await logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName: "busy", startFromHead: true }),
    );
    assert.deepEqual([events?.length, events?.[0]?.message, events?.at(-1)?.message], [10_000, "5000", "14999"]);
  });
});
