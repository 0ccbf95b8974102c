import path from "node:path";
import {
  CodeLens,
  type CodeLensProvider,
  type Command,
  Disposable,
  EventEmitter,
  l10n,
  languages,
  Range,
  type TextDocument,
} from "vscode";
import type { CommandId, Commands } from "../contributions.ts";
import { durationText } from "../domain/duration.ts";
import { parseLoadPlan, peakRate, plannedRequests, planSeconds } from "../domain/loadPlan.ts";
import { plural } from "../domain/plural.ts";
import type { LoadTests } from "../services/loadTests.ts";
import { formatNumber } from "../ui/format.ts";
import { PLAN_PATTERN } from "../ui/workspacePlans.ts";

/** Files on disk that are load plans. */
export const planSelector = { scheme: "file", pattern: PLAN_PATTERN };

/** What can be done with a plan, above its first line. */
export function createPlanLenses(loadTests: LoadTests): Disposable {
  const changed = new EventEmitter<void>();
  let wasRunning = false;
  const forget = loadTests.onDidChange.on(() => {
    if (wasRunning === loadTests.isRunning) return;
    wasRunning = loadTests.isRunning;
    changed.fire();
  });
  const provider: CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => lenses(document, loadTests.isRunning),
  };
  return Disposable.from(languages.registerCodeLensProvider(planSelector, provider), changed, { dispose: forget });
}

function lenses(document: TextDocument, isRunning: boolean): CodeLens[] {
  const top = new Range(0, 0, 0, 0);
  const parsed = parseLoadPlan(document.getText(), path.basename(document.fileName));
  const lens = (command: Command) => new CodeLens(top, command);
  if (!parsed.ok) {
    const count = parsed.problems.length;
    const title = `$(error) ${l10n.t("Cannot be run: {0}", plural(count, "problem"))}`;
    return [lens({ title, command: "workbench.actions.view.problems" })];
  }
  const { stages } = parsed.plan;
  const plan = { planFile: document.fileName };
  const load = l10n.t(
    "up to {0}/s · {1} requests · {2}",
    formatNumber(peakRate(stages)),
    formatNumber(plannedRequests(stages)),
    durationText(planSeconds(stages)),
  );
  return [
    ...(isRunning
      ? [lens(action(`$(pulse) ${l10n.t("Show running load test")}`, "sagemakerOps.loadTest.show"))]
      : [lens(action(`$(play) ${l10n.t("Run")}`, "sagemakerOps.loadTest.run", plan))]),
    lens(action(`$(debug-alt) ${l10n.t("Debug one request")}`, "sagemakerOps.loadTest.debugRequest", plan)),
    lens(action(`$(export) ${l10n.t("Export")}`, "sagemakerOps.loadTest.export", plan)),
    lens({ title: load, command: "" }),
  ];
}

function action<K extends CommandId>(title: string, command: K, ...args: Commands[K]): Command {
  return { title, command, arguments: args };
}
