import { measureActivation } from "../rig/activation.ts";
import type { Row } from "./loadtest.ts";

const AIM = "≤ 20 ms";

/** Activation time of the packaged extension in the real VS Code. */
export async function run(): Promise<Row[]> {
  const atRest = await measureActivation("view", 5);
  const atStart = await measureActivation("project", 5);
  const row = (figure: string, { vscode, runs, medianMs }: typeof atRest): Row => ({
    figure: `extension: activation ${figure}, VS Code ${vscode}`,
    value: `${medianMs} ms`,
    aim: AIM,
    note: `median of ${runs.join(", ")}; loading and activating, from the .vsix`,
  });
  return [row("by the view", atRest), row("as the window starts", atStart)];
}
