import { stat } from "node:fs/promises";
import path from "node:path";
import { env, l10n, UIKind, Uri, workspace } from "vscode";
import { OpsError } from "../domain/errors.ts";
import { plural } from "../domain/plural.ts";
import type { LoadRunPanels } from "../panels/loadRunPanel.ts";
import { closeReport } from "../panels/reportPanel.ts";
import type { LoadTests } from "../services/loadTests.ts";
import { formatTime } from "../ui/format.ts";
import { confirmWithFacts } from "../ui/prompts.ts";
import type { KeptRun } from "./loadTestPicks.ts";

/** What deleting runs works with. */
interface DeletionServices {
  loadTests: LoadTests;
  panels: LoadRunPanels;
}

/** Whoever runs a plan writes down what was measured every five seconds. */
const STILL_WRITTEN_MS = 15_000;

/**
 * Deletes kept runs after asking, with their reports and the pages that show them.
 * @param files their JSON files
 * @throws OpsError conflict for a run that is under way, notFound for one that is gone
 */
export async function deleteRuns({ loadTests, panels }: DeletionServices, files: readonly string[]): Promise<void> {
  const runs = await Promise.all(files.map(async (file) => ({ file, report: await loadTests.read(file) })));
  for (const run of runs) await assertEnded(loadTests, run);
  // Over the network, and in a browser, VS Code has none.
  const hasTrash = env.remoteName === undefined && env.uiKind === UIKind.Desktop;
  if (!(await confirmDeletion(runs, hasTrash ? "trash" : "noTrash"))) return;
  try {
    await remove(runs, hasTrash);
  } catch (error) {
    // A trash may be missing all the same: on a share, or where the desktop has none.
    if (!hasTrash) throw notDeleted(error);
    if (!(await confirmDeletion(runs, "trashFailed"))) return;
    await remove(runs, false).catch((again: unknown) => Promise.reject(notDeleted(again)));
  } finally {
    loadTests.onDidChangeKept.fire();
  }
  for (const { file, report } of runs) {
    panels.close(report.id);
    closeReport(file);
  }
}

async function assertEnded({ isRunning, active }: LoadTests, { file, report }: KeptRun): Promise<void> {
  const isOurs = active?.id === report.id;
  const writtenMs = Date.now() - (await stat(file)).mtimeMs;
  // One of the command line, or of another window.
  const isTheirs = !isOurs && report.interrupted && writtenMs < STILL_WRITTEN_MS;
  if (!(isOurs && isRunning) && !isTheirs) return;
  throw new OpsError("conflict", l10n.t("The load run {0} is still under way.", report.plan.name), {
    hint: l10n.t("Stop it, or wait until it has ended."),
  });
}

function confirmDeletion(runs: readonly KeptRun[], how: "trash" | "noTrash" | "trashFailed"): Promise<boolean> {
  const [first] = runs;
  const name = ({ report }: KeptRun) => `${formatTime(report.startedAtMs, Date.now())} ${report.plan.name}`;
  const what = runs.length === 1 && first ? l10n.t("run {0}", name(first)) : plural(runs.length, "run");
  const place = {
    trash: l10n.t("to the trash, from where they can be put back"),
    noTrash: l10n.t("for good: there is no trash in this window"),
    trashFailed: l10n.t("for good: they could not be moved to the trash"),
  };
  return confirmWithFacts({
    title: l10n.t("Delete {0}", what),
    placeholder: l10n.t("Pick the first row to delete; Escape deletes nothing"),
    confirm: {
      label: `$(trash) ${how === "trash" ? l10n.t("Move {0} to the trash", what) : l10n.t("Delete {0} for good", what)}`,
    },
    sections: [
      {
        name: l10n.t("deleted"),
        rows: [
          ...runs.map((run) => ({
            label: `$(graph-line) ${name(run)}`,
            description: run.report.target.name,
            detail: run.report.verdict.sentence,
          })),
          {
            label: `$(file) ${l10n.t("Files")}`,
            description:
              runs.length === 1 && first
                ? filesOf(first).map(baseName).join(", ")
                : l10n.t("what was measured, and the reports"),
            detail: place[how],
          },
          { label: `$(info) ${l10n.t("Kept")}`, description: l10n.t("the plan, and what was exported") },
        ],
      },
    ],
  });
}

const baseName = ({ fsPath }: Uri) => path.basename(fsPath);

/** The report first: while what was measured is there, the run is listed and can be deleted again. */
const filesOf = ({ file }: KeptRun) => [Uri.file(file.replace(/\.json$/, ".html")), Uri.file(file)];

async function remove(runs: readonly KeptRun[], useTrash: boolean): Promise<void> {
  for (const uri of runs.flatMap(filesOf)) {
    const isThere = await stat(uri.fsPath).then(
      () => true,
      () => false,
    );
    if (isThere) await workspace.fs.delete(uri, { useTrash });
  }
}

const notDeleted = (cause: unknown) =>
  new OpsError("failed", l10n.t("The run could not be deleted: {0}", (cause as Error).message), {
    hint: l10n.t("Make the folder writable."),
    cause,
  });
