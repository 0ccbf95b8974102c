import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packageVsix } from "./packageVsix.mjs";
import { startVscode } from "./vscodeServer.mjs";
import { Workbench } from "./workbench.ts";

/** Activation of the packaged extension, in ms: loading its code plus the synchronous part of `activate`. */
export interface Activation {
  vscode: string;
  runs: number[];
  medianMs: number;
}

/**
 * Opens the wine project in a real VS Code, several times anew, and reads what `Developer: Show Running Extensions`
 * says. Needs a build and Chromium.
 */
export async function measureActivation(runs = 3): Promise<Activation> {
  const root = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-activation-"));
  const workspace = path.join(root, "wine");
  cpSync(path.resolve(import.meta.dirname, "../../infra"), workspace, { recursive: true });
  const { file } = packageVsix();
  const figures: number[] = [];
  let vscode = "";
  try {
    for (let run = 0; run < runs; run++) {
      const server = await startVscode({ workspace, vsix: [file] });
      vscode = server.version;
      try {
        const workbench = await Workbench.open(server);
        await workbench.statusBarItem("SageMaker").waitFor();
        figures.push(await readActivation(workbench));
        await workbench.close();
      } finally {
        await server.stop();
      }
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const sorted = [...figures].sort((a, b) => a - b);
  return { vscode, runs: figures, medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN };
}

/** The editor lists the slowest first and draws only the rows in sight, so the page is made tall enough for all. */
async function readActivation(workbench: Workbench): Promise<number> {
  await workbench.page.setViewportSize({ width: 1200, height: 6000 });
  await workbench.runCommand("Developer: Show Running Extensions");
  const rows = workbench.page.locator(".runtime-extensions-editor .monaco-list-row");
  const mine = rows.filter({ hasText: "SageMaker Endpoint Ops" }).first();
  const text = await mine.locator(".activation-time").textContent();
  const ms = /(\d+)\s*ms/.exec(text ?? "")?.[1];
  if (ms === undefined) throw new Error(`VS Code does not say how long the activation took: ${text}`);
  return Number(ms);
}
