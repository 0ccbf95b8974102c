import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, it } from "node:test";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { deployWine, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let dataDir: string;
/** Closed at the end also when a test has failed. */
const started: TestSandbox[] = [];
async function start(): Promise<TestSandbox> {
  const sandbox = await startTestSandbox({ dataDir });
  started.push(sandbox);
  return sandbox;
}
before(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), "ops-sessions-"));
});
after(async () => {
  for (const sandbox of started) await sandbox.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Keys {
  AccessKeyId?: string;
  SecretAccessKey?: string;
  SessionToken?: string;
}
const asCredentials = ({ AccessKeyId = "", SecretAccessKey = "", SessionToken }: Keys = {}) => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  sessionToken: SessionToken,
});

it("keys of sessions are good after a restart, and no others", async () => {
  const first = await start();
  const sts = new STSClient(first.clientConfig());
  const iam = new IAMClient(first.clientConfig());
  const Statement = { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "kept", AssumeRolePolicyDocument }));
  const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: "night" }));
  const token = await sts.send(new GetSessionTokenCommand({}));
  await first.close();
  started.pop();

  const second = await start();
  const whoIs = async (credentials: ReturnType<typeof asCredentials>) => {
    const client = new STSClient({ ...second.clientConfig(), credentials });
    try {
      return (await client.send(new GetCallerIdentityCommand({}))).Arn;
    } finally {
      client.destroy();
    }
  };
  assert.equal(await whoIs(asCredentials(assumed.Credentials)), "arn:aws:sts::123456789012:assumed-role/kept/night");
  assert.equal(await whoIs(asCredentials(token.Credentials)), "arn:aws:iam::123456789012:root");
  const stolen = { ...asCredentials(assumed.Credentials), sessionToken: "another" };
  await assert.rejects(whoIs(stolen), { name: /InvalidClientTokenId|InvalidToken/ });
  for (const client of [sts, iam]) client.destroy();
  await second.close();
  started.pop();
});

it("what SageMaker has measured is there after a restart", async () => {
  const first = await start();
  await deployWine(first, "measured");
  const runtime = new SageMakerRuntimeClient(first.clientConfig());
  for (let i = 0; i < 3; i++)
    await runtime.send(
      new InvokeEndpointCommand({ EndpointName: "measured", ContentType: "text/csv", Body: WINE_ROW }),
    );
  runtime.destroy();
  await first.close();
  started.pop();

  const second = await start();
  const cloudwatch = new CloudWatchClient(second.clientConfig());
  const { Datapoints } = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/SageMaker",
      MetricName: "Invocations",
      Dimensions: [
        { Name: "EndpointName", Value: "measured" },
        { Name: "VariantName", Value: "AllTraffic" },
      ],
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 60,
      Statistics: ["Sum"],
    }),
  );
  assert.equal(
    Datapoints?.reduce((sum, d) => sum + (d.Sum ?? 0), 0),
    3,
  );
  cloudwatch.destroy();
  await second.close();
  started.pop();
});
