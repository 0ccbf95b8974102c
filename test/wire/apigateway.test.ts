import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  DeleteDeploymentCommand,
  DeleteRestApiCommand,
  GetGatewayResponseCommand,
  GetMethodCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetStageCommand,
  PutGatewayResponseCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { AddPermissionCommand, LambdaClient, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { createFunction } from "./functions.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:backend";
const SOURCE = `export const handler = async (event) => {
  const how = event.queryStringParameters?.how;
  if (how === "throw") throw new Error("x");
  if (how === "cookies") return { statusCode: 200, multiValueHeaders: { "Set-Cookie": ["a=1; Path=/", "b=2"] }, body: "" };
  if (how === "malformed") return { statusCode: 200, unknown: "member" };
  if (how === "object") return { statusCode: 200, body: { a: 1 } };
  if (how === "binary") return { statusCode: 200, headers: { "content-type": "image/png" }, isBase64Encoded: true, body: Buffer.from([1, 255, 0]).toString("base64") };
  return { statusCode: 201, headers: { "X-Own": "1", Date: "d" }, multiValueHeaders: { "X-Many": ["a", "b"] }, body: JSON.stringify(event) };
};`;

interface ProxyEvent {
  [field: string]: unknown;
  headers: Record<string, string>;
  requestContext: {
    stage: string;
    path: string;
    apiId: string;
    resourcePath: string;
    requestTime: string;
    identity: { sourceIp: string };
  };
}

const json = async (answer: Response) => (await answer.json()) as ProxyEvent;

let sandbox: TestSandbox;
let api: APIGatewayClient;
let lambda: LambdaClient;
let restApiId: string;
let resourceId: string;
let base: string;

before(async () => {
  sandbox = await startTestSandbox();
  api = new APIGatewayClient(sandbox.clientConfig());
  lambda = new LambdaClient(sandbox.clientConfig());
  await createFunction(sandbox, "backend", SOURCE);
  await build();
});
after(async () => {
  api.destroy();
  lambda.destroy();
  await sandbox.close();
});

/** POST /DT and GET /items/{id} to the function, OPTIONS /DT as a mock, deployed as "live". */
async function build(): Promise<void> {
  const made = await api.send(new CreateRestApiCommand({ name: "test", binaryMediaTypes: ["image/png"] }));
  restApiId = made.id!;
  const child = async (parentId: string | undefined, pathPart: string) =>
    (await api.send(new CreateResourceCommand({ restApiId, parentId, pathPart }))).id!;
  resourceId = await child(made.rootResourceId, "DT");
  const item = await child(await child(made.rootResourceId, "items"), "{id}");
  for (const [id, httpMethod] of [
    [resourceId, "POST"],
    [item, "GET"],
  ] as const) {
    const method = { restApiId, resourceId: id, httpMethod };
    await api.send(new PutMethodCommand({ ...method, authorizationType: "NONE" }));
    await api.send(
      new PutIntegrationCommand({
        ...method,
        type: "AWS_PROXY",
        integrationHttpMethod: "POST",
        uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`,
      }),
    );
  }
  const options = { restApiId, resourceId, httpMethod: "OPTIONS" };
  const header = "method.response.header.Access-Control-Allow-Origin";
  await api.send(new PutMethodCommand({ ...options, authorizationType: "NONE" }));
  await api.send(
    new PutIntegrationCommand({
      ...options,
      type: "MOCK",
      requestTemplates: { "application/json": '{"statusCode": 204}' },
    }),
  );
  await api.send(
    new PutMethodResponseCommand({ ...options, statusCode: "204", responseParameters: { [header]: true } }),
  );
  await api.send(
    new PutIntegrationResponseCommand({ ...options, statusCode: "204", responseParameters: { [header]: "'*'" } }),
  );
  await api.send(
    new PutGatewayResponseCommand({
      restApiId,
      responseType: "DEFAULT_4XX",
      responseParameters: { "gatewayresponse.header.Access-Control-Allow-Origin": "'*'" },
    }),
  );
  await api.send(new CreateDeploymentCommand({ restApiId, stageName: "live", variables: { color: "red" } }));
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: "backend",
      StatementId: "api",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
      SourceArn: `arn:aws:execute-api:us-east-1:123456789012:${restApiId}/*/*/*`,
    }),
  );
  base = `${sandbox.endpoint}/_aws/execute-api/${restApiId}/live`;
}

describe("API Gateway stages", () => {
  it("functionality: a Lambda proxy gets the event of format 1.0 and its answer is sent", async () => {
    const answer = await fetch(`${base}/DT?a=1&a=2&b=%20x`, {
      method: "POST",
      body: '{"q":1}',
      headers: { "Content-Type": "application/json", "X-Test": "t" },
    });
    assert.equal(answer.status, 201);
    assert.deepEqual(
      [
        answer.headers.get("x-own"),
        answer.headers.get("x-many"),
        answer.headers.get("x-amzn-remapped-date"),
        answer.headers.get("content-type"),
      ],
      ["1", "a, b", "d", "application/json"],
    );
    const event = await json(answer);
    assert.deepEqual(
      [
        event.resource,
        event.path,
        event.httpMethod,
        event.body,
        event.isBase64Encoded,
        event.stageVariables,
        event.pathParameters,
      ],
      ["/DT", "/DT", "POST", '{"q":1}', false, { color: "red" }, null],
    );
    assert.deepEqual(event.multiValueQueryStringParameters, { a: ["1", "2"], b: [" x"] });
    assert.deepEqual(event.queryStringParameters, { a: "2", b: " x" });
    assert.equal(event.headers["X-Test"], "t");
    const { stage, path, apiId, resourcePath, identity, requestTime } = event.requestContext;
    assert.deepEqual(
      [stage, path, apiId, resourcePath, identity.sourceIp],
      ["live", "/live/DT", restApiId, "/DT", "127.0.0.1"],
    );
    assert.match(requestTime, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  });

  it("functionality: path variables, and binary bodies both ways", async () => {
    const event = await json(await fetch(`${base}/items/a%20b/`));
    assert.deepEqual([event.resource, event.pathParameters], ["/items/{id}", { id: "a b" }]);
    const sent = await json(
      await fetch(`${base}/DT`, {
        method: "POST",
        body: Buffer.from([1, 2, 255]),
        headers: { "content-type": "image/png" },
      }),
    );
    assert.deepEqual([sent.isBase64Encoded, sent.body], [true, Buffer.from([1, 2, 255]).toString("base64")]);
    const image = await fetch(`${base}/DT?how=binary`, { method: "POST", headers: { accept: "image/png" } });
    assert.deepEqual([...new Uint8Array(await image.arrayBuffer())], [1, 255, 0]);
  });

  it("functionality: each cookie has a line of its own", async () => {
    const answer = await fetch(`${base}/DT?how=cookies`, { method: "POST" });
    assert.deepEqual(answer.headers.getSetCookie(), ["a=1; Path=/", "b=2"]);
  });

  it("functionality: a mock answers the preflight request", async () => {
    const answer = await fetch(`${base}/DT`, { method: "OPTIONS", headers: { origin: "http://x" } });
    assert.deepEqual(
      [answer.status, answer.headers.get("access-control-allow-origin"), await answer.text()],
      [204, "*", ""],
    );
  });

  for (const [path, method, status, message] of [
    ["/nope", "POST", 403, "Missing Authentication Token"],
    ["/DT", "GET", 403, "Missing Authentication Token"],
    ["/DT?how=throw", "POST", 502, "Internal server error"],
    ["/DT?how=malformed", "POST", 502, "Internal server error"],
    ["/DT?how=object", "POST", 502, "Internal server error"],
  ] as const)
    it(`functionality: ${method} ${path} answers ${status}`, async () => {
      const answer = await fetch(base + path, { method });
      assert.deepEqual([answer.status, await answer.json()], [status, { message }]);
      assert.equal(
        answer.headers.get("access-control-allow-origin"),
        status < 500 ? "*" : null,
        "only 4xx is customised",
      );
    });

  it("functionality: an unknown API or stage is forbidden", async () => {
    for (const path of ["nope/live/DT", `${restApiId}/nope/DT`]) {
      const answer = await fetch(`${sandbox.endpoint}/_aws/execute-api/${path}`);
      assert.deepEqual([answer.status, await answer.json()], [403, { message: "Forbidden" }]);
    }
  });

  it("functionality: without a permission the function is not invoked", async () => {
    const permission = { FunctionName: "backend", StatementId: "api" };
    await lambda.send(new RemovePermissionCommand(permission));
    const answer = await fetch(`${base}/DT`, { method: "POST" });
    assert.deepEqual([answer.status, await answer.json()], [500, { message: "Internal server error" }]);
    await lambda.send(
      new AddPermissionCommand({
        ...permission,
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
      }),
    );
  });

  it("functionality: a stage throttles", async () => {
    const { id } = await api.send(new CreateDeploymentCommand({ restApiId }));
    await api.send(new CreateStageCommand({ restApiId, stageName: "slow", deploymentId: id }));
    const replace = (path: string, value: string) => ({ op: "replace" as const, path, value });
    await api.send(
      new UpdateStageCommand({
        restApiId,
        stageName: "slow",
        patchOperations: [replace("/*/*/throttling/rateLimit", "0.001"), replace("/*/*/throttling/burstLimit", "2")],
      }),
    );
    const statuses = [];
    for (let i = 0; i < 3; i++)
      statuses.push(
        (await fetch(`${sandbox.endpoint}/_aws/execute-api/${restApiId}/slow/DT`, { method: "OPTIONS" })).status,
      );
    assert.deepEqual(statuses, [204, 204, 429]);
    assert.equal(
      (await api.send(new GetStageCommand({ restApiId, stageName: "slow" }))).methodSettings?.["*/*"]
        ?.throttlingBurstLimit,
      2,
    );
  });

  it("functionality: what is served is the deployment, not the API as it is edited", async () => {
    const { id } = await api.send(
      new CreateResourceCommand({
        restApiId,
        parentId: (await api.send(new GetRestApiCommand({ restApiId }))).rootResourceId,
        pathPart: "new",
      }),
    );
    const method = { restApiId, resourceId: id, httpMethod: "GET" };
    await api.send(new PutMethodCommand({ ...method, authorizationType: "NONE" }));
    await api.send(
      new PutIntegrationCommand({
        ...method,
        type: "MOCK",
        requestTemplates: { "application/json": '{"statusCode": 200}' },
      }),
    );
    await api.send(new PutMethodResponseCommand({ ...method, statusCode: "200" }));
    await api.send(
      new PutIntegrationResponseCommand({
        ...method,
        statusCode: "200",
        responseTemplates: { "application/json": '{"ok":true}' },
      }),
    );
    assert.equal((await fetch(`${base}/new`)).status, 403);
    await api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    assert.deepEqual(await (await fetch(`${base}/new`)).json(), { ok: true });
  });
});

describe("API Gateway control plane", () => {
  it("serialization: methods with their integration, gateway responses and resources", async () => {
    const method = await api.send(new GetMethodCommand({ restApiId, resourceId, httpMethod: "POST" }));
    assert.equal(method.methodIntegration?.type, "AWS_PROXY");
    assert.equal(method.requestParameters, undefined, "absent maps are absent");
    const response = await api.send(new GetGatewayResponseCommand({ restApiId, responseType: "THROTTLED" }));
    assert.deepEqual([response.defaultResponse, response.statusCode], [true, "429"]);
    const paths = (await api.send(new GetResourcesCommand({ restApiId, limit: 3 }))).items?.map((item) => item.path);
    assert.equal(paths?.length, 3);
    assert.ok((await api.send(new GetRestApisCommand({}))).items?.some((item) => item.id === restApiId));
  });

  it("validation: names, duplicates, types", async () => {
    await assert.rejects(api.send(new GetRestApiCommand({ restApiId: "nope" })), {
      name: "NotFoundException",
      message: "Invalid API identifier specified 123456789012:nope",
    });
    const root = (await api.send(new GetRestApiCommand({ restApiId }))).rootResourceId;
    await assert.rejects(api.send(new CreateResourceCommand({ restApiId, parentId: root, pathPart: "DT" })), {
      name: "ConflictException",
      message: "Another resource with the same parent already has this name: DT",
    });
    await assert.rejects(api.send(new CreateResourceCommand({ restApiId, parentId: root, pathPart: "a b" })), {
      name: "BadRequestException",
    });
    const method = { restApiId, resourceId, httpMethod: "POST" };
    await assert.rejects(api.send(new PutMethodCommand({ ...method, authorizationType: "NONE" })), {
      message: "Method already exists for this resource",
    });
    await assert.rejects(
      api.send(new PutIntegrationCommand({ ...method, type: "HTTP", uri: "http://x" })),
      /Enumeration value for HttpMethod must be non-empty/,
    );
    await assert.rejects(
      api.send(
        new UpdateStageCommand({ restApiId, stageName: "live", patchOperations: [{ op: "replace", path: "/nope" }] }),
      ),
      /Invalid patch path {2}'\/nope' specified for op 'replace'/,
    );
    const { deploymentId } = await api.send(new GetStageCommand({ restApiId, stageName: "live" }));
    const canarySettings = { deploymentId, percentTraffic: 10 };
    const canary = [{ op: "replace" as const, path: "/canarySettings/percentTraffic", value: "10" }];
    const noCanary = { name: "BadRequestException", message: /^canarySettings: / };
    await assert.rejects(
      api.send(new CreateStageCommand({ restApiId, stageName: "canary", deploymentId, canarySettings })),
      noCanary,
    );
    await assert.rejects(
      api.send(new UpdateStageCommand({ restApiId, stageName: "live", patchOperations: canary })),
      noCanary,
    );
    await assert.rejects(api.send(new DeleteDeploymentCommand({ restApiId, deploymentId })), {
      message: "Active stages pointing to this deployment must be moved or deleted",
    });
    const empty = await api.send(new CreateRestApiCommand({ name: "empty" }));
    await assert.rejects(api.send(new CreateDeploymentCommand({ restApiId: empty.id })), {
      message: "The REST API doesn't contain any methods",
    });
    await api.send(new DeleteRestApiCommand({ restApiId: empty.id }));
    await assert.rejects(api.send(new GetRestApiCommand({ restApiId: empty.id })), { name: "NotFoundException" });
  });
});
