import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { packageVsix } from "../rig/packageVsix.mjs";
import { startVscode, type VscodeServer } from "../rig/vscodeServer.mjs";
import { type Theme, Workbench } from "../rig/workbench.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** The main job in a real VS Code with the packaged extension, from the palette, against the sandbox that it starts. */
const skip = skipWithoutChromium;
const themes: Theme[] = ["dark", "light", "hcDark", "hcLight"];
let server: VscodeServer;
let workbench: Workbench;
let shots: string;
const wine = skip ? undefined : createWineWorkspace();

before(
  async () => {
    if (!wine) return;
    const settings = { "sagemakerOps.sandbox.timeScale": 60 };
    server = await startVscode({ workspace: wine.folder, vsix: [packageVsix().file], settings });
    shots = path.resolve(import.meta.dirname, "../../artifacts/host", server.version);
    workbench = await Workbench.open(server);
    workbench.page.setDefaultTimeout(20_000);
  },
  { timeout: 180_000 },
);
after(async () => {
  await workbench?.close();
  await server?.stop();
  wine?.remove();
});

let broken: string | undefined;

/** Runs a step of the job. What goes wrong unseen fails it; a failure leaves a picture and spares the steps after it. */
function step(name: string, work: () => Promise<void>, expected?: RegExp): void {
  test(name, { skip, timeout: 180_000 }, async (context) => {
    if (broken) {
      context.skip(`NOT RUN, because a step before it failed: ${broken}`);
      return;
    }
    try {
      await work();
      const problems = workbench.problems.take().filter((text) => !expected?.test(text));
      assert.deepEqual(problems, []);
    } catch (error) {
      broken = name;
      await workbench.screenshot(`${shots}/failed-${name.replace(/\W+/g, "-")}.png`);
      throw error;
    }
  });
}

async function screenshots(name: string): Promise<void> {
  for (const theme of themes) {
    await workbench.setTheme(theme);
    await workbench.screenshot(`${shots}/${name}-${theme}.png`);
  }
  await workbench.setTheme("dark");
}

step("a workspace with a project says that nothing is connected and offers the two ways", async () => {
  await workbench.statusBarItem("SageMaker: not connected").waitFor();
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).waitFor();
  await workbench.page.getByRole("button", { name: "Connect to AWS" }).waitFor();
  await workbench.screenshot(`${shots}/welcome.png`);
});

const connectFirst = async () => {
  await workbench.runCommand("SageMaker Ops: Deploy…");
  const notification = workbench.notification("Not connected to AWS or the sandbox.");
  await notification.waitFor();
  await notification.getByRole("button", { name: "Start Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
};
// The workbench writes every error message to its console, too.
step("without a connection a command says what to do, once", connectFirst, /^console: Not connected to AWS/);

step("Deploy shows the change set first, and Escape changes nothing", async () => {
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.quickPickRow(/Deploy \d+ changes$/).waitFor();
  await workbench.quickPickRow("Region").waitFor();
  await workbench.page.keyboard.press("Escape");
  await workbench.page.getByText("The project's stack is not deployed here.").waitFor();
});

step("Deploy from the palette puts the project up, and the trees show it", async () => {
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.notification("Deploying stack wine in sandbox").waitFor();
  await workbench.treeItem("wine-endpoint").waitFor();
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources$/).waitFor({ timeout: 90_000 });
  for (const row of [
    "AllTraffic",
    /^wine-Model-/,
    /^wine-EndpointConfig-/,
    "Scaling",
    "AlarmHigh",
    "Target tracking",
  ]) {
    await workbench.treeItem(row).waitFor();
  }
  await workbench.page.getByText(/^InService · 1\/1 instances/).waitFor();
  await workbench.treeItem("ApiUrl").waitFor();
  await workbench.notification("Deploying stack wine").waitFor({ state: "hidden" });
  await workbench.expandTreeItem("wine");
  // Rows further down exist only when they are scrolled to.
  await workbench.treeItem("EndpointLogs").waitFor();
  await screenshots("deployed");
});

step("a prediction in the page names the class, and the metrics follow", async () => {
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  const page = workbench.webview();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  assert.match((await page.locator(".bars li.first").textContent()) ?? "", /^\s*class_0\s+0\.99\d\s*$/);
  // The sandbox's periods are a few seconds long; the chart has no figure before the first one has ended.
  await page.getByRole("img", { name: /^Instances, serving, simulated, last: instances 1$/ }).waitFor();
  const frame = await workbench.webviewFrame();
  for (const theme of themes) {
    await workbench.setTheme(theme);
    assert.deepEqual(await axeFindings(frame), [], theme);
    await workbench.screenshot(`${shots}/prediction-${theme}.png`);
  }
  await workbench.setTheme("dark");
});

step("a load test asks first, is watched in its page, and leaves a report", async () => {
  await workbench.runCommand("SageMaker Ops: Run Load Test…");
  await workbench.pick("short.ramp.json");
  await workbench.quickPickRow(/Send 480 requests to wine-endpoint$/).waitFor();
  await workbench.screenshot(`${shots}/load-confirm.png`);
  await workbench.pick(/Send 480 requests to wine-endpoint$/);
  const page = workbench.webview();
  await page.getByRole("heading", { name: "short → wine-endpoint" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await page.getByText("✓ Passed").waitFor({ timeout: 60_000 });
  const frame = await workbench.webviewFrame();
  for (const theme of themes) {
    await workbench.setTheme(theme);
    assert.deepEqual(await axeFindings(frame), [], theme);
    await workbench.screenshot(`${shots}/load-run-${theme}.png`);
  }
  await workbench.setTheme("dark");
  await workbench.treeItem(/^\d\d:\d\d short$/).waitFor();
  const runs = readdirSync(path.join(server.workspace, ".sagemaker-ops/runs"));
  assert.deepEqual(runs.map((name) => path.extname(name)).sort(), [".html", ".json"]);
  await page.getByRole("button", { name: "Open report" }).click();
  await workbench.editorTab("Report short").waitFor();
  await workbench.webview().getByText("✓ Passed").first().waitFor();
  await workbench.screenshot(`${shots}/report.png`);
});

step("Stop Load Test ends a run early and keeps what was measured", async () => {
  await workbench.runCommand("SageMaker Ops: Run Load Test…");
  await workbench.pick("short.ramp.json");
  await workbench.pick(/Send 480 requests to wine-endpoint$/);
  const page = workbench.webview();
  await page.getByText("Running").waitFor();
  await workbench.runCommand("SageMaker Ops: Stop Load Test");
  await page.getByText("✗ Interrupted").waitFor({ timeout: 30_000 });
});

step("Delete Stack asks, then takes everything away", async () => {
  await workbench.runCommand("SageMaker Ops: Delete Stack…");
  await workbench.pick(/Delete \d+ resources of stack wine$/);
  await workbench.page.getByText("The project's stack is not deployed here.").waitFor({ timeout: 90_000 });
  await workbench.page.getByText("No endpoints in us-east-1").first().waitFor();
});

step("Stop Sandbox ends the connection", async () => {
  await workbench.runCommand("SageMaker Ops: Stop Sandbox");
  await workbench.statusBarItem("SageMaker: not connected").waitFor();
});
