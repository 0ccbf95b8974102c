import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ApplicationAutoScalingClient, DescribeScalingPoliciesCommand } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { Connections } from "../../src/services/connections.ts";
import { EndpointChanges } from "../../src/services/endpointChanges.ts";
import { loadProject } from "../../src/services/projects.ts";
import { ScalingPause } from "../../src/services/scalingPause.ts";
import { type ScalableVariant, ScalingRules } from "../../src/services/scalingRules.ts";
import { StackDeployer } from "../../src/services/stackDeployer.ts";
import { proposeSchedulesEdit, proposeStepsEdit } from "../../src/services/templateScaling.ts";
import { eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const WINE = fileURLToPath(new URL("../../infra", import.meta.url));
const ENDPOINT = "wine-endpoint";
const settings = {
  steps: [
    { fromPerMinute: 6000, add: 1 },
    { fromPerMinute: 20_000, add: 2 },
  ],
  removeBelowPerMinute: 1000,
  minutes: 2,
  cooldownSeconds: 60,
};
const soon = { name: "soon", schedule: "rate(30 minutes)", minInstances: 3, maxInstances: 5 };
const workdays = {
  name: "workdays",
  schedule: "cron(0 8 ? * MON-FRI *)",
  timezone: "Europe/Berlin",
  minInstances: 2,
  maxInstances: 6,
};

describe("step scaling and scheduled actions", () => {
  let sandbox: TestSandbox;
  let variant: ScalableVariant;
  const connections = new Connections();
  const folder = mkdtempSync(path.join(tmpdir(), "ops-rules-"));
  const pause = new ScalingPause(connections, path.join(folder, "paused"));
  const changes = new EndpointChanges(connections, pause);
  const rules = new ScalingRules(connections);
  const deployer = new StackDeployer(connections, pause);
  const project = path.join(folder, "wine");
  const deploy = async () => deployer.execute(await deployer.prepare(await loadProject(project)));

  before(async () => {
    sandbox = await startTestSandbox();
    cpSync(WINE, project, { recursive: true });
    await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: 0 } });
    await deploy();
    variant = await rules.variant(ENDPOINT, "AllTraffic");
  });
  after(async () => {
    connections.disconnect();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const stepPolicies = async () => {
    const client = new ApplicationAutoScalingClient(sandbox.clientConfig());
    const { ScalingPolicies = [] } = await client.send(
      new DescribeScalingPoliciesCommand({ ServiceNamespace: "sagemaker" }),
    );
    client.destroy();
    return ScalingPolicies.filter(({ PolicyType }) => PolicyType === "StepScaling");
  };
  const actionsOf = async (arn: string | undefined) => {
    const client = new CloudWatchClient(sandbox.clientConfig());
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ ActionPrefix: arn }));
    client.destroy();
    return MetricAlarms.map(({ AlarmName }) => AlarmName);
  };

  test("steps are put with their alarms, read back, and changed without leaving a second one", async () => {
    assert.equal(await rules.steps(variant), undefined);
    await rules.applySteps(variant, settings);
    assert.deepEqual(await rules.steps(variant), settings);
    const other = { ...settings, steps: [{ fromPerMinute: 9000, add: 2 }], removeBelowPerMinute: 0 };
    await rules.applySteps(variant, other);
    assert.deepEqual(await rules.steps(variant), other);
    assert.equal((await stepPolicies()).length, 1, "without a lower bound nothing is removed by steps");
    await assert.rejects(rules.applySteps(variant, { ...settings, steps: [] }), {
      code: "badInput",
      message: /The steps of wine-endpoint cannot be set so\. There is no step\./,
    });
  });

  test("another instance type takes scaling off for a while; the alarms then act on the steps that are put again", async () => {
    await rules.applySteps(variant, settings);
    const before = await stepPolicies();
    const change = { variantName: "AllTraffic", instanceType: "ml.m5.xlarge" };
    await changes.update(await changes.prepareUpdate(ENDPOINT, change, true));
    assert.deepEqual(await rules.steps(variant), settings);
    const now = await stepPolicies();
    assert.equal(now.length, before.length);
    for (const { PolicyARN } of now) assert.equal((await actionsOf(PolicyARN)).length, 1);
    for (const { PolicyARN } of before)
      if (!now.some((policy) => policy.PolicyARN === PolicyARN)) assert.deepEqual(await actionsOf(PolicyARN), []);
  });

  test("steps go with their alarms; target tracking stays", async () => {
    const [policy] = await stepPolicies();
    await rules.removeSteps(variant);
    assert.deepEqual([await stepPolicies(), await actionsOf(policy?.PolicyARN)], [[], []]);
    assert.equal((await changes.scaling(ENDPOINT)).settings.targetPerMinute, 15_000);
  });

  test("scheduled actions are put, changed and removed together; one that is due sets the limits", async () => {
    await rules.applySchedules(variant, [soon, workdays]);
    assert.deepEqual(await rules.schedules(variant), [soon, workdays]);
    await rules.applySchedules(variant, [soon]);
    assert.deepEqual(await rules.schedules(variant), [soon]);
    const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
      method: "POST",
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
      body: JSON.stringify({ stepSeconds: 2000 }),
    });
    assert.equal(answer.status, 200);
    await eventually("the limits are the action's", async () => {
      const { minInstances, maxInstances } = await rules.variant(ENDPOINT, "AllTraffic");
      return minInstances === 3 && maxInstances === 5;
    });
    await assert.rejects(rules.applySchedules(variant, [{ ...soon, schedule: "now" }]), {
      code: "badInput",
      message: /Scheduled action soon cannot be set so\. "now" is not a schedule/,
    });
    await rules.applySchedules(variant, []);
  });

  test("written into the template they are deployed, and taken out of it they go", async () => {
    const context = await loadProject(project);
    const write = async (proposed: ReturnType<typeof proposeStepsEdit>) => {
      for (const { file, text } of await proposed) writeFileSync(file, text);
    };
    await write(proposeStepsEdit(context, settings));
    await write(proposeSchedulesEdit(context, [workdays]));
    await deploy();
    assert.deepEqual(await rules.steps(variant), settings);
    assert.deepEqual(await rules.schedules(variant), [workdays]);
    await write(proposeStepsEdit(context, undefined));
    await write(proposeSchedulesEdit(context, []));
    await deploy();
    assert.deepEqual([await rules.steps(variant), await rules.schedules(variant)], [undefined, []]);
  });

  test("a variant that does not scale is told where limits come from", async () => {
    await assert.rejects(rules.variant(ENDPOINT, "Other"), {
      code: "conflict",
      message: /Other of wine-endpoint does not/,
    });
  });
});
