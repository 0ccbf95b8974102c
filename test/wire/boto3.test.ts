import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isolatedHome } from "./commandLine.ts";
import { WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const MODEL = here("../../infra/model/model.tar.gz");
/** Asks without a network: what is there decides what is tested. */
const has = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
const noBoto = has("python3", "-c", "import boto3") ? false : "NOT TESTED: python3 has no boto3 on this machine";
const noCli = has("aws", "--version") ? false : "NOT TESTED: the AWS CLI is not on this machine";

let sandbox: TestSandbox;
let home: ReturnType<typeof isolatedHome>;
before(async () => {
  sandbox = await startTestSandbox();
  home = isolatedHome({
    AWS_ACCESS_KEY_ID: sandbox.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.secretAccessKey,
    AWS_DEFAULT_REGION: sandbox.region,
    AWS_MAX_ATTEMPTS: "1",
    AWS_PAGER: "",
    PYTHONDONTWRITEBYTECODE: "1",
  });
  // Shims that choose between Python versions look in the real home.
  home.env.PYENV_ROOT = process.env.PYENV_ROOT ?? path.join(process.env.HOME ?? "", ".pyenv");
});
after(async () => {
  home.remove();
  await sandbox.close();
});

function run(command: string, args: string[], more: Record<string, string> = {}) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(command, args, { env: { ...home.env, ...more }, cwd: home.folder });
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

for (const [what, script, count] of [
  ["boto3 speaks with every service", "clients/boto.py", 13],
  ["boto3's resources, waiters, paginators, transfers and forms work", "clients/resources.py", 8],
] as const)
  it(what, { skip: noBoto }, async (t) => {
    const ended = await run("python3", [here(script)], { ENDPOINT: sandbox.endpoint, MODEL, ROW: WINE_ROW });
    const checks = ended.stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { name: string; error: string | null });
    for (const { name, error } of checks) await t.test(name, () => assert.equal(error, null));
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(checks.length, count);
  });

describe("the AWS CLI", { skip: noCli }, () => {
  const aws = async (...args: string[]) => {
    const ended = await run("aws", ["--endpoint-url", sandbox.endpoint, "--output", "json", ...args]);
    assert.equal(ended.code, 0, `aws ${args.slice(0, 2).join(" ")}: ${ended.stderr}`);
    return (/^\s*[[{]/.test(ended.stdout) ? JSON.parse(ended.stdout) : ended.stdout) as Record<string, unknown>;
  };
  const refused = async (code: string, args: string[], more: Record<string, string> = {}) => {
    const ended = await run("aws", ["--endpoint-url", sandbox.endpoint, ...args], more);
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, new RegExp(`\\(${code}\\)`));
  };

  it("reads every service's lists", async () => {
    const lists: [string, ...string[]][] = [
      ["Account", "sts", "get-caller-identity"],
      ["Endpoints", "sagemaker", "list-endpoints"],
      ["MetricAlarms", "cloudwatch", "describe-alarms"],
      ["ScalableTargets", "application-autoscaling", "describe-scalable-targets", "--service-namespace", "sagemaker"],
      ["Stacks", "cloudformation", "describe-stacks"],
      ["Functions", "lambda", "list-functions"],
      ["items", "apigateway", "get-rest-apis"],
      ["apps", "amplify", "list-apps"],
      ["logGroups", "logs", "describe-log-groups"],
      ["Roles", "iam", "list-roles"],
      ["Buckets", "s3api", "list-buckets"],
    ];
    for (const [member, ...args] of lists) assert.ok(member in (await aws(...args)), args.join(" "));
  });

  it("copies a file up and down, in parts when it is large", async () => {
    const body = "0123456789abcdef".repeat((9 * 1024 * 1024) / 16);
    const file = home.write("big.bin", body);
    await aws("s3api", "create-bucket", "--bucket", "cli-bucket");
    await run("aws", [
      "--endpoint-url",
      sandbox.endpoint,
      "s3",
      "cp",
      file,
      "s3://cli-bucket/a b/é.bin",
      "--no-progress",
    ]);
    const head = await aws("s3api", "head-object", "--bucket", "cli-bucket", "--key", "a b/é.bin");
    assert.equal(head.ContentLength, body.length);
    assert.match(String(head.ETag), /-\d+"$/, "it was not sent in parts");
    const down = path.join(home.folder, "down.bin");
    await run("aws", [
      "--endpoint-url",
      sandbox.endpoint,
      "s3",
      "cp",
      "s3://cli-bucket/a b/é.bin",
      down,
      "--no-progress",
    ]);
    assert.equal(spawnSync("cmp", [file, down]).status, 0);
  });

  it("shows errors by AWS's codes, also those of the signature", async () => {
    await refused("ValidationException", ["sagemaker", "describe-endpoint", "--endpoint-name", "nope"]);
    await refused("NoSuchBucket", ["s3api", "list-objects-v2", "--bucket", "none-at-all"]);
    await refused("ResourceNotFound", [
      "cloudwatch",
      "set-alarm-state",
      "--alarm-name",
      "n",
      "--state-value",
      "OK",
      "--state-reason",
      "r",
    ]);
    const wrong = { AWS_SECRET_ACCESS_KEY: "wrong" };
    await refused("InvalidSignatureException", ["sagemaker", "list-endpoints"], wrong);
    await refused("SignatureDoesNotMatch", ["sts", "get-caller-identity"], wrong);
    await refused("SignatureDoesNotMatch", ["s3api", "list-buckets"], wrong);
    await refused("UnrecognizedClientException", ["sagemaker", "list-endpoints"], { AWS_ACCESS_KEY_ID: "AKIAOTHER" });
    await refused("MissingAuthenticationTokenException", ["--no-sign-request", "sagemaker", "list-endpoints"]);
  });
});
