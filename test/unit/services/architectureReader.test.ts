import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { APIGatewayClient, CreateDeploymentCommand, ImportRestApiCommand } from "@aws-sdk/client-api-gateway";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Stack } from "../../../src/domain/stack.ts";
import { ArchitectureReader } from "../../../src/services/architectureReader.ts";
import { Connections } from "../../../src/services/connections.ts";
import { Endpoints } from "../../../src/services/endpoints.ts";
import { eventually } from "../../wire/endpoints.ts";
import { createFunction } from "../../wire/functions.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

const SOURCE = `export const handler = async (event) => {
  if (event.queryStringParameters?.fail) throw new Error("x");
  return { statusCode: 200, body: "ok" };
};`;
const STACK: Stack = {
  name: "wine",
  id: "arn",
  status: "CREATE_COMPLETE",
  createdAtMs: 0,
  outputs: { LambdaName: "wine-predict" },
  resources: [],
};

let sandbox: TestSandbox;
const connections = new Connections();
before(async () => {
  sandbox = await startTestSandbox({ timeScale: 300 });
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 300 } });
});
after(async () => {
  connections.disconnect();
  await sandbox.close();
});

/** GET /run to a function, deployed as `live`. */
async function deployApi(title: string): Promise<{ restApiId: string; url: string }> {
  const gateway = new APIGatewayClient(sandbox.clientConfig());
  const lambda = new LambdaClient(sandbox.clientConfig());
  try {
    const arn = await createFunction(sandbox, "wine-predict", SOURCE);
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: arn,
        StatementId: "api",
        Action: "lambda:InvokeFunction",
        Principal: "apigateway.amazonaws.com",
      }),
    );
    const uri = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn}/invocations`;
    const get = { "x-amazon-apigateway-integration": { type: "aws_proxy", httpMethod: "POST", uri } };
    const definition = { openapi: "3.0.1", info: { title, version: "1" }, paths: { "/run": { get } } };
    const { id: restApiId = "" } = await gateway.send(
      new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(definition)) }),
    );
    await gateway.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    return { restApiId, url: `${sandbox.endpoint}/_aws/execute-api/${restApiId}/live` };
  } finally {
    gateway.destroy();
    lambda.destroy();
  }
}
async function metricCalls(): Promise<number> {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/calls`, {
    headers: { authorization: `Bearer ${sandbox.controlToken}` },
  });
  const { calls } = (await answer.json()) as { calls: { operation: string; count: number }[] };
  return calls.filter(({ operation }) => operation === "GetMetricData").reduce((sum, { count }) => sum + count, 0);
}

test("functionality: rates, failures and latencies of API and function are read by one call", async () => {
  const { restApiId, url } = await deployApi("Grüße");
  const of = (logicalId: string, type: string, physicalId: string) => ({
    logicalId,
    type,
    physicalId,
    status: "CREATE_COMPLETE",
  });
  const stack = {
    ...STACK,
    resources: [of("Api", "AWS::ApiGateway::RestApi", restApiId), of("F", "AWS::Lambda::Function", "wine-predict")],
  };
  const reader = new ArchitectureReader(connections, new Endpoints(connections));
  const partsOf = async () => {
    const { parts } = await reader.read(stack, undefined);
    return { api: parts.find(({ id }) => id === "api"), fn: parts.find(({ id }) => id === "function") };
  };
  const idle = await partsOf();
  assert.deepEqual([idle.api?.traffic, idle.fn?.traffic], [undefined, undefined], "missing is shown as missing");
  const before = await metricCalls();
  let reads = 0;
  const { api, fn } = await eventually("all kinds of requests fall into one period", async () => {
    for (const path of ["/run", "/run?fail=1", "/nope", "/run"]) await fetch(url + path);
    reads++;
    const parts = await partsOf();
    const { errorsPerSecond, refusedPerSecond } = parts.api?.traffic ?? {};
    return errorsPerSecond && refusedPerSecond && parts.fn?.traffic?.errorsPerSecond ? parts : undefined;
  });
  assert.equal((await metricCalls()) - before, reads);
  const share = (part: typeof api) => (part?.traffic?.errorsPerSecond ?? 0) / (part?.traffic?.perSecond ?? 0);
  assert.ok(share(api) > 0 && share(api) < 1, `API: ${share(api)}`);
  assert.ok(share(fn) > 0 && share(fn) < 1, `function: ${share(fn)}`);
  assert.match(api?.detail ?? "", /^4xx \d+ %$/);
  for (const part of [api, fn]) assert.ok((part?.traffic?.latencyMs ?? 0) > 0, part?.id);
  assert.ok(fn?.isCause, "what fails last on the way is to be looked at");
});
