import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isolatedHome } from "./commandLine.ts";
import { deployWine } from "./endpoints.ts";
import { send, signed } from "./raw.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

// Templates in the manner of AWS's documentation, deployed by AWS's own command line; nothing of ours is in between.
const template = (name: string) => fileURLToPath(new URL(`templates/${name}`, import.meta.url));
const noCli =
  spawnSync("aws", ["--version"], { stdio: "ignore" }).status === 0
    ? false
    : "NOT TESTED: the AWS CLI is not on this machine";

let sandbox: TestSandbox;
let home: ReturnType<typeof isolatedHome>;
before(async () => {
  sandbox = await startTestSandbox();
  home = isolatedHome({
    AWS_ACCESS_KEY_ID: sandbox.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.secretAccessKey,
    AWS_DEFAULT_REGION: sandbox.region,
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
  });
  // Shims that choose between Python versions look in the real home.
  home.env.PYENV_ROOT = process.env.PYENV_ROOT ?? path.join(process.env.HOME ?? "", ".pyenv");
  if (!noCli) await deployWine(sandbox);
});
after(async () => {
  home.remove();
  await sandbox.close();
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn("aws", args, { env: home.env, cwd: home.folder });
    const text = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => {
      text.stdout += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      text.stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
}

async function aws(...args: string[]): Promise<string> {
  const ended = await run(...args);
  assert.equal(ended.code, 0, `aws ${args.join(" ")}\n${ended.stderr}`);
  return ended.stdout;
}

const deploy = (name: string, file: string, ...more: string[]) =>
  run(
    ...["cloudformation", "deploy", "--stack-name", name, "--template-file", template(file)],
    ...["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", ...more],
  );

/** Deploys, and gives the stack's outputs; what failed is in the message. */
async function deployed(name: string, file: string, ...more: string[]): Promise<Record<string, string>> {
  const ended = await deploy(name, file, ...more);
  if (ended.code !== 0) {
    const query = "StackEvents[?contains(ResourceStatus,'FAILED')].[LogicalResourceId,ResourceStatusReason]";
    const events = await run("cloudformation", "describe-stack-events", "--stack-name", name, "--query", query);
    assert.fail(`${ended.stderr}\n${events.stdout}`);
  }
  assert.match(ended.stdout, /Successfully created\/updated stack/);
  const query = "Stacks[0].Outputs";
  const list = JSON.parse(await aws("cloudformation", "describe-stacks", "--stack-name", name, "--query", query));
  return Object.fromEntries((list ?? []).map((one: Record<string, string>) => [one.OutputKey, one.OutputValue]));
}

const remove = async (name: string) => {
  await aws("cloudformation", "delete-stack", "--stack-name", name);
  await aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", name);
};
const MODEL = "ModelDataUrl=s3://wine-models/model.tar.gz";

describe("aws cloudformation deploy", { skip: noCli }, () => {
  it("an endpoint with target tracking, and step and scheduled scaling of another stack", async () => {
    const refused = await deploy("ml", "endpoint-target-tracking.yaml", "--parameter-overrides", "ModelDataUrl=x");
    assert.equal(refused.code, 255);
    assert.match(refused.stderr, /must be the S3 URI of a model archive/);
    const { EndpointName = "", ...rest } = await deployed(
      "ml",
      "endpoint-target-tracking.yaml",
      "--parameter-overrides",
      MODEL,
    );
    assert.deepEqual(rest, {});
    const prod = await deployed("ml", "endpoint-target-tracking.yaml", "--parameter-overrides", MODEL, "Stage=prod");
    assert.match(
      prod.ScalingTarget ?? "",
      /^endpoint\/.+\/variant\/AllTraffic\|sagemaker:variant:DesiredInstanceCount\|sagemaker$/,
    );
    const again = await deploy("ml", "endpoint-target-tracking.yaml", "--parameter-overrides", MODEL, "Stage=prod");
    assert.match(again.stdout + again.stderr, /No changes to deploy\. Stack ml is up to date/);
    const policies = ["application-autoscaling", "describe-scaling-policies", "--service-namespace", "sagemaker"];
    const [policy] = JSON.parse(await aws(...policies)).ScalingPolicies;
    assert.equal(policy.PolicyName, "ml-invocations");
    assert.equal(policy.TargetTrackingScalingPolicyConfiguration.TargetValue, 750.5);
    assert.equal(policy.TargetTrackingScalingPolicyConfiguration.ScaleInCooldown, 600);

    await deployed("steps", "endpoint-step-scaling.json", "--parameter-overrides", "EndpointStack=ml");
    const actions = ["application-autoscaling", "describe-scheduled-actions", "--service-namespace", "sagemaker"];
    const names = JSON.parse(await aws(...actions)).ScheduledActions.map(
      (one: Record<string, string>) => one.ScheduledActionName,
    );
    assert.deepEqual(names.sort(), ["day", "night"]);
    const inUse = await run("cloudformation", "delete-stack", "--stack-name", "ml");
    assert.equal(inUse.code, 0);
    const status = [
      "cloudformation",
      "describe-stacks",
      "--stack-name",
      "ml",
      "--query",
      "Stacks[0].StackStatusReason",
    ];
    assert.match(await aws(...status), /Export ml-EndpointName cannot be deleted as it is in use by steps/);
    await remove("steps");
    await remove("ml");
    const gone = await run("sagemaker", "describe-endpoint", "--endpoint-name", EndpointName);
    assert.match(gone.stderr, /ValidationException.*Could not find endpoint/);
  });

  it("a REST API before a function, with a key", async () => {
    const { ApiId, Url } = await deployed("api", "api-lambda-proxy.yaml");
    assert.equal(Url, `https://${ApiId}.execute-api.us-east-1.amazonaws.com/v1`);
    const url = `${sandbox.endpoint}/_aws/execute-api/${ApiId}/v1/greet/ann`;
    assert.equal((await fetch(url)).status, 403);
    const answer = await fetch(url, { headers: { "x-api-key": "a-key-of-twenty-characters" } });
    assert.deepEqual(await answer.json(), { text: "hello ann", stage: "v1" });
    const preflight = await fetch(url, { method: "OPTIONS" });
    assert.equal(preflight.headers.get("access-control-allow-methods"), "GET,OPTIONS");
    await remove("api");
    assert.equal((await fetch(url)).status, 403);
  });

  it("alarms and a dashboard by Fn::ForEach over a list parameter", async () => {
    const outputs = await deployed("watch", "alarms-dashboard.yaml");
    assert.match(outputs.Arnorders ?? "", /:alarm:watch-orders-p99$/);
    const alarms = ["cloudwatch", "describe-alarms", "--alarm-name-prefix", "watch-", "--alarm-types"];
    const found = JSON.parse(await aws(...alarms, "MetricAlarm", "CompositeAlarm"));
    assert.equal(found.MetricAlarms.length, 4);
    assert.equal(found.CompositeAlarms.length, 1);
    const one = await deployed(
      "watch",
      "alarms-dashboard.yaml",
      "--parameter-overrides",
      "Endpoints=orders,returns,more",
    ).catch((error: Error) => error.message);
    assert.match(String(one), /Unable to get mapping for Limits::more::Latency/);
    await remove("watch");
  });

  it("a web site in S3", async () => {
    const { Bucket = "", Url, Secure } = await deployed("site", "static-site.json");
    assert.equal(Url, `http://${Bucket}.s3-website-us-east-1.amazonaws.com`);
    assert.equal(Secure, `https://${Bucket}.s3.amazonaws.com`);
    await aws("s3", "cp", template("static-site.json"), `s3://${Bucket}/index.html`, "--content-type", "text/html");
    const site = JSON.parse(await aws("s3api", "get-bucket-website", "--bucket", Bucket));
    assert.equal(site.RoutingRules[0].Redirect.ReplaceKeyPrefixWith, "new/");
    const failed = await run("cloudformation", "delete-stack", "--stack-name", "site");
    assert.equal(failed.code, 0);
    const wait = await run("cloudformation", "wait", "stack-delete-complete", "--stack-name", "site");
    assert.equal(wait.code, 255, "a bucket that is not empty stays");
    const reason = ["cloudformation", "describe-stack-events", "--stack-name", "site", "--query"];
    assert.match(
      await aws(...reason, "StackEvents[?ResourceStatus=='DELETE_FAILED'].ResourceStatusReason"),
      /The bucket you tried to delete is not empty/,
    );
  });

  it("an Amplify app", async () => {
    const { AppId, Domain } = await deployed("web", "amplify-app.yaml");
    assert.equal(Domain, `https://main.${AppId}.amplifyapp.com`);
    const app = JSON.parse(await aws("amplify", "get-app", "--app-id", AppId ?? "")).app;
    assert.deepEqual(app.customRules, [{ source: "/<*>", target: "/index.html", status: "404-200" }]);
    assert.equal(app.environmentVariables.API, "https://example.com");
    await remove("web");
  });

  it("a stack in a stack, and a custom resource", async () => {
    await aws("s3", "mb", "s3://nested-templates");
    await aws("s3", "cp", template("nested-child.yaml"), "s3://nested-templates/child.yaml");
    const child = "ChildTemplate=https://nested-templates.s3.amazonaws.com/child.yaml";
    const outputs = await deployed("parent", "nested-parent.yaml", "--parameter-overrides", child);
    assert.deepEqual(outputs, {
      GroupArn: "arn:aws:logs:us-east-1:123456789012:log-group:parent/child:*",
      Shout: "hey!",
      CustomId: "physical-id",
    });
    await remove("parent");
  });

  it("a function with a URL, an alias and a schedule", async () => {
    const { Url = "" } = await deployed("timed", "scheduled-function.json");
    assert.equal(await (await fetch(`${Url}some/path`)).text(), "at /some/path");
    await remove("timed");
  });

  it("an API out of its definition", async () => {
    const { ApiId } = await deployed("defined", "openapi-body.yaml");
    const stage = `/_aws/execute-api/${ApiId}/live`;
    assert.deepEqual(await (await fetch(`${sandbox.endpoint}${stage}/open`)).json(), { open: true });
    const closed = { method: "GET", target: `${stage}/closed` };
    assert.equal((await send(sandbox.endpoint, closed)).status, 403);
    const { accessKeyId, secretAccessKey } = sandbox;
    const request = await signed(sandbox.endpoint, closed, { accessKeyId, secretAccessKey, service: "execute-api" });
    assert.equal((await send(sandbox.endpoint, request)).text, '{"open": false}');
    await remove("defined");
  });

  it("what the sandbox does not run is refused by its name", async () => {
    const ended = await deploy("sam", "serverless.yaml");
    assert.equal(ended.code, 255);
    assert.match(ended.stderr, /No transform named AWS::Serverless-2016-10-31 found/);
    const summary = ["cloudformation", "get-template-summary", "--template-body"];
    const known = JSON.parse(await aws(...summary, `file://${template("serverless.yaml")}`));
    assert.deepEqual(known.DeclaredTransforms, ["AWS::Serverless-2016-10-31"]);
    assert.deepEqual(known.Capabilities, ["CAPABILITY_AUTO_EXPAND"]);
    const create = ["cloudformation", "create-stack", "--stack-name", "loops", "--template-body"];
    const direct = await run(...create, `file://${template("alarms-dashboard.yaml")}`);
    assert.match(
      direct.stderr,
      /InsufficientCapabilitiesException.*Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]/,
    );
  });
});
