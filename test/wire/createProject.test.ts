import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ApplicationAutoScalingClient, DescribeScalingPoliciesCommand } from "@aws-sdk/client-application-auto-scaling";
import { isolatedHome, startCli } from "./commandLine.ts";
import { WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const WINE = fileURLToPath(new URL("../../infra/model", import.meta.url));

describe("a project that create-project wrote", () => {
  let sandbox: TestSandbox;
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  const run = (...args: string[]) => startCli(args, { env, cwd: home.folder }).ended;

  before(async () => {
    sandbox = await startTestSandbox({ timeScale: 200 });
    const { endpoint, accessKeyId, secretAccessKey } = sandbox;
    env.SAGEMAKER_OPS_SANDBOX = JSON.stringify({
      endpoint,
      region: "us-east-1",
      accessKeyId,
      secretAccessKey,
      timeScale: 200,
    });
  });
  after(async () => {
    await sandbox.close();
    home.remove();
  });

  test("XGBoost: it is deployed, predicts by endpoint and by API, and has its own page", async () => {
    const created = await run(
      ...["create-project", "--framework", "xgboost", "--model", path.join(WINE, "model.tar.gz")],
      ...["--data", path.join(WINE, "wine.csv"), "--classes", "red,white,rosé", "--out", "vino", "--json"],
    );
    assert.equal(created.code, 0, created.stderr);
    const { file } = JSON.parse(created.stdout) as { file: string };
    const deployed = await run("deploy", "--project", file, "--yes", "--json");
    assert.equal(deployed.code, 0, deployed.stderr);
    const { apiUrl, webUrl } = JSON.parse(deployed.stdout) as { apiUrl: string; webUrl: string };
    const predicted = await run("predict", "--project", file, "--body", WINE_ROW, "--json");
    assert.equal((JSON.parse(predicted.stdout) as { probabilities: number[] }).probabilities.length, 3);
    const answer = await fetch(apiUrl, {
      method: "POST",
      body: JSON.stringify({ features: WINE_ROW.split(",").map(Number) }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    const { predictedClass, classes } = (await answer.json()) as { predictedClass: string; classes: string[] };
    assert.deepEqual([predictedClass, classes], ["red", ["red", "white", "rosé"]]);
    assert.match(await (await fetch(webUrl)).text(), /<title>vino<\/title>/);
    const examples = await (await fetch(new URL("examples.csv", webUrl))).text();
    assert.equal(examples, readFileSync(path.join(home.folder, "vino/model/examples.csv"), "utf8"));
  });

  test("adopt makes a project of its endpoint, whose deployment makes another one like it", async () => {
    const adopted = await run("adopt", "--endpoint", "vino-endpoint", "--out", "again", "--json");
    assert.equal(adopted.code, 0, adopted.stderr);
    const { file, notes } = JSON.parse(adopted.stdout) as { file: string; notes: string[] };
    assert.match(notes[0] ?? "", /makes a second endpoint, vino-endpoint-copy-endpoint, beside vino-endpoint/);
    const deployed = await run("deploy", "--project", file, "--yes", "--json");
    assert.equal(deployed.code, 0, deployed.stderr);
    const predicted = await run("predict", "--project", file, "--body", WINE_ROW, "--json");
    assert.equal((JSON.parse(predicted.stdout) as { target: string }).target, "vino-endpoint-copy-endpoint");
    const scaling = new ApplicationAutoScalingClient(sandbox.clientConfig());
    const policiesOf = async (endpoint: string) => {
      const ResourceId = `endpoint/${endpoint}/variant/AllTraffic`;
      const answer = await scaling.send(
        new DescribeScalingPoliciesCommand({ ServiceNamespace: "sagemaker", ResourceId }),
      );
      return answer.ScalingPolicies?.map(({ PolicyName, TargetTrackingScalingPolicyConfiguration: tracking }) => ({
        PolicyName,
        tracking,
      }));
    };
    const first = await policiesOf("vino-endpoint");
    assert.equal(first?.length, 1);
    assert.deepEqual(await policiesOf("vino-endpoint-copy-endpoint"), first);
    scaling.destroy();
    const twice = await run("adopt", "--endpoint", "vino-endpoint", "--out", "again");
    assert.match(twice.stderr, /already has sagemaker-ops\.json/);
    const missing = await run("adopt", "--endpoint", "nobody", "--out", "other");
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /nobody/);
  });

  test("another framework's endpoint fails in the sandbox, which says why", async () => {
    home.write("churn.joblib", "model");
    const created = await run("create-project", "--framework", "sklearn", "--model", "churn.joblib", "--out", "churn");
    assert.equal(created.code, 0, created.stderr);
    assert.match(created.stdout, /The sandbox runs XGBoost models only: deploy this project to AWS/);
    const deployed = await run("deploy", "--project", "churn", "--yes");
    assert.equal(deployed.code, 1);
    assert.match(deployed.stdout + deployed.stderr, /Endpoint/);
  });

  test("what is wrong is named, exit code 2", async () => {
    const missing = await run("create-project", "--framework", "xgboost", "--out", "x");
    assert.deepEqual([missing.code, missing.stderr.split("\n")[0]?.slice(0, 26)], [2, "error: --model is missing."]);
    const unknown = await run("create-project", "--framework", "keras", "--model", "m", "--out", "x");
    assert.match(unknown.stderr, /--framework takes xgboost, .* not "keras"/);
  });
});
