import path from "node:path";
import { Uri } from "vscode";
import type { Commands, EndpointArgument, PlanArgument } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import type { LoadRunPanels } from "../panels/loadRunPanel.ts";
import { showReport } from "../panels/reportPanel.ts";
import type { Connections } from "../services/connections.ts";
import type { Endpoints } from "../services/endpoints.ts";
import type { LoadTests } from "../services/loadTests.ts";
import type { ScalingExplainer } from "../services/scalingExplainer.ts";
import { formatTime } from "../ui/format.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { pickOne } from "../ui/prompts.ts";
import { findPlans, runsFolder } from "../ui/workspacePlans.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { runMarkdown } from "./explanationText.ts";
import { debugOneRequest, runPlan } from "./loadTestRun.ts";
import { commandStep, withSteps } from "./nextSteps.ts";
import type { CommandTable } from "./register.ts";

/** What the commands of load tests work with. */
export interface LoadTestCommandServices {
  connections: Connections;
  loadTests: LoadTests;
  endpoints: Endpoints;
  panels: LoadRunPanels;
  project: WorkspaceProject;
  scalingExplainer: ScalingExplainer;
  documents: MarkdownDocuments;
}

/** Where a command finds its plan; without one the user picks. */
type PlanSource = Commands["sagemakerOps.loadTest.run"][0];
type LoadTestCommands = Pick<
  CommandTable,
  | "sagemakerOps.loadTest.run"
  | "sagemakerOps.loadTest.debugRequest"
  | "sagemakerOps.loadTest.stop"
  | "sagemakerOps.loadTest.show"
  | "sagemakerOps.loadTest.openReport"
  | "sagemakerOps.loadTest.explain"
>;

export function loadTestCommands(services: LoadTestCommandServices): LoadTestCommands {
  const { loadTests, panels } = services;
  return {
    "sagemakerOps.loadTest.run": (from) => run(services, from),
    "sagemakerOps.loadTest.debugRequest": async (from) => {
      requireConnection(services.connections);
      const planFile = await pickPlan(services, from);
      if (planFile !== undefined) await debugOneRequest(services, planFile);
    },
    "sagemakerOps.loadTest.stop": () => loadTests.stop(),
    "sagemakerOps.loadTest.show": () => {
      if (loadTests.active) panels.show(loadTests.active);
    },
    "sagemakerOps.loadTest.openReport": async (argument) => {
      const file = argument?.reportFile ?? (await pickReport(services));
      if (file) await showReport(file);
    },
    "sagemakerOps.loadTest.explain": async (argument) => {
      const file = argument?.reportFile ?? (await pickReport(services));
      if (file) await explain(services, file);
    },
  };
}

/** What the run itself shows, and the endpoint's scaling as it is now when one is connected to where the run was. */
async function explain(services: LoadTestCommandServices, file: string): Promise<void> {
  const report = await services.loadTests.read(file);
  const { connection, environment } = report;
  const here = services.connections.current;
  const isHere =
    here?.accountId === connection.accountId &&
    here.region === connection.region &&
    (here.kind === "sandbox") === connection.sandbox;
  const { endpoint } = environment;
  // The endpoint may be gone by now: what the run measured is told all the same.
  const now = isHere && endpoint ? await services.scalingExplainer.explain(endpoint).catch(() => undefined) : undefined;
  const text = runMarkdown(report, now, here && `${describeConnection(here)} · now`, Date.now());
  await services.documents.show(`Scaling in run ${report.plan.name}`, text);
}

async function run(services: LoadTestCommandServices, from: PlanSource): Promise<void> {
  const { loadTests, panels } = services;
  if (loadTests.isRunning && loadTests.active) {
    panels.show(loadTests.active);
    return;
  }
  requireConnection(services.connections);
  const planFile = await pickPlan(services, from);
  if (planFile === undefined) return;
  const endpointName = (from as EndpointArgument | undefined)?.endpointName;
  const ended = await runPlan(services, planFile, { endpointName, onStarted: (active) => panels.show(active) });
  if (ended?.error) throw ended.error;
}

async function pickPlan({ project }: LoadTestCommandServices, from: PlanSource): Promise<string | undefined> {
  if (from instanceof Uri) return from.fsPath;
  const named = (from as PlanArgument | undefined)?.planFile;
  if (named !== undefined) return named;
  const plans = await findPlans(project);
  if (plans.length === 0) {
    const none = new OpsError("badInput", "This workspace has no load plan.", {
      hint: "A plan is a file *.ramp.json; the wine example has loadtests/1k-rps.ramp.json.",
    });
    throw withSteps(none, commandStep("Create the Wine Example…", "sagemakerOps.project.createExample"));
  }
  const choices = plans.map((file) => ({
    label: path.basename(file),
    description: path.dirname(file),
    value: file,
  }));
  return choices.length === 1 ? choices[0]?.value : pickOne("Load plan", choices);
}

async function pickReport({ loadTests, project }: LoadTestCommandServices): Promise<string | undefined> {
  const folder = runsFolder(project);
  const runs = folder ? await loadTests.list(folder) : [];
  if (runs.length === 0) {
    const none = new OpsError("notFound", "No load test has been run in this workspace.", { hint: "Run one first." });
    throw withSteps(none, commandStep("Run Load Test…", "sagemakerOps.loadTest.run"));
  }
  const nowMs = Date.now();
  const choices = runs.map(({ file, report }) => ({
    label: `${report.verdict.passed ? "$(pass)" : "$(error)"} ${formatTime(report.startedAtMs, nowMs)} ${report.plan.name}`,
    description: report.target.name,
    detail: report.verdict.sentence,
    value: file,
  }));
  return pickOne("Report", choices);
}

/** Keeps the tree up with what a run does to its endpoint: the account's list is read when the instances change. */
export function refreshDuringRuns({ loadTests, endpoints }: LoadTestCommandServices): () => void {
  let seen = "";
  return loadTests.onDidChange.on(({ id, instances, marks }) => {
    const last = instances.at(-1);
    const now = `${id} ${last?.current} ${last?.desired} ${marks.length}`;
    if (now === seen) return;
    seen = now;
    void endpoints.refresh();
  });
}
