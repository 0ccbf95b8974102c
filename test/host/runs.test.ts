import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { axeFindings } from "../rig/axe.ts";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { RELOAD_NOISE } from "../rig/workbenchProblems.ts";
import { story, themes } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** What becomes of load runs: their pages after closing and reloading, comparisons, exports. */
const settings = { "workbench.editor.restoreEditors": true };
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 60, settings);
const { step } = here;
const row = (text: string) => here.workbench.page.getByRole("treeitem").filter({ hasText: text });

async function runShortPlan(): Promise<void> {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Run Load Test…");
  await workbench.pick("short.ramp.json");
  await workbench.pick(/Send 480 requests to wine-endpoint$/);
  await workbench.webview().getByRole("button", { name: "Stop" }).waitFor();
}

step("closing the page of a run stops nothing; the sidebar opens it again", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
  await runShortPlan();
  await workbench.runCommand("View: Close All Editors");
  const row = workbench.treeItem(/^\d\d:\d\d short$/);
  await row.waitFor({ timeout: 60_000 });
  await row.click();
  const page = workbench.webview();
  await page.getByText("✓ Passed").waitFor();
  // Where answers came after the last second of the plan, nothing was asked in the last one of the run.
  await page.getByRole("img", { name: /^Rate, requests\/s, last: achieved \d+\/s, asked (60|0)\/s$/ }).waitFor();
});

step("two runs are compared side by side", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await runShortPlan();
  await workbench.webview().getByText("✓ Passed").waitFor({ timeout: 60_000 });
  await workbench.webview().getByRole("button", { name: "Compare…" }).click();
  await workbench.quickInput.getByText("same plan").waitFor();
  await workbench.screenshot(`${here.shots}/compare-pick.png`);
  await workbench.quickInput.getByRole("button", { name: "OK" }).click();
  await workbench.editorTab("Compare short").waitFor();
  const page = workbench.webview();
  await page.getByRole("heading", { name: "A · B: short" }).waitFor();
  await page.getByRole("row", { name: /^p99 / }).waitFor();
  const frame = await workbench.webviewFrame();
  for (const theme of themes) {
    await workbench.setTheme(theme);
    assert.deepEqual(await axeFindings(frame), [], theme);
    await workbench.screenshot(`${here.shots}/compare-${theme}.png`);
  }
  await workbench.setTheme("dark");
});

step("a run is exported as CSV, a plan to k6", async () => {
  const { workbench } = here;
  const runs = path.join(here.server.workspace, ".sagemaker-ops/runs");
  await workbench.runCommand("SageMaker Ops: Export Run…");
  await workbench.quickInput.locator(".monaco-list-row").first().click();
  await workbench.pick("CSV");
  await workbench.quickInput.getByRole("button", { name: "OK" }).click();
  await workbench.editorTab(/\.csv/).waitFor();
  const csv = readFileSync(path.join(runs, readdirSync(runs).find((name) => name.endsWith(".csv")) ?? ""), "utf8");
  assert.match(csv, /^time,second,asked,sent,done,ok,/);
  // Answers that come after the last second of the plan have a row of their own.
  const seconds = csv.split("\n").map((line) => line.split(",")[1]);
  assert.deepEqual(seconds.slice(1, 11), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  await workbench.runCommand("SageMaker Ops: Export Load Plan to Artillery or k6…");
  await workbench.pick("short.ramp.json");
  await workbench.pick("k6");
  await workbench.pick("short-k6");
  await workbench.editorTab(/README\.md/).waitFor();
  assert.ok(existsSync(path.join(here.server.workspace, "loadtests/short-k6/README.md")));
});

step("a run that is stopped sends nothing more, says so, and keeps what it measured", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await runShortPlan();
  const page = workbench.webview();
  await page.getByRole("img", { name: /^Rate, requests\/s, last: achieved \d+\/s/ }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("✗ Interrupted").waitFor({ timeout: 15_000 });
  await page.getByRole("button", { name: "Open report" }).waitFor();
  const runs = path.join(here.server.workspace, ".sagemaker-ops/runs");
  const newest = readdirSync(runs)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .at(-1);
  const { totals, interrupted } = JSON.parse(readFileSync(path.join(runs, newest ?? ""), "utf8"));
  assert.equal(interrupted, true);
  assert.ok(totals.sent > 0 && totals.sent < 480, `${totals.sent} sent`);
  assert.equal(totals.ok, totals.sent);
  await workbench.screenshot(`${here.shots}/stopped.png`);
});

step("results of k6 are imported and judged by a plan", async () => {
  const { workbench } = here;
  const rate = { value: 48, values: { rate: 48, count: 480 } };
  const latency = { min: 1, avg: 5, med: 4, "p(90)": 9, "p(95)": 12, "p(99)": 20, max: 25 };
  const summary = {
    metrics: {
      http_reqs: { type: "counter", contains: "default", values: rate.values },
      http_req_failed: { type: "rate", contains: "default", values: { rate: 0, passes: 0, fails: 480 } },
      http_req_duration: { type: "trend", contains: "time", values: latency },
    },
    state: { testRunDurationMs: 10_000 },
  };
  const file = path.join(here.server.workspace, "summary.json");
  writeFileSync(file, JSON.stringify(summary));
  await workbench.runCommand("View: Close All Editors");
  await workbench.runCommand("SageMaker Ops: Import Results of Artillery or k6…");
  await workbench.pick("summary.json");
  await workbench.pick("short.ramp.json");
  const page = workbench.webview();
  await page.getByText(/^480 requests sent, 48 requests\/s on average at p99 20(\.0)? ms$/).waitFor();
  await page.getByText("k6 · summary.json").waitFor();
  assert.equal(await page.getByRole("button", { name: "Why did it not scale?" }).count(), 0);
  await row("k6 · 48/s · p99 20 ms").waitFor();
  await workbench.screenshot(`${here.shots}/imported.png`);
});

step("a run is deleted with its report and its page, after asking", async () => {
  const { workbench } = here;
  const runs = path.join(here.server.workspace, ".sagemaker-ops/runs");
  const imported = row("k6 · 48/s · p99 20 ms");
  const kept = readdirSync(runs).length;
  await workbench.fromMenu(imported, "Delete Run…");
  // This VS Code is a server's, which has no trash, and the question says so.
  await workbench.quickInput.getByText("for good: there is no trash in this window").waitFor();
  await workbench.screenshot(`${here.shots}/delete-run.png`);
  await workbench.pick(/Delete run .* for good$/);
  await imported.waitFor({ state: "hidden" });
  await workbench.editorTab("Load run short").waitFor({ state: "hidden" });
  assert.equal(readdirSync(runs).length, kept - 2);
});

step(
  "after a reload of the window the page of a run is there again, and the sandbox with what was deployed",
  async () => {
    const { workbench } = here;
    await workbench.runCommand("View: Close All Editors");
    await row("stayed at 1 · 60/s").last().click();
    await workbench.webview().getByText("✓ Passed").waitFor();
    await workbench.reloadWindow();
    await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor({ timeout: 60_000 });
    await workbench
      .treeItem("wine-endpoint")
      .getByText(/^InService/)
      .waitFor();
    await workbench.runCommand("SageMaker Ops: Reset Sandbox…");
    await workbench.pick(/Delete everything in the sandbox$/);
    await workbench.treeItem("wine-endpoint").waitFor({ state: "hidden" });
    const page = workbench.webview();
    await page.getByText("✓ Passed").waitFor({ timeout: 60_000 });
    await page.getByRole("heading", { name: "short → wine-endpoint" }).waitFor();
    await page.getByRole("img", { name: /^Rate, requests\/s, last: achieved \d+\/s, asked (60|0)\/s$/ }).waitFor();
  },
  // VS Code itself says so of a reload that comes while it is busy.
  RELOAD_NOISE,
);
