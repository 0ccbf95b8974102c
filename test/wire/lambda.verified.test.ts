import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionUrlConfigCommand,
  InvokeCommand,
  LambdaClient,
  type LambdaServiceException,
  ListFunctionsCommand,
  ListFunctionUrlConfigsCommand,
  ListTagsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { findPython } from "../../src/sandbox/lambda/pythonRuntime.ts";
import { createFunction, zipOf } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// Codes, texts and members as others have recorded them in answers of AWS.
const SOURCE = `export const handler = async (event) => {
  if (event.fail) throw new Error("as asked");
  if (event.rawPath?.startsWith("/text")) return "text";
  return event.rawPath ? [event.requestContext.http.path, 3, true] : process.env;
};`;
let sandbox: TestSandbox;
let lambda: LambdaClient;
let arn: string;
before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  arn = await createFunction(sandbox, "verified", SOURCE, { Environment: { Variables: {} } });
});
after(async () => {
  lambda.destroy();
  await sandbox.close();
});

const refused = async (work: Promise<unknown>): Promise<[string, string]> => {
  try {
    await work;
  } catch (error) {
    return [(error as LambdaServiceException).name, (error as Error).message];
  }
  return assert.fail("nothing was refused");
};
const bad = "InvalidParameterValueException";
const missing = "ResourceNotFoundException";

describe("Lambda, as recorded on AWS: functions", () => {
  it("an empty environment stays, and a function has the version of its runtime; lists leave out how it is doing", async () => {
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: "verified" }));
    assert.deepEqual(Configuration?.Environment, { Variables: {} });
    assert.match(
      Configuration?.RuntimeVersionConfig?.RuntimeVersionArn ?? "",
      /^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/,
    );
    const { Functions } = await lambda.send(new ListFunctionsCommand());
    const listed = Functions?.find((fn) => fn.FunctionName === "verified");
    assert.deepEqual(
      [listed?.State, listed?.LastUpdateStatus, listed?.RuntimeVersionConfig],
      [undefined, undefined, undefined],
    );
  });

  it("validation: a qualifier in the name must be the one that is asked for, and the region the client's", async () => {
    const get = (FunctionName: string, Qualifier?: string) =>
      lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }));
    assert.deepEqual(await refused(get(`${arn}:1`, "$LATEST")), [
      bad,
      "The derived qualifier from the function name does not match the specified qualifier.",
    ]);
    assert.deepEqual(await refused(get(arn.replace("us-east-1", "eu-west-1"))), [
      missing,
      "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    ]);
    const invoked = refused(lambda.send(new InvokeCommand({ FunctionName: "nobody" })));
    assert.match((await invoked)[1], /^Function not found: arn:aws:lambda:us-east-1:\d+:function:nobody:\$LATEST$/);
  });

  it("functionality: a version that there is not counts as deleted; $LATEST cannot be", async () => {
    const drop = (Qualifier: string) => lambda.send(new DeleteFunctionCommand({ FunctionName: "verified", Qualifier }));
    await drop("1233");
    assert.deepEqual(await refused(drop("$LATEST")), [
      bad,
      "$LATEST version cannot be deleted without deleting the function.",
    ]);
  });

  it("functionality: a changed description makes a new version", async () => {
    await createFunction(sandbox, "described", SOURCE, { Description: "first" });
    const FunctionName = "described";
    const publish = (Description?: string) => lambda.send(new PublishVersionCommand({ FunctionName, Description }));
    assert.equal((await publish("named")).Version, "1");
    assert.equal((await publish()).Version, "1");
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: "second" }));
    const second = await publish();
    assert.deepEqual([second.Version, second.Description], ["2", "second"]);
    assert.equal((await publish("other")).Version, "2");
  });

  it("validation: tags are of functions, 50 at most, and some must be given", async () => {
    const tag = (Resource: string, Tags: Record<string, string>) =>
      lambda.send(new TagResourceCommand({ Resource, Tags }));
    const versions = "Tags on function aliases and versions are not supported. Please specify a function ARN.";
    assert.deepEqual(await refused(tag(`${arn}:1`, { a: "b" })), [bad, versions]);
    assert.deepEqual(await refused(tag(arn, {})), [bad, "An error occurred and the request cannot be processed."]);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`key${i}`, "v"]));
    assert.deepEqual(await refused(tag(arn, many)), [bad, "Number of tags exceeds resource tag limit."]);
    assert.deepEqual((await lambda.send(new ListTagsCommand({ Resource: arn }))).Tags, {});
  });

  it("functionality: a policy changes by the revision that was read, and changes it", async () => {
    const FunctionName = "verified";
    const add = (StatementId: string, more: object = {}) =>
      lambda.send(
        new AddPermissionCommand({
          FunctionName,
          StatementId,
          Action: "lambda:InvokeFunction",
          Principal: "s3.amazonaws.com",
          ...more,
        }),
      );
    const revision = async () =>
      (await lambda.send(new GetFunctionCommand({ FunctionName }))).Configuration?.RevisionId;
    const first = await revision();
    await add("one", { RevisionId: first });
    assert.notEqual(await revision(), first);
    const text =
      "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id";
    assert.deepEqual(await refused(add("two", { RevisionId: first })), ["PreconditionFailedException", text]);
    const remove = lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: "one", RevisionId: first }));
    assert.deepEqual(await refused(remove), ["PreconditionFailedException", text]);
    assert.deepEqual(await refused(add("two", { Qualifier: "$LATEST" })), [
      bad,
      "We currently do not support adding policies for $LATEST.",
    ]);
  });

  it("validation: what belongs to a function says so in Lambda's words when it is missing", async () => {
    const FunctionName = "nobody";
    const url = "The resource you requested does not exist.";
    assert.deepEqual(await refused(lambda.send(new GetFunctionUrlConfigCommand({ FunctionName }))), [missing, url]);
    const none = "Function does not exist";
    assert.deepEqual(await refused(lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName }))), [missing, none]);
    const create = lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
    assert.deepEqual(await refused(create), [missing, none]);
    const get = await refused(lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName })));
    assert.match(get[1], /^The function arn:.*:function:nobody:\$LATEST doesn't have an EventInvokeConfig$/);
    const put = (more: object) => lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, ...more }));
    assert.deepEqual(await refused(put({ MaximumRetryAttempts: 1 })), [missing, "The function doesn't exist."]);
    assert.deepEqual(await refused(put({ FunctionName: "verified" })), [
      bad,
      "You must specify at least one of error handling or destination setting.",
    ]);
    const alias = { FunctionName: "verified", Name: "live", FunctionVersion: "$LATEST" };
    await lambda.send(new CreateAliasCommand(alias));
    const reserve = new PutFunctionConcurrencyCommand({ FunctionName: `${arn}:live`, ReservedConcurrentExecutions: 1 });
    assert.equal((await refused(lambda.send(reserve)))[0], bad);
  });

  it("validation: an environment that is too large is told as it was measured", async () => {
    const Variables = { LARGE: "x".repeat(5000) };
    const update = lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: "verified", Environment: { Variables } }),
    );
    assert.ok((await refused(update))[1].endsWith(`the 4KB limit. String measured: ${JSON.stringify(Variables)}`));
  });
});

describe("Lambda, as recorded on AWS: what functions answer", () => {
  const invoke = async (FunctionName: string, event: object = {}) => {
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
    );
    return JSON.parse(Buffer.from(Payload ?? []).toString());
  };

  it("functionality: a trace tells of the code where it is on AWS", async () => {
    const { trace } = await invoke("verified", { fail: true });
    assert.match(trace[1], /file:\/\/\/var\/task\/index\.mjs:2:\d+/);
  });

  it("functionality: Python's traces too, and exiting ends the runtime", {
    skip: findPython() === undefined && "no python3",
  }, async () => {
    const make = (name: string, source: string) =>
      createFunction(sandbox, name, "", {
        Runtime: "python3.12",
        Handler: "main.handler",
        Code: { ZipFile: zipOf({ "main.py": source }) },
      });
    await make("fails", 'def handler(event, context):\n    raise Exception("on purpose")\n');
    const { stackTrace } = await invoke("fails");
    assert.deepEqual(stackTrace, [
      '  File "/var/task/main.py", line 2, in handler\n    raise Exception("on purpose")\n',
    ]);
    await make("exits", "import sys\nsys.exit(0)\n");
    const exited = await invoke("exits");
    assert.equal(exited.errorType, "Runtime.ExitError");
    assert.match(exited.errorMessage, /^RequestId: [0-9a-f-]{36} Error: Runtime exited without providing a reason$/);
  });

  it("functionality: a URL answers a text as it is and anything else without spaces; its path is decoded", async () => {
    const FunctionName = "verified";
    const { FunctionUrl } = await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        StatementId: "public",
        Action: "lambda:InvokeFunctionUrl",
        Principal: "*",
        FunctionUrlAuthType: "NONE",
      }),
    );
    const ask = async (path: string) => (await fetch(`${FunctionUrl}${path}`)).text();
    assert.equal(await ask("text"), "text");
    assert.equal(await ask("/pa2%25Fth/1"), '["/pa2%Fth/1",3,true]');
    const nobody = await fetch(FunctionUrl!.replace(/[^/]+\/$/, "0123456789abcdefghijklmnopqrstuv/"));
    assert.deepEqual([nobody.status, await nobody.text()], [403, '{"Message":null}']);
  });
});
