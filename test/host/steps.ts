import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { skipWithoutChromium } from "../rig/chromium.ts";
import { packageVsix } from "../rig/packageVsix.mjs";
import { startVscode, type VscodeServer } from "../rig/vscodeServer.mjs";
import { type Theme, Workbench } from "../rig/workbench.ts";

/** Every colour theme that the product is looked at in. */
export const themes: Theme[] = ["dark", "light", "hcDark", "hcLight"];

/** A real VS Code with the packaged extension in a workspace, for the steps of one test file. */
export interface Story {
  readonly workbench: Workbench;
  readonly server: VscodeServer;
  /** Where the pictures of this run are kept. */
  readonly shots: string;
  /**
   * A step of the story. What goes wrong unseen fails it; a failure leaves a picture and spares the steps after it.
   * @param expected what the step provokes: the workbench writes every error message to its console, too
   */
  step(name: string, work: () => Promise<void>, expected?: RegExp): void;
  screenshots(name: string): Promise<void>;
}

/**
 * Starts VS Code before the steps and stops it after them. Without Chromium they are skipped, with a reason.
 * @param more user settings over the rig's
 * @param prepare gives what else VS Code is started with: further extensions, and variables of its environment
 */
export function story(
  workspace: { folder: string; remove(): void } | undefined,
  timeScale: number,
  more: Record<string, unknown> = {},
  prepare: () => Promise<{ vsix?: string[]; env?: Record<string, string>; language?: string }> = async () => ({}),
): Story {
  let server: VscodeServer | undefined;
  let workbench: Workbench | undefined;
  let shots = "";
  let broken: string | undefined;
  const skip = skipWithoutChromium;
  before(
    async () => {
      if (!workspace || skip) return;
      const settings = { "sagemakerOps.sandbox.timeScale": timeScale, ...more };
      const { vsix = [], env, language } = await prepare();
      server = await startVscode({
        workspace: workspace.folder,
        vsix: [process.env.SAGEMAKER_OPS_VSIX ?? packageVsix().file, ...vsix],
        settings,
        env,
      });
      shots = path.resolve(import.meta.dirname, "../../artifacts/host", server.version);
      workbench = await Workbench.open(server, language);
      workbench.page.setDefaultTimeout(20_000);
    },
    { timeout: 180_000 },
  );
  after(async () => {
    await workbench?.close();
    await server?.stop();
    workspace?.remove();
  });
  return {
    get workbench() {
      return workbench as Workbench;
    },
    get server() {
      return server as VscodeServer;
    },
    get shots() {
      return shots;
    },
    step(name, work, expected) {
      test(name, { skip, timeout: 180_000 }, async (context) => {
        if (broken) {
          context.skip(`NOT RUN, because a step before it failed: ${broken}`);
          return;
        }
        try {
          await work();
          const problems = workbench?.problems.take().filter((text) => !expected?.test(text));
          assert.deepEqual(problems, []);
        } catch (error) {
          broken = name;
          await workbench?.screenshot(`${shots}/failed-${name.replace(/\W+/g, "-")}.png`);
          throw error;
        }
      });
    },
    async screenshots(name) {
      for (const theme of themes) {
        await workbench?.setTheme(theme);
        await workbench?.screenshot(`${shots}/${name}-${theme}.png`);
      }
      await workbench?.setTheme("dark");
    },
  };
}
