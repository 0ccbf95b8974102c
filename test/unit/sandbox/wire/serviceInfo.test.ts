import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { S3_SUB_RESOURCES } from "../../../../src/sandbox/wire/router.ts";
import { httpTraitOf } from "../../../../src/sandbox/wire/schema.ts";
import { schemaOfCommand } from "../../../../src/sandbox/wire/serviceBuilder.ts";
import { serviceInfo } from "../../../../src/sandbox/wire/serviceInfo.ts";
import type { CommandClass, ProtocolId } from "../../../../src/sandbox/wire/types.ts";

/** What a client knows of itself, as far as it is compared here. */
interface ClientConfig {
  apiVersion: string;
  defaultSigningName: string;
  protocol: { getShapeId(): string };
  protocolSettings: {
    defaultNamespace: string;
    xmlNamespace?: string;
    version: string;
    serviceTarget: string;
    awsQueryCompatible?: boolean;
  };
}
type Client = new (config: { region: string }) => { config: unknown; destroy(): void };

const clients: Record<keyof typeof serviceInfo, () => Promise<Client>> = {
  sagemaker: async () => (await import("@aws-sdk/client-sagemaker")).SageMakerClient,
  runtime: async () => (await import("@aws-sdk/client-sagemaker-runtime")).SageMakerRuntimeClient,
  cloudwatch: async () => (await import("@aws-sdk/client-cloudwatch")).CloudWatchClient,
  autoscaling: async () => (await import("@aws-sdk/client-application-auto-scaling")).ApplicationAutoScalingClient,
  cloudformation: async () => (await import("@aws-sdk/client-cloudformation")).CloudFormationClient,
  s3: async () => s3.S3Client,
  sts: async () => (await import("@aws-sdk/client-sts")).STSClient,
  lambda: async () => (await import("@aws-sdk/client-lambda")).LambdaClient,
  apigateway: async () => (await import("@aws-sdk/client-api-gateway")).APIGatewayClient,
  amplify: async () => (await import("@aws-sdk/client-amplify")).AmplifyClient,
  logs: async () => (await import("@aws-sdk/client-cloudwatch-logs")).CloudWatchLogsClient,
  scheduler: async () => (await import("@aws-sdk/client-scheduler")).SchedulerClient,
  iam: async () => (await import("@aws-sdk/client-iam")).IAMClient,
};
const PROTOCOLS: Record<string, ProtocolId> = {
  "aws.protocols#awsJson1_0": "json",
  "aws.protocols#awsJson1_1": "json",
  "smithy.protocols#rpcv2Cbor": "cbor",
  "aws.protocols#awsQuery": "query",
  "aws.protocols#restJson1": "restJson",
  "aws.protocols#restXml": "restXml",
};

describe("what the wire layer says of a service is what its client says of itself", () => {
  for (const [name, load] of Object.entries(clients)) {
    const info = serviceInfo[name as keyof typeof serviceInfo];
    it(name, async () => {
      const client = new (await load())({ region: "us-east-1" });
      const config = client.config as ClientConfig;
      const { defaultNamespace, xmlNamespace, version, serviceTarget, awsQueryCompatible } = config.protocolSettings;
      assert.equal(info.namespace, defaultNamespace);
      assert.equal(info.apiVersion, config.apiVersion);
      assert.equal(info.apiVersion, version);
      assert.equal(info.target, serviceTarget);
      assert.equal(info.signingName, config.defaultSigningName);
      const speaksXml = info.protocols.some((p) => p === "query" || p === "restXml");
      if (speaksXml) assert.equal("xmlNamespace" in info ? info.xmlNamespace : undefined, xmlNamespace);
      assert.equal("queryCompatible" in info && info.queryCompatible, awsQueryCompatible ?? false);
      const spoken = PROTOCOLS[config.protocol.getShapeId()];
      assert.ok(spoken, `the client speaks ${config.protocol.getShapeId()}`);
      assert.ok(
        info.protocols.some((p) => p === spoken),
        `${spoken} is not among ${info.protocols.join(", ")}`,
      );
      client.destroy();
    });
  }
});

it("the sub-resources of S3 are those of the SDK's schemas", () => {
  const known = new Set<string>();
  for (const [name, value] of Object.entries(s3)) {
    if (!name.endsWith("Command") || name === "$Command") continue;
    const uri = httpTraitOf(schemaOfCommand(value as CommandClass<unknown, unknown>))?.[1] ?? "";
    for (const key of new URLSearchParams(uri.split("?")[1] ?? "").keys()) if (key !== "x-id") known.add(key);
  }
  assert.ok(known.size > 20);
  assert.deepEqual([...S3_SUB_RESOURCES].sort(), [...known].sort());
});
