import path from "node:path";
import { l10n, QuickPickItemKind, Uri, window, workspace } from "vscode";
import type { Commands, PlanArgument } from "../contributions.ts";
import { OpsError } from "../domain/errors.ts";
import type { LoadRunReport } from "../domain/loadRun.ts";
import type { LoadTests } from "../services/loadTests.ts";
import { formatTime } from "../ui/format.ts";
import { type Choice, pickOne } from "../ui/prompts.ts";
import { findPlans, runsFolder } from "../ui/workspacePlans.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { commandStep, withSteps } from "./nextSteps.ts";

/** Where plans and runs are looked for. */
export interface PickServices {
  loadTests: LoadTests;
  project: WorkspaceProject;
}

/** Where a command finds its plan; without one the user picks. */
export type PlanSource = Commands["sagemakerOps.loadTest.run"][0];

/** The plan that a command was called on, or one that is picked; undefined when that was cancelled. */
export async function pickPlan({ project }: PickServices, from: PlanSource): Promise<string | undefined> {
  if (from instanceof Uri) return from.fsPath;
  const named = (from as PlanArgument | undefined)?.planFile;
  if (named !== undefined) return named;
  const plans = await findPlans(project);
  if (plans.length === 0) {
    const none = new OpsError("badInput", l10n.t("This workspace has no load plan."), {
      hint: l10n.t("A plan is a file *.ramp.json; the wine example has loadtests/1k-rps.ramp.json."),
    });
    throw withSteps(none, commandStep(l10n.t("Create the Wine Example…"), "sagemakerOps.project.createExample"));
  }
  const choices = plans.map((file) => ({
    label: path.basename(file),
    description: workspace.asRelativePath(path.dirname(file)),
    value: file,
  }));
  return choices.length === 1 ? choices[0]?.value : pickOne(l10n.t("Load plan"), choices);
}

/** A run that is kept: its file and what it measured. */
export interface KeptRun {
  file: string;
  report: LoadRunReport;
}

async function keptRuns({ loadTests, project }: PickServices): Promise<KeptRun[]> {
  const folder = runsFolder(project);
  const runs = folder ? await loadTests.list(folder) : [];
  if (runs.length > 0) return runs;
  const none = new OpsError("notFound", l10n.t("No load test has been run in this workspace."), {
    hint: l10n.t("Run one first."),
  });
  throw withSteps(none, commandStep(l10n.t("Run Load Test…"), "sagemakerOps.loadTest.run"));
}

/** A run as a row to pick. */
function runChoice({ file, report }: KeptRun): Choice<string> {
  return {
    label: `${report.verdict.passed ? "$(pass)" : "$(error)"} ${formatTime(report.startedAtMs, Date.now())} ${report.plan.name}`,
    description: report.source ? `${report.target.name} · ${report.source.tool}` : report.target.name,
    detail: report.verdict.sentence,
    value: file,
  };
}

/** A run of this workspace; undefined when that was cancelled. @throws OpsError notFound when there is none */
export async function pickRun(services: PickServices, title: string): Promise<string | undefined> {
  return pickOne(title, (await keptRuns(services)).map(runChoice));
}

/**
 * Runs to hold against a first one: those of the same plan come first, the one before it is picked already.
 * @param baseFile the run that is known
 * @throws OpsError notFound when there is no other
 */
export async function pickOtherRuns(services: PickServices, baseFile: string): Promise<string[] | undefined> {
  const runs = await keptRuns(services);
  const base = runs.find(({ file }) => file === baseFile);
  const others = runs.filter(({ file }) => file !== baseFile);
  if (others.length === 0) {
    const alone = new OpsError("notFound", l10n.t("There is no other run to compare with."), {
      hint: l10n.t("Run a plan again."),
    });
    throw withSteps(alone, commandStep(l10n.t("Run Load Test…"), "sagemakerOps.loadTest.run"));
  }
  const isSame = ({ report }: KeptRun) => report.plan.name === base?.report.plan.name;
  const same = others.filter(isSame);
  const earlier =
    same.find(({ report }) => report.startedAtMs < (base?.report.startedAtMs ?? 0)) ?? same[0] ?? others[0];
  const section = (label: string, rows: KeptRun[]) =>
    rows.length === 0
      ? []
      : [
          { label, kind: QuickPickItemKind.Separator, value: "" },
          ...rows.map((row) => ({ ...runChoice(row), picked: row === earlier })),
        ];
  const rest = others.filter((run) => !isSame(run));
  const picked = await window.showQuickPick(
    [...section(l10n.t("same plan"), same), ...section(l10n.t("other plans"), rest)],
    {
      title: l10n.t("Compare with"),
      placeHolder: l10n.t("Pick one or several runs"),
      canPickMany: true,
      ignoreFocusOut: true,
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  return picked && picked.length > 0 ? picked.map(({ value }) => value) : undefined;
}
