import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { Connections } from "../../src/services/connections.ts";
import { tailLog } from "../../src/services/logReader.ts";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let logs: CloudWatchLogsClient;
const connections = new Connections();
const logGroupName = "/aws/sagemaker/Endpoints/late";
const put = (...messages: string[]) =>
  logs.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName: "AllTraffic/i-1",
      logEvents: messages.map((message) => ({ timestamp: Date.now(), message })),
    }),
  );

before(async () => {
  sandbox = await startTestSandbox();
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 1 } });
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
});
after(async () => {
  connections.disconnect();
  logs.destroy();
  await sandbox.close();
});

it("waits for a group, tells what was there and then each line once as it comes, filtered, until it is stopped", async () => {
  const stop = new AbortController();
  const told: string[] = [];
  const tail = { tell: (lines: { text: string }[]) => told.push(...lines.map(({ text }) => text)), onSampled() {} };
  const request = { logGroup: logGroupName, pattern: "ERROR", fromMs: Date.now() - 60_000 };
  const ended = tailLog(connections, request, tail, stop.signal);
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "AllTraffic/i-1" }));
  await put("ERROR first", "fine");
  await eventually("the first line is told", async () => told.includes("ERROR first"));
  await put("fine again", "ERROR second");
  await eventually("the second line is told", async () => told.includes("ERROR second"));
  stop.abort();
  await ended;
  assert.deepEqual(told, ["ERROR first", "ERROR second"]);
});

it("a wrong pattern is said, not followed", async () => {
  const request = { logGroup: logGroupName, pattern: "{ $.a = ", fromMs: Date.now() };
  const tail = { tell() {}, onSampled() {} };
  await assert.rejects(tailLog(connections, request, tail, new AbortController().signal), /follow the log/);
});
