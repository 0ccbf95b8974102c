import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { loadRunReport } from "../../../src/domain/loadRunSchema.ts";
import { Connections } from "../../../src/services/connections.ts";
import { LoadTests } from "../../../src/services/loadTests.ts";
import { deployWine, WINE_ROW } from "../../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../../wire/sandbox.ts";

/** A minute of the policy lasts a second: fifteen datapoints are fifteen of them. */
const TIME_SCALE = 60;
const folder = mkdtempSync(path.join(tmpdir(), "ops-proof-"));
const connections = new Connections();
let sandbox: TestSandbox;

before(async () => {
  sandbox = await startTestSandbox({ timeScale: TIME_SCALE });
  await connections.connect({ kind: "sandbox", sandbox: { ...sandbox, timeScale: TIME_SCALE } });
  await deployWine(sandbox);
  const scaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
  const target = {
    ServiceNamespace: "sagemaker" as const,
    ScalableDimension: "sagemaker:variant:DesiredInstanceCount" as const,
    ResourceId: "endpoint/wine/variant/AllTraffic",
  };
  await scaling.send(new RegisterScalableTargetCommand({ ...target, MinCapacity: 1, MaxCapacity: 4 }));
  await scaling.send(
    new PutScalingPolicyCommand({
      ...target,
      PolicyName: "tracking",
      PolicyType: "TargetTrackingScaling",
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 2500,
        ScaleInCooldown: 30,
        ScaleOutCooldown: 30,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
      },
    }),
  );
  scaling.destroy();
});
after(async () => {
  connections.disconnect();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

it("a run proves that the endpoint scaled out under the load and in again after its fall", {
  timeout: 120_000,
}, async () => {
  const planFile = path.join(folder, "proof.ramp.json");
  const plan = {
    ...{ version: 1, name: "proof", target: { type: "endpoint", name: "wine" }, contentType: "text/csv" },
    payloads: { inline: [WINE_ROW] },
    stages: [
      { type: "hold", rate: 100, seconds: 14 },
      { type: "linear", from: 100, to: 5, seconds: 1 },
      { type: "hold", rate: 5, seconds: 24 },
    ],
    expect: {
      errorRate: { max: 0.01, stage: 0 },
      instances: { min: 2 },
      firstCapacitySeconds: { max: 20 },
      scaleIn: { to: 1, withinSeconds: 60 },
      costUsd: { max: 0.05 },
    },
  };
  writeFileSync(planFile, JSON.stringify(plan));
  const engine = fileURLToPath(new URL("../../../src/loadtest/engineProcess.ts", import.meta.url));
  const loadTests = new LoadTests(connections, { path: engine, execArgv: ["--import", "tsx"] }, "1.2.3");
  const prepared = await loadTests.prepare(planFile);
  assert.deepEqual(prepared.findings, [], "this plan can show what it expects");
  const { report, error } = await loadTests.start(prepared, { reportFolder: folder });
  assert.ok(report, error?.message);
  assert.deepEqual(
    report.expectations.map(({ name, passed }) => [name, passed]),
    [
      ["error rate", true],
      ["instances", true],
      ["first new capacity", true],
      ["scale-in to 1", true],
      ["cost", true],
    ],
    report.verdict.sentence,
  );
  assert.match(
    report.verdict.sentence,
    /^scaled 1 → [34]; alarm .* after the target was passed; first new capacity .* later; 100 requests\/s .*; scaled in to 1 after \d/,
  );
  assert.deepEqual([report.verdict.passed, report.verdict.proven], [true, true]);
  assert.deepEqual(loadRunReport.parse(JSON.parse(JSON.stringify(report))), JSON.parse(JSON.stringify(report)));
});
