import { statSync } from "node:fs";
import path from "node:path";
import { createWineWorkspace } from "../host/wineWorkspace.ts";
import { skipWithoutChromium } from "./chromium.ts";
import { packageVsix } from "./packageVsix.mjs";
import { startVscode } from "./vscodeServer.mjs";
import { Workbench } from "./workbench.ts";

/** Where the README's pictures are. */
const pictures = path.resolve(import.meta.dirname, "../../media/readme");

/** Takes the README's pictures anew, in a real VS Code against the sandbox: `npm run screenshots`, about two minutes. */
async function takePictures(): Promise<void> {
  if (skipWithoutChromium) throw new Error(skipWithoutChromium);
  const workspace = createWineWorkspace();
  const settings = { "sagemakerOps.sandbox.timeScale": 60 };
  const server = await startVscode({ workspace: workspace.folder, vsix: [packageVsix().file], settings });
  let workbench: Workbench | undefined;
  try {
    workbench = await Workbench.open(server);
    workbench.page.setDefaultTimeout(30_000);
    await workbench.page.setViewportSize({ width: 1280, height: 960 });
    for (const file of await story(workbench)) console.log(`${file}  ${Math.round(statSync(file).size / 1024)} KB`);
  } finally {
    await workbench?.close();
    await server.stop();
    workspace.remove();
  }
}

async function story(workbench: Workbench): Promise<string[]> {
  const { page } = workbench;
  const taken: string[] = [];
  const take = async (name: string) => {
    const file = path.join(pictures, `${name}.png`);
    await workbench.screenshot(file);
    taken.push(file);
  };
  await workbench.openView("SageMaker Ops");
  await page.getByRole("button", { name: "Start the Sandbox" }).click();
  await workbench.statusBarItem("SageMaker: sandbox · us-east-1").waitFor();
  await workbench.runCommand("SageMaker Ops: Deploy…");
  await workbench.quickPickRow(/Deploy \d+ changes$/).waitFor();
  await take("deploy");
  await workbench.pick(/Deploy \d+ changes$/);
  await page.getByText(/^CREATE_COMPLETE · \d+ resources/).waitFor({ timeout: 90_000 });
  await workbench.runCommand("SageMaker Ops: Run Load Test…");
  await workbench.pick("1k-rps.ramp.json");
  await workbench.pick(/Send [\d,]+ requests to wine-endpoint$/);
  const verdict = workbench
    .webview()
    .getByText(/^[✓✗] (Passed|Failed)/)
    .first();
  await verdict.waitFor({ timeout: 180_000 });
  if ((await verdict.textContent())?.includes("✗"))
    throw new Error(
      "The load test failed, so that its picture stays as it is. Repeat on a machine that does nothing else.",
    );
  await take("load-test");
  await workbench.runCommand("SageMaker Ops: Test Prediction");
  await workbench.webview().getByRole("button", { name: "Send" }).click();
  await workbench.webview().getByText("HTTP 200").waitFor();
  await take("endpoint");
  return taken;
}

await takePictures();
