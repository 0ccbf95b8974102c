import assert from "node:assert/strict";
import path from "node:path";
import { after, before, it } from "node:test";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  type CreateEndpointConfigCommandInput,
  DescribeEndpointCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  SageMakerRuntimeClient,
} from "@aws-sdk/client-sagemaker-runtime";
import { Connections } from "../../src/services/connections.ts";
import { Endpoints } from "../../src/services/endpoints.ts";
import { prepareRun } from "../../src/services/loadPreparation.ts";
import { MetricPoller } from "../../src/services/metricPoller.ts";
import { deployWine, eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

/** What the charts measure of endpoints that are not one variant on CPUs. */
let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
let runtime: SageMakerRuntimeClient;
const connections = new Connections();
const poller = new MetricPoller(connections);

before(async () => {
  sandbox = await startTestSandbox({ timeScale: 300 });
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
  await deployWine(sandbox);
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 300 } });
});
after(async () => {
  connections.disconnect();
  for (const client of [sagemaker, runtime]) client.destroy();
  await sandbox.close();
});

async function deploy(name: string, config: Omit<CreateEndpointConfigCommandInput, "EndpointConfigName">) {
  await sagemaker.send(new CreateEndpointConfigCommand({ EndpointConfigName: name, ...config }));
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  await eventually(`${name} is in service`, async () => {
    const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
    return EndpointStatus === "InService";
  });
}
const wine = { ModelName: "wine", InitialInstanceCount: 1, InstanceType: "ml.m5.large" as const };
const invoke = (EndpointName: string, TargetVariant?: string) =>
  runtime.send(new InvokeEndpointCommand({ EndpointName, TargetVariant, ContentType: "text/csv", Body: WINE_ROW }));
/** Waits until lines of an endpoint have points, and gives the last value of each. */
const measured = (name: string, ...ids: string[]) =>
  eventually(`${ids.join(", ")} of ${name}`, async () => {
    const { series } = await poller.read(name, 15);
    const last = ids.map((id) => series.find((line) => line.id === id)?.points.at(-1)?.value);
    return last.every((value) => value !== undefined) && (last as number[]);
  });

it("an asynchronous endpoint: its backlog, and what it has worked off", async () => {
  await deploy("queue", {
    ProductionVariants: [{ VariantName: "V", ...wine }],
    AsyncInferenceConfig: { OutputConfig: { S3OutputPath: "s3://wine-models/out" } },
  });
  const s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: "wine-models", Key: "in.csv", Body: WINE_ROW }));
  s3.destroy();
  const InputLocation = "s3://wine-models/in.csv";
  const input = { EndpointName: "queue", ContentType: "text/csv", InputLocation };
  await runtime.send(new InvokeEndpointAsyncCommand(input));
  const [backlog, perInstance, oldest, rate] = await measured(
    "queue",
    ...["backlog", "backlogPerInstance", "oldestSeconds", "invocationsPerSecond"],
  );
  assert.deepEqual([backlog, perInstance, oldest], [0, 0, 0]);
  assert.ok((rate ?? 0) > 0);
  await assert.rejects(invoke("queue"), { name: "ValidationError", message: /queue .* is asynchronous/ });
  const cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  const { Metrics } = await cloudwatch.send(
    new ListMetricsCommand({ Dimensions: [{ Name: "EndpointName", Value: "queue" }] }),
  );
  cloudwatch.destroy();
  const names = new Set(Metrics?.map(({ MetricName }) => MetricName));
  for (const name of ["InvocationsProcessed", "ModelLatency", "HasBacklogWithoutCapacity"]) assert.ok(names.has(name));
  for (const name of ["Invocations", "InvocationsPerInstance", "OverheadLatency"]) assert.ok(!names.has(name), name);
});

it("a load test that names no endpoint runs on the one it was called for; not on an asynchronous one", async () => {
  const plan = path.resolve(import.meta.dirname, "../../infra/loadtests/1k-rps.ramp.json");
  assert.equal((await prepareRun(connections, plan, undefined, "wine")).target.name, "wine");
  await assert.rejects(
    prepareRun(connections, plan, undefined, "queue"),
    /asynchronous: it takes requests by way of S3/,
  );
});

it("a serverless variant: its cold starts, and its size instead of instances", async () => {
  const ServerlessConfig = { MemorySizeInMB: 2048, MaxConcurrency: 5 };
  await deploy("calm", { ProductionVariants: [{ VariantName: "V", ModelName: "wine", ServerlessConfig }] });
  await invoke("calm");
  const [cold] = await measured("calm", "coldStartMs");
  assert.equal(cold, 6000);
  const { endpoint } = await new Endpoints(connections).detail("calm");
  assert.deepEqual(endpoint.variants[0]?.serverless, {
    memoryMb: 2048,
    maxConcurrency: 5,
    provisionedConcurrency: undefined,
  });
});

it("instances with GPUs: how busy these are", async () => {
  await deploy("gpu", { ProductionVariants: [{ VariantName: "V", ...wine, InstanceType: "ml.g5.xlarge" }] });
  assert.deepEqual(await measured("gpu", "gpuPercent", "gpuMemoryPercent"), [0, 0]);
  const { series } = await poller.read("wine", 15);
  assert.deepEqual(series.find(({ id }) => id === "gpuPercent")?.points, []);
});

it("two variants: their instances are counted together", async () => {
  const variants = ["A", "B"].map((VariantName) => ({ VariantName, ...wine }));
  await deploy("two", { ProductionVariants: variants });
  await eventually("both served in one period", async () => {
    await Promise.all([invoke("two", "A"), invoke("two", "B")]);
    const { series } = await poller.read("two", 15);
    return series.find(({ id }) => id === "instances")?.points.some(({ value }) => value === 2);
  });
});
