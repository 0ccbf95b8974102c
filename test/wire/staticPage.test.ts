import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetBucketPolicyStatusCommand, HeadObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { isolatedHome, startCli } from "./commandLine.ts";
import { eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const WINE = fileURLToPath(new URL("../../infra", import.meta.url));

interface Deployed {
  outputs: Record<string, string>;
  apiUrl: string;
  staticPageUrl?: string;
}

describe("the web page as a static page in S3", () => {
  let sandbox: TestSandbox;
  let s3: S3Client;
  let cloudFormation: CloudFormationClient;
  const home = isolatedHome();
  const env: Record<string, string> = home.env;
  const project = path.join(home.folder, "wine");
  const cli = (...args: string[]) => startCli([...args, "--project", project], { env, cwd: home.folder }).ended;
  const deploy = async (parameters: Record<string, string>, ...more: string[]) => {
    const file = path.join(project, "sagemaker-ops.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), parameters }));
    const ended = await cli("deploy", "--yes", "--json", ...more);
    assert.equal(ended.code, 0, ended.stderr);
    return { ...(JSON.parse(ended.stdout) as Deployed), said: ended.stderr };
  };
  const stacks = async () =>
    ((await cloudFormation.send(new DescribeStacksCommand({}))).Stacks ?? []).map(({ StackName }) => StackName);
  const buckets = async () => ((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name }) => Name);

  before(async () => {
    sandbox = await startTestSandbox();
    s3 = new S3Client({ ...sandbox.clientConfig(), forcePathStyle: true });
    cloudFormation = new CloudFormationClient(sandbox.clientConfig());
    const { endpoint, accessKeyId, secretAccessKey } = sandbox;
    const info = { endpoint, region: "us-east-1", accessKeyId, secretAccessKey, timeScale: 0 };
    env.SAGEMAKER_OPS_SANDBOX = JSON.stringify(info);
    cpSync(WINE, project, { recursive: true });
  });
  after(async () => {
    s3.destroy();
    cloudFormation.destroy();
    await sandbox.close();
    home.remove();
  });

  test("without the parameter there is none, and the other page and the API are asked after the deployment", async () => {
    const { staticPageUrl, outputs, said } = await deploy({});
    assert.equal(staticPageUrl, undefined);
    assert.equal(outputs.StaticPageBucketName, undefined);
    assert.match(said, /The web page is served at http:\/\/127\.0\.0\.1:\d+\/_aws\/amplify\//);
    assert.match(said, /The API answers for row 1 \(class_0\): \{"predictedClass":"class_0"/);
  });

  test("for everybody it is served unsigned, with its files and its configuration", async () => {
    const { staticPageUrl = "", outputs, apiUrl, said } = await deploy({ StaticPageReaders: "0.0.0.0/0" });
    assert.match(outputs.StaticPageUrl ?? "", /^https:\/\/wine-.*\.s3\.us-east-1\.amazonaws\.com\/wine\.html$/);
    assert.ok(said.includes(`The web page is served at ${staticPageUrl}`));
    const page = await fetch(staticPageUrl);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(page.headers.get("cache-control"), "no-cache");
    assert.equal(await page.text(), readFileSync(path.join(WINE, "web/index.html"), "utf8"));
    const script = await fetch(new URL("app.js", staticPageUrl));
    assert.equal(script.headers.get("content-type"), "text/javascript; charset=utf-8");
    const configuration = await (await fetch(new URL("config.json", staticPageUrl))).json();
    assert.deepEqual(configuration, { apiUrl, needsApiKey: false });
    const Bucket = outputs.StaticPageBucketName;
    const { PolicyStatus } = await s3.send(new GetBucketPolicyStatusCommand({ Bucket }));
    assert.equal(PolicyStatus?.IsPublic, true);
  });

  test("nothing else of the bucket is open", async () => {
    const { staticPageUrl = "" } = await deploy({ StaticPageReaders: "0.0.0.0/0" });
    for (const address of ["none.html", "./", "?list-type=2"]) {
      const { status } = await fetch(new URL(address, staticPageUrl));
      assert.equal(status, 403, `${address} is ${status}`);
    }
    const { status } = await fetch(staticPageUrl, { method: "PUT", body: "mine" });
    assert.equal(status, 403);
  });

  test("the API answers to both pages' origins, and to no other", async () => {
    const { apiUrl, outputs } = await deploy({ StaticPageReaders: "0.0.0.0/0" });
    const own = new URL(outputs.StaticPageUrl ?? "").origin;
    const body = JSON.stringify({ features: WINE_ROW.split(",").map(Number) });
    for (const [origin, allowed] of [
      [own, own],
      [outputs.WebUrl, outputs.WebUrl],
      ["https://elsewhere.example", outputs.WebUrl],
    ] as const) {
      const preflight = await fetch(apiUrl, { method: "OPTIONS", headers: { origin: origin ?? "" } });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers.get("access-control-allow-origin"), allowed, `preflight of ${origin}`);
      const answer = await fetch(apiUrl, { method: "POST", headers: { origin: origin ?? "" }, body });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("access-control-allow-origin"), allowed, `answer to ${origin}`);
      assert.equal(answer.headers.get("vary"), "Origin");
    }
  });

  test("a file that is gone from the folder is gone from the page", async () => {
    rmSync(path.join(project, "web/icon.svg"));
    const { outputs } = await deploy({ StaticPageReaders: "0.0.0.0/0" });
    const gone = s3.send(new HeadObjectCommand({ Bucket: outputs.StaticPageBucketName, Key: "icon.svg" }));
    await assert.rejects(gone, { name: "NotFound" });
    await s3.send(new HeadObjectCommand({ Bucket: outputs.StaticPageBucketName, Key: "wine.html" }));
  });

  test("for some addresses only the bucket stays closed to the rest; here nobody may read it, and that is said", async () => {
    const { staticPageUrl = "", outputs, said } = await deploy({ StaticPageReaders: "198.51.100.0/24,203.0.113.7/32" });
    assert.match(said, /wine\.html answers HTTP 403 from here; its readers are 198\.51\.100\.0\/24,203\.0\.113\.7\/32/);
    assert.equal((await fetch(staticPageUrl)).status, 403);
    const { PolicyStatus } = await s3.send(new GetBucketPolicyStatusCommand({ Bucket: outputs.StaticPageBucketName }));
    assert.equal(PolicyStatus?.IsPublic, false);
    const { staticPageUrl: here = "" } = await deploy({ StaticPageReaders: "127.0.0.0/8" });
    assert.equal((await fetch(here)).status, 200);
  });

  test("without the parameter the page goes with its bucket, although there are files in it", async () => {
    const { outputs } = await deploy({ StaticPageReaders: "127.0.0.0/8" });
    await deploy({});
    assert.ok(!(await buckets()).includes(outputs.StaticPageBucketName));
  });

  test("the stack takes the page along when it deletes itself, and when it is deleted", async () => {
    const first = await deploy({ StaticPageReaders: "0.0.0.0/0" }, "--teardown-after", "1");
    const answer = await fetch(`${sandbox.endpoint}/_sandbox/clock`, {
      method: "POST",
      headers: { authorization: `Bearer ${sandbox.controlToken}` },
      body: JSON.stringify({ stepSeconds: 3700 }),
    });
    assert.equal(answer.status, 200);
    await eventually("the stack is gone", async () => !(await stacks()).includes("wine"));
    assert.ok(!(await buckets()).includes(first.outputs.StaticPageBucketName));
    const second = await deploy({ StaticPageReaders: "0.0.0.0/0" });
    const deleted = await cli("delete", "--yes");
    assert.equal(deleted.code, 0, deleted.stderr);
    assert.ok(!(await buckets()).includes(second.outputs.StaticPageBucketName));
  });
});
