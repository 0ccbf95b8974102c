import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionUrlConfigCommand,
  GetPolicyCommand,
  LambdaClient,
  ListFunctionUrlConfigsCommand,
  PublishVersionCommand,
  UpdateFunctionUrlConfigCommand,
} from "@aws-sdk/client-lambda";
import { createFunction } from "./functions.ts";
import { presigned, send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const FunctionName = "web";
const SOURCE = `export const handler = async (event) => {
  const how = event.queryStringParameters?.how;
  if (how === "throw") throw new Error("x");
  if (how === "text") return "Hello, world!";
  if (how === "http") return { statusCode: 201, headers: { "X-Own": "1" }, cookies: ["a=1; Path=/", "b=2"], body: "made" };
  if (how === "bytes") return { statusCode: 200, headers: { "content-type": "image/png" }, isBase64Encoded: true, body: Buffer.from([1, 255, 0]).toString("base64") };
  if (how === "bad") return { statusCode: "many" };
  return event;
};`;

interface Event {
  [member: string]: unknown;
  headers: Record<string, string>;
  requestContext: { http: Record<string, string>; accountId: string; authorizer?: { iam: Record<string, string> } };
}

let sandbox: TestSandbox;
let lambda: LambdaClient;
before(async () => {
  sandbox = await startTestSandbox();
  lambda = new LambdaClient(sandbox.clientConfig());
  await createFunction(sandbox, FunctionName, SOURCE);
});
after(async () => {
  lambda.destroy();
  await sandbox.close();
});

const open = (Qualifier?: string) =>
  lambda.send(
    new AddPermissionCommand({
      FunctionName,
      Qualifier,
      StatementId: `public${Qualifier ?? ""}`,
      Action: "lambda:InvokeFunctionUrl",
      Principal: "*",
      FunctionUrlAuthType: "NONE",
    }),
  );
const FORBIDDEN = {
  Message:
    "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
};

describe("a function's URL", () => {
  let url: string;

  it("is made once, told, listed and changed", async () => {
    const made = await lambda.send(
      new CreateFunctionUrlConfigCommand({
        FunctionName,
        AuthType: "NONE",
        Cors: { AllowOrigins: ["https://*.example.com"], AllowMethods: ["GET"], AllowHeaders: ["x-a"], MaxAge: 60 },
      }),
    );
    assert.equal(made.$metadata.httpStatusCode, 201);
    assert.match(made.FunctionUrl!, /^http:\/\/127\.0\.0\.1:\d+\/.+\/[a-z0-9]{32}\/$/);
    assert.equal(made.FunctionArn, "arn:aws:lambda:us-east-1:123456789012:function:web");
    assert.match(made.CreationTime!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    url = made.FunctionUrl!;
    await assert.rejects(lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" })), {
      name: "ResourceConflictException",
      message: /FunctionUrlConfig exists for this Lambda function/,
    });
    const { $metadata: _, ...told } = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName }));
    assert.equal(told.AuthType, "NONE");
    assert.equal(told.InvokeMode, "BUFFERED");
    const listed = await lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName }));
    assert.deepEqual(listed.FunctionUrlConfigs, [told]);
  });

  it("lets nobody in whom the function's policy does not name", async () => {
    const refused = await fetch(url);
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get("x-amzn-errortype"), "AccessDeniedException");
    assert.deepEqual(await refused.json(), FORBIDDEN);
    await open();
    const { Policy } = await lambda.send(new GetPolicyCommand({ FunctionName }));
    assert.deepEqual(JSON.parse(Policy!).Statement[0].Condition, {
      StringEquals: { "lambda:FunctionUrlAuthType": "NONE" },
    });
    assert.equal((await fetch(url)).status, 200);
  });

  it("hands the function an event of format 2.0", async () => {
    const answer = await fetch(`${url}a/b%20c?x=1&x=2&y=`, {
      method: "POST",
      headers: { cookie: "one=1; two=2", "X-Mine": "m", "content-type": "application/json" },
      body: '{"k":1}',
    });
    const event = (await answer.json()) as Event;
    assert.equal(event.version, "2.0");
    assert.equal(event.rawPath, "/a/b%20c");
    assert.equal(event.rawQueryString, "x=1&x=2&y=");
    assert.deepEqual(event.queryStringParameters, { x: "1,2", y: "" });
    assert.deepEqual(event.cookies, ["one=1", "two=2"]);
    assert.equal(event.headers["x-mine"], "m");
    assert.match(event.headers.host!, /^[a-z0-9]{32}\.lambda-url\.us-east-1\.on\.aws$/);
    assert.equal(event.body, '{"k":1}');
    assert.equal(event.isBase64Encoded, false);
    assert.equal(event.requestContext.http.method, "POST");
    assert.equal(event.requestContext.accountId, "anonymous");
    const bytes = await fetch(url, { method: "POST", body: new Uint8Array([255, 0]) });
    const binary = (await bytes.json()) as Event;
    assert.equal(binary.body, "/wA=");
    assert.equal(binary.isBase64Encoded, true);
  });

  it("answers with what the function returns", async () => {
    const text = await fetch(`${url}?how=text`);
    assert.equal(text.headers.get("content-type"), "application/json");
    assert.equal(await text.text(), "Hello, world!");
    const http = await fetch(`${url}?how=http`);
    assert.equal(http.status, 201);
    assert.equal(http.headers.get("x-own"), "1");
    assert.deepEqual(http.headers.getSetCookie(), ["a=1; Path=/", "b=2"]);
    assert.equal(await http.text(), "made");
    const bytes = await fetch(`${url}?how=bytes`);
    assert.deepEqual([...new Uint8Array(await bytes.arrayBuffer())], [1, 255, 0]);
    for (const how of ["throw", "bad"]) assert.equal((await fetch(`${url}?how=${how}`)).status, 502, how);
  });

  it("speaks CORS by itself", async () => {
    const preflight = (origin: string) =>
      fetch(url, { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } });
    const ok = await preflight("https://a.example.com");
    assert.equal(ok.status, 200);
    assert.equal(ok.headers.get("access-control-allow-origin"), "https://a.example.com");
    assert.equal(ok.headers.get("access-control-allow-methods"), "GET");
    assert.equal(ok.headers.get("access-control-allow-headers"), "x-a");
    assert.equal(ok.headers.get("access-control-max-age"), "60");
    assert.equal((await preflight("https://evil.com")).headers.get("access-control-allow-origin"), null);
    const get = await fetch(`${url}?how=text`, { headers: { origin: "https://a.example.com" } });
    assert.equal(get.headers.get("access-control-allow-origin"), "https://a.example.com");
  });

  it("wants signatures for Lambda with AWS_IAM", async () => {
    await lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: "AWS_IAM" }));
    assert.deepEqual(await (await fetch(url)).json(), FORBIDDEN);
    const { accessKeyId, secretAccessKey } = sandbox;
    const signing = { accessKeyId, secretAccessKey, service: "lambda" };
    const raw = { method: "GET", target: `${new URL(url).pathname}who?x=1` };
    for (const request of [
      await signed(sandbox.endpoint, raw, signing),
      await presigned(sandbox.endpoint, raw, signing, 60),
    ]) {
      const answer = await send(sandbox.endpoint, request);
      assert.equal(answer.status, 200, answer.text);
      const { requestContext } = JSON.parse(answer.text) as Event;
      assert.equal(requestContext.authorizer!.iam.accessKey, accessKeyId);
      assert.equal(requestContext.authorizer!.iam.userArn, "arn:aws:iam::123456789012:root");
    }
    const wrong = await send(
      sandbox.endpoint,
      await signed(sandbox.endpoint, raw, { ...signing, secretAccessKey: "x" }),
    );
    assert.equal(wrong.status, 403);
    assert.match(JSON.parse(wrong.text).message, /^The request signature we calculated does not match/);
  });

  it("belongs to an alias too, and goes", async () => {
    const { Version = "" } = await lambda.send(new PublishVersionCommand({ FunctionName }));
    await assert.rejects(
      lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: `${FunctionName}:${Version}`, AuthType: "NONE" })),
      { name: "InvalidParameterValueException" },
    );
    await lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: Version }));
    const made = await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName, Qualifier: "live", AuthType: "NONE" }),
    );
    assert.match(made.FunctionArn!, /:function:web:live$/);
    await open("live");
    assert.equal((await fetch(made.FunctionUrl!)).status, 200);
    await lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName, Qualifier: "live" }));
    assert.equal((await fetch(made.FunctionUrl!)).status, 403);
    await lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName }));
    await assert.rejects(lambda.send(new GetFunctionUrlConfigCommand({ FunctionName })), {
      name: "ResourceNotFoundException",
      message: "The resource you requested does not exist.",
    });
  });
});

describe("AWS::Lambda::Url and AWS::Lambda::EventInvokeConfig", () => {
  const template = (authType: string, attempts: number) =>
    JSON.stringify({
      Resources: {
        Url: {
          Type: "AWS::Lambda::Url",
          Properties: { TargetFunctionArn: "web", AuthType: authType, Cors: { AllowOrigins: ["*"] } },
        },
        Open: {
          Type: "AWS::Lambda::Permission",
          Properties: {
            FunctionName: { "Fn::GetAtt": ["Url", "FunctionArn"] },
            Action: "lambda:InvokeFunctionUrl",
            Principal: "*",
            FunctionUrlAuthType: "NONE",
          },
        },
        Events: {
          Type: "AWS::Lambda::EventInvokeConfig",
          Properties: { FunctionName: "web", Qualifier: "$LATEST", MaximumRetryAttempts: attempts },
        },
      },
      Outputs: { Url: { Value: { "Fn::GetAtt": ["Url", "FunctionUrl"] } }, Ref: { Value: { Ref: "Url" } } },
    });

  it("are made, changed in place and removed", async () => {
    const cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const StackName = "urls";
    const stack = async () => (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;
    const policy = () => lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }));
    await lambda.send(new GetPolicyCommand({ FunctionName })); // from the tests before: other statements stay
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: template("NONE", 0) }));
    const made = await stack();
    assert.equal(made.StackStatus, "CREATE_COMPLETE", made.StackStatusReason);
    const output = (key: string) => made.Outputs!.find(({ OutputKey }) => OutputKey === key)!.OutputValue!;
    assert.equal(output("Ref"), "arn:aws:lambda:us-east-1:123456789012:function:web");
    assert.equal((await fetch(`${output("Url")}?how=text`)).status, 200);
    assert.equal((await policy()).MaximumRetryAttempts, 0);
    await cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody: template("AWS_IAM", 1) }));
    assert.equal((await stack()).StackStatus, "UPDATE_COMPLETE");
    const { AuthType, FunctionUrl } = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName }));
    assert.deepEqual([AuthType, FunctionUrl], ["AWS_IAM", output("Url")]);
    assert.equal((await policy()).MaximumRetryAttempts, 1);
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    await assert.rejects(policy(), { name: "ResourceNotFoundException" });
    await assert.rejects(lambda.send(new GetFunctionUrlConfigCommand({ FunctionName })), {
      name: "ResourceNotFoundException",
    });
    cloudFormation.destroy();
  });
});
