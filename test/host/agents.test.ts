import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from "@aws-sdk/client-sagemaker";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { RELOAD_NOISE } from "../rig/workbenchProblems.ts";
import { deployWine, eventually, WINE_ROW } from "../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../wire/sandbox.ts";
import { story } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** What is asked of two endpoints: by the tester with a stream, on the same rows, and by an agent's tools. */
const home = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-agents-"));
let sandbox: TestSandbox | undefined;

/** Two endpoints in a sandbox that the window is given, and an extension that calls tools. */
async function prepare() {
  sandbox = await startTestSandbox({ timeScale: 100 });
  await deployWine(sandbox, "wine-blue");
  await deployWine(sandbox, "wine-green");
  await deployQueue(sandbox);
  const europe = sandbox.clientConfig("eu-west-1");
  await deployWine({ ...sandbox, clientConfig: () => europe }, "wine-europe");
  const { endpoint, accountId, accessKeyId, secretAccessKey } = sandbox;
  const keys = { accountId, accessKeyId, secretAccessKey, controlToken: "" };
  const info = { endpoint, region: "us-east-1", ...keys, timeScale: 100 };
  const vsix = path.join(home, "tool-caller.vsix");
  const vsce = path.resolve(import.meta.dirname, "../../node_modules/@vscode/vsce/vsce");
  const flags = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "-o", vsix];
  execFileSync(process.execPath, [vsce, "package", ...flags], { cwd: path.join(import.meta.dirname, "toolCaller") });
  return { vsix: [vsix], env: { SAGEMAKER_OPS_SANDBOX: JSON.stringify(info) } };
}

/** An asynchronous endpoint with the same model. */
async function deployQueue(on: TestSandbox): Promise<void> {
  const sagemaker = new SageMakerClient(on.clientConfig());
  const variant = { VariantName: "AllTraffic", ModelName: "wine-blue", InstanceType: "ml.m5.large" as const };
  await sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: "wine-queue",
      ProductionVariants: [{ ...variant, InitialInstanceCount: 1 }],
      AsyncInferenceConfig: { OutputConfig: { S3OutputPath: "s3://wine-blue-models/out" } },
    }),
  );
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: "wine-queue", EndpointConfigName: "wine-queue" }));
  await eventually("wine-queue is in service", async () => {
    const { EndpointStatus } = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: "wine-queue" }));
    return EndpointStatus === "InService";
  });
  sagemaker.destroy();
}

const workspace = skipWithoutChromium ? undefined : createWineWorkspace();
const settings = { "workbench.editor.restoreEditors": true, "window.restoreWindows": "all" };
const here = story(workspace, 100, settings, prepare);
const { step } = here;
after(async () => {
  await sandbox?.close();
  rmSync(home, { recursive: true, force: true });
});

let calls = 0;
/** Begins a call of a tool; `ended` gives what came of it. */
async function beginCall(
  name: string,
  input: unknown,
): Promise<{ ended(): Promise<{ text?: string; error?: string; tools?: string[] }> }> {
  const { workbench } = here;
  const file = path.join(home, `call-${++calls}.json`);
  await workbench.runCommand("Ops Test: Call Tool");
  await workbench.quickInput.locator(".quick-input-message").waitFor();
  await workbench.quickInput.locator(".quick-input-box input").fill(JSON.stringify({ file, name, input }));
  await workbench.page.keyboard.press("Enter");
  return {
    ended: () => eventually(`${name} ends`, async () => existsSync(file) && JSON.parse(readFileSync(file, "utf8"))),
  };
}

step("an answer is streamed in the tester", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.treeItem("wine-blue").waitFor();
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  await workbench.pick("wine-blue");
  const page = workbench.webview();
  await page.getByRole("textbox", { name: "Body" }).fill(`${WINE_ROW}\n${WINE_ROW}`);
  await page.getByRole("button", { name: "Stream" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/HTTP 200 · .* · 1 part · first after/).waitFor();
  await workbench.screenshot(`${here.shots}/tester-stream.png`);
});

step("an asynchronous endpoint is asked after a question about the upload, and followed to its result", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  await workbench.pick("wine-queue");
  const page = workbench.webview();
  await page.getByRole("button", { name: "S3 object" }).waitFor();
  await page.getByRole("textbox", { name: "Body" }).fill(WINE_ROW);
  await page.getByRole("button", { name: "Send" }).click();
  // The project has no bucket here: the place is asked for, then whether to upload.
  await workbench.quickInput.locator(".quick-input-box input").fill("s3://wine-blue-models/inputs");
  await workbench.page.keyboard.press("Enter");
  await workbench.quickPickRow(/Upload to s3:\/\/wine-blue-models\/inputs$/).waitFor();
  await workbench.screenshot(`${here.shots}/tester-upload.png`);
  await workbench.pick(/Upload to s3:\/\/wine-blue-models\/inputs$/);
  await page.getByText(/^HTTP 200/).waitFor();
  await page.getByText(/^s3:\/\/wine-blue-models\/out\//).waitFor();
  await workbench.screenshot(`${here.shots}/tester-async.png`);
});

step("two endpoints are compared on the rows of a file", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await workbench.runCommand("SageMaker Ops: Compare on the Same Rows…");
  await workbench.pick("wine-blue");
  await workbench.pick("wine-green");
  // The dialog begins in the folder of the project's examples.
  await workbench.pick("wine.csv");
  await workbench.quickPickRow(/Send 178 rows to both$/).waitFor();
  await workbench.screenshot(`${here.shots}/compare-confirm.png`);
  await workbench.pick(/Send 178 rows to both$/);
  await workbench.editorTab("wine-blue against wine-green").waitFor({ timeout: 60_000 });
  await workbench.webview().getByText("No disagreement").waitFor();
  await here.screenshots("compare-rows");
});

step("a log is followed live, and the time of a line leads to the charts", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await workbench.runCommand("SageMaker Ops: Show Logs…");
  await workbench.pick("wine-blue");
  await workbench.pick(/Live tail$/);
  await workbench.quickInput.locator(".quick-input-message", { hasText: "Press 'Enter'" }).waitFor();
  await workbench.page.keyboard.press("Enter");
  const shown = (text: string | RegExp) => workbench.page.locator(".view-line", { hasText: text }).first();
  await shown(/wine-blue:.from/).waitFor();
  assert.ok(sandbox);
  const runtime = new SageMakerRuntimeClient(sandbox.clientConfig());
  const refused = new InvokeEndpointCommand({ EndpointName: "wine-blue", ContentType: "text/csv", Body: "a,b" });
  await assert.rejects(runtime.send(refused));
  runtime.destroy();
  await shown(/415:/).waitFor();
  const link = workbench.page.locator(".view-line .detected-link").first();
  await link.waitFor();
  await workbench.screenshot(`${here.shots}/log-live.png`);
  await link.click({ modifiers: ["ControlOrMeta"] });
  await workbench.editorTab("wine-blue").waitFor();
  await workbench.webview().getByText("Table", { exact: true }).first().click();
  await workbench.webview().getByText("The line of the log").first().waitFor();
  await workbench.screenshot(`${here.shots}/log-moment.png`);
});

step(
  "an endpoint's page comes back with what was entered when the window is reloaded",
  async () => {
    const { workbench } = here;
    await workbench.webview().getByRole("textbox", { name: "Body" }).fill("1.5,2.5");
    await workbench.reloadWindow();
    const page = workbench.webview();
    await page.getByText("InService").first().waitFor({ timeout: 60_000 });
    assert.equal(await page.getByRole("textbox", { name: "Body" }).inputValue(), "1.5,2.5");
  },
  RELOAD_NOISE,
);

step("another region stands beside the current one in the explorer, with nothing that acts", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.runCommand("SageMaker Ops: Add Connection to Explorer…");
  await workbench.pick("Sandbox");
  await workbench.pick("eu-west-1");
  await workbench.treeItem(/^\d{12} · eu-west-1$/).waitFor();
  await workbench.expandTreeItem("wine-europe");
  await workbench.treeItem("AllTraffic").waitFor();
  await workbench.treeItem("wine-europe").click({ button: "right" });
  await workbench.page.getByRole("menuitem", { name: "Copy Name" }).waitFor();
  assert.equal(await workbench.page.getByRole("menuitem", { name: /Delete|Test Prediction/ }).count(), 0);
  await workbench.screenshot(`${here.shots}/side-connection.png`);
  await workbench.page.keyboard.press("Escape");
  const row = workbench.treeItem(/^\d{12} · eu-west-1$/);
  await row.hover();
  await row.getByRole("button", { name: "Remove Connection from Explorer" }).click();
  await row.waitFor({ state: "hidden" });
});

step("an agent's tool reads without asking", async () => {
  const call = await beginCall("sagemaker_list_endpoints", {});
  const { text, tools, error } = await call.ended();
  assert.equal(error, undefined);
  assert.match(text ?? "", /^3 endpoints in us-east-1\./);
  assert.equal(tools?.filter((name) => name.startsWith("sagemaker_")).length, 7);
});

step("a tool that sends asks first, with account, region, target and cost", async () => {
  const { workbench } = here;
  const call = await beginCall("sagemaker_invoke_endpoint", { endpoint: "wine-green", body: WINE_ROW });
  const dialog = workbench.page.locator(".monaco-dialog-box");
  await dialog.getByText("Send 1 request to wine-green").waitFor();
  for (const text of [
    /Account: \d{12} \(sandbox, simulated instances\)/,
    /Region: us-east-1/,
    /nothing in the sandbox/,
  ])
    await dialog.getByText(text).first().waitFor();
  await workbench.screenshot(`${here.shots}/tool-confirm.png`);
  await dialog.getByRole("button", { name: /^(Yes|Allow|Continue)/ }).click();
  const { text } = await call.ended();
  assert.match(text ?? "", /^wine-green answered HTTP 200 in /);
});

step(
  "what a tool cannot do is told to the model with the way out",
  async () => {
    const call = await beginCall("sagemaker_describe_endpoint", { endpoint: "gone" });
    const { error } = await call.ended();
    assert.match(error ?? "", /gone.*Check the name, or switch the region or the account\./s);
  },
  /gone/,
);
