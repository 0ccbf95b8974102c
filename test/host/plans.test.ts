import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { story } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** Load plans as files of the editor: lenses, problems, one request, tests. */
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 60);
const { step } = here;

const planFile = (name: string) => path.join(here.server.workspace, "loadtests", name);
const lens = (name: string | RegExp) =>
  here.workbench.page.locator(".codelens-decoration a", { hasText: name }).first();

async function openPlan(name: string): Promise<void> {
  await here.workbench.openView("SageMaker Ops");
  await here.workbench.treeItem(name).click();
  await here.workbench.editorTab(name).waitFor();
}

step("a plan says above its first line what it sends, and what can be done with it", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
  await openPlan("short.ramp.json");
  await lens("Run").waitFor();
  await workbench.page.getByText("up to 60/s · 480 requests · 10 s").waitFor();
  await workbench.screenshot(`${here.shots}/plan-lenses.png`);
});

step("one request of a plan is sent after asking and shown with its answer, without secrets", async () => {
  const { workbench } = here;
  await lens("Debug one request").click();
  await workbench.quickPickRow("Region").waitFor();
  await workbench.screenshot(`${here.shots}/one-request-confirm.png`);
  await workbench.pick(/Send 1 request to wine-endpoint$/);
  await workbench.editorTab(/One request of short/).waitFor();
  const page = workbench.webview();
  await page.getByText("✓ HTTP 200 OK").waitFor();
  await page.getByText("authorization: (not shown)").waitFor();
  assert.equal(await page.getByText(/AWS4-HMAC-SHA256|Signature=/).count(), 0);
  await workbench.screenshot(`${here.shots}/one-request.png`);
});

step("what a plan cannot show with its endpoint's policy is told at its place while it is typed", async () => {
  const { workbench } = here;
  await openPlan("short.ramp.json");
  const problems = workbench.page.locator(".markers-panel");
  await workbench.runCommand("Problems: Focus on Problems View");
  await problems.getByText(/60 requests\/s at a target of 15,000 .* cannot show a scale-out/).waitFor();
  const file = planFile("short.ramp.json");
  const good = readFileSync(file, "utf8");
  writeFileSync(file, good.replace('"seconds": 6', '"seconds": -6').replace('"achievedRatio"', '"achieved"'));
  await problems.getByText(/^unknown "achieved"|Property achieved is not allowed/).waitFor();
  await workbench.screenshot(`${here.shots}/plan-problems.png`);
  writeFileSync(file, good.replace('"min": 0.9', '"min": 0.9, "stage": 7'));
  await problems.getByText(/there is no stage 7: the plan has 2, counted from 0/).waitFor();
  writeFileSync(file, good);
  await problems.getByText(/there is no stage 7/).waitFor({ state: "hidden" });
});

step("the Test Explorer runs a plan after the same question and passes it", async () => {
  const { workbench } = here;
  await workbench.runCommand("Testing: Focus on Test Explorer View");
  const row = workbench.page
    .locator(".test-explorer")
    .getByRole("treeitem", { name: /short\.ramp\.json/ })
    .first();
  await row.waitFor();
  await row.click();
  await row.getByRole("button", { name: /^Run Test/ }).click();
  await workbench.pick(/Send 480 requests to wine-endpoint$/);
  await workbench.page
    .getByRole("treeitem", { name: /short\.ramp\.json.*\(Passed\)/ })
    .first()
    .waitFor({ timeout: 60_000 });
  await workbench.screenshot(`${here.shots}/test-passed.png`);
});

step("an expectation that does not hold is a message at its line of the plan", async () => {
  const { workbench } = here;
  const file = planFile("short.ramp.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"errorRate"', '"p50Ms": { "max": 0.1 },\n    "errorRate"'));
  await workbench.runCommand("View: Close All Editors");
  await workbench.openView("SageMaker Ops");
  await workbench.treeItem(/^\d\d:\d\d short$/).waitFor();
  await openPlan("short.ramp.json");
  await lens("Run").waitFor();
  await workbench.runCommand("Test: Run Tests in Current File");
  await workbench.pick(/Send 480 requests to wine-endpoint$/);
  await workbench.page
    .getByText(/p50 ≤ 0\.1 ms, was/)
    .first()
    .waitFor({ timeout: 60_000 });
  await workbench.screenshot(`${here.shots}/test-failed.png`);
});
