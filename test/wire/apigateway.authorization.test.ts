import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  CreateAuthorizerCommand,
  CreateDeploymentCommand,
  GetAuthorizerCommand,
  ImportRestApiCommand,
  PutMethodCommand,
  TestInvokeAuthorizerCommand,
  UpdateMethodCommand,
} from "@aws-sdk/client-api-gateway";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { bytes, mock } from "./definitions.ts";
import { createFunction } from "./functions.ts";
import { presigned, type RawRequest, type Signing, send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI";
const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:guard";
const URI = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`;
const SOURCE = `export const handler = async (event) => {
  if (event.httpMethod) return { statusCode: 200, body: JSON.stringify(event.requestContext.identity) };
  if (event.authorizationToken === "no") throw new Error("Unauthorized");
  return {
    principalId: "u1",
    policyDocument: { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: event.methodArn }] },
    context: { plan: "gold" },
  };
};`;

const secured = (name: string, header: string, authorizer: object) => ({
  [name]: { type: "apiKey", name: header, in: "header", "x-amazon-apigateway-authorizer": authorizer },
});
const DEFINITION = {
  swagger: "2.0",
  info: { title: "secured", version: "1" },
  securityDefinitions: {
    sigv4: { type: "apiKey", name: "Authorization", in: "header", "x-amazon-apigateway-authtype": "awsSigv4" },
    ...secured("pool", "Authorization", { type: "cognito_user_pools", providerARNs: [POOL] }),
    ...secured("guard", "X-Token", { type: "token", authorizerUri: URI }),
  },
  paths: {
    "/who": {
      get: {
        security: [{ sigv4: [] }],
        "x-amazon-apigateway-integration": { type: "aws_proxy", httpMethod: "POST", uri: URI },
      },
    },
    "/signed": {
      post: { security: [{ sigv4: [] }], responses: { 200: {} }, "x-amazon-apigateway-integration": mock('"in"') },
    },
    "/pool": {
      get: {
        security: [{ pool: ["shop/read"] }],
        responses: { 200: {} },
        "x-amazon-apigateway-integration": mock('"in"'),
      },
    },
    "/guarded": {
      get: { security: [{ guard: [] }], responses: { 200: {} }, "x-amazon-apigateway-integration": mock('"in"') },
    },
  },
};

let sandbox: TestSandbox;
let api: APIGatewayClient;
let restApiId: string;
let path: string;
before(async () => {
  sandbox = await startTestSandbox();
  api = new APIGatewayClient(sandbox.clientConfig());
  await createFunction(sandbox, "guard", SOURCE);
  const lambda = new LambdaClient(sandbox.clientConfig());
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: "guard",
      StatementId: "api",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
    }),
  );
  lambda.destroy();
  restApiId = (await api.send(new ImportRestApiCommand({ body: bytes(DEFINITION) }))).id!;
  await api.send(new CreateDeploymentCommand({ restApiId, stageName: "s" }));
  path = `/_aws/execute-api/${restApiId}/s`;
});
after(async () => {
  api.destroy();
  await sandbox.close();
});

const signing = (more: Partial<Signing> = {}): Signing => ({
  accessKeyId: sandbox.accessKeyId,
  secretAccessKey: sandbox.secretAccessKey,
  service: "execute-api",
  ...more,
});
const answer = async (raw: RawRequest) => {
  const { status, text, headers } = await send(sandbox.endpoint, raw);
  return { status, body: JSON.parse(text) as unknown, type: headers["x-amzn-errortype"] };
};
const refused = (message: string, type: string, status = 403) => ({ status, body: { message }, type });
const post = (): RawRequest => ({ target: `${path}/signed?b=2&a=1`, body: '{"x":1}' });

describe("a method with AWS_IAM", () => {
  it("lets in who has signed for execute-api, in the header or in the URL", async () => {
    const ok = { status: 200, body: "in", type: undefined };
    assert.deepEqual(await answer(await signed(sandbox.endpoint, post(), signing())), ok);
    const get = { method: "GET", target: `${path}/who` };
    const who = await answer(await presigned(sandbox.endpoint, get, signing(), 60));
    assert.equal(who.status, 200);
    const identity = who.body as Record<string, string>;
    assert.equal(identity.accessKey, sandbox.accessKeyId);
    assert.equal(identity.accountId, "123456789012");
    assert.equal(identity.userArn, "arn:aws:iam::123456789012:root");
  });

  it("refuses the others in AWS's words", async () => {
    assert.deepEqual(
      await answer(post()),
      refused("Missing Authentication Token", "MissingAuthenticationTokenException"),
    );
    assert.deepEqual(
      await answer(await signed(sandbox.endpoint, post(), signing({ accessKeyId: "AKIANOBODY0000000000" }))),
      refused("The security token included in the request is invalid.", "UnrecognizedClientException"),
    );
    const wrong = await answer(await signed(sandbox.endpoint, post(), signing({ secretAccessKey: "x" })));
    assert.equal(wrong.status, 403);
    assert.equal(wrong.type, "InvalidSignatureException");
    assert.match((wrong.body as { message: string }).message, /^The request signature we calculated does not match/);
    const tampered = await signed(sandbox.endpoint, post(), signing());
    assert.equal((await answer({ ...tampered, body: '{"x":2}' })).type, "InvalidSignatureException");
    const late = await answer(await signed(sandbox.endpoint, post(), signing({ atMs: Date.now() - 3_600_000 })));
    assert.match((late.body as { message: string }).message, /^Signature expired: /);
    assert.deepEqual(
      await answer(await signed(sandbox.endpoint, post(), signing({ service: "lambda" }))),
      refused("Credential should be scoped to correct service: 'execute-api'. ", "InvalidSignatureException"),
    );
    const bearer = await answer({ ...post(), headers: { authorization: "Bearer abc" } });
    assert.equal(bearer.type, "IncompleteSignatureException");
    assert.match(
      (bearer.body as { message: string }).message,
      /^Authorization header requires 'Credential' parameter\./,
    );
    assert.doesNotMatch((bearer.body as { message: string }).message, /abc/);
  });
});

describe("a method with COGNITO_USER_POOLS", () => {
  it("is made with scopes and refuses every token, because there are no pools here", async () => {
    const get = { method: "GET", target: `${path}/pool` };
    const unauthorized = refused("Unauthorized", "UnauthorizedException", 401);
    assert.deepEqual(await answer(get), unauthorized);
    assert.deepEqual(await answer({ ...get, headers: { authorization: "eyJraWQiOiJ4In0.e30.x" } }), unauthorized);
  });

  it("needs an authorizer of its kind, which needs a pool", async () => {
    const made = await api.send(
      new CreateAuthorizerCommand({
        restApiId,
        name: "another pool",
        type: "COGNITO_USER_POOLS",
        providerARNs: [POOL],
        identitySource: "method.request.header.Authorization",
      }),
    );
    const { $metadata: _, ...read } = await api.send(new GetAuthorizerCommand({ restApiId, authorizerId: made.id }));
    assert.deepEqual(read, {
      id: made.id,
      name: "another pool",
      type: "COGNITO_USER_POOLS",
      providerARNs: [POOL],
      authType: "cognito_user_pools",
      identitySource: "method.request.header.Authorization",
      authorizerResultTtlInSeconds: 300,
    });
    await assert.rejects(
      api.send(new CreateAuthorizerCommand({ restApiId, name: "none", type: "COGNITO_USER_POOLS" })),
      { name: "BadRequestException", message: /user pool/ },
    );
    const resourceId = (await api.send(new ImportRestApiCommand({ body: bytes(DEFINITION) }))).rootResourceId!;
    await assert.rejects(
      api.send(
        new PutMethodCommand({
          restApiId,
          resourceId,
          httpMethod: "GET",
          authorizationType: "CUSTOM",
          authorizerId: made.id,
        }),
      ),
      { name: "NotFoundException" },
    );
  });

  it("is not changed to an authorization that has no authorizer", async () => {
    const { rootResourceId = "", id = "" } = await api.send(new ImportRestApiCommand({ body: bytes(DEFINITION) }));
    const method = { restApiId: id, resourceId: rootResourceId, httpMethod: "GET" };
    await api.send(new PutMethodCommand({ ...method, authorizationType: "AWS_IAM" }));
    const change = (value: string) =>
      api.send(
        new UpdateMethodCommand({ ...method, patchOperations: [{ op: "replace", path: "/authorizationType", value }] }),
      );
    await assert.rejects(change("CUSTOM"), { message: /^Invalid authorizer ID specified\./ });
    await assert.rejects(change("ANYTHING"), { message: /^Invalid authorization type specified/ });
    assert.equal((await change("NONE")).authorizationType, "NONE");
  });
});

describe("TestInvokeAuthorizer", () => {
  const create = async (more: object) =>
    (
      await api.send(
        new CreateAuthorizerCommand({
          restApiId,
          name: `t${Math.random()}`,
          type: "TOKEN",
          authorizerUri: URI,
          identitySource: "method.request.header.X-Token",
          ...more,
        }),
      )
    ).id!;

  it("tells what the authorizer says", async () => {
    const authorizerId = await create({});
    const test = (headers: Record<string, string>) =>
      api.send(new TestInvokeAuthorizerCommand({ restApiId, authorizerId, headers }));
    const yes = await test({ "X-Token": "yes" });
    assert.equal(yes.clientStatus, 200);
    assert.equal(yes.principalId, "u1");
    assert.deepEqual(yes.authorization, { plan: ["gold"] });
    assert.equal(JSON.parse(yes.policy!).Statement[0].Effect, "Allow");
    assert.ok(yes.latency! >= 0);
    assert.equal((await test({ "X-Token": "no" })).clientStatus, 401);
    assert.equal((await test({})).clientStatus, 401);
    await assert.rejects(api.send(new TestInvokeAuthorizerCommand({ restApiId, authorizerId: "nope" })), {
      name: "NotFoundException",
      message: "Invalid Authorizer identifier specified",
    });
  });

  it("does not know the tokens of a user pool", async () => {
    const authorizerId = await create({ type: "COGNITO_USER_POOLS", providerARNs: [POOL], authorizerUri: undefined });
    const answer = await api.send(
      new TestInvokeAuthorizerCommand({ restApiId, authorizerId, headers: { "X-Token": "eyJ" } }),
    );
    assert.equal(answer.clientStatus, 401);
  });
});
