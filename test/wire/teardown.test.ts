import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, DescribeStacksCommand, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { ListEndpointsCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { isolatedHome, startCli } from "./commandLine.ts";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

describe("a development stack with a time of its end", () => {
  let sandbox: TestSandbox;
  let cloudFormation: CloudFormationClient;
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  const project = path.join(home.folder, "wine");
  const deploy = (...more: string[]) =>
    startCli(["deploy", "--project", project, "--yes", "--json", ...more], { env, cwd: home.folder }).ended;
  const stacks = async () =>
    ((await cloudFormation.send(new DescribeStacksCommand({}))).Stacks ?? []).map(({ StackName }) => StackName);
  const types = async () =>
    (await cloudFormation.send(new ListStackResourcesCommand({ StackName: "wine" }))).StackResourceSummaries?.map(
      ({ ResourceType }) => ResourceType,
    );

  before(async () => {
    sandbox = await startTestSandbox();
    cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const { endpoint, accessKeyId, secretAccessKey } = sandbox;
    env.SAGEMAKER_OPS_SANDBOX = JSON.stringify({
      endpoint,
      region: "us-east-1",
      accessKeyId,
      secretAccessKey,
      timeScale: 0,
    });
    cpSync(fileURLToPath(new URL("../../infra", import.meta.url)), project, { recursive: true });
  });
  after(async () => {
    cloudFormation.destroy();
    await sandbox.close();
    home.remove();
  });

  async function step(seconds: number): Promise<void> {
    const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
      method: "POST",
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
      body: JSON.stringify({ stepSeconds: seconds }),
    });
    assert.equal(answer.status, 200);
  }

  test("without one there is neither a schedule nor a role for it", async () => {
    const deployed = await deploy();
    assert.equal(deployed.code, 0, deployed.stderr);
    assert.ok(!(await types())?.includes("AWS::Scheduler::Schedule"));
    const wrong = await deploy("--teardown-after", "soon");
    assert.equal(wrong.code, 2);
  });

  test("it deletes itself then, and not before", async () => {
    const deployed = await deploy("--teardown-after", "2");
    assert.equal(deployed.code, 0, deployed.stderr);
    assert.match(deployed.stderr, /Stack wine will delete itself at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d UTC/);
    assert.ok((await types())?.includes("AWS::Scheduler::Schedule"));
    await step(6900);
    assert.ok((await stacks()).includes("wine"));
    await step(600);
    await eventually("the stack is gone", async () => !(await stacks()).includes("wine"));
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const { Endpoints } = await sagemaker.send(new ListEndpointsCommand({}));
    sagemaker.destroy();
    assert.deepEqual(Endpoints, []);
  });
});
