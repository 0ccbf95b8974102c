import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  ApplicationAutoScalingClient,
  DescribeScalingActivitiesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const TARGET = {
  ServiceNamespace: "sagemaker",
  ResourceId: "endpoint/story/variant/AllTraffic",
  ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
} as const;
/** Invocations in each minute of the hour: quiet, a rush, quiet again. */
const MINUTES = Array.from({ length: 60 }, (_, minute) => (minute >= 10 && minute < 25 ? 30 : 3));

async function deploy(sandbox: TestSandbox): Promise<void> {
  const config = sandbox.clientConfig();
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "models" }));
  const Body = await readFile(new URL("../../infra/model/model.tar.gz", import.meta.url));
  await s3.send(new PutObjectCommand({ Bucket: "models", Key: "model.tar.gz", Body }));
  const trust = {
    Statement: [{ Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" }],
  };
  const { Role } = await new IAMClient(config).send(
    new CreateRoleCommand({ RoleName: "role", AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const sagemaker = new SageMakerClient(config);
  await sagemaker.send(
    new CreateModelCommand({
      ModelName: "m",
      ExecutionRoleArn: Role?.Arn,
      PrimaryContainer: {
        Image: "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
        ModelDataUrl: "s3://models/model.tar.gz",
      },
    }),
  );
  const ProductionVariants = [
    { VariantName: "AllTraffic", ModelName: "m", InstanceType: "ml.m5.large" as const, InitialInstanceCount: 1 },
  ];
  await sagemaker.send(new CreateEndpointConfigCommand({ EndpointConfigName: "c", ProductionVariants }));
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: "story", EndpointConfigName: "c" }));
  const scaling = new ApplicationAutoScalingClient(config);
  await scaling.send(new RegisterScalableTargetCommand({ ...TARGET, MinCapacity: 1, MaxCapacity: 4 }));
  await scaling.send(
    new PutScalingPolicyCommand({
      ...TARGET,
      PolicyName: "tracking",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 10,
        ScaleInCooldown: 60,
        ScaleOutCooldown: 60,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
      },
    }),
  );
}

async function step(sandbox: TestSandbox, stepSeconds: number): Promise<void> {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
    method: "POST",
    headers: { authorization: `Bearer ${sandbox.controlToken}` },
    body: JSON.stringify({ stepSeconds }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** Lives through the hour; returns what was done, in minutes since its beginning. */
async function tellStory(): Promise<{ activities: string[]; instancesAtRush: number; stepMs: number }> {
  const sandbox = await startTestSandbox({ timeScale: 0, seed: 11 });
  try {
    await deploy(sandbox);
    const runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const state = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
    });
    const { now: begin } = (await state.json()) as { now: number };
    let stepMs = 0;
    let instancesAtRush = 0;
    for (const [minute, count] of MINUTES.entries()) {
      const invoke = () =>
        runtime.send(
          new InvokeEndpointCommand({
            EndpointName: "story",
            ContentType: "text/csv",
            Body: "14.3,1.92,2.72,20,120,2.8,3.14,0.33,1.97,6.2,1.07,2.65,1280",
          }),
        );
      await Promise.all(Array.from({ length: count }, invoke));
      const started = performance.now();
      await step(sandbox, 60);
      stepMs += performance.now() - started;
      if (minute !== 24) continue;
      const endpoint = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "story" }));
      instancesAtRush = endpoint.ProductionVariants?.[0]?.CurrentInstanceCount ?? 0;
    }
    const { ScalingActivities = [] } = await new ApplicationAutoScalingClient(sandbox.clientConfig()).send(
      new DescribeScalingActivitiesCommand(TARGET),
    );
    const activities = ScalingActivities.reverse().map(
      (a) => `${Math.round(((a.StartTime?.getTime() ?? 0) - begin) / 60_000)} ${a.Description} ${a.StatusCode}`,
    );
    return { activities, instancesAtRush, stepMs };
  } finally {
    await sandbox.close();
  }
}

test("an hour of scaling passes in moments, out and in again, and the same way each time", async () => {
  const first = await tellStory();
  assert.ok(first.instancesAtRush >= 3, `${first.instancesAtRush} instances at the end of the rush`);
  assert.match(first.activities[0] ?? "", /^1\d Setting desired instance count to \d\. Successful$/);
  assert.match(first.activities.at(-1) ?? "", /Setting desired instance count to 1\. Successful$/);
  const second = await tellStory();
  assert.deepEqual(second.activities, first.activities);
});
