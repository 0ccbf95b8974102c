import { readFile } from "node:fs/promises";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeEndpointCommand,
  type ProductionVariantInstanceType,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import type { TestSandbox } from "./sandbox.ts";

const IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
/** One row of the wine data, of class 0. */
export const WINE_ROW = "14.23,1.71,2.43,15.6,127,2.8,3.06,0.28,2.29,5.64,1.04,3.92,1065";

/** Polls until `found` gives something; a test's way to wait without sleeping blindly. */
export async function eventually<T>(
  what: string,
  found: () => Promise<T | undefined | false>,
  mostMs = 20_000,
): Promise<T> {
  const end = Date.now() + mostMs;
  for (;;) {
    const value = await found();
    if (value) return value;
    if (Date.now() > end) throw new Error(`Waited ${mostMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Puts the wine model behind an endpoint of one instance and waits until it is InService. */
export async function deployWine(
  sandbox: TestSandbox,
  name = "wine",
  InstanceType: ProductionVariantInstanceType = "ml.m5.large",
): Promise<void> {
  const config = sandbox.clientConfig();
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const iam = new IAMClient(config);
  const sagemaker = new SageMakerClient(config);
  try {
    await s3.send(new CreateBucketCommand({ Bucket: `${name}-models` }));
    const Body = await readFile(new URL("../../infra/model/model.tar.gz", import.meta.url));
    await s3.send(new PutObjectCommand({ Bucket: `${name}-models`, Key: "model.tar.gz", Body }));
    const Statement = [
      { Effect: "Allow", Principal: { Service: "sagemaker.amazonaws.com" }, Action: "sts:AssumeRole" },
    ];
    const role = await iam.send(
      new CreateRoleCommand({
        RoleName: `${name}-role`,
        AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
      }),
    );
    await sagemaker.send(
      new CreateModelCommand({
        ModelName: name,
        PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${name}-models/model.tar.gz` },
        ExecutionRoleArn: role.Role?.Arn,
      }),
    );
    await sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: name,
        ProductionVariants: [{ VariantName: "AllTraffic", ModelName: name, InstanceType, InitialInstanceCount: 1 }],
      }),
    );
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
    await eventually(`endpoint ${name} is InService`, async () => {
      const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
      return EndpointStatus === "InService";
    });
  } finally {
    for (const client of [s3, iam, sagemaker]) client.destroy();
  }
}
