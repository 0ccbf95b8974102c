import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  DescribeEndpointCommand,
  type ProductionVariantServerlessConfig,
  SageMakerClient,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { deployWine, eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
let runtime: SageMakerRuntimeClient;
let cloudwatch: CloudWatchClient;
before(async () => {
  // A start of six seconds takes 60 ms: long enough that requests meet.
  sandbox = await startTestSandbox({ timeScale: 100 });
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  await deployWine(sandbox);
});
after(async () => {
  for (const client of [sagemaker, runtime, cloudwatch]) client.destroy();
  await sandbox.close();
});

const configure = (name: string, ServerlessConfig: ProductionVariantServerlessConfig) =>
  sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: "V", ModelName: "wine", ServerlessConfig }],
    }),
  );
async function deploy(name: string, config: ProductionVariantServerlessConfig): Promise<void> {
  await configure(name, config);
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  await inService(name);
}
const inService = (EndpointName: string) =>
  eventually(`${EndpointName} is InService`, async () => {
    const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName }));
    return EndpointStatus === "InService";
  });
const variantOf = async (EndpointName: string) =>
  (await sagemaker.send(new DescribeEndpointCommand({ EndpointName }))).ProductionVariants?.[0];
const invoke = (EndpointName: string, Body: string | Uint8Array = WINE_ROW) =>
  runtime.send(new InvokeEndpointCommand({ EndpointName, ContentType: "text/csv", Body }));
async function sumOf(EndpointName: string, MetricName: string): Promise<number> {
  const { Datapoints } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/SageMaker",
      MetricName,
      Dimensions: [
        { Name: "EndpointName", Value: EndpointName },
        { Name: "VariantName", Value: "V" },
      ],
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 60,
      Statistics: ["SampleCount"],
    }),
  );
  return (Datapoints ?? []).reduce((sum, d) => sum + (d.SampleCount ?? 0), 0);
}

describe("serverless variants", () => {
  it("serialization: described with their concurrency instead of instances", async () => {
    const config = { MemorySizeInMB: 2048, MaxConcurrency: 5 };
    await deploy("plain", config);
    const variant = await variantOf("plain");
    assert.deepEqual(variant?.CurrentServerlessConfig, config);
    assert.equal(variant.CurrentInstanceCount, undefined);
  });

  it("validation: memory sizes, provisioned beyond the most, and bodies beyond 4 MB", async () => {
    await assert.rejects(
      configure("odd", { MemorySizeInMB: 1500, MaxConcurrency: 1 }),
      /Member must satisfy enum value set/,
    );
    const provisioned = { MemorySizeInMB: 1024, MaxConcurrency: 2, ProvisionedConcurrency: 3 };
    await assert.rejects(configure("much", provisioned), /less than or equal to its MaxConcurrency 2/);
    await assert.rejects(invoke("plain", new Uint8Array(4_194_305)), { name: "ValidationError" });
  });

  it("functionality: the first request starts an environment, the next one finds it warm", async () => {
    await deploy("cold", { MemorySizeInMB: 1024, MaxConcurrency: 1 });
    const answer = await invoke("cold");
    assert.equal(answer.InvokedProductionVariant, "V");
    assert.equal(await sumOf("cold", "ModelSetupTime"), 1);
    await invoke("cold");
    assert.equal(await sumOf("cold", "ModelSetupTime"), 1);
  });

  it("functionality: requests beyond MaxConcurrency are throttled as AWS does it", async () => {
    await deploy("narrow", { MemorySizeInMB: 1024, MaxConcurrency: 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => invoke("narrow")));
    const refused = outcomes.flatMap((o) =>
      o.status === "rejected" ? [o.reason as Error & Record<string, unknown>] : [],
    );
    assert.equal(refused.length, 3);
    for (const error of refused) {
      assert.equal(error.name, "ThrottlingException");
      assert.equal((error.$metadata as { httpStatusCode: number }).httpStatusCode, 400);
    }
    const update = { VariantName: "V", ServerlessUpdateConfig: { MaxConcurrency: 4 } };
    await sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({ EndpointName: "narrow", DesiredWeightsAndCapacities: [update] }),
    );
    await inService("narrow");
    assert.equal((await variantOf("narrow"))?.CurrentServerlessConfig?.MaxConcurrency, 4);
    await Promise.all(Array.from({ length: 4 }, () => invoke("narrow")));
  });

  it("functionality: provisioned concurrency is warm from the start; what is beyond it spills over", async () => {
    await deploy("warm", { MemorySizeInMB: 1024, MaxConcurrency: 3, ProvisionedConcurrency: 1 });
    await invoke("warm");
    assert.deepEqual(
      [await sumOf("warm", "ModelSetupTime"), await sumOf("warm", "ServerlessProvisionedConcurrencyInvocations")],
      [0, 1],
    );
    await Promise.all([invoke("warm"), invoke("warm")]);
    assert.equal(await sumOf("warm", "ServerlessProvisionedConcurrencySpilloverInvocations"), 1);
  });
});
