import assert from "node:assert/strict";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { story, themes } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** What one instance holds, and what other ways to scale would mean. */
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 60);
const { step } = here;

step("What If plays a plan's load against two targets at once, and again with what is typed in", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
  await workbench.runCommand("SageMaker Ops: What If…");
  await workbench.pick("1k-rps.ramp.json");
  await workbench.editorTab("What if 1k-rps").waitFor();
  const page = workbench.webview();
  await page.getByRole("row", { name: /^A target 15,000/ }).waitFor({ timeout: 60_000 });
  await page.getByRole("row", { name: /^B target 7,500/ }).waitFor();
  await page.getByRole("button", { name: "Add scenario" }).click();
  await page.getByRole("spinbutton", { name: "target of C" }).fill("30000");
  await page.getByRole("spinbutton", { name: "target of C" }).press("Tab");
  await page.getByRole("button", { name: "Simulate" }).click();
  await page.getByRole("row", { name: /^C target 30,000/ }).waitFor({ timeout: 60_000 });
  await page.getByRole("img", { name: /^Instances, in service, simulated, last: A \d+, B \d+, C \d+$/ }).waitFor();
  const frame = await workbench.webviewFrame();
  for (const theme of themes) {
    await workbench.setTheme(theme);
    assert.deepEqual(await axeFindings(frame), [], theme);
    await workbench.screenshot(`${here.shots}/what-if-${theme}.png`);
  }
  await workbench.setTheme("dark");
});

step("Find My Target asks, raises the load, and reports what it found when it is cancelled", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await workbench.runCommand("SageMaker Ops: Find My Target…");
  await workbench.pick("short.ramp.json");
  await workbench.quickPickRow("Scale-out").waitFor();
  await workbench.screenshot(`${here.shots}/find-target-confirm.png`);
  await workbench.pick(/Find what one instance of wine-endpoint holds$/);
  const notification = workbench.notification("Finding what one instance of wine-endpoint holds");
  await notification.getByText(/\/s held: answered/).waitFor({ timeout: 30_000 });
  await notification.hover();
  await notification.getByRole("button", { name: "Cancel" }).click();
  await workbench.editorTab(/^Report/).waitFor({ timeout: 30_000 });
  await workbench
    .webview()
    .getByText(/The search was stopped before its end/)
    .waitFor();
  await workbench.screenshot(`${here.shots}/find-target-report.png`);
});
