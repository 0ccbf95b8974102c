import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { packageVsix } from "./packageVsix.mjs";
import { startVscode } from "./vscodeServer.mjs";
import { Workbench } from "./workbench.ts";

/** What makes VS Code activate the extension. */
export type ActivatedBy =
  /** A folder with a project: while the window starts, side by side with all else that starts. */
  | "project"
  /** Opening the view in a window that has come to rest: the extension's own time. */
  | "view";

/** Activation of the packaged extension, in ms: loading its code, calling `activate` and waiting for it. */
export interface Activation {
  vscode: string;
  runs: number[];
  medianMs: number;
}

/**
 * Starts a real VS Code, several times anew, and reads what `Developer: Show Running Extensions` says. Needs a build
 * and Chromium.
 */
export async function measureActivation(by: ActivatedBy, runs: number): Promise<Activation> {
  const root = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-activation-"));
  const workspace = path.join(root, "wine");
  if (by === "project") cpSync(path.resolve(import.meta.dirname, "../../infra"), workspace, { recursive: true });
  else mkdirSync(workspace);
  const { file } = packageVsix();
  const figures: number[] = [];
  let vscode = "";
  try {
    for (let run = 0; run < runs; run++) {
      const server = await startVscode({ workspace, vsix: [file] });
      vscode = server.version;
      try {
        const workbench = await Workbench.open(server);
        if (by === "view") {
          await machineAtRest();
          await workbench.openView("SageMaker");
        }
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

/** @throws {Error} when the machine's cores are not nine tenths idle, for a second, within half a minute */
async function machineAtRest(): Promise<void> {
  const times = () => {
    const all = cpus().flatMap((cpu) => Object.values(cpu.times));
    return { idle: cpus().reduce((sum, cpu) => sum + cpu.times.idle, 0), all: all.reduce((sum, ms) => sum + ms, 0) };
  };
  for (let second = 0; second < 30; second++) {
    const before = times();
    await wait(1000);
    const after = times();
    if ((after.idle - before.idle) / (after.all - before.all) > 0.9) return;
  }
  throw new Error("The machine does not come to rest; other work on it would be measured too.");
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
