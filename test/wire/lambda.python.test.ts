import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { zipOf } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const skip = hasPython ? false : "NOT TESTED: there is no python3 on this machine";
const Statement = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };

let sandbox: TestSandbox;
let lambda: LambdaClient;
let Role: string | undefined;
before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  const iam = new IAMClient(sandbox.clientConfig());
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  Role = (await iam.send(new CreateRoleCommand({ RoleName: "fn", AssumeRolePolicyDocument }))).Role?.Arn;
  iam.destroy();
});
after(async () => {
  lambda.destroy();
  await sandbox.close();
});

async function invoke(FunctionName: string, source: string, event: unknown = {}, Handler = "app.handler") {
  const ZipFile = zipOf({ "app.py": source });
  await lambda.send(
    new CreateFunctionCommand({ FunctionName, Runtime: "python3.12", Handler, Role, Code: { ZipFile } }),
  );
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }),
  );
  return {
    error: answer.FunctionError,
    payload: JSON.parse(Buffer.from(answer.Payload ?? []).toString()),
    log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
  };
}

describe("Lambda functions in Python", { skip }, () => {
  it("functionality: the handler gets event and context; what it prints and logs is in its log", async () => {
    const { error, payload, log } = await invoke(
      "fine",
      `import logging, os
logging.getLogger().setLevel(logging.INFO)
def handler(event, context):
    print("printed", event["n"])
    logging.info("logged %s", "ü")
    return {"n": event["n"] + 1, "name": context.function_name, "left": context.get_remaining_time_in_millis() > 0,
            "region": os.environ["AWS_REGION"], "channel": "NODE_CHANNEL_FD" in os.environ}
`,
      { n: 41 },
    );
    assert.equal(error, undefined);
    assert.deepEqual(payload, { n: 42, name: "fine", left: true, region: "us-east-1", channel: false });
    assert.match(
      log,
      /START RequestId[\s\S]*\nprinted 41\n\[INFO\]\t[\d-]+T[\d:.]+Z\t[0-9a-f-]{36}\tlogged ü\n[\s\S]*REPORT RequestId/,
    );
    const logs = new CloudWatchLogsClient(sandbox.clientConfig());
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: "/aws/lambda/fine", filterPattern: "printed" }),
    );
    assert.equal(events?.[0]?.message, "printed 41");
    logs.destroy();
  });

  it("functionality: an error has its type, message and stack trace as Lambda's Python has them", async () => {
    const { error, payload, log } = await invoke(
      "raises",
      `def handler(event, context):\n    return event["missing"]\n`,
    );
    assert.equal(error, "Unhandled");
    assert.deepEqual([payload.errorType, payload.errorMessage], ["KeyError", "'missing'"]);
    assert.match(payload.stackTrace[0], /File ".*app\.py", line 2, in handler\n {4}return event\["missing"\]\n/);
    assert.match(log, /\[ERROR\] KeyError: 'missing'/);
  });

  it("validation: a module, a handler or an answer that will not do", async () => {
    const missing = await invoke("no-module", "x = 1", {}, "nope.handler");
    assert.equal(missing.payload.errorType, "Runtime.ImportModuleError");
    assert.equal(missing.payload.errorMessage, "Unable to import module 'nope': No module named 'nope'");
    const handler = await invoke("no-handler", "x = 1");
    assert.equal(handler.payload.errorMessage, "Handler 'handler' missing on module 'app'");
    const answer = await invoke("no-json", "def handler(e, c):\n    return {1, 2}\n");
    assert.equal(answer.payload.errorType, "Runtime.MarshalError");
    assert.equal((await invoke("syntax", "def handler(:\n")).payload.errorType, "Runtime.UserCodeSyntaxError");
  });
});
