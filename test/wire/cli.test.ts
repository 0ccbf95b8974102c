import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CreateEndpointCommand, SageMakerClient } from "@aws-sdk/client-sagemaker";
import { type Ended, isolatedHome, startCli } from "./commandLine.ts";
import { deployWine, eventually, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const INFRA = fileURLToPath(new URL("../../infra/", import.meta.url));
let sandbox: TestSandbox;
let home: ReturnType<typeof isolatedHome>;
/** Connected to the sandbox by the ordinary variables. */
let connected: Record<string, string>;
before(async () => {
  sandbox = await startTestSandbox({ timeScale: 30 });
  home = isolatedHome();
  connected = {
    ...home.env,
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_REGION: sandbox.region,
    AWS_ACCESS_KEY_ID: sandbox.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.secretAccessKey,
  };
});
after(async () => {
  home.remove();
  await sandbox.close();
});

const run = (args: string[], env: Record<string, string> = connected): Promise<Ended> =>
  startCli(args, { env, cwd: home.folder }).ended;

/** One message on stderr that says all of `what`, and the exit code. */
async function refuses(code: number, args: string[], what: RegExp[], env?: Record<string, string>): Promise<Ended> {
  const ended = await run(args, env);
  const messages = ended.stderr.split(/^error: /m);
  assert.equal(messages.length, 2, `not one message: ${ended.stderr}`);
  for (const pattern of what) assert.match(messages[1] ?? "", pattern);
  assert.doesNotMatch(ended.stderr, /\n\s+at .+:\d+:\d+/, "a stack trace is no message");
  assert.equal(ended.code, code, ended.stderr);
  return ended;
}

const project = (more: object = {}) => ({
  version: 1,
  stackName: "cli-test",
  template: "template.yaml",
  parameters: { ArtifactBucket: "none" },
  ...more,
});
const plan = (more: object = {}) => ({
  version: 1,
  name: "short",
  target: { type: "endpoint", name: "wine" },
  payloads: { inline: [WINE_ROW] },
  contentType: "text/csv",
  stages: [{ type: "hold", rate: 20, seconds: 2 }],
  maxConnections: 8,
  timeoutSeconds: 10,
  expect: { errorRate: { max: 0.01 } },
  ...more,
});

describe("usage", () => {
  it("without a command it is printed, and the exit code is 2", async () => {
    const ended = await run([]);
    assert.match(ended.stdout, /sandbox .*\n[\s\S]*deploy[\s\S]*ramp[\s\S]*Exit codes/);
    assert.equal(ended.code, 2);
    assert.equal((await run(["--help"])).code, 0);
  });
  it("unknown commands, options and values are named", async () => {
    await refuses(2, ["deplyo"], [/no command "deplyo"/, /usage/]);
    await refuses(2, ["deploy", "--projct", "x"], [/--projct/]);
    await refuses(2, ["sandbox", "--port", "ninety"], [/--port/, /"ninety"/, /0 to 65535/]);
    await refuses(2, ["sandbox", "--time-scale", "-1"], [/time-scale/]);
    await refuses(2, ["sandbox", "--auth", "open"], [/--auth takes sigv4 or none, not "open"/]);
    await refuses(2, ["predict", "--endpoint", "wine"], [/--body TEXT or --file FILE/]);
  });
});

describe("sandbox", () => {
  it("says on its first line with --json how to reach it, and ends with its signal", async () => {
    const running = startCli(["sandbox", "--port", "0", "--json"], { env: home.env, cwd: home.folder });
    const line = await eventually("its first line", async () => running.stdout().includes("\n") && running.stdout());
    const info = JSON.parse(line) as Record<string, string>;
    for (const key of ["endpoint", "region", "accountId", "accessKeyId", "secretAccessKey", "controlToken"])
      assert.equal(typeof info[key], "string", key);
    const headers = { authorization: `Bearer ${info.controlToken}` };
    assert.equal((await fetch(`${info.endpoint}/_sandbox/state`, { headers })).status, 200);
    running.child.kill("SIGTERM");
    const ended = await running.ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stdout, line, "more than the one line stands on stdout");
    await assert.rejects(fetch(`${info.endpoint}/_sandbox/state`, { headers }));
  });
  it("a port in use is named with the way out", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    await refuses(
      2,
      ["sandbox", "--port", String(port)],
      [new RegExp(`Port ${port} is in use`), /another --port, or 0/],
    );
    taken.close();
  });
  it("--auth none warns", async () => {
    const running = startCli(["sandbox", "--port", "0", "--auth", "none"], { env: home.env, cwd: home.folder });
    await eventually("it serves", async () => /serves at/.test(running.stdout()));
    running.child.kill("SIGINT");
    assert.match((await running.ended).stderr, /^warning: --auth none takes any credentials/m);
  });
});

describe("connections", () => {
  const identity = ["predict", "--endpoint", "wine", "--body", WINE_ROW];
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(connected).filter(([name]) => !names.includes(name)));
  const KEYS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

  it("no credentials at all", async () => {
    await refuses(2, identity, [/redentials/, /Connect|profile|sandbox/], without(...KEYS));
  });
  it("expired credentials of a profile", async () => {
    const expired = {
      Version: 1,
      AccessKeyId: "A",
      SecretAccessKey: "B",
      SessionToken: "C",
      Expiration: "2020-01-01T00:00:00Z",
    };
    const file = home.write("expired.json", expired);
    home.write(".aws/config", `[profile old]\ncredential_process = cat ${file}\nregion = us-east-1\n`);
    await refuses(2, [...identity, "--profile", "old"], [/expired/i], without(...KEYS));
  });
  it("an unknown profile is named with those that there are", async () => {
    await refuses(2, [...identity, "--profile", "nobody"], [/"nobody"/, /Known profiles: old/]);
  });
  it("wrong secret, unknown key", async () => {
    await refuses(2, identity, [/secret access key is wrong/], { ...connected, AWS_SECRET_ACCESS_KEY: "wrong" });
    await refuses(2, identity, [/not known there/], { ...connected, AWS_ACCESS_KEY_ID: "AKIAOTHER" });
  });
  it("a region that is none, and none at all", async () => {
    await refuses(2, [...identity, "--region", "us-moon"], [/"us-moon" is not the name of an AWS region/, /us-east-1/]);
    await refuses(2, identity, [/No region is set/, /--region/], without("AWS_REGION"));
  });
  it("an address where nothing listens, and one that is none", async () => {
    await refuses(1, [...identity, "--endpoint-url", "http://127.0.0.1:1"], [/ECONNREFUSED/, /endpoint URL/]);
    await refuses(2, [...identity, "--endpoint-url", "sandbox"], [/"sandbox" is not an http or https URL/]);
  });
});

describe("project files", () => {
  const deploy = (file: string) => ["deploy", "--yes", "--project", file];

  it("missing, broken and wrong ones are named with the place in them", async () => {
    await refuses(2, deploy("nowhere.json"), [/nowhere\.json cannot be read/, /path/]);
    await refuses(2, deploy(home.write("broken.json", "{")), [/broken\.json is not JSON/, /Correct the file/]);
    const wrong = home.write("wrong.json", project({ stackName: "1st", templat: "x" }));
    await refuses(2, deploy(wrong), [/wrong\.json has \d problem/, /stackName: .*letter/, /templat/]);
  });
  it("a template that is missing, or none, or says something impossible, leaves nothing behind", async () => {
    const file = home.write("sagemaker-ops.json", project());
    await refuses(2, deploy(file), [/template\.yaml cannot be read/, /project file/]);
    home.write("template.yaml", "Resources: [");
    await refuses(2, deploy(file), [/[Tt]emplate/]);
    home.write("template.yaml", "Resources:\n  A:\n    Type: AWS::No::Such\n");
    await refuses(2, deploy(file), [/AWS::No::Such|[Tt]emplate/]);
    home.write(
      "template.yaml",
      "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: { BucketName: !Ref Nobody }\n",
    );
    await refuses(2, deploy(file), [/Nobody/]);
    const cloudformation = new CloudFormationClient(sandbox.clientConfig());
    const left = await cloudformation.send(new DescribeStacksCommand({}));
    assert.deepEqual(
      left.Stacks?.map((s) => s.StackName),
      [],
    );
    cloudformation.destroy();
  });
  it("another account than the project's is refused", async () => {
    const file = home.write("elsewhere.json", project({ expectedAccount: "999999999999" }));
    await refuses(2, deploy(file), [/expects account 999999999999/, /123456789012/]);
  });
  it("another region than the project's is refused by every command that changes something; without --region it is taken", async () => {
    const training = { data: "train.csv", label: "class", hyperparameters: {} };
    home.write("train.csv", "a,class\n1,0\n2,1\n3,0\n");
    const file = home.write("far.json", project({ region: "eu-west-1", training }));
    const elsewhere = ["--project", file, "--region", "us-east-1", "--yes"];
    for (const command of ["deploy", "delete", "train"])
      await refuses(
        2,
        [command, ...elsewhere],
        [/is for region eu-west-1/, /connection is to us-east-1/, /123456789012/],
      );
    await refuses(2, ["teardown", "--after", "1", ...elsewhere], [/is for region eu-west-1/]);
    await refuses(2, ["delete", "--yes", "--project", file], [/no stack cli-test in eu-west-1/]);
  });
  it("each environment has an account and a stack of its own", async () => {
    const environments = { dev: {}, prod: { expectedAccount: "999999999999" } };
    const file = home.write("environments.json", project({ environments }));
    await refuses(2, [...deploy(file), "--env", "prod"], [/expects account 999999999999/]);
    await refuses(2, [...deploy(file), "--env", "stage"], [/no environment "stage"/, /dev, prod/]);
    await refuses(2, ["predict", "--project", file, "--env", "dev", "--body", "1"], [/cli-test-dev is not deployed/]);
  });
  it("a stack that is not there cannot be deleted or asked", async () => {
    const file = home.write("sagemaker-ops.json", project());
    await refuses(2, ["delete", "--yes", "--project", file], [/no stack cli-test in us-east-1/, /deploy/]);
    await refuses(2, ["delete", "--project", file], [/no terminal/, /--yes/]);
    await refuses(2, ["predict", "--project", file, "--body", "1"], [/cli-test is not deployed in us-east-1/]);
  });
});

describe("predictions and ramps", () => {
  before(() => deployWine(sandbox));
  const predict = (...more: string[]) => run(["predict", "--endpoint", "wine", ...more]);
  const reports = path.join("reports");

  it("saved requests are sent and judged, with a report for a CI that names file and line", async () => {
    const good = `### right\n# expect argmax 0\nPOST endpoint/wine\n\n${WINE_ROW}\n`;
    const bad = `### wrong <&>\n# expect status 200\n# expect argmax 2\nPOST endpoint\n\n${WINE_ROW}\n`;
    const file = home.write("requests/two.predict.http", `${good}\n${bad}`);
    const junit = path.join(home.folder, "out", "requests.xml");
    const failed = await run(["test-requests", file, "--endpoint", "wine", "--junit", junit]);
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stdout, /✓ right \(HTTP 200, [\d.]+ ms\)\n✗ wrong <&> /);
    assert.match(
      failed.stdout,
      /requests\/two\.predict\.http:9: expected argmax 2, was argmax 0\n1 passed, 1 failed\n$/,
    );
    const report = await readFile(junit, "utf8");
    assert.match(report, /<testsuite name="requests\/two\.predict\.http" tests="2" failures="1" errors="0"/);
    assert.match(report, /name="wrong &lt;&amp;&gt;" file="requests\/two\.predict\.http" line="7"/);
    const passed = await run(["test-requests", home.write("one.predict.http", good), "--json"]);
    assert.equal(passed.code, 0, passed.stderr);
    assert.equal((JSON.parse(passed.stdout) as { passed: number }).passed, 1);
    const misspelt = home.write("misspelt.predict.http", good.replace("argmax", "argmaxx"));
    await refuses(2, ["test-requests", misspelt], [/"argmaxx 0" is no expectation/, /misspelt\.predict\.http:2/]);
    const noProject = path.join(home.folder, "requests");
    await refuses(2, ["test-requests", "--endpoint", "wine", "--project", noProject], [/sagemaker-ops\.json/]);
  });
  it("a prediction is printed, with --json as one document", async () => {
    const ended = await predict("--body", WINE_ROW, "--json");
    assert.equal(ended.code, 0, ended.stderr);
    const document = JSON.parse(ended.stdout) as { target: string; status: number; probabilities: number[] };
    assert.equal(document.target, "wine");
    assert.equal(document.status, 200);
    assert.equal(document.probabilities.length, 3);
    assert.ok((document.probabilities[0] ?? 0) > 0.9);
  });
  it("what the container refuses is shown as it said it, exit code 1", async () => {
    const ended = await predict("--body", `${WINE_ROW},1`);
    assert.equal(ended.code, 1);
    assert.match(ended.stdout, /Number of columns does not match/);
  });
  it("an endpoint that does not exist, a file that does not exist", async () => {
    await refuses(2, ["predict", "--endpoint", "nope", "--body", "1"], [/nope/, /not found/, /name/]);
    await refuses(2, ["predict", "--endpoint", "wine", "--file", "none.csv"], [/--file none\.csv cannot be read/]);
  });

  it("plans that are missing or wrong, and payloads that are missing, are named", async () => {
    await refuses(2, ["ramp", "none.ramp.json"], [/none\.ramp\.json cannot be read/]);
    await refuses(2, ["ramp", home.write("bad.ramp.json", "{")], [/bad\.ramp\.json/]);
    const wrong = home.write("wrong.ramp.json", plan({ stages: [] }));
    await refuses(2, ["ramp", wrong], [/wrong\.ramp\.json/, /stages/]);
    const empty = home.write("empty.ramp.json", plan({ payloads: { csv: "none.csv", header: true } }));
    await refuses(2, ["ramp", empty], [/none\.csv cannot be read/]);
  });
  it("a target that is not there, and one that is not InService", async () => {
    const unknown = home.write("unknown.ramp.json", plan({ target: { type: "endpoint", name: "nope" } }));
    await refuses(2, ["ramp", unknown], [/nope/, /[Cc]ould not find|not found/i]);
    const sagemaker = new SageMakerClient(sandbox.clientConfig());
    await sagemaker.send(new CreateEndpointCommand({ EndpointName: "young", EndpointConfigName: "wine" }));
    sagemaker.destroy();
    const young = home.write("young.ramp.json", plan({ target: { type: "endpoint", name: "young" } }));
    await refuses(2, ["ramp", young], [/Endpoint young is Creating and takes no requests/, /InService/]);
  });
  it("without a terminal and --yes no load is sent to an account", async () => {
    await refuses(2, ["ramp", home.write("short.ramp.json", plan())], [/Send 40 requests to wine/, /--yes/]);
  });

  it("a short ramp passes, its report is on disk", async () => {
    const file = home.write("short.ramp.json", plan());
    const ended = await run(["ramp", file, "--yes", "--report", reports, "--json"]);
    assert.equal(ended.code, 0, ended.stderr);
    const document = JSON.parse(ended.stdout) as { report: { verdict: { passed: boolean } }; files: { html: string } };
    assert.equal(document.report.verdict.passed, true);
    assert.ok(document.files.html.startsWith(path.join(home.folder, reports)), document.files.html);
    assert.match(await readFile(document.files.html, "utf8"), /<svg/);
    assert.match(ended.stderr, /asked +20\/s/);
  });
  it("an expectation that fails is exit code 1", async () => {
    const file = home.write("slow.ramp.json", plan({ expect: { p99Ms: { max: 0.001 } } }));
    const ended = await run(["ramp", file, "--yes", "--report", reports]);
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stdout, /✗ p99/);
    assert.match(ended.stdout, /FAILED/);
  });
  it("one that is interrupted keeps what it measured, and leaves nothing running", async () => {
    const file = home.write(
      "long.ramp.json",
      plan({ name: "long", stages: [{ type: "hold", rate: 20, seconds: 600 }] }),
    );
    const folder = path.join(home.folder, "interrupted");
    const running = startCli(["ramp", file, "--yes", "--report", folder], { env: connected, cwd: home.folder });
    await eventually("two seconds of it", async () => /^ +2 s {2}asked/m.test(running.stdout()), 30_000);
    running.child.kill("SIGINT");
    const ended = await running.ended;
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stdout, /FAILED.*(interrupted|stopped|broken off|cut)/i);
    const name = (await readdir(folder)).find((n) => n.endsWith(".json"));
    const report = JSON.parse(await readFile(path.join(folder, name ?? "none"), "utf8")) as {
      interrupted: boolean;
      points: { sent: number }[];
    };
    const sent = report.points.reduce((sum, p) => sum + p.sent, 0);
    assert.ok(sent >= 20, `only ${sent} requests are in the report`);
    await eventually("no engine is left", async () => !(await isAlive(file)));
  });
});

/** Does a process name this file? The engine gets its plan by message, but it dies with its parent's channel. */
async function isAlive(text: string): Promise<boolean> {
  const names = await readdir("/proc").catch(() => []);
  for (const name of names.filter((n) => /^\d+$/.test(n))) {
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (line.includes(text) || (line.includes("engineProcess") && line.includes("ops-cli-"))) return true;
  }
  return false;
}

it("the wine project of the repository is a project that the command line reads", async () => {
  const { stderr } = await run(["predict", "--project", INFRA, "--body", WINE_ROW]);
  assert.match(stderr, /Stack wine is not deployed/);
});
