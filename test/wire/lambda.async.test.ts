import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionEventInvokeConfigsCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { eventually } from "./endpoints.ts";
import { createFunction } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const ARN = "arn:aws:lambda:us-east-1:123456789012:function";
let sandbox: TestSandbox;
let lambda: LambdaClient;
let logs: CloudWatchLogsClient;

before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  logs = new CloudWatchLogsClient(sandbox.clientConfig());
  const sources = {
    worker:
      'export const handler = async (e) => { console.log("TRY"); if (e.fail) throw new Error("no"); return { did: e.a }; };',
    told: 'export const handler = async (e) => { console.log("TOLD " + JSON.stringify(e)); };',
  };
  for (const [FunctionName, source] of Object.entries(sources)) await createFunction(sandbox, FunctionName, source);
});
after(async () => {
  lambda.destroy();
  logs.destroy();
  await sandbox.close();
});

const send = (event: object) =>
  lambda.send(
    new InvokeCommand({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) }),
  );
/** Lines of a function's log that hold a word. */
async function lines(name: string, word: string): Promise<string[]> {
  const { events = [] } = await logs
    .send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }))
    .catch(() => ({ events: [] }));
  return events.map(({ message = "" }) => message).filter((message) => message.includes(word));
}
const told = async (count: number) => {
  const found = await eventually("the destination is told", async () => {
    const all = await lines("told", "TOLD ");
    return all.length >= count && all;
  });
  return JSON.parse(found.at(-1)!.replace(/^.*?TOLD /s, "")) as {
    requestContext: { condition: string; approximateInvokeCount: number };
    responsePayload: { did?: number; errorMessage?: string };
    requestPayload: object;
  };
};

describe("Lambda's asynchronous invocation", () => {
  it("functionality: as often as its configuration says, and its end goes to the destination", async () => {
    const DestinationConfig = { OnSuccess: { Destination: `${ARN}:told` }, OnFailure: { Destination: `${ARN}:told` } };
    await lambda.send(
      new PutFunctionEventInvokeConfigCommand({ FunctionName: "worker", MaximumRetryAttempts: 1, DestinationConfig }),
    );
    assert.equal((await send({ a: 1 })).StatusCode, 202);
    const good = await told(1);
    assert.deepEqual(
      [good.requestContext.condition, good.responsePayload, good.requestPayload],
      ["Success", { did: 1 }, { a: 1 }],
    );
    await send({ fail: true });
    const bad = await told(2);
    assert.deepEqual(
      [bad.requestContext.condition, bad.requestContext.approximateInvokeCount, bad.responsePayload.errorMessage],
      ["RetriesExhausted", 2, "no"],
    );
    assert.equal((await lines("worker", "TRY")).length, 3);
  });

  it("functionality: the configuration is described, changed, listed and deleted", async () => {
    const FunctionName = "worker";
    const changed = await lambda.send(
      new UpdateFunctionEventInvokeConfigCommand({ FunctionName, MaximumEventAgeInSeconds: 60 }),
    );
    assert.deepEqual([changed.MaximumRetryAttempts, changed.MaximumEventAgeInSeconds], [1, 60]);
    assert.equal(changed.FunctionArn, `${ARN}:worker:$LATEST`);
    const { FunctionEventInvokeConfigs } = await lambda.send(
      new ListFunctionEventInvokeConfigsCommand({ FunctionName }),
    );
    assert.equal(FunctionEventInvokeConfigs?.length, 1);
    await lambda.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName }));
    await assert.rejects(lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName })), {
      name: "ResourceNotFoundException",
      message: `The function ${ARN}:worker:$LATEST doesn't have an EventInvokeConfig`,
    });
    await assert.rejects(
      lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 3 })),
      { name: "ValidationException" },
    );
  });
});
