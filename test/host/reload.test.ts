import assert from "node:assert/strict";
import { after } from "node:test";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { RELOAD_NOISE } from "../rig/workbenchProblems.ts";
import { eventually } from "../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../wire/sandbox.ts";
import { story } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** What becomes of work in progress when the window is reloaded, and of clicks that come twice. */
const TIME_SCALE = 8;
let sandbox: TestSandbox | undefined;

/** A sandbox that outlives the window, as an account does; an endpoint takes half a minute in it. */
async function prepare() {
  sandbox = await startTestSandbox({ timeScale: TIME_SCALE });
  const { endpoint, accountId, accessKeyId, secretAccessKey } = sandbox;
  const keys = { accountId, accessKeyId, secretAccessKey, controlToken: "" };
  const info = { endpoint, region: "us-east-1", ...keys, timeScale: TIME_SCALE };
  return { env: { SAGEMAKER_OPS_SANDBOX: JSON.stringify(info) } };
}

const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), TIME_SCALE, {}, prepare);
const { step } = here;
after(async () => sandbox?.close());

step(
  "a deployment is watched on after a reload of the window, and refused a second time",
  async () => {
    const { workbench } = here;
    const { page } = workbench;
    await workbench.openView("SageMaker Ops");
    await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
    await workbench.runCommand("SageMaker Ops: Deploy…");
    await workbench.pick(/Deploy \d+ changes$/);
    await workbench
      .notification(/Deploying stack wine .* \d+ of \d+/)
      .first()
      .waitFor({ timeout: 60_000 });
    await workbench.reloadWindow();
    await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor({ timeout: 60_000 });
    await workbench
      .notification(/Deploying stack wine .* \d+ of \d+/)
      .first()
      .waitFor();
    await workbench.runCommand("SageMaker Ops: Deploy…");
    await workbench.notification("Stack wine is being worked on.").waitFor();
    await workbench.screenshot(`${here.shots}/reloaded-deploying.png`);
    await page
      .getByText(/^CREATE_COMPLETE · \d+ resources/)
      .first()
      .waitFor({ timeout: 90_000 });
    // What comes after CloudFormation has been done, too: the page is there.
    const url = workbench.treeItem("WebUrl").locator(".label-description");
    const text = await eventually("the web page is published", async () => {
      const answer = await fetch((await url.textContent()) ?? "").catch(() => undefined);
      return answer?.ok ? answer.text() : undefined;
    });
    assert.match(text, /<html/);
    await workbench.treeItem("Scaling").waitFor();
    await workbench.treeItem("wine-endpoint").filter({ hasText: "InService" }).waitFor();
    await workbench.screenshot(`${here.shots}/reloaded-deployed.png`);
  },
  new RegExp(`${RELOAD_NOISE.source}|Stack wine is being worked on`),
);

step("a click that comes twice sends once, opens once and asks once", async () => {
  const { workbench } = here;
  const { page } = workbench;
  await workbench.runCommand("Notifications: Clear All Notifications");
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  await workbench.editorTab("wine-endpoint").waitFor();
  assert.equal(await workbench.editorTab("wine-endpoint").count(), 1);
  const send = workbench.webview().getByRole("button", { name: "Send" });
  await send.dblclick();
  await workbench.webview().getByText("HTTP 200").waitFor();
  await workbench.openView("SageMaker Ops");
  const plan = workbench.treeItem("short.ramp.json");
  await plan.hover();
  await plan.getByRole("button", { name: "Run Load Test…" }).dblclick();
  await workbench.pick(/Send [\d,]+ requests to wine-endpoint$/);
  await workbench
    .webview()
    .getByText(/^[✓✗] (Passed|Failed)/)
    .first()
    .waitFor({ timeout: 60_000 });
  const runs = page.getByRole("treeitem").filter({ hasText: /60\/s/ });
  await runs.first().waitFor();
  assert.equal(await runs.count(), 1, "one run is listed");
});

step(
  "the last requests of an endpoint are there after a reload of the window",
  async () => {
    const { workbench } = here;
    await workbench.runCommand("View: Close All Editors");
    await workbench.reloadWindow();
    await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor({ timeout: 60_000 });
    await workbench.runCommand("SageMaker Ops: Test Prediction");
    await workbench.webview().getByText("Last requests (1)").click();
    await workbench
      .webview()
      .getByRole("button", { name: /200 · .* · class_0/ })
      .waitFor();
  },
  RELOAD_NOISE,
);
