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

  const timer = async (...args: string[]) => {
    const ended = await startCli(["teardown", "--project", project, "--json", ...args], { env, cwd: home.folder })
      .ended;
    return { ...ended, at: (JSON.parse(ended.stdout || "{}") as { teardownAtMs?: number | null }).teardownAtMs };
  };

  test("a deployed stack gets a timer, moves it and loses it, and all else of it stays", async () => {
    assert.equal((await timer()).at, null);
    const asked = await timer("--after", "3");
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /Delete stack wine at .* UTC in account 123456789012, us-east-1\?/);
    const before = await types();
    const set = await timer("--after", "3", "--yes");
    assert.equal(set.code, 0, set.stderr);
    assert.ok(Math.abs((set.at ?? 0) - Date.now() - 3 * 3_600_000) < 60_000);
    assert.deepEqual(
      (await types())?.filter((type) => !before?.includes(type)),
      ["AWS::IAM::Policy", "AWS::Scheduler::Schedule"],
    );
    const moved = await timer("--after", "9", "--yes");
    assert.ok((moved.at ?? 0) > (set.at ?? 0) + 5 * 3_600_000);
    const again = await deploy();
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await timer()).at, moved.at, "a deployment that says nothing of it keeps it");
    const cancelled = await timer("--cancel", "--yes");
    assert.deepEqual([cancelled.code, cancelled.at], [0, null]);
    assert.ok(!(await types())?.includes("AWS::Scheduler::Schedule"));
    const both = await timer("--cancel", "--after", "1");
    assert.equal(both.code, 2);
    assert.match((await timer("--after", "0", "--yes")).stderr, /cannot delete itself in 0 hours/);
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
