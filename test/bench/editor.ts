import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createWineWorkspace } from "../host/wineWorkspace.ts";
import { packageVsix } from "../rig/packageVsix.mjs";
import { startVscode } from "../rig/vscodeServer.mjs";
import { Workbench } from "../rig/workbench.ts";
import { deployWine } from "../wire/endpoints.ts";
import { startTestSandbox, type TestSandbox } from "../wire/sandbox.ts";
import { addEndpoints, ENDPOINTS } from "./listing.ts";
import { median, type Row } from "./loadtestRig.ts";

const PAINTS = 4;
const MB = 1024 * 1024;

/** An extension of the same host that writes how large its heap is, without what is garbage, and opens a bare page. */
const PROBE = `
const { writeFileSync } = require("node:fs");
const vscode = require("vscode");
require("node:v8").setFlagsFromString("--expose-gc");
const gc = require("node:vm").runInNewContext("gc");
exports.activate = ({ subscriptions }) =>
  subscriptions.push(
    vscode.commands.registerCommand("opsBench.heap", async () => {
      for (let i = 0; i < 3; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 50)); }
      writeFileSync(process.env.OPS_BENCH_HEAP, String(process.memoryUsage().heapUsed));
    }),
    vscode.commands.registerCommand("opsBench.page", () => {
      const panel = vscode.window.createWebviewPanel("opsBench.page", "Bare", vscode.ViewColumn.One, {});
      panel.webview.html = "<!doctype html><h1>Bare</h1>";
    }),
  );
`;

function probeVsix(folder: string): string {
  const source = path.join(folder, "probe");
  mkdirSync(source);
  const commands = ["Heap", "Page"].map((title) => ({
    command: `opsBench.${title.toLowerCase()}`,
    title,
    category: "Ops Bench",
  }));
  const manifest = { name: "probe", publisher: "ops-bench", version: "0.0.1", license: "MIT", main: "./extension.cjs" };
  const text = JSON.stringify({ ...manifest, engines: { vscode: "^1.100.0" }, contributes: { commands } });
  writeFileSync(path.join(source, "package.json"), text);
  writeFileSync(path.join(source, "extension.cjs"), PROBE);
  const vsix = path.join(folder, "probe.vsix");
  const vsce = path.resolve(import.meta.dirname, "../../node_modules/@vscode/vsce/vsce");
  const flags = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "-o", vsix];
  execFileSync(process.execPath, [vsce, "package", ...flags], { cwd: source, stdio: "pipe" });
  return vsix;
}

/** What the editor pays: the extension host's heap with all endpoints of a large account, and a page's first paint. */
export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-bench-"));
  const vsix = [packageVsix().file, probeVsix(folder)];
  const sandbox = await startTestSandbox({ timeScale: 1000 });
  try {
    await deployWine(sandbox, "first");
    const small = await measure(sandbox, vsix, path.join(folder, "heap"));
    await addEndpoints(sandbox, "first");
    const large = await measure(sandbox, vsix, path.join(folder, "heap"));
    const paints = [...small.paints, ...large.paints];
    const bare = [...small.bare, ...large.bare];
    const ms = (of: Paint[], figure: keyof Paint) => of.map((paint) => paint[figure].toFixed(0)).join(", ");
    const middle = (of: Paint[], figure: keyof Paint) => median(of.map((paint) => paint[figure]));
    return [
      {
        figure: `extension: heap of the extension host in an account of ${ENDPOINTS.toLocaleString("en")} endpoints`,
        value: `${plus(large.openedMb - small.openedMb)} MB`,
        aim: "< 30 MB",
        note: `${large.openedMb.toFixed(1)} MB as the tree opens, against ${small.openedMb.toFixed(1)} MB with one endpoint`,
      },
      {
        figure: `extension: heap when somebody has loaded all ${ENDPOINTS.toLocaleString("en")} rows`,
        value: `${plus(large.heapMb - large.openedMb)} MB`,
        aim: "< 30 MB",
        note: `${large.heapMb.toFixed(1)} MB after ${large.clicks} clicks on Load more`,
      },
      {
        figure: "page: first contentful paint of an endpoint's page",
        value: `${middle(paints, "paintMs").toFixed(0)} ms`,
        aim: "≤ 150 ms",
        note: `median of ${ms(paints, "paintMs")}, from the navigation of the webview; a bare page: ${ms(bare, "paintMs")}`,
      },
      {
        figure: "page: from the click to the first contentful paint, against a bare webview",
        value: `${(middle(paints, "sinceClickMs") / middle(bare, "sinceClickMs")).toFixed(2)} ×`,
        note: `median of ${ms(paints, "sinceClickMs")} ms; the bare one ${ms(bare, "sinceClickMs")} ms, VS Code's own way to a page`,
      },
    ];
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(sandbox: TestSandbox, vsix: string[], heapFile: string) {
  const { endpoint, accountId, accessKeyId, secretAccessKey } = sandbox;
  const keys = { accountId, accessKeyId, secretAccessKey, controlToken: "" };
  const info = { endpoint, region: "us-east-1", ...keys, timeScale: 1000 };
  const workspace = createWineWorkspace();
  const server = await startVscode({
    workspace: workspace.folder,
    vsix,
    env: { SAGEMAKER_OPS_SANDBOX: JSON.stringify(info), OPS_BENCH_HEAP: heapFile },
  });
  try {
    const workbench = await Workbench.open(server);
    await workbench.openView("SageMaker Ops");
    await workbench.statusBarItem("SageMaker: sandbox").waitFor();
    await workbench.page.getByRole("treeitem").filter({ hasText: "InService" }).first().waitFor();
    const openedMb = await heap(workbench, heapFile);
    const clicks = await loadAll(workbench);
    const heapMb = await heap(workbench, heapFile);
    const paints: Paint[] = [];
    const bare: Paint[] = [];
    await noteClicks(workbench);
    for (let i = 0; i < PAINTS; i++) {
      paints.push(await firstPaint(workbench, "SageMaker Ops: Test Prediction"));
      bare.push(await firstPaint(workbench, "Ops Bench: Page"));
    }
    await workbench.close();
    return { clicks, openedMb, heapMb, paints, bare };
  } finally {
    await server.stop();
    workspace.remove();
  }
}

async function heap(workbench: Workbench, file: string): Promise<number> {
  rmSync(file, { force: true });
  await workbench.runCommand("Ops Bench: Heap");
  for (;;) {
    const text = readHeap(file);
    if (text) return Number(text) / MB;
    await workbench.page.waitForTimeout(50);
  }
}

interface Paint {
  /** From the navigation of the webview's own document. */
  paintMs: number;
  /** From the click that asked for the page. */
  sinceClickMs: number;
}

const LAST_CLICK = "opsBenchLastClick";

/** Lets the workbench remember when it was last clicked, by the clock of all pages. */
async function noteClicks({ page }: Workbench): Promise<void> {
  await page.evaluate(
    `addEventListener("mouseup", (event) => { ${LAST_CLICK} = performance.timeOrigin + event.timeStamp; }, true)`,
  );
}

async function firstPaint(workbench: Workbench, command: string): Promise<Paint> {
  await workbench.runCommand(command);
  const asked = workbench.quickPickRow(/./);
  const opened = workbench.editorTab(/./);
  await asked.or(opened).first().waitFor();
  if (await asked.isVisible()) await asked.click();
  const frame = await workbench.webviewFrame();
  await frame.locator("h1").waitFor();
  const paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
  const paintMs = Number(await frame.evaluate(paint));
  const at = paintMs + Number(await frame.evaluate("performance.timeOrigin"));
  const clicked = Number(await workbench.page.evaluate(LAST_CLICK));
  await workbench.runCommand("View: Close All Editors");
  return { paintMs, sinceClickMs: at - clicked };
}

const plus = (mb: number) => `${mb < 0 ? "−" : "+"}${Math.abs(mb).toFixed(1)}`;

function readHeap(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Asks for more until there is no more; the row is at the end of the list. */
async function loadAll({ page }: Workbench): Promise<number> {
  const tree = page.getByRole("tree", { name: "Endpoints" });
  const row = tree.getByRole("treeitem").first();
  const more = tree.getByRole("treeitem").filter({ hasText: "Load more endpoints…" });
  for (let clicks = 0; ; clicks++) {
    const rows = await row.getAttribute("aria-setsize");
    await tree.focus();
    await page.keyboard.press("End");
    const isThere = await more.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
    if (!isThere) return clicks;
    await more.click();
    while ((await row.getAttribute("aria-setsize")) === rows) await page.waitForTimeout(50);
  }
}
