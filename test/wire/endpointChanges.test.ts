import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { CreateModelCommand, DescribeModelCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { describeScaling } from "../../src/aws/autoscaling.ts";
import { describeEndpoint, describeEndpointConfig } from "../../src/aws/sagemaker.ts";
import { Connections } from "../../src/services/connections.ts";
import { EndpointChanges, type PreparedUpdate } from "../../src/services/endpointChanges.ts";
import { ScalingPause } from "../../src/services/scalingPause.ts";
import { deployWine, eventually } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

describe("changes of an endpoint", () => {
  let sandbox: TestSandbox;
  const connections = new Connections();
  const folder = mkdtempSync(path.join(tmpdir(), "ops-changes-"));
  const scalingPause = new ScalingPause(connections, folder);
  const changes = new EndpointChanges(connections, scalingPause);
  const told = ({ warnings }: PreparedUpdate) => warnings.map(({ label, detail }) => `${label} ${detail}`).join("; ");
  const settings = {
    minInstances: 1,
    maxInstances: 3,
    targetPerMinute: 6000,
    scaleOutCooldownSeconds: 60,
    scaleInCooldownSeconds: 120,
  };
  const inService = () =>
    eventually("the endpoint is InService", async () => {
      const { status } = await describeEndpoint(connections.clients(), "wine");
      return status === "InService";
    });
  before(async () => {
    sandbox = await startTestSandbox({ timeScale: 200 });
    await deployWine(sandbox);
    const { endpoint, accessKeyId, secretAccessKey } = sandbox;
    const info = {
      endpoint,
      accessKeyId,
      secretAccessKey,
      region: "us-east-1",
      accountId: "123456789012",
      timeScale: 200,
    };
    await connections.connect({ kind: "sandbox", sandbox: info as never });
  });
  after(async () => {
    connections.disconnect();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("scaling is registered, read back and changed; wrong settings are refused by their values", async () => {
    const fresh = await changes.scaling("wine");
    assert.equal(fresh.isRegistered, false);
    assert.equal(fresh.instanceType, "ml.m5.large");
    const policy = await changes.applyScaling("wine", "AllTraffic", settings);
    assert.deepEqual((await changes.scaling("wine")).settings, settings);
    assert.equal(await changes.applyScaling("wine", "AllTraffic", { ...settings, targetPerMinute: 9000 }), policy);
    const [target] = await describeScaling(connections.clients(), "wine", ["AllTraffic"]);
    assert.deepEqual(
      target?.policies.map(({ target }) => target),
      [9000],
    );
    await assert.rejects(changes.applyScaling("wine", "AllTraffic", { ...settings, minInstances: 4 }), {
      code: "badInput",
      message: /minimum 4 is above the maximum 3/,
    });
    await assert.rejects(changes.scaling("wine", "Nope"), { code: "badInput", message: /no variant Nope/ });
  });

  test("scaling is suspended and resumed, its limits stay", async () => {
    await changes.suspend("wine", "AllTraffic", true);
    assert.equal((await changes.scaling("wine")).suspended, true);
    await changes.suspend("wine", "AllTraffic", false);
    const { suspended, settings: now } = await changes.scaling("wine");
    assert.equal(suspended, false);
    assert.equal(now.maxInstances, 3);
  });

  test("an update is told before it is made, and moves the endpoint to a new configuration", async () => {
    const change = { variantName: "AllTraffic", instanceType: "ml.m5.xlarge", instanceCount: 2 };
    const prepared = await changes.prepareUpdate("wine", change, false);
    assert.ok(Math.abs((prepared.beforeUsd ?? 0) - 0.115) < 1e-9);
    assert.ok(Math.abs((prepared.afterUsd ?? 0) - 0.46) < 1e-9);
    assert.match(told(prepared), /Measure the policy's target again/);
    assert.match(told(prepared), /Scaling is taken off for the update and put back/);
    const before = (await changes.scaling("wine")).settings;
    const configName = await changes.update(prepared);
    assert.deepEqual((await changes.scaling("wine")).settings, before);
    assert.deepEqual(await scalingPause.list(), []);
    const endpoint = await describeEndpoint(connections.clients(), "wine");
    assert.equal(endpoint.configName, configName);
    assert.equal(endpoint.variants[0]?.currentInstances, 2);
    const config = await describeEndpointConfig(connections.clients(), configName);
    assert.equal(config.variants[0]?.instanceType, "ml.m5.xlarge");
  });

  test("capacity that would be lost is told; kept, it stays", async () => {
    const fewer = { variantName: "AllTraffic", instanceType: "ml.m5.large", instanceCount: 1 };
    const losing = await changes.prepareUpdate("wine", fewer, false);
    assert.match(
      told(losing),
      /What scaling has added is thrown away AllTraffic has 2 instances now and starts with 1/,
    );
    await changes.update(await changes.prepareUpdate("wine", { ...fewer, instanceCount: undefined }, true));
    await inService();
    assert.equal((await describeEndpoint(connections.clients(), "wine")).variants[0]?.currentInstances, 2);
  });

  test("what cannot be is refused by its value: same as before, no type, no model; nothing is left behind", async () => {
    const { configName } = await describeEndpoint(connections.clients(), "wine");
    const nothing = changes.prepareUpdate("wine", { variantName: "AllTraffic", instanceType: "ml.m5.large" }, true);
    await assert.rejects(nothing, { code: "badInput", message: /nothing would change/ });
    const wrong = changes.prepareUpdate("wine", { variantName: "AllTraffic", instanceType: "m5.large" }, true);
    await assert.rejects(wrong, { code: "badInput", message: /"m5\.large" is not a SageMaker instance type/ });
    const noModel = await changes.prepareUpdate("wine", { variantName: "AllTraffic", modelName: "nope" }, true);
    await assert.rejects(changes.update(noModel), /nope/);
    assert.equal((await describeEndpoint(connections.clients(), "wine")).configName, configName);
  });

  test("another model takes over; traffic is shifted only among variants that are there", async () => {
    const client = new SageMakerClient(sandbox.clientConfig());
    const { PrimaryContainer, ExecutionRoleArn } = await client.send(new DescribeModelCommand({ ModelName: "wine" }));
    await client.send(new CreateModelCommand({ ModelName: "wine-2", PrimaryContainer, ExecutionRoleArn }));
    client.destroy();
    const prepared = await changes.prepareUpdate("wine", { variantName: "AllTraffic", modelName: "wine-2" }, true);
    const config = await describeEndpointConfig(connections.clients(), await changes.update(prepared));
    assert.equal(config.variants[0]?.modelName, "wine-2");
    await inService();
    await changes.shiftTraffic("wine", { AllTraffic: 3 });
    await inService();
    assert.equal((await describeEndpoint(connections.clients(), "wine")).variants[0]?.currentWeight, 3);
    await assert.rejects(changes.shiftTraffic("wine", { AllTraffic: 0 }), {
      message: /no variant of wine would get traffic/,
    });
    await assert.rejects(changes.shiftTraffic("wine", { Other: 1 }), { message: /no variant Other/ });
  });
});
