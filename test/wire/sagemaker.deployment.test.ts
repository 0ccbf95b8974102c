import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateEndpointConfigCommand,
  type DeploymentConfig,
  DescribeEndpointCommand,
  SageMakerClient,
  UpdateEndpointCommand,
} from "@aws-sdk/client-sagemaker";
import { deployWine, eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const EndpointName = "wine";
let sandbox: TestSandbox;
let sagemaker: SageMakerClient;
let cloudwatch: CloudWatchClient;
before(async () => {
  // A wait of five minutes takes 300 ms.
  sandbox = await startTestSandbox({ timeScale: 1_000 });
  sagemaker = new SageMakerClient(sandbox.clientConfig());
  cloudwatch = new CloudWatchClient(sandbox.clientConfig());
  await deployWine(sandbox);
  const variant = {
    VariantName: "AllTraffic",
    ModelName: "wine",
    InstanceType: "ml.m5.xlarge" as const,
    InitialInstanceCount: 1,
  };
  for (const EndpointConfigName of ["next", "worse"])
    await sagemaker.send(new CreateEndpointConfigCommand({ EndpointConfigName, ProductionVariants: [variant] }));
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "T",
      MetricName: "E",
      Statistic: "Sum",
      Period: 86_400,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "ignore",
    }),
  );
});
after(async () => {
  for (const client of [sagemaker, cloudwatch]) client.destroy();
  await sandbox.close();
});

const describeEndpoint = () => sagemaker.send(new DescribeEndpointCommand({ EndpointName }));
const update = (EndpointConfigName: string, DeploymentConfig: DeploymentConfig) =>
  sagemaker.send(new UpdateEndpointCommand({ EndpointName, EndpointConfigName, DeploymentConfig }));
const canary: DeploymentConfig = {
  BlueGreenUpdatePolicy: {
    TrafficRoutingConfiguration: {
      Type: "CANARY",
      CanarySize: { Type: "CAPACITY_PERCENT", Value: 10 },
      WaitIntervalInSeconds: 300,
    },
  },
  AutoRollbackConfiguration: { Alarms: [{ AlarmName: "errors" }] },
};
const inService = () =>
  eventually("the endpoint is InService", async () => {
    const endpoint = await describeEndpoint();
    return endpoint.EndpointStatus === "InService" && endpoint;
  });

describe("deployment guardrails", () => {
  it("functionality: a canary takes its share first; the new fleet is seen meanwhile", async () => {
    await update("next", canary);
    const shifting = await eventually("the canary takes traffic", async () => {
      const { PendingDeploymentSummary: pending } = await describeEndpoint();
      return pending?.ProductionVariants?.[0] && pending;
    });
    assert.equal(shifting.EndpointConfigName, "next");
    assert.match(shifting.ProductionVariants?.[0]?.VariantStatus?.[0]?.Status ?? "", /^(ActivatingTraffic|Baking)$/);
    const done = await inService();
    assert.deepEqual(
      [done.EndpointConfigName, done.PendingDeploymentSummary, done.FailureReason],
      ["next", undefined, undefined],
    );
    assert.deepEqual(done.LastDeploymentConfig, canary);
  });

  it("functionality: an alarm while the canary is watched takes the update back", async () => {
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "ALARM", StateReason: "test" }));
    await update("worse", canary);
    const done = await inService();
    assert.equal(done.EndpointConfigName, "next");
    assert.match(done.FailureReason ?? "", /update to worse was rolled back: in ALARM: errors/);
  });

  const shares = async (config: string, deployment: DeploymentConfig) => {
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue: "OK", StateReason: "test" }));
    await update(config, deployment);
    const seen = new Set<string>();
    const done = await eventually("the update is done", async () => {
      const endpoint = await describeEndpoint();
      const weights = endpoint.PendingDeploymentSummary?.ProductionVariants?.[0]?.VariantStatus?.[0]?.Status;
      if (weights) seen.add(weights);
      return endpoint.EndpointStatus === "InService" && endpoint;
    });
    return { done, seen };
  };
  const blueGreen = (policy: object): DeploymentConfig => ({
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: { WaitIntervalInSeconds: 120, ...policy } as never,
      TerminationWaitInSeconds: 60,
    },
  });

  it("functionality: traffic shifts in equal steps, and batch by batch", async () => {
    const linear = blueGreen({ Type: "LINEAR", LinearStepSize: { Type: "CAPACITY_PERCENT", Value: 50 } });
    const first = await shares("worse", linear);
    assert.equal(first.done.EndpointConfigName, "worse");
    assert.deepEqual(first.done.LastDeploymentConfig, linear);
    assert.ok(first.seen.has("ActivatingTraffic") || first.seen.has("Baking"), [...first.seen].join());
    const rolling: DeploymentConfig = {
      RollingUpdatePolicy: {
        MaximumBatchSize: { Type: "CAPACITY_PERCENT", Value: 50 },
        WaitIntervalInSeconds: 120,
        RollbackMaximumBatchSize: { Type: "CAPACITY_PERCENT", Value: 100 },
      },
    };
    const second = await shares("next", rolling);
    assert.equal(second.done.EndpointConfigName, "next");
    assert.deepEqual(second.done.LastDeploymentConfig, rolling);
  });
});
