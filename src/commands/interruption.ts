import * as l10n from "@vscode/l10n";
import type { LoadTests } from "../services/loadTests.ts";
import type { StackDeployer } from "../services/stackDeployer.ts";
import { confirmWithFacts, type FactRow } from "../ui/prompts.ts";

/** Work that goes on by itself and would lose its ground. */
export interface OngoingWork {
  loadTests: LoadTests;
  deployer: StackDeployer;
}

/**
 * Asks before something is done that ends a load test or a deployment under way; without any it asks nothing.
 * @param deed what would be done, e.g. `Stop the sandbox`
 * @param stackFate what becomes of the stack that CloudFormation works on
 */
export async function mayInterrupt(
  { loadTests, deployer }: OngoingWork,
  deed: string,
  stackFate = l10n.t("It goes on, but is no longer followed from here"),
): Promise<boolean> {
  const rows: FactRow[] = [];
  const run = loadTests.isRunning ? loadTests.active : undefined;
  if (run) {
    rows.push({
      label: `$(pulse) ${l10n.t("Load test {0}", run.plan.name)}`,
      description: `→ ${run.target.name}`,
      detail: l10n.t("It is stopped; what was measured is kept as an interrupted run"),
    });
  }
  if (deployer.busyWith) {
    rows.push({
      label: `$(layers) ${l10n.t("Stack {0}", deployer.busyWith)}`,
      description: l10n.t("CloudFormation works on it"),
      detail: stackFate,
    });
  }
  if (rows.length === 0) return true;
  return confirmWithFacts({
    title: deed,
    placeholder: l10n.t("Something is under way; pick the first row to go on, Escape to leave it alone"),
    confirm: { label: `$(warning) ${l10n.t("{0} all the same", deed)}` },
    sections: [{ name: l10n.t("under way"), rows }],
  });
}

/** Ends a run and keeps what it measured; what it fails with is told by the command that started it. */
export async function stopRun(loadTests: LoadTests): Promise<void> {
  if (loadTests.isRunning) await loadTests.stop().catch(() => {});
}
