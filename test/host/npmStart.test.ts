import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { test } from "node:test";
import { launchBrowser, skipWithoutChromium } from "../rig/chromium.ts";
import { eventually } from "../wire/endpoints.ts";

const START = path.resolve(import.meta.dirname, "../rig/start.mjs");

test("npm start shows the deployed wine project in VS Code, and Ctrl-C stops all of it", {
  skip: skipWithoutChromium,
  timeout: 180_000,
}, async () => {
  const child = spawn(process.execPath, [START], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  const ended = once(child, "exit");
  const browser = await launchBrowser();
  try {
    const address = async (pattern: RegExp) => {
      assert.equal(child.exitCode, null, said);
      return pattern.exec(said)?.[1];
    };
    const url = await eventually("the URL", () => address(/(http:\/\/127\.0\.0\.1:\d+\/\?tkn=\S+)/), 120_000);
    const page = await browser.newPage();
    await page.goto(url);
    const endpoint = page.getByRole("treeitem", { name: /wine-endpoint/ }).first();
    await endpoint.waitFor({ timeout: 60_000 });
    await page.getByText("SageMaker: sandbox · us-east-1").waitFor();
    const sandbox = await address(/The sandbox serves at (http:\S+)/);
    assert.ok(sandbox, said);
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null], said);
    for (const server of [sandbox, new URL(url).origin]) await assert.rejects(fetch(server), `${server} still answers`);
  } finally {
    child.kill();
    await browser.close();
  }
});
