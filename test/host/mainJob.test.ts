import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { story, themes } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** The main job in a real VS Code with the packaged extension, from the palette, against the sandbox that it starts. */
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 60);
const { step, screenshots } = here;

step("a workspace with a project says that nothing is connected and offers the two ways", async () => {
  await here.workbench.statusBarItem("SageMaker: not connected").waitFor();
  await here.workbench.openView("SageMaker Ops");
  await here.workbench.page.getByRole("button", { name: "Start the Sandbox" }).waitFor();
  await here.workbench.page.getByRole("button", { name: "Connect to AWS" }).waitFor();
  await here.workbench.screenshot(`${here.shots}/welcome.png`);
});

const connectFirst = async () => {
  await here.workbench.runCommand("SageMaker Ops: Deploy…");
  const notification = here.workbench.notification("Not connected to AWS or the sandbox.");
  await notification.waitFor();
  await notification.getByRole("button", { name: "Start Sandbox" }).click();
  await here.workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
};
// The workbench writes every error message to its console, too.
step("without a connection a command says what to do, once", connectFirst, /^console: Not connected to AWS/);

step("Deploy shows the change set first, and Escape changes nothing", async () => {
  await here.workbench.runCommand("SageMaker Ops: Deploy…");
  await here.workbench.quickPickRow(/Deploy \d+ changes$/).waitFor();
  await here.workbench.quickPickRow("Region").waitFor();
  await here.workbench.page.keyboard.press("Escape");
  await here.workbench.page.getByText("The project's stack is not deployed here.").waitFor();
});

step("Deploy from the palette puts the project up, and the trees show it", async () => {
  await here.workbench.runCommand("SageMaker Ops: Deploy…");
  await here.workbench.pick(/Deploy \d+ changes$/);
  await here.workbench.notification("Deploying stack wine in sandbox").waitFor();
  await here.workbench.treeItem("wine-endpoint").waitFor();
  await here.workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
  for (const row of [
    "AllTraffic",
    /^wine-Model-/,
    /^wine-EndpointConfig-/,
    "Scaling",
    "AlarmHigh",
    "Target tracking",
  ]) {
    await here.workbench.treeItem(row).waitFor();
  }
  await here.workbench.page.getByText(/^InService · 1\/1 instances/).waitFor();
  await here.workbench.treeItem("ApiUrl").waitFor();
  await here.workbench.notification("Deploying stack wine").waitFor({ state: "hidden" });
  await here.workbench.expandTreeItem("wine");
  // Rows further down exist only when they are scrolled to.
  await here.workbench.treeItem("EndpointLogs").waitFor();
  await screenshots("deployed");
});

step("a prediction in the page names the class, and the metrics follow", async () => {
  await here.workbench.runCommand("SageMaker Ops: Test Prediction");
  const page = here.workbench.webview();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  assert.match((await page.locator(".bars li.first").textContent()) ?? "", /^\s*class_0\s+0\.99\d\s*$/);
  // The sandbox's periods are a few seconds long; the chart has no figure before the first one has ended.
  await page.getByRole("img", { name: /^Instances, serving, simulated, last: instances 1(, desired 1)?$/ }).waitFor();
  const frame = await here.workbench.webviewFrame();
  for (const theme of themes) {
    await here.workbench.setTheme(theme);
    assert.deepEqual(await axeFindings(frame), [], theme);
    await here.workbench.screenshot(`${here.shots}/prediction-${theme}.png`);
  }
  await here.workbench.setTheme("dark");
});

step("a load test asks first, is watched in its page, and leaves a report", async () => {
  await here.workbench.runCommand("SageMaker Ops: Run Load Test…");
  await here.workbench.pick("short.ramp.json");
  await here.workbench.quickPickRow(/Send 480 requests to wine-endpoint$/).waitFor();
  await here.workbench.screenshot(`${here.shots}/load-confirm.png`);
  await here.workbench.pick(/Send 480 requests to wine-endpoint$/);
  const page = here.workbench.webview();
  await page.getByRole("heading", { name: "short → wine-endpoint" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.getByText("✓ Passed").waitFor({ timeout: 60_000 });
  const frame = await here.workbench.webviewFrame();
  for (const theme of themes) {
    await here.workbench.setTheme(theme);
    assert.deepEqual(await axeFindings(frame), [], theme);
    await here.workbench.screenshot(`${here.shots}/load-run-${theme}.png`);
  }
  await here.workbench.setTheme("dark");
  await here.workbench.treeItem(/^\d\d:\d\d short$/).waitFor();
  const runs = readdirSync(path.join(here.server.workspace, ".sagemaker-ops/runs"));
  assert.deepEqual(runs.map((name) => path.extname(name)).sort(), [".html", ".json"]);
  await page.getByRole("button", { name: "Open report" }).click();
  await here.workbench.editorTab("Report short").waitFor();
  await here.workbench.webview().getByRole("heading", { name: "Scaling timeline" }).waitFor();
  await here.workbench.screenshot(`${here.shots}/report.png`);
});

step("Stop Load Test ends a run early and keeps what was measured", async () => {
  await here.workbench.runCommand("SageMaker Ops: Run Load Test…");
  await here.workbench.pick("short.ramp.json");
  await here.workbench.pick(/Send 480 requests to wine-endpoint$/);
  const page = here.workbench.webview();
  await page.getByText("Running").waitFor();
  await here.workbench.runCommand("SageMaker Ops: Stop Load Test");
  await page.getByText("✗ Interrupted").waitFor({ timeout: 30_000 });
});

step("Delete Stack asks, then takes everything away", async () => {
  await here.workbench.runCommand("SageMaker Ops: Delete Stack…");
  await here.workbench.pick(/Delete \d+ resources of stack wine$/);
  await here.workbench.page.getByText("The project's stack is not deployed here.").waitFor({ timeout: 90_000 });
  await here.workbench.page.getByText("No endpoints in us-east-1").first().waitFor();
});

step("Stop Sandbox ends the connection", async () => {
  await here.workbench.runCommand("SageMaker Ops: Stop Sandbox");
  await here.workbench.statusBarItem("SageMaker: not connected").waitFor();
});
