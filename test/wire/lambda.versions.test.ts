import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListAliasesCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { createFunction, zipOf } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const FunctionName = "versioned";
const arn = `arn:aws:lambda:us-east-1:123456789012:function:${FunctionName}`;
let sandbox: TestSandbox;
let lambda: LambdaClient;

const source = (answer: string) =>
  `export const handler = async (e, c) => ({a: "${answer}", v: c.functionVersion, arn: c.invokedFunctionArn, env: process.env.AWS_LAMBDA_FUNCTION_VERSION});`;
const code = (answer: string) => zipOf({ "index.mjs": source(answer) });
const invoke = async (Qualifier?: string) => {
  const result = await lambda.send(new InvokeCommand({ FunctionName, Qualifier }));
  return { executed: result.ExecutedVersion, ...JSON.parse(Buffer.from(result.Payload ?? []).toString()) };
};

before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  await createFunction(sandbox, FunctionName, source("one"), { Publish: true });
});
after(async () => {
  lambda.destroy();
  await sandbox.close();
});

describe("Lambda versions and aliases", () => {
  it("functionality: a version keeps its code; an alias leads to it and can be moved", async () => {
    const same = await lambda.send(new PublishVersionCommand({ FunctionName }));
    assert.equal(same.Version, "1", "nothing has changed since version 1");
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: code("two") }));
    const second = await lambda.send(new PublishVersionCommand({ FunctionName, Description: "second" }));
    assert.deepEqual([second.Version, second.FunctionArn], ["2", `${arn}:2`]);
    const alias = await lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1" }));
    assert.equal(alias.AliasArn, `${arn}:live`);
    assert.equal("RoutingConfig" in alias, false);
    assert.deepEqual(await invoke("live"), { executed: "1", a: "one", v: "1", arn: `${arn}:live`, env: "1" });
    assert.deepEqual(await invoke(), { executed: "$LATEST", a: "two", v: "$LATEST", arn, env: "$LATEST" });
    await lambda.send(new UpdateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "2" }));
    assert.equal((await invoke("live")).a, "two");
    await lambda.send(
      new UpdateAliasCommand({
        FunctionName,
        Name: "live",
        RoutingConfig: { AdditionalVersionWeights: { 1: 1 } },
      }),
    );
    assert.equal((await invoke("live")).a, "one", "all of the weight is on the other version");
    const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
    assert.deepEqual(
      Versions?.map((version) => version.FunctionArn),
      [`${arn}:$LATEST`, `${arn}:1`, `${arn}:2`],
    );
    const live = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: "live" }));
    assert.deepEqual([live.Version, live.FunctionArn], ["2", `${arn}:live`]);
    assert.equal(
      (await lambda.send(new ListAliasesCommand({ FunctionName, FunctionVersion: "1" }))).Aliases?.length,
      0,
    );
    await assert.rejects(lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: "2" })), {
      name: "ResourceConflictException",
    });
    await lambda.send(new DeleteAliasCommand({ FunctionName, Name: "live" }));
    await lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: "2" }));
    await assert.rejects(invoke("2"), { name: "ResourceNotFoundException", message: `Function not found: ${arn}:2` });
    assert.equal((await invoke("1")).a, "one");
    assert.equal((await invoke()).a, "two");
  });

  it("validation: aliases that exist, lead nowhere or are not there; code that has changed", async () => {
    await assert.rejects(lambda.send(new GetAliasCommand({ FunctionName, Name: "nope" })), {
      name: "ResourceNotFoundException",
      message: `Cannot find alias arn: ${arn}:nope`,
    });
    const create = (Name: string, FunctionVersion: string) =>
      lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion }));
    await assert.rejects(create("a", "77"), { message: `Function not found: ${arn}:77` });
    await create("a", "$LATEST");
    await assert.rejects(create("a", "1"), { message: `Alias already exists: ${arn}:a` });
    await assert.rejects(lambda.send(new PublishVersionCommand({ FunctionName, CodeSha256: "x" })), {
      name: "InvalidParameterValueException",
    });
  });

  it("functionality: each qualifier has a policy of its own", async () => {
    await lambda.send(
      new AddPermissionCommand({
        FunctionName,
        Qualifier: "1",
        StatementId: "s",
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
      }),
    );
    const { Policy } = await lambda.send(new GetPolicyCommand({ FunctionName, Qualifier: "1" }));
    assert.equal(JSON.parse(Policy!).Statement[0].Resource, `${arn}:1`);
    await assert.rejects(lambda.send(new GetPolicyCommand({ FunctionName })), { name: "ResourceNotFoundException" });
  });
});

describe("Lambda concurrency", () => {
  it("functionality: no concurrency left throttles; the account's share follows", async () => {
    const put = (ReservedConcurrentExecutions: number) =>
      lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
    await put(0);
    await assert.rejects(invoke(), { name: "TooManyRequestsException" });
    await put(10);
    assert.equal((await invoke()).a, "two");
    assert.equal(
      (await lambda.send(new GetAccountSettingsCommand({}))).AccountLimit?.UnreservedConcurrentExecutions,
      990,
    );
    await assert.rejects(put(901), /below its minimum value of \[100\]/);
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
    const none = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    assert.equal("ReservedConcurrentExecutions" in none, false);
  });
});
