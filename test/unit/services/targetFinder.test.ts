import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { SageMakerClient, UpdateEndpointWeightsAndCapacitiesCommand } from "@aws-sdk/client-sagemaker";
import type { OpsError } from "../../../src/domain/errors.ts";
import { Connections } from "../../../src/services/connections.ts";
import { prepareRun } from "../../../src/services/loadPreparation.ts";
import { saveTargetReport } from "../../../src/services/targetFiles.ts";
import { TargetFinder } from "../../../src/services/targetFinder.ts";
import { deployWine, eventually, WINE_ROW } from "../../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

const target = {
  ServiceNamespace: "sagemaker" as const,
  ScalableDimension: "sagemaker:variant:DesiredInstanceCount" as const,
  ResourceId: "endpoint/wine/variant/AllTraffic",
};
const TIME_SCALE = 60;
const folder = mkdtempSync(path.join(tmpdir(), "ops-target-"));
const planFile = path.join(folder, "wine.ramp.json");
const connections = new Connections();
const finder = new TargetFinder(connections, {
  path: fileURLToPath(new URL("../../../src/loadtest/engineProcess.ts", import.meta.url)),
  execArgv: ["--import", "tsx"],
});
let sandbox: TestSandbox;
let scaling: ApplicationAutoScalingClient;

before(async () => {
  sandbox = await startTestSandbox({ timeScale: TIME_SCALE });
  scaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: TIME_SCALE } });
  await deployWine(sandbox);
  const plan = {
    ...{ version: 1, name: "wine", target: { type: "endpoint", name: "wine" }, contentType: "text/csv" },
    ...{ payloads: { inline: [WINE_ROW] }, stages: [{ type: "hold", rate: 1, seconds: 1 }], processes: 1 },
  };
  writeFileSync(planFile, JSON.stringify(plan));
  await scaling.send(new RegisterScalableTargetCommand({ ...target, MinCapacity: 1, MaxCapacity: 4 }));
  await scaling.send(
    new PutScalingPolicyCommand({
      ...target,
      PolicyName: "tracking",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 600,
        ScaleInCooldown: 77,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
      },
    }),
  );
});
after(async () => {
  connections.disconnect();
  scaling.destroy();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

const conflict = (message: RegExp) => (e: OpsError) =>
  e.code === "conflict" && message.test(e.message) && Boolean(e.hint);

describe("the target of a simulated instance", { timeout: 180_000 }, () => {
  it("is not searched while the policy would scale out", async () => {
    const prepared = await prepareRun(connections, planFile);
    await assert.rejects(finder.find(prepared), conflict(/would scale out to up to 4 instances/));
  });

  it("agrees with what the simulation is made of, and scale-out is resumed afterwards", async () => {
    const prepared = await prepareRun(connections, planFile);
    const options = { suspendScaling: true, startRate: 150, stepSeconds: 2, repeats: 6, rates: [1000] };
    let report = await finder.find(prepared, options);
    // A machine that is busy with other tests cannot send on time, and the search says so.
    for (let turn = 0; turn < 4 && !report.knee; turn++) report = await finder.find(prepared, options);
    const { knee, targetPerMinute, steps } = report;
    assert.ok(knee && targetPerMinute, JSON.stringify(report.steps));
    // An ml.m5.large holds 2 vCPUs / 3 ms; a short look cannot tell the last tenth.
    assert.ok(knee.maxRps > 500 && knee.maxRps < 720, `${knee.maxRps}: ${JSON.stringify(steps)}`);
    assert.ok(knee.low < knee.maxRps && knee.high > knee.maxRps);
    assert.equal(targetPerMinute, Math.floor(knee.maxRps * 30));
    assert.equal(report.currentTargetPerMinute, 600);
    assert.equal(report.predictions[0]?.instances, Math.ceil(60_000 / targetPerMinute));
    const { ScalableTargets } = await scaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: "sagemaker" }),
    );
    assert.equal(ScalableTargets?.[0]?.SuspendedState?.DynamicScalingOutSuspended, false);

    const files = await saveTargetReport(report, folder);
    assert.deepEqual(JSON.parse(readFileSync(files.json, "utf8")), JSON.parse(JSON.stringify(report)));
    const html = readFileSync(files.html, "utf8");
    assert.doesNotMatch(html, /<script|NaN|undefined/);
    assert.match(html, /simulated instance/);
    assert.match(readFileSync(files.md, "utf8"), /× 0\.5 × 60/);

    await finder.applyToPolicy(report);
    const { ScalingPolicies } = await scaling.send(new DescribeScalingPoliciesCommand(target));
    const configuration = ScalingPolicies?.[0]?.TargetTrackingScalingPolicyConfiguration;
    assert.deepEqual([configuration?.TargetValue, configuration?.ScaleInCooldown], [targetPerMinute, 77]);
  });

  it("ends when it is stopped, without the step that was cut short", async () => {
    const prepared = await prepareRun(connections, planFile);
    const options = { suspendScaling: true, startRate: 20, stepSeconds: 2 };
    const report = await finder.find(prepared, options, () => setImmediate(() => void finder.stop()));
    assert.equal(report.steps.length, 1);
    assert.equal(report.knee, undefined);
    assert.match(report.warnings.join(), /stopped before its end/);
  });

  it("needs exactly one instance", async () => {
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    await sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName: "wine",
        DesiredWeightsAndCapacities: [{ VariantName: "AllTraffic", DesiredInstanceCount: 2 }],
      }),
    );
    sagemaker.destroy();
    const prepared = await prepareRun(connections, planFile);
    await assert.rejects(
      finder.find(prepared, { suspendScaling: true }),
      conflict(/has 1 of 2 instances; the search measures one/),
    );
    assert.equal(finder.variantToReduce(prepared), undefined, "it is in transition");
  });

  it("takes an endpoint that has scaled out to the one instance", async () => {
    const scaledOut = await eventually("it serves with two", async () => {
      const prepared = await prepareRun(connections, planFile);
      return finder.variantToReduce(prepared) !== undefined && prepared;
    });
    await finder.reduceToOne("wine", finder.variantToReduce(scaledOut) ?? "");
    const prepared = await prepareRun(connections, planFile);
    assert.equal(finder.variantToReduce(prepared), undefined);
    finder.check(prepared, { suspendScaling: true });
  });
});
