import { fileURLToPath } from "node:url";
import { packageVsix } from "../rig/packageVsix.mjs";
import { startVscode } from "../rig/vscodeServer.mjs";
import { Workbench } from "../rig/workbench.ts";
import type { Row } from "./loadtest.ts";

const RUNS = 3;
const WORKSPACE = fileURLToPath(new URL("../../infra", import.meta.url));

/** Loading plus activation of the packaged extension in the real VS Code, as its own list of extensions says, ms. */
async function activationMs(vsix: string): Promise<number> {
  const server = await startVscode({ workspace: WORKSPACE, vsix: [vsix] });
  const workbench = await Workbench.open(server);
  try {
    await workbench.openView("SageMaker Ops");
    await workbench.runCommand("Developer: Show Running Extensions");
    const row = workbench.page.locator(".runtime-extensions-editor .monaco-list-row", {
      hasText: "SageMaker Endpoint Ops",
    });
    const text = (await row.first().locator(".activation-time").textContent({ timeout: 20_000 })) ?? "";
    const ms = /(\d+)\s*ms/.exec(text)?.[1];
    if (ms === undefined) throw new Error(`VS Code says no activation time: "${text}"`);
    return Number(ms);
  } finally {
    await workbench.close();
    await server.stop();
  }
}

/** Activation time of the extension. */
export async function run(): Promise<Row[]> {
  const { file } = packageVsix();
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await activationMs(file));
  const sorted = [...times].sort((a, b) => a - b);
  return [
    {
      figure: "extension: activation in the real VS Code",
      value: `${sorted[Math.floor(RUNS / 2)]} ms`,
      aim: "< 50 ms",
      note: `median of ${times.join(", ")}; loading and activating, from the .vsix`,
    },
  ];
}
