import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, ListChangeSetsCommand } from "@aws-sdk/client-cloudformation";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { isolatedHome } from "./commandLine.ts";
import { deployWine, WINE_ROW } from "./endpoints.ts";
import { startTestSandbox, type TestSandbox } from "./sandbox.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const plan = {
  version: 1,
  name: "tiny",
  target: { type: "endpoint", name: "wine" },
  payloads: { inline: [WINE_ROW] },
  contentType: "text/csv",
  stages: [{ type: "hold", rate: 10, seconds: 2 }],
  maxConnections: 4,
  expect: { errorRate: { max: 0.01 } },
};

/** The tools as a real client of the Model Context Protocol uses them, over stdio, against the sandbox. */
describe("the MCP server", () => {
  let sandbox: TestSandbox;
  let client: Client;
  const home = isolatedHome();
  const project = path.join(home.folder, "wine");
  const planFile = path.join(project, "loadtests/tiny.ramp.json");

  const call = async (name: string, input: Record<string, unknown> = {}, onprogress?: () => void) => {
    const answer = await client.callTool({ name, arguments: input }, undefined, { onprogress });
    const [part] = answer.content as { type: string; text: string }[];
    const data = (answer.structuredContent ?? {}) as Record<string, unknown>;
    return { isError: answer.isError === true, text: part?.text ?? "", data };
  };
  /** Previews, and confirms what was previewed. */
  const confirmed = async (name: string, input: Record<string, unknown>, onprogress?: () => void) => {
    const { data } = await call(name, input);
    return call(name, { ...input, confirm: true, token: data.token }, onprogress);
  };

  before(async () => {
    sandbox = await startTestSandbox({ timeScale: 300 });
    await deployWine(sandbox);
    cpSync(path.join(ROOT, "infra"), project, { recursive: true });
    writeFileSync(planFile, JSON.stringify(plan));
    const { endpoint, accessKeyId, secretAccessKey } = sandbox;
    const info = { endpoint, region: "us-east-1", accessKeyId, secretAccessKey, timeScale: 300 };
    client = new Client({ name: "test", version: "1" });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: ["--import", import.meta.resolve("tsx"), path.join(ROOT, "src/cli.ts"), "mcp", "--project", project],
        env: { ...(home.env as Record<string, string>), SAGEMAKER_OPS_SANDBOX: JSON.stringify(info) },
      }),
    );
  });
  after(async () => {
    await client.close();
    await sandbox.close();
    home.remove();
  });

  it("lists the table's tools; those that only read say so, the others take a confirmation", async () => {
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map(({ name, annotations, inputSchema }) => [
        name,
        annotations?.readOnlyHint,
        "confirm" in (inputSchema.properties ?? {}),
      ]),
      [
        ["list_endpoints", true, false],
        ["describe_endpoint", true, false],
        ["get_metrics", true, false],
        ["explain_scaling", true, false],
        ["invoke_endpoint", false, true],
        ["run_load_test", false, true],
        ["preview_deployment", false, true],
      ],
    );
  });

  it("reads endpoints, metrics and scaling, with account and region, and without any key", async () => {
    const listed = await call("list_endpoints", { nameContains: "win" });
    assert.match(listed.text, /^1 endpoint in us-east-1\./);
    assert.deepEqual(listed.data.place, { account: sandbox.accountId, region: "us-east-1", sandbox: true });
    const described = await call("describe_endpoint", { endpoint: "wine" });
    assert.match(described.text, /^Endpoint wine is InService with 1 of 1 desired instances\./);
    const read = await call("get_metrics", { endpoint: "wine", minutes: 15 });
    assert.match(read.text, /nothing invoked it|metrics of endpoint wine/);
    const explained = await call("explain_scaling", { endpoint: "wine" });
    assert.match(explained.text, /notRegistered/);
    for (const { text } of [listed, described, read, explained]) assert.ok(!text.includes(sandbox.secretAccessKey));
  });

  it("says what is wrong with an input, an endpoint or a name, for the model to read", async () => {
    const wrong = await call("get_metrics", { endpoint: "wine", minutes: 1 });
    assert.ok(wrong.isError);
    assert.match(wrong.text, /get_metrics was called with something unusable: minutes: /);
    const gone = await call("describe_endpoint", { endpoint: "gone" });
    assert.ok(gone.isError);
    assert.match(gone.text, /gone.*Check the name, or switch the region or the account\./s);
    assert.match((await call("drop_tables")).text, /There is no tool "drop_tables"/);
  });

  it("sends nothing without a confirmation, and only what was previewed with one, once", async () => {
    const input = { endpoint: "wine", body: WINE_ROW };
    const preview = await call("invoke_endpoint", input);
    assert.equal(preview.data.preview, true);
    assert.match(
      preview.text,
      /^Send 1 request to wine\?\n- Account: \d{12} \(sandbox, simulated instances\)\n- Region: us-east-1/,
    );
    assert.match(preview.text, /- Cost: nothing in the sandbox/);
    const { token } = preview.data;
    const unsaid = await call("invoke_endpoint", { ...input, confirm: true });
    assert.match(unsaid.text, /was confirmed without a token/);
    const other = await call("invoke_endpoint", { endpoint: "wine", body: "1,2", confirm: true, token });
    assert.match(other.text, /is not what was previewed/);
    const again = await call("invoke_endpoint", { ...input, confirm: true, token });
    assert.match(again.text, /its token is unknown, or was used before/);
    const sent = await confirmed("invoke_endpoint", input);
    assert.equal(sent.isError, false, sent.text);
    assert.match(sent.text, /^wine answered HTTP 200 in /);
    assert.equal((sent.data.probabilities as number[]).length, 3);
  });

  it("runs a load plan of the project with progress, and no file elsewhere, and no plan that has changed", async () => {
    const outside = await call("run_load_test", { plan: "../../etc/x.ramp.json" });
    assert.match(outside.text, /is not a file of the open project/);
    const input = { plan: "loadtests/tiny.ramp.json" };
    const { text, data } = await call("run_load_test", input);
    assert.match(text, /^Send 20 requests to wine\?/);
    assert.match(text, /- Load: up to 10 requests\/s for 2 s/);
    writeFileSync(planFile, JSON.stringify({ ...plan, maxConnections: 5 }));
    const changed = await call("run_load_test", { ...input, confirm: true, token: data.token });
    assert.match(changed.text, /is not what was previewed/);
    let told = 0;
    const ran = await confirmed("run_load_test", input, () => told++);
    assert.equal(ran.isError, false, ran.text);
    assert.deepEqual(ran.data.requests, { planned: 20, sent: 20, ok: 20, errors: 0 });
    assert.equal(ran.data.passed, true);
    assert.ok(told > 0);
    const files = ran.data.files as { json: string };
    assert.equal(JSON.parse(readFileSync(files.json, "utf8")).plan.name, "tiny");
  });

  it("previews a deployment and leaves no change set behind", async () => {
    const preview = await confirmed("preview_deployment", {});
    assert.equal(preview.isError, false, preview.text);
    assert.match(preview.text, /^A deployment would make \d+ changes in the new stack wine\./);
    const changes = preview.data.changes as { logicalId: string; action: string }[];
    assert.equal(changes.find(({ logicalId }) => logicalId === "Endpoint")?.action, "Add");
    const cloudformation = new CloudFormationClient(sandbox.clientConfig());
    await assert.rejects(cloudformation.send(new ListChangeSetsCommand({ StackName: "wine" })), /does not exist/);
    cloudformation.destroy();
  });
});
