import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { story } from "./steps.ts";
import { createWineWorkspace } from "./wineWorkspace.ts";

/** Requests that are kept as text: sent from their file, tested, and saved from the tester. */
const here = story(skipWithoutChromium ? undefined : createWineWorkspace(), 60);
const { step } = here;

const file = () => path.join(here.server.workspace, "requests/wine.predict.http");

step("a saved request is sent from its file, and its expectations are told with the answer", async () => {
  const { workbench } = here;
  await workbench.openView("SageMaker Ops");
  await workbench.page.getByRole("button", { name: "Start the Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.pick(/Deploy \d+ changes$/);
  await workbench.page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
  await workbench.page.keyboard.press("ControlOrMeta+p");
  await workbench.quickInput.locator(".quick-input-box input").fill("wine.predict.http");
  await workbench.pick("wine.predict.http");
  await workbench.editorTab("wine.predict.http").waitFor();
  const lens = workbench.page.locator(".codelens-decoration a", { hasText: "Send" }).first();
  await lens.waitFor();
  await workbench.screenshot(`${here.shots}/requests-file.png`);
  await lens.click();
  await workbench.editorTab(/Answer to a wine of class 0/).waitFor();
  await workbench.webview().getByText("✓ argmax 0").waitFor();
  await workbench.screenshot(`${here.shots}/requests-answer.png`);
});

step("in the terminal of the connection the AWS tools have the sandbox's keys, and nothing else has", async () => {
  const { workbench } = here;
  await workbench.runCommand("SageMaker Ops: Open AWS Terminal");
  const told = path.join(here.server.workspace, "terminal.txt");
  const { keyboard } = workbench.page;
  await workbench.page.locator(".terminal-wrapper .xterm-helper-textarea").first().waitFor({ state: "attached" });
  const seen = () => (existsSync(told) ? readFileSync(told, "utf8") : "");
  // A shell that has just been started may lose what is typed.
  for (const until = Date.now() + 30_000; !/\d \S{20}\n/.test(seen()); ) {
    if (Date.now() > until) throw new Error(`The terminal told "${seen()}".`);
    await workbench.page.locator(".terminal-wrapper .xterm-screen").first().click();
    await keyboard.type('echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID" > terminal.txt\n');
    await workbench.page.waitForTimeout(1000);
  }
  assert.match(seen(), /^http:\/\/127\.0\.0\.1:\d+ AKIASANDBOX\w+\n$/);
  await workbench.runCommand("View: Toggle Panel Visibility");
});

step("in the Test Explorer a request passes, or fails at the line of what it expects", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  writeFileSync(file(), readFileSync(file(), "utf8").replace("# expect argmax 2", "# expect argmax 1"));
  await workbench.page.keyboard.press("ControlOrMeta+p");
  await workbench.quickInput.locator(".quick-input-box input").fill("wine.predict.http");
  await workbench.pick("wine.predict.http");
  await workbench.page.locator(".view-line", { hasText: "expect argmax 1" }).waitFor();
  await workbench.runCommand("Test: Run Tests in Current File");
  await workbench.page
    .getByText(/argmax 1, was argmax 2/)
    .first()
    .waitFor({ timeout: 30_000 });
  await workbench.screenshot(`${here.shots}/requests-tests.png`);
});

step("by keys the request at the cursor is sent", async () => {
  const { workbench } = here;
  await workbench.page.locator(".view-line", { hasText: "### text is refused" }).click();
  await workbench.page.keyboard.press("ControlOrMeta+Alt+r");
  await workbench.editorTab(/Answer to text is refused by the container/).waitFor();
});

step("what is entered in the tester is saved as text", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  const page = workbench.webview();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("HTTP 200").waitFor();
  await page.getByRole("button", { name: "Save request…" }).click();
  await workbench.quickInput.locator(".quick-input-box input").fill("the defaults");
  await workbench.page.keyboard.press("Enter");
  await workbench.editorTab("wine-endpoint.predict.http").waitFor();
  await workbench.page.locator(".view-line", { hasText: "### the defaults" }).waitFor();
  await workbench.page.locator(".view-line", { hasText: "# expect status 200" }).waitFor();
});

step("a CSV file of the data is predicted row by row, with accuracy and confusion matrix", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await workbench.runCommand("SageMaker Ops: Predict a CSV File…");
  const input = workbench.quickInput.locator(".quick-input-box input");
  await input.fill(path.join(here.server.workspace, "model/wine.csv"));
  await workbench.page.keyboard.press("Enter");
  await workbench.pick(/Send 178 rows to wine-endpoint$/);
  await workbench.editorTab(/Predictions of wine\.csv/).waitFor({ timeout: 60_000 });
  const page = workbench.webview();
  await page.getByRole("heading", { name: "Confusion matrix" }).waitFor();
  await page.getByRole("row", { name: /^Accuracy (9\d(\.\d)?|100) %$/ }).waitFor();
  await workbench.screenshot(`${here.shots}/requests-batch.png`);
});

step("the architecture of the stack is drawn with its states, and leads to the endpoint", async () => {
  const { workbench } = here;
  await workbench.runCommand("View: Close All Editors");
  await workbench.runCommand("SageMaker Ops: Show Architecture");
  await workbench.editorTab("Architecture of wine").waitFor();
  const page = workbench.webview();
  await page.getByText("● All parts are up").waitFor();
  await page.getByRole("button", { name: /^Function, wine-predict, CREATE_COMPLETE/ }).waitFor();
  await here.screenshots("architecture");
  await page.getByRole("button", { name: /^Instances, 1 × ml\.m5\.large, in service, scales 1 to 4/ }).press("Enter");
  await workbench.editorTab("wine-endpoint").waitFor();
});
