import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type LiveTailSessionLogEvent,
  PutLogEventsCommand,
  StartLiveTailCommand,
  type StartLiveTailCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const groupArn = (name: string) => `arn:aws:logs:us-east-1:123456789012:log-group:${name}`;
let sandbox: TestSandbox;
let logs: CloudWatchLogsClient;

before(async () => {
  sandbox = await startTestSandbox();
  // The client would otherwise call streaming-127.0.0.1, which no resolver knows.
  logs = new CloudWatchLogsClient({ ...sandbox.clientConfig(), disableHostPrefix: true });
  for (const logGroupName of ["/one", "/two"]) {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    for (const logStreamName of ["a1", "a2", "b"])
      await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  }
});
after(async () => {
  logs.destroy();
  await sandbox.close();
});

const put = (logGroupName: string, logStreamName: string, ...messages: string[]) =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName,
      logEvents: messages.map((message) => ({ timestamp: Date.now(), message })),
    }),
  );

/** Opens a session, lets `act` write, and collects until `count` events have come. */
async function tail(input: StartLiveTailCommandInput, act: () => Promise<unknown>, count: number) {
  const { responseStream } = await logs.send(new StartLiveTailCommand(input));
  assert.ok(responseStream);
  const found: LiveTailSessionLogEvent[] = [];
  let sessionId: string | undefined;
  for await (const event of responseStream) {
    if (event.sessionStart) {
      sessionId = event.sessionStart.sessionId;
      assert.deepEqual(event.sessionStart.logGroupIdentifiers, input.logGroupIdentifiers);
      await act();
    }
    found.push(...(event.sessionUpdate?.sessionResults ?? []));
    if (found.length >= count) break;
  }
  assert.match(sessionId ?? "", /^[0-9a-f-]{36}$/);
  return found;
}

describe("StartLiveTail", () => {
  it("functionality: what is written from now on comes as an event stream, of all groups asked for", async () => {
    await put("/one", "a1", "before the session");
    const found = await tail(
      { logGroupIdentifiers: [groupArn("/one"), groupArn("/two")] },
      async () => {
        await put("/one", "a1", "first", "second");
        await put("/two", "b", "third");
      },
      3,
    );
    assert.deepEqual(
      found.map((e) => [e.logGroupIdentifier, e.logStreamName, e.message]),
      [
        [groupArn("/one"), "a1", "first"],
        [groupArn("/one"), "a1", "second"],
        [groupArn("/two"), "b", "third"],
      ],
    );
    assert.ok((found[0]?.ingestionTime ?? 0) >= (found[0]?.timestamp ?? 0));
  });

  it("functionality: a filter pattern and the names or prefixes of streams choose", async () => {
    const logGroupIdentifiers = [groupArn("/one")];
    const write = async () => {
      await put("/one", "b", "ERROR in b");
      await put("/one", "a1", "fine", "ERROR in a1");
      await put("/one", "a2", "ERROR in a2");
    };
    const logEventFilterPattern = "ERROR";
    const messages = (found: LiveTailSessionLogEvent[]) => found.map((e) => e.message);
    const prefixed = { logGroupIdentifiers, logEventFilterPattern, logStreamNamePrefixes: ["a"] };
    assert.deepEqual(messages(await tail(prefixed, write, 2)), ["ERROR in a1", "ERROR in a2"]);
    const named = { logGroupIdentifiers, logEventFilterPattern, logStreamNames: ["b"] };
    assert.deepEqual(messages(await tail(named, write, 1)), ["ERROR in b"]);
  });

  it("validation: groups that are not there, streams of several groups, a broken pattern", async () => {
    const refused = (input: StartLiveTailCommandInput, name: string) =>
      assert.rejects(logs.send(new StartLiveTailCommand(input)), { name });
    await refused({ logGroupIdentifiers: [groupArn("/none")] }, "ResourceNotFoundException");
    const both = [groupArn("/one"), groupArn("/two")];
    await refused({ logGroupIdentifiers: both, logStreamNames: ["b"] }, "InvalidParameterException");
    await refused(
      { logGroupIdentifiers: [groupArn("/one")], logStreamNames: ["b"], logStreamNamePrefixes: ["a"] },
      "InvalidParameterException",
    );
    await refused(
      { logGroupIdentifiers: [groupArn("/one")], logEventFilterPattern: "{ $.a = }" },
      "InvalidParameterException",
    );
  });
});
