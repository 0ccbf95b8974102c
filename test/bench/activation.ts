import { measureActivation } from "../rig/activation.ts";
import type { Row } from "./loadtest.ts";

/** Activation time of the packaged extension in the real VS Code. */
export async function run(): Promise<Row[]> {
  const { vscode, runs, medianMs } = await measureActivation();
  return [
    {
      figure: `extension: activation in VS Code ${vscode}`,
      value: `${medianMs} ms`,
      aim: "≤ 20 ms",
      note: `median of ${runs.join(", ")}; loading and activating, from the .vsix`,
    },
  ];
}
