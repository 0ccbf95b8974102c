import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import {
  ApplicationAutoScalingClient,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import type { LoadRunReport } from "../../src/domain/loadRun.ts";
import type { TargetReport } from "../../src/domain/targetSearch.ts";
import type { WhatIfReport } from "../../src/domain/whatIf.ts";
import { isolatedHome, startCli } from "./commandLine.ts";
import { deployWine, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

let sandbox: TestSandbox;
let home: ReturnType<typeof isolatedHome>;
let env: Record<string, string>;

before(async () => {
  sandbox = await startTestSandbox({ timeScale: 60 });
  home = isolatedHome();
  const { endpoint, region, accountId, accessKeyId, secretAccessKey, controlToken } = sandbox;
  const first = { endpoint, region, accountId, accessKeyId, secretAccessKey, controlToken, timeScale: 60 };
  env = { ...home.env, SAGEMAKER_OPS_SANDBOX: JSON.stringify(first) };
  await deployWine(sandbox);
});
after(async () => {
  home.remove();
  await sandbox.close();
});

const run = (args: string[]) => startCli(args, { env, cwd: home.folder }).ended;
const plan = (more: object = {}) => ({
  version: 1,
  name: "load",
  target: { type: "endpoint", name: "wine" },
  payloads: { inline: [WINE_ROW] },
  contentType: "text/csv",
  stages: [{ type: "hold", rate: 40, seconds: 2 }],
  ...more,
});
async function refuses(args: string[], ...what: RegExp[]): Promise<void> {
  const ended = await run(args);
  assert.equal(ended.code, 2, ended.stderr);
  for (const pattern of what) assert.match(ended.stderr, pattern);
}
const documentOf = <T>(stdout: string) => JSON.parse(stdout) as T;

describe("load tests on the command line", { timeout: 180_000 }, () => {
  it("sends the files of a folder from several processes, and judges by stage", async () => {
    for (const name of ["b.csv", "a.csv", "c.txt", ".hidden.csv"]) home.write(`rows/${name}`, WINE_ROW);
    const payloads = { folder: "rows", pattern: "*.csv" };
    // No latency: on a machine that is busy with other tests nothing could be said of it.
    const expect = { achievedRatio: { min: 1, stage: 0 }, errorRate: { max: 0 } };
    const file = home.write("folder.ramp.json", plan({ payloads, expect }));
    const ended = await run(["ramp", file, "--processes", "2", "--json", "--report", "runs"]);
    assert.equal(ended.code, 0, ended.stderr);
    const { report } = documentOf<{ report: LoadRunReport }>(ended.stdout);
    assert.deepEqual([report.totals.sent, report.totals.ok, report.environment.processes], [80, 80, 2]);
    assert.match(report.environment.extensionVersion ?? "", /^\d+\.\d+\.\d+$/);
    assert.equal(report.environment.model, "wine");
    await refuses(["ramp", file, "--processes", "1.5"], /--processes takes a whole number/);
    const none = home.write("none.ramp.json", plan({ payloads: { folder: "rows", pattern: "*.png" } }));
    await refuses(["ramp", none], /Payload folder rows has no file that fits \*\.png/, /correct payloads/);
  });

  it("finds the target, and writes it into the project's template after asking", async () => {
    const file = home.write("wine.ramp.json", plan());
    const scaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
    const target = {
      ServiceNamespace: "sagemaker" as const,
      ScalableDimension: "sagemaker:variant:DesiredInstanceCount" as const,
      ResourceId: "endpoint/wine/variant/AllTraffic",
    };
    await scaling.send(new RegisterScalableTargetCommand({ ...target, MinCapacity: 1, MaxCapacity: 3 }));
    await scaling.send(
      new PutScalingPolicyCommand({
        ...target,
        PolicyName: "p",
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 100_000,
          PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
        },
      }),
    );
    scaling.destroy();
    await refuses(["find-target", file], /would scale out to up to 3 instances/, /--suspend-scaling/);
    await refuses(["find-target", file, "--apply", "both"], /--apply takes policy or template/);
    home.write(
      "template.yaml",
      "Resources:\n  P:\n    Type: AWS::ApplicationAutoScaling::ScalingPolicy\n    Properties:\n      TargetTrackingScalingPolicyConfiguration:\n        PredefinedMetricSpecification: {PredefinedMetricType: SageMakerVariantInvocationsPerInstance}\n        TargetValue: 100000 # guessed\n",
    );
    home.write("sagemaker-ops.json", { version: 1, stackName: "target-test", template: "template.yaml" });
    const search = ["--start", "200", "--step-seconds", "2", "--repeats", "4", "--rate", "3000"];
    const more = ["--suspend-scaling", "--apply", "template", "--yes", "--project", ".", "--json"];
    let ended = await run(["find-target", file, ...search, ...more]);
    // Exit code 1: a machine that is busy with other tests could not send on time.
    for (let turn = 0; turn < 3 && ended.code === 1; turn++)
      ended = await run(["find-target", file, ...search, ...more]);
    assert.equal(ended.code, 0, ended.stderr);
    const { report } = documentOf<{ report: TargetReport }>(ended.stdout);
    assert.ok(report.knee && report.knee.maxRps > 450 && report.knee.maxRps < 750, `${report.knee?.maxRps}`);
    assert.equal(report.predictions[0]?.ratePerSecond, 3000);
    const template = await readFile(path.join(home.folder, "template.yaml"), "utf8");
    assert.match(template, new RegExp(`TargetValue: ${report.targetPerMinute} # guessed`));
    assert.match(ended.stderr, /- +TargetValue: 100000 # guessed\n\+ +TargetValue: \d+ # guessed/);
    const names = await readdir(path.join(home.folder, ".sagemaker-ops", "targets"));
    // Of each turn.
    const kinds = new Set(names.map((name) => name.replace(/^.*\./, "")));
    assert.deepEqual([...kinds].sort(), ["html", "json", "md"]);
  });

  it("plays a plan and a recorded run against other policies", async () => {
    const file = home.write("hour.ramp.json", plan({ stages: [{ type: "hold", rate: 500, seconds: 1800 }] }));
    await refuses(["what-if", file], /No policy is known/, /--target/);
    const ended = await run([
      "what-if",
      file,
      "--target",
      "12000",
      "--max",
      "1",
      "--max",
      "4",
      "--json",
      "--report",
      "out",
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    const { report, html } = documentOf<{ report: WhatIfReport; html: string }>(ended.stdout);
    assert.deepEqual(
      report.outcomes.map(({ name, mostInstances }) => [name, mostInstances]),
      [
        ["max 1", 1],
        ["max 4", 3],
      ],
    );
    assert.match(await readFile(html, "utf8"), /Simulated/);
    const runs = (await readdir(path.join(home.folder, "runs"))).filter((name) => name.endsWith(".json"));
    const recorded = await run(["what-if", path.join("runs", runs[0] ?? ""), "--target", "600", "--json"]);
    assert.equal(recorded.code, 0, recorded.stderr);
    const replay = documentOf<{ report: WhatIfReport }>(recorded.stdout).report;
    assert.equal(replay.load.timeScale, 60);
    assert.equal(replay.outcomes[0]?.requests, 80);
  });
});
