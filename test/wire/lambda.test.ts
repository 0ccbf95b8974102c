import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  RemovePermissionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { zipOf } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const Role = "arn:aws:iam::123456789012:role/fn";
let sandbox: TestSandbox;
let lambda: LambdaClient;

async function create(FunctionName: string, source: string, more: object = {}, file = "index.mjs"): Promise<void> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role,
      Runtime: "nodejs20.x",
      Handler: "index.handler",
      Code: { ZipFile: zipOf({ [file]: source }) },
      ...more,
    }),
  );
}

async function invoke(FunctionName: string, event: unknown = {}) {
  const result = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }),
  );
  return {
    error: result.FunctionError,
    payload: JSON.parse(Buffer.from(result.Payload ?? []).toString()),
    log: Buffer.from(result.LogResult ?? "", "base64").toString(),
  };
}

before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  const iam = new IAMClient(sandbox.clientConfig());
  const trust = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  await iam.send(new CreateRoleCommand({ RoleName: "fn", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  iam.destroy();
});
after(async () => {
  lambda.destroy();
  await sandbox.close();
});

describe("Lambda invocations", () => {
  it("functionality: runs the uploaded code with Lambda's environment only, and logs as Lambda does", async () => {
    process.env.SANDBOX_SECRET = "secret";
    await create(
      "echo",
      `
      export const handler = async (event, context) => {
        console.log("seen", event.n);
        return { event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0,
          region: process.env.AWS_REGION, own: process.env.OWN, secret: process.env.SANDBOX_SECRET, pid: process.pid };
      };`,
      { Environment: { Variables: { OWN: "yes" } } },
    );
    const first = await invoke("echo", { n: 7 });
    assert.equal(first.error, undefined, JSON.stringify(first.payload));
    const { pid, ...rest } = first.payload;
    assert.deepEqual(rest, { event: { n: 7 }, name: "echo", left: true, region: "us-east-1", own: "yes" });
    assert.match(
      first.log,
      /^START RequestId: \S+ Version: \$LATEST\n.*INFO\tseen 7\nEND RequestId: \S+\nREPORT .*Init Duration/s,
    );
    assert.equal((await invoke("echo")).payload.pid, pid, "the warm process is used again");

    const logs = new CloudWatchLogsClient(sandbox.clientConfig());
    const { events } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: "/aws/lambda/echo", filterPattern: "INFO" }),
    );
    assert.match(events?.[0]?.message ?? "", /seen 7/);
    logs.destroy();
  });

  it("functionality: user code reaches the sandbox through the runtime's own SDK, with the role's keys", async () => {
    await create(
      "sdk",
      `
      const { SageMakerRuntimeClient, InvokeEndpointCommand } = require("@aws-sdk/client-sagemaker-runtime");
      exports.handler = (event, context, callback) => {
        new SageMakerRuntimeClient({}).send(new InvokeEndpointCommand({ EndpointName: "nope", Body: "1" }))
          .then((r) => callback(null, "answered"), (e) => callback(null, e.$metadata.httpStatusCode + " " + e.name));
      };`,
      { Timeout: 20 },
      "index.js",
    );
    assert.match(
      String((await invoke("sdk")).payload),
      /^4\d\d (ValidationError|ValidationException|UnknownOperationException)$/,
    );
    await create(
      "sdkModule",
      `
      import { SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
      export const handler = async () => typeof SageMakerRuntimeClient;`,
      { Timeout: 20 },
    );
    assert.equal((await invoke("sdkModule")).payload, "function");
  });

  it("functionality: errors have Lambda's shape", async () => {
    await create(
      "fails",
      `export const handler = async (e) => {
      if (e.exit) process.exit(3);
      if (e.later) setTimeout(() => { throw new Error("nobody catches"); }, 5);
      if (e.later || e.hang) await new Promise((r) => setTimeout(r, 60_000));
      throw new RangeError("too far"); }`,
      { Timeout: 2 },
    );
    const thrown = await invoke("fails");
    assert.equal(thrown.error, "Unhandled");
    assert.deepEqual(
      [thrown.payload.errorType, thrown.payload.errorMessage, thrown.payload.trace[0]],
      ["RangeError", "too far", "RangeError: too far"],
    );
    assert.match(
      (await invoke("fails", { exit: true })).payload.errorMessage,
      /Runtime exited with error: exit status 3/,
    );
    assert.equal((await invoke("fails", { later: true })).payload.errorMessage, "nobody catches");
    const hung = await invoke("fails", { hang: true });
    assert.match(hung.payload.errorMessage, /Task timed out after 2\.00 seconds/);
    assert.match(hung.log, /Task timed out/);
    assert.equal((await invoke("fails")).payload.errorMessage, "too far", "a new process answers after the killed one");
  });

  it("functionality: several invocations run at the same time, each in a process of its own", async () => {
    await create(
      "slow",
      `export const handler = async (e) => { await new Promise((r) => setTimeout(r, 300)); return process.pid; };`,
    );
    const pids = await Promise.all([1, 2, 3].map(async () => (await invoke("slow")).payload));
    assert.equal(new Set(pids).size, 3);
  });

  for (const [name, source, handler, type, message] of [
    [
      "a handler that is not exported",
      "export const other = 1;",
      "index.handler",
      "Runtime.HandlerNotFound",
      /index\.handler is undefined or not exported/,
    ],
    [
      "a file that is not there",
      "export const handler = 1;",
      "app.handler",
      "Runtime.ImportModuleError",
      /Cannot find module 'app'/,
    ],
    [
      "a package that is not there",
      "import 'left-pad'; export const handler = async () => 1;",
      "index.handler",
      "Runtime.ImportModuleError",
      /left-pad/,
    ],
    [
      "code that does not parse",
      "export const handler = (;",
      "index.handler",
      "Runtime.UserCodeSyntaxError",
      /SyntaxError|Transform failed|Unexpected/,
    ],
  ] as const)
    it(`functionality: tells of ${name}`, async () => {
      const fn = `broken-${type.replaceAll(".", "-")}-${source.length}`;
      await create(fn, source, { Handler: handler });
      const { error, payload } = await invoke(fn);
      assert.equal(error, "Unhandled");
      assert.equal(payload.errorType, type, JSON.stringify(payload));
      assert.match(payload.errorMessage, message);
    });
});

describe("Lambda functions", () => {
  it("validation: archives, roles, environment and names", async () => {
    const refused = (more: object, message: RegExp) => assert.rejects(create("bad", "x", more), message);
    await refused({ Code: { ZipFile: Buffer.from("no zip") } }, /Could not unzip uploaded file/);
    await refused({ Code: { ZipFile: zipOf({ "../evil.js": "x" }) } }, /leads out of the archive/);
    await refused({ Role: "arn:aws:iam::123456789012:role/nope" }, /cannot be assumed by Lambda/);
    await refused(
      { Environment: { Variables: { AWS_REGION: "x" } } },
      /Reserved keys used in this request: AWS_REGION/,
    );
    await refused({ Code: { S3Bucket: "nope-bucket", S3Key: "k" } }, /S3 Error Code: NoSuchBucket/);
    await assert.rejects(invoke("nope"), {
      name: "ResourceNotFoundException",
      message: "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nope:$LATEST",
    });
    await create("java", "x", { Runtime: "java21" });
    await assert.rejects(invoke("java"), /has the runtime java21; this sandbox runs Node\.js/);
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: "echo", Payload: "{" })), {
      name: "InvalidRequestContentException",
    });
  });

  it("functionality: new code and configuration serve the next invocation", async () => {
    const FunctionName = "arn:aws:lambda:us-east-1:123456789012:function:changing";
    await create("changing", "export const handler = async () => 'old';");
    await assert.rejects(create("changing", "x"), {
      name: "ResourceConflictException",
      message: "Function already exist: changing",
    });
    assert.equal((await invoke("changing")).payload, "old");
    await lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName,
        ZipFile: zipOf({ "index.mjs": "export const handler = async () => process.env.WHAT;" }),
      }),
    );
    await lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName,
        Environment: { Variables: { WHAT: "new" } },
        MemorySize: 256,
      }),
    );
    assert.equal((await invoke("changing")).payload, "new");
    const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName }));
    assert.deepEqual(
      [Configuration?.MemorySize, Configuration?.State, Configuration?.LastUpdateStatus],
      [256, "Active", "Successful"],
    );
    const archive = new Uint8Array(await (await fetch(Code?.Location ?? "")).arrayBuffer());
    assert.equal(archive.byteLength, Configuration?.CodeSize);
    assert.ok(
      (await lambda.send(new ListFunctionsCommand({}))).Functions?.some((fn) => fn.FunctionName === "changing"),
    );
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    await assert.rejects(invoke("changing"), { name: "ResourceNotFoundException" });
  });

  it("functionality: permissions become statements of the resource policy", async () => {
    const FunctionName = "echo";
    await assert.rejects(lambda.send(new GetPolicyCommand({ FunctionName })), { name: "ResourceNotFoundException" });
    const permission = {
      FunctionName,
      StatementId: "api",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
      SourceArn: "arn:aws:execute-api:us-east-1:123456789012:x/*",
    };
    await lambda.send(new AddPermissionCommand(permission));
    await assert.rejects(lambda.send(new AddPermissionCommand(permission)), { name: "ResourceConflictException" });
    const policy = JSON.parse((await lambda.send(new GetPolicyCommand({ FunctionName }))).Policy ?? "");
    assert.deepEqual(policy.Statement[0].Condition, { ArnLike: { "AWS:SourceArn": permission.SourceArn } });
    await lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: "api" }));
    await assert.rejects(lambda.send(new GetPolicyCommand({ FunctionName })), { name: "ResourceNotFoundException" });
  });
});
