import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { RELOAD_NOISE } from "../rig/workbenchProblems.ts";
import { story } from "./steps.ts";

/** What a new user does: an empty folder first, then everything at the wrong moment. */
const here = story(skipWithoutChromium ? undefined : emptyWorkspace(), 20);
const { step } = here;

function emptyWorkspace(): { folder: string; remove(): void } {
  const root = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-empty-"));
  const folder = path.join(root, "first-steps");
  mkdirSync(folder);
  return { folder, remove: () => rmSync(root, { recursive: true, force: true }) };
}

const file = (name: string) => path.join(here.server.workspace, name);
const read = (name: string) => readFileSync(file(name), "utf8");

/** Puts something else into a file while `work` runs. */
async function withContent(name: string, text: (good: string) => string, work: () => Promise<void>): Promise<void> {
  const good = read(name);
  writeFileSync(file(name), text(good));
  try {
    await work();
  } finally {
    writeFileSync(file(name), good);
  }
}

async function deploy(): Promise<void> {
  await here.workbench.runCommand("SageMaker Ops: Deploy…");
  await here.workbench.pick(/Deploy \d+ changes$/);
}
const deployed = () => here.workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
const clearNotifications = () => here.workbench.runCommand("Notifications: Clear All Notifications");

/** The example has one plan, so that there is nothing to pick. */
async function runLoadTest(): Promise<void> {
  await here.workbench.runCommand("SageMaker Ops: Run Load Test…");
  await here.workbench.pick(/Send [\d,]+ requests to wine-endpoint$/);
  await here.workbench.webview().getByText("Running").waitFor();
}

const emptyFolder = async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).dblclick();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  const notification = workbench.notification(/No folder of this workspace has a sagemaker-ops\.json at its root/);
  await notification.getByRole("button", { name: "Create the Wine Example…" }).click();
  await workbench.pick("first-steps");
  await workbench.editorTab("sagemaker-ops.json").waitFor();
  await workbench.page.getByText("The project's stack is not deployed here.").waitFor();
  await workbench.treeItem("1k-rps.ramp.json").waitFor();
  await workbench.screenshot(`${here.shots}/example-created.png`);
};
step("an empty folder becomes the wine project", emptyFolder, /No folder of this workspace/);

const brokenProject = () =>
  withContent(
    "sagemaker-ops.json",
    (good) => good.replace('"version": 1', '"version": 2'),
    async () => {
      const { workbench } = here;
      await workbench.treeItem(/^Project file sagemaker-ops\.json has 1 problem: version/).waitFor();
      await workbench.runCommand("View: Close All Editors");
      await workbench.runCommand("SageMaker Ops: Deploy…");
      const notification = workbench.notification(/has 1 problem: version: .*expected 1/);
      await notification.getByRole("button", { name: "Open File" }).click();
      await workbench.page.getByText("Ln 2, Col 3").waitFor();
    },
  );
step(
  "a broken project file is told with its place, opens there, and is well again by itself",
  async () => {
    await brokenProject();
    await here.workbench.page.getByText("The project's stack is not deployed here.").waitFor();
  },
  /Project file .* has 1 problem/,
);

step(
  "a broken plan is told with its place",
  async () => {
    const { workbench } = here;
    const spoil = (good: string) => good.replace('"seconds": 60', '"seconds": -60');
    await withContent("loadtests/1k-rps.ramp.json", spoil, async () => {
      await workbench.runCommand("View: Close All Editors");
      await workbench.runCommand("SageMaker Ops: Run Load Test…");
      const notification = workbench.notification(/stages\[1\]\.seconds: too small/);
      await notification.getByRole("button", { name: "Open File" }).click();
      await workbench.editorTab("1k-rps.ramp.json").waitFor();
      const line =
        1 +
        read("loadtests/1k-rps.ramp.json")
          .split("\n")
          .findIndex((text) => text.includes("-60"));
      await workbench.page.getByText(new RegExp(`^Ln ${line}, Col \\d+$`)).waitFor();
    });
  },
  /Load plan .* cannot be used/,
);

step(
  "a second deployment is refused while one runs, and Cancel takes everything back",
  async () => {
    const { workbench } = here;
    await clearNotifications();
    await deploy();
    const progress = workbench.notification("Deploying stack wine");
    await progress.getByText(/\d+ of \d+/).waitFor();
    await workbench.runCommand("SageMaker Ops: Deploy…");
    await workbench
      .notification("Stack wine is being worked on.")
      .getByRole("button", { name: "Show Progress" })
      .waitFor();
    await progress.getByRole("button", { name: "Cancel" }).click();
    await workbench.treeItem("Deployment cancelled").waitFor({ timeout: 60_000 });
    await workbench.treeItem("Deploy again…").waitFor();
    await workbench.page.getByText("No endpoints in us-east-1").first().waitFor();
    await clearNotifications();
    await here.screenshots("deployment-cancelled");
  },
  /Stack wine is being worked on/,
);

step("Stop Sandbox asks while a stack is deployed, and Escape leaves it alone", async () => {
  const { workbench } = here;
  await workbench.treeItem("Deploy again…").click();
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.notification("Deploying stack wine").waitFor();
  await workbench.runCommand("SageMaker Ops: Stop Sandbox");
  await workbench.quickPickRow("Stop the sandbox all the same").waitFor();
  await workbench.quickPickRow("Stack wine").waitFor();
  await workbench.page.keyboard.press("Escape");
  await deployed();
  assert.equal(await workbench.treeItem("Deployment cancelled").count(), 0);
});

step("through the API, too few values, and a copy as code", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  const page = workbench.webview();
  await page.getByRole("button", { name: "API", exact: true }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/^HTTP 200 .* application\/json/).waitFor();
  assert.match((await page.locator(".bars li.first").textContent()) ?? "", /^\s*class_0\s+0\.99\d\s*$/);
  await page.getByRole("button", { name: "curl" }).click();
  await page.getByText("✓ copied").waitFor();
  assert.match(
    String(await workbench.page.evaluate("navigator.clipboard.readText()")),
    /^curl -sS 'http:.*DummyStage\/DT'/,
  );
  await page.getByRole("button", { name: "Raw body" }).click();
  await page.getByRole("textbox", { name: "Body" }).fill("hello,wine");
  await page.getByText(/^⚠ 2 of 13 values/).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/The model's container answered 415: Loading csv data failed/).waitFor();
});

step(
  "Delete Stack stops the load test that runs against it, keeps what it measured, and the page explains it",
  async () => {
    const { workbench } = here;
    await runLoadTest();
    await workbench.runCommand("View: Close All Editors");
    await workbench.runCommand("SageMaker Ops: Show Running Load Test");
    await workbench.webview().getByText("Running").waitFor();
    await workbench.runCommand("SageMaker Ops: Delete Stack…");
    await workbench.quickPickRow("Load test 1k-rps is running against it").waitFor();
    await workbench.pick(/Delete \d+ resources of stack wine$/);
    const page = workbench.webview();
    await page.getByText("✗ Interrupted").waitFor({ timeout: 30_000 });
    await workbench.page.getByText("The project's stack is not deployed here.").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Why did it not scale?" }).click();
    await workbench.editorTab(/Scaling in run 1k-rps/).waitFor();
    await workbench.webview().getByText("Why it did not scale out").waitFor();
    await workbench.webview().getByText("The run was interrupted").waitFor();
    await workbench.screenshot(`${here.shots}/explain-run.png`);
  },
);

step("the page of an endpoint that is gone says so once and is well again with the next deployment", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await deploy();
  await deployed();
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  const page = workbench.webview();
  await page.getByText("InService").waitFor();
  await workbench.runCommand("SageMaker Ops: Delete Stack…");
  await workbench.pick(/Delete \d+ resources of stack wine$/);
  await page.getByText("There is no endpoint wine-endpoint in the sandbox (us-east-1).").waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Deploy…" }).click({ timeout: 60_000 });
  await workbench.pick(/Deploy \d+ changes$/);
  await page.getByText("InService").waitFor({ timeout: 90_000 });
  assert.equal(await page.getByText(/There is no endpoint/).count(), 0);
  await deployed();
});

step(
  "after a reload in the middle of a run its measurements are on disk and listed",
  async () => {
    const { workbench } = here;
    await runLoadTest();
    // What was measured is written down every five seconds.
    await workbench
      .webview()
      .getByText(/^00:0[89]/)
      .first()
      .waitFor();
    await workbench.page.reload();
    await workbench.statusBarItem("SageMaker: not connected").waitFor({ timeout: 60_000 });
    await workbench.openView("SageMaker Ops");
    await workbench.page
      .getByText(/^interrupted · stayed at 1/)
      .first()
      .waitFor();
  },
  // VS Code itself says so of a reload that comes while it is busy.
  RELOAD_NOISE,
);
