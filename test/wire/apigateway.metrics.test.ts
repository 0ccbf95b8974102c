import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateStageCommand,
  GetResourcesCommand,
  ImportRestApiCommand,
  TestInvokeMethodCommand,
  UpdateRestApiCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { CloudWatchClient, GetMetricDataCommand, ListMetricsCommand, type Statistic } from "@aws-sdk/client-cloudwatch";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { mock } from "./definitions.ts";
import { createFunction } from "./functions.ts";
import { measured } from "./measured.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const SOURCE = `export const handler = async (event) => {
  if (event.queryStringParameters?.fail) throw new Error("x");
  return { statusCode: Number(event.queryStringParameters?.status ?? 200), body: "ok" };
};`;

let sandbox: TestSandbox;
let gateway: APIGatewayClient;
let lambda: LambdaClient;
let cloudwatch: CloudWatchClient;
let functionArn: string;

before(async () => {
  sandbox = await startTestSandbox();
  gateway = new APIGatewayClient(sandbox.clientConfig());
  lambda = new LambdaClient(sandbox.clientConfig());
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  functionArn = await createFunction(sandbox, "backend", SOURCE);
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: "backend",
      StatementId: "api",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
    }),
  );
});
after(async () => {
  for (const client of [gateway, lambda, cloudwatch]) client.destroy();
  await sandbox.close();
});

/** GET /run to the function, GET /mock to nobody, deployed as `live`. */
async function deploy(title: string): Promise<{ restApiId: string; ask(path: string): Promise<number> }> {
  const uri = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
  const method = (integration: object) => ({
    get: { responses: { 200: { description: "ok" } }, "x-amazon-apigateway-integration": integration },
  });
  const definition = {
    openapi: "3.0.1",
    info: { title, version: "1" },
    paths: {
      "/run": method({ type: "aws_proxy", httpMethod: "POST", uri }),
      "/mock": method(mock("{}")),
    },
  };
  const { id: restApiId = "" } = await gateway.send(
    new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(definition)) }),
  );
  await gateway.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
  const base = `${sandbox.endpoint}/_aws/execute-api/${restApiId}`;
  return { restApiId, ask: async (path) => (await fetch(base + path)).status };
}
const read = (name: string, dimensions: Record<string, string>, statistic?: Statistic) =>
  measured(cloudwatch, `AWS/ApiGateway ${name}`, dimensions, statistic);
const dimensionsOf = async (ApiName: string) => {
  const { Metrics = [] } = await cloudwatch.send(
    new ListMetricsCommand({ Namespace: "AWS/ApiGateway", Dimensions: [{ Name: "ApiName", Value: ApiName }] }),
  );
  return [...new Set(Metrics.map(({ Dimensions = [] }) => Dimensions.map(({ Value }) => Value).join()))].sort();
};

describe("metrics of REST APIs", () => {
  it("functionality: requests, errors of both kinds and latencies by API and by stage", async () => {
    const { restApiId, ask } = await deploy("counted");
    const { ask: other } = await deploy("other");
    const statuses = [];
    for (const path of ["/live/run", "/live/run?status=404", "/live/run?fail=1", "/live/nope", "/live/mock"])
      statuses.push(await ask(path));
    assert.deepEqual(statuses, [200, 404, 502, 403, 200]);
    assert.equal(await ask("/nope/run"), 403, "what no stage answers is not counted");
    assert.equal(await other("/live/run"), 200);
    for (const dimensions of [{ ApiName: "counted" }, { ApiName: "counted", Stage: "live" }] as Record<
      string,
      string
    >[]) {
      assert.equal(await read("Count", dimensions), 5);
      assert.equal(await read("Count", dimensions, "SampleCount"), 5);
      assert.equal(await read("4XXError", dimensions), 2);
      assert.equal(await read("4XXError", dimensions, "SampleCount"), 5, "its average is the share of errors");
      assert.equal(await read("5XXError", dimensions), 1);
      assert.equal(await read("Latency", dimensions, "SampleCount"), 5);
      assert.equal(await read("IntegrationLatency", dimensions, "SampleCount"), 3, "those that reached the function");
      const [whole = 0, part = 0] = [await read("Latency", dimensions), await read("IntegrationLatency", dimensions)];
      assert.ok(part > 0 && whole > part, `${whole} ms with ${part} ms`);
    }
    assert.deepEqual(await dimensionsOf("counted"), ["counted", "counted,live"]);
    assert.equal(
      await measured(cloudwatch, "AWS/Lambda Invocations", { FunctionName: "backend" }),
      4,
      "the function counts what the APIs ask of it",
    );
    // The test of a method is no request of a client.
    const { items = [] } = await gateway.send(new GetResourcesCommand({ restApiId }));
    const resourceId = items.find(({ path }) => path === "/mock")?.id;
    const tested = await gateway.send(new TestInvokeMethodCommand({ restApiId, resourceId, httpMethod: "GET" }));
    assert.equal(tested.status, 200);
    assert.equal(await read("Count", { ApiName: "counted" }), 5);
  });

  it("functionality: GetMetricData answers the share of errors", async () => {
    const { ask } = await deploy("shared");
    for (const path of ["/live/run", "/live/run?fail=1", "/live/run", "/live/run"]) await ask(path);
    const { MetricDataResults } = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 3_600_000),
        MetricDataQueries: [
          {
            Id: "share",
            MetricStat: {
              Metric: {
                Namespace: "AWS/ApiGateway",
                MetricName: "5XXError",
                Dimensions: [{ Name: "ApiName", Value: "shared" }],
              },
              Period: 86_400,
              Stat: "Average",
            },
          },
        ],
      }),
    );
    assert.deepEqual(MetricDataResults?.[0]?.Values, [0.25]);
  });

  it("functionality: with detailed metrics each method has its own", async () => {
    const { restApiId, ask } = await deploy("detailed");
    await ask("/live/run");
    const enable = (path: string, value: string) =>
      gateway.send(
        new UpdateStageCommand({
          restApiId,
          stageName: "live",
          patchOperations: [{ op: "replace", path: `${path}/metrics/enabled`, value }],
        }),
      );
    await enable("/*/*", "true");
    await enable("/~1mock/GET", "false");
    for (const path of ["/live/run", "/live/mock", "/live/nope"]) await ask(path);
    assert.deepEqual(await dimensionsOf("detailed"), ["detailed", "detailed,GET,/run,live", "detailed,live"]);
    const method = { ApiName: "detailed", Method: "GET", Resource: "/run", Stage: "live" };
    assert.equal(await read("Count", method), 1);
  });

  it("functionality: each stage counts its own requests, refused ones too", async () => {
    const { restApiId, ask } = await deploy("staged");
    const { id: deploymentId } = await gateway.send(new CreateDeploymentCommand({ restApiId }));
    await gateway.send(new CreateStageCommand({ restApiId, stageName: "slow", deploymentId }));
    const replace = (path: string, value: string) => ({ op: "replace" as const, path, value });
    await gateway.send(
      new UpdateStageCommand({
        restApiId,
        stageName: "slow",
        patchOperations: [replace("/*/*/throttling/rateLimit", "0.001"), replace("/*/*/throttling/burstLimit", "1")],
      }),
    );
    assert.deepEqual([await ask("/live/mock"), await ask("/slow/mock"), await ask("/slow/mock")], [200, 200, 429]);
    assert.equal(await read("Count", { ApiName: "staged", Stage: "slow" }), 2);
    assert.equal(await read("4XXError", { ApiName: "staged", Stage: "slow" }), 1);
    assert.equal(await read("4XXError", { ApiName: "staged", Stage: "live" }), 0);
    assert.equal(await read("Count", { ApiName: "staged" }), 3);
  });

  it("functionality: they are filed under the API's name in ASCII, or its id", async () => {
    const { restApiId, ask } = await deploy("Grüße");
    await ask("/live/mock");
    assert.equal(await read("Count", { ApiName: "Gre" }), 1);
    await gateway.send(
      new UpdateRestApiCommand({ restApiId, patchOperations: [{ op: "replace", path: "/name", value: "葡萄酒" }] }),
    );
    await ask("/live/mock");
    assert.equal(await read("Count", { ApiName: restApiId }), 1);
  });
});
