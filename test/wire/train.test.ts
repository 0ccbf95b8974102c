import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CloudWatchLogsClient, DescribeLogStreamsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTrainingJobCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { canTrain } from "./canTrain.ts";
import { isolatedHome, startCli } from "./commandLine.ts";
import { WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const WINE = fileURLToPath(new URL("../../infra", import.meta.url));
const noXgboost = canTrain ? false : "no python3 here has xgboost: apt-get install python3-xgboost";

describe("train", () => {
  let sandbox: TestSandbox;
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  const project = path.join(home.folder, "wine");
  const run = (...args: string[]) => startCli([...args, "--project", project], { env, cwd: home.folder }).ended;

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

  test("it says instance, time, cost and account, and asks first", async () => {
    const asked = await run("train");
    assert.equal(asked.code, 2);
    assert.match(asked.stdout, /Training on 178 rows/);
    assert.match(
      asked.stderr,
      /one ml\.m5\.large for at most 30 minutes, at most \$0\.06 in account 123456789012, us-east-1\?/,
    );
  });

  test("a job runs on the project's data, and its model is deployed", { skip: noXgboost }, async () => {
    const trained = await run("train", "--yes", "--json");
    assert.equal(trained.code, 0, trained.stderr);
    const { job, modelFile } = JSON.parse(trained.stdout) as {
      job: { name: string; metrics: Record<string, number> };
      modelFile: string;
    };
    assert.ok(existsSync(modelFile));
    assert.ok((job.metrics["validation:mlogloss"] ?? 9) < 0.5, JSON.stringify(job.metrics));
    assert.match(trained.stderr, /Training: /);
    const file = JSON.parse(readFileSync(path.join(project, "sagemaker-ops.json"), "utf8")) as {
      artifacts: { model: { path: string } };
    };
    assert.equal(file.artifacts.model.path, `model/${job.name}.tar.gz`);
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    const described = await sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName: job.name }));
    sagemaker.destroy();
    assert.equal(described.EnableNetworkIsolation, true);
    assert.deepEqual(
      described.InputDataConfig?.map(({ ChannelName }) => ChannelName),
      ["train", "validation"],
    );
    const logs = new CloudWatchLogsClient(sandbox.clientConfig());
    const { logStreams = [] } = await logs.send(
      new DescribeLogStreamsCommand({
        logGroupName: "/aws/sagemaker/TrainingJobs",
        logStreamNamePrefix: `${job.name}/`,
      }),
    );
    logs.destroy();
    assert.equal(logStreams.length, 1);
    const deployed = await run("deploy", "--yes", "--json");
    assert.equal(deployed.code, 0, deployed.stderr);
    const predicted = await run("predict", "--body", WINE_ROW, "--json");
    const { probabilities } = JSON.parse(predicted.stdout) as { probabilities: number[] };
    assert.ok((probabilities[0] ?? 0) > 0.5, String(probabilities));
  });

  test("what SageMaker refuses is said with its reason, exit code 1 or 2", async () => {
    const file = path.join(project, "sagemaker-ops.json");
    const own = JSON.parse(readFileSync(file, "utf8")) as { training: { hyperparameters: object } };
    home.write("wine/sagemaker-ops.json", {
      ...own,
      training: { ...own.training, hyperparameters: { objective: "multi:softprob", num_class: 3 } },
    });
    const refused = await run("train", "--yes");
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /num_round/);
  });

  test("the Studio domain is deployed by the same command", async () => {
    const studio = ["--project", path.join(WINE, "studio.ops.json")];
    const deployed = await startCli(["deploy", ...studio, "--yes", "--json"], { env, cwd: home.folder }).ended;
    assert.equal(deployed.code, 0, deployed.stderr);
    const { outputs } = JSON.parse(deployed.stdout) as { outputs: Record<string, string> };
    assert.match(outputs.DomainId ?? "", /^d-/);
    assert.equal(outputs.UserProfileName, "analyst");
  });

  test("data that does not fit the features, and a project without training, are refused before anything is sent", async () => {
    const { training: _, ...rest } = JSON.parse(readFileSync(path.join(WINE, "sagemaker-ops.json"), "utf8")) as {
      training: { data: string };
    };
    home.write("wine/sagemaker-ops.json", rest);
    const without = await run("train", "--yes");
    assert.deepEqual([without.code, /does not say what to train on/.test(without.stderr)], [2, true]);
    home.write("wine/other.csv", "a,class\n1,0\n2,1\n");
    home.write("wine/sagemaker-ops.json", { ...rest, training: { data: "other.csv", label: "class" } });
    const other = await run("train", "--yes");
    assert.equal(other.code, 2);
    assert.match(other.stderr, /other columns than the project's features/);
  });
});
