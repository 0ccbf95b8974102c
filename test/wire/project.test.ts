import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { APIGatewayClient, GetApiKeyCommand } from "@aws-sdk/client-api-gateway";
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand, GetDashboardCommand } from "@aws-sdk/client-cloudwatch";
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListEndpointConfigsCommand,
  ListModelsCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { isolatedHome, startCli } from "./commandLine.ts";
import { WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const WINE = fileURLToPath(new URL("../../infra", import.meta.url));

describe("the wine project with everything that its template offers", () => {
  let sandbox: TestSandbox;
  let outputs: Record<string, string> = {};
  let apiUrl = "";
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  const project = path.join(home.folder, "wine");
  const cli = (...args: string[]) => startCli([...args, "--project", project], { env, cwd: home.folder }).ended;
  const keyArn = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const topic = "arn:aws:sns:us-east-1:123456789012:ops";
  const deploy = async (parameters: Record<string, string>) => {
    const file = path.join(project, "sagemaker-ops.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), parameters }));
    const deployed = await cli("deploy", "--yes", "--json");
    assert.equal(deployed.code, 0, deployed.stderr);
    ({ outputs, apiUrl } = JSON.parse(deployed.stdout) as { outputs: Record<string, string>; apiUrl: string });
  };

  before(async () => {
    sandbox = await startTestSandbox({ timeScale: 200 });
    const { endpoint, accessKeyId, secretAccessKey } = sandbox;
    const info = { endpoint, region: "us-east-1", accessKeyId, secretAccessKey, timeScale: 200 };
    env.SAGEMAKER_OPS_SANDBOX = JSON.stringify(info);
    cpSync(WINE, project, { recursive: true });
  });
  after(async () => {
    await sandbox.close();
    home.remove();
  });

  test("with the variables that the sandbox prints for a shell it is deployed and looked at, too", async () => {
    const { SAGEMAKER_OPS_SANDBOX: _, ...plain } = env;
    const keys = { AWS_ACCESS_KEY_ID: sandbox.accessKeyId, AWS_SECRET_ACCESS_KEY: sandbox.secretAccessKey };
    const shell = { ...plain, ...keys, AWS_ENDPOINT_URL: `${sandbox.endpoint}/`, AWS_REGION: "us-east-1" };
    const args = ["deploy", "--yes", "--project", project];
    const { code, stdout, stderr } = await startCli(args, { env: shell, cwd: home.folder }).ended;
    assert.equal(code, 0, stderr);
    assert.ok(`${stdout}${stderr}`.includes(`The web page is served at ${sandbox.endpoint}/`), `${stdout}${stderr}`);
  });

  test("without parameters the API is open to the project's page only, and the dashboard shows the endpoint", async () => {
    await deploy({});
    const answer = await fetch(apiUrl, { method: "OPTIONS", headers: { origin: "https://elsewhere.example" } });
    assert.equal(answer.headers.get("access-control-allow-origin"), outputs.WebUrl);
    const cloudwatch = new CloudWatchClient(sandbox.clientConfig());
    const { DashboardBody } = await cloudwatch.send(new GetDashboardCommand({ DashboardName: outputs.DashboardName }));
    assert.match(DashboardBody ?? "", /"InvocationsPerInstance", "EndpointName", "wine-endpoint"/);
    JSON.parse(DashboardBody ?? "");
    cloudwatch.destroy();
  });

  test("network, keys and topic reach the resources; the API gets a key, and the product sends it", async () => {
    await deploy({
      RequireApiKey: "true",
      AlarmTopicArn: topic,
      VpcSubnetIds: "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
      VpcSecurityGroupIds: "sg-0123456789abcdef0",
      VolumeKmsKeyArn: keyArn,
      LogsKmsKeyArn: keyArn,
    });
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const model = await sagemaker.send(new DescribeModelCommand({ ModelName: outputs.ModelName }));
    assert.equal(model.VpcConfig?.Subnets?.length, 2);
    const config = await sagemaker.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: outputs.EndpointConfigName }),
    );
    assert.equal(config.KmsKeyId, keyArn);
    sagemaker.destroy();
    const cloudwatch = new CloudWatchClient(sandbox.clientConfig());
    const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "wine-" }));
    assert.ok(MetricAlarms.length >= 2);
    for (const alarm of MetricAlarms) assert.deepEqual(alarm.AlarmActions, [topic], alarm.AlarmName);
    cloudwatch.destroy();

    const closed = await fetch(apiUrl, { method: "POST", body: "{}" });
    assert.equal(closed.status, 403);
    const gateway = new APIGatewayClient(sandbox.clientConfig());
    const key = await gateway.send(new GetApiKeyCommand({ apiKey: outputs.ApiKeyId, includeValue: true }));
    gateway.destroy();
    const predicted = await cli("predict", "--api", "--body", WINE_ROW, "--json");
    assert.equal(predicted.code, 0, predicted.stderr);
    assert.ok(key.value && !(predicted.stdout + predicted.stderr).includes(key.value));
  });

  test("the preview tells values before and after, what is replaced and what it means, and the cost; unasked nothing changes", async () => {
    const file = path.join(project, "sagemaker-ops.json");
    const text = readFileSync(file, "utf8");
    const { parameters, ...rest } = JSON.parse(text) as { parameters: Record<string, string> };
    writeFileSync(
      file,
      JSON.stringify({ ...rest, parameters: { ...parameters, InstanceType: "ml.m5.xlarge", AlarmTopicArn: "" } }),
    );
    const refused = await cli("deploy");
    writeFileSync(file, text);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /Execute these changes in account 123456789012, us-east-1\?.*--yes/);
    assert.match(refused.stdout, /~ EndpointConfig \(AWS::SageMaker::EndpointConfig\) {2}REPLACED/);
    assert.match(refused.stdout, /the endpoint moves to it without an interruption/);
    assert.match(refused.stdout, /ProductionVariants\/0\/InstanceType: ml\.m5\.large → ml\.m5\.xlarge/);
    assert.match(refused.stdout, /AlarmActions.*: .*sns.* → –/);
    assert.match(refused.stdout, /cost of the endpoint on AWS: \$0\.12\/h, \$84\/month → \$0\.23\/h, \$168\/month/);
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const config = await sagemaker.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: outputs.EndpointConfigName }),
    );
    sagemaker.destroy();
    assert.equal(config.ProductionVariants?.[0]?.InstanceType, "ml.m5.large");
  });

  test("a load test of the API sends the key, and neither its report nor an export holds it", async () => {
    home.write("wine/loadtests/api.ramp.json", {
      version: 1,
      name: "api",
      target: { type: "api" },
      payloads: { inline: [JSON.stringify({ features: WINE_ROW.split(",").map(Number) })] },
      contentType: "application/json",
      stages: [{ type: "hold", rate: 5, seconds: 2 }],
      expect: { errorRate: { max: 0 } },
    });
    const plan = path.join(project, "loadtests/api.ramp.json");
    const ran = await cli("ramp", plan, "--yes", "--json", "--junit", path.join(home.folder, "junit.xml"));
    assert.equal(ran.code, 0, ran.stderr);
    const gateway = new APIGatewayClient(sandbox.clientConfig());
    const { value = "" } = await gateway.send(new GetApiKeyCommand({ apiKey: outputs.ApiKeyId, includeValue: true }));
    gateway.destroy();
    assert.ok(value.length >= 20);
    assert.ok(!(ran.stdout + ran.stderr).includes(value));
    assert.match(readFileSync(path.join(home.folder, "junit.xml"), "utf8"), /tests="1" failures="0"/);
    const exported = await cli("export", plan, "--to", "artillery", "--out", path.join(home.folder, "out"));
    assert.equal(exported.code, 0, exported.stderr);
    const processor = readFileSync(path.join(home.folder, "out/processor.mjs"), "utf8");
    assert.match(processor, /process\.env\.API_KEY/);
    assert.ok(!processor.includes(value));
  });

  test("what was changed beside the template is found, with both values", async () => {
    const client = new ApplicationAutoScalingClient(sandbox.clientConfig());
    const target = {
      ServiceNamespace: "sagemaker",
      ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
      ResourceId: "endpoint/wine-endpoint/variant/AllTraffic",
    } as const;
    const before = await cli("drift");
    assert.equal(before.code, 0, before.stdout);
    await client.send(new RegisterScalableTargetCommand({ ...target, MaxCapacity: 7 }));
    const drifted = await cli("drift");
    assert.equal(drifted.code, 1);
    assert.match(drifted.stdout, /differs from its template in ScalableTarget;/);
    assert.match(drifted.stdout, /\/MaxCapacity: 4 in the template, 7 in the account/);
    await client.send(new RegisterScalableTargetCommand({ ...target, MaxCapacity: 4 }));
    client.destroy();
  });

  test("another instance type is deployed although the variant scales, and it scales as before", async () => {
    const scaling = async () => {
      const client = new ApplicationAutoScalingClient(sandbox.clientConfig());
      const { ScalableTargets } = await client.send(
        new DescribeScalableTargetsCommand({ ServiceNamespace: "sagemaker" }),
      );
      const { ScalingPolicies } = await client.send(
        new DescribeScalingPoliciesCommand({ ServiceNamespace: "sagemaker" }),
      );
      client.destroy();
      const [policy] = ScalingPolicies ?? [];
      const [target] = ScalableTargets ?? [];
      return [
        target?.MinCapacity,
        target?.MaxCapacity,
        policy?.PolicyName,
        policy?.TargetTrackingScalingPolicyConfiguration,
      ];
    };
    const before = await scaling();
    await deploy({ InstanceType: "ml.m5.xlarge" });
    assert.deepEqual(await scaling(), before);
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const { EndpointConfigName, EndpointStatus } = await sagemaker.send(
      new DescribeEndpointCommand({ EndpointName: outputs.EndpointName }),
    );
    const config = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName }));
    sagemaker.destroy();
    assert.equal(EndpointStatus, "InService");
    assert.equal(config.ProductionVariants?.[0]?.InstanceType, "ml.m5.xlarge");
  });

  test("without the parameter the key goes, and the API is open again", async () => {
    await deploy({});
    assert.equal(outputs.ApiKeyId, undefined);
    const predicted = await cli("predict", "--api", "--body", WINE_ROW, "--json");
    assert.equal(predicted.code, 0, predicted.stderr);
    const deleted = await cli("delete", "--yes");
    assert.equal(deleted.code, 0, deleted.stderr);
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const { Models, EndpointConfigs } = {
      ...(await sagemaker.send(new ListModelsCommand({}))),
      ...(await sagemaker.send(new ListEndpointConfigsCommand({}))),
    };
    sagemaker.destroy();
    assert.deepEqual([Models, EndpointConfigs], [[], []], "what was replaced, and what was deleted, is gone");
  });
});
