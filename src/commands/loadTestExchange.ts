import path from "node:path";
import { commands, l10n, type QuickPickItem, Uri, window, workspace } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import { durationText } from "../domain/duration.ts";
import { OpsError } from "../domain/errors.ts";
import { peakRate, planSeconds } from "../domain/loadPlan.ts";
import { usdText } from "../domain/numberText.ts";
import { plural } from "../domain/plural.ts";
import type { LoadRunPanels } from "../panels/loadRunPanel.ts";
import type { Connections } from "../services/connections.ts";
import { type ExportTool, exportPlan, importResults, suggestedWorkers } from "../services/loadExchange.ts";
import type { PreparedRun } from "../services/loadPreparation.ts";
import type { LoadTests } from "../services/loadTests.ts";
import { formatNumber } from "../ui/format.ts";
import { confirmWithFacts, pickOne } from "../ui/prompts.ts";
import { findPlans, runsFolder } from "../ui/workspacePlans.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { type PlanSource, pickPlan } from "./loadTestPicks.ts";
import type { CommandTable } from "./register.ts";
import { assertTrusted } from "./trust.ts";

/** What handing plans to other tools, and reading their results, works with. */
export interface ExchangeServices {
  connections: Connections;
  loadTests: LoadTests;
  panels: LoadRunPanels;
  project: WorkspaceProject;
}

type ExchangeCommands = Pick<
  CommandTable,
  "sagemakerOps.loadTest.export" | "sagemakerOps.loadTest.runOnAws" | "sagemakerOps.loadTest.importResults"
>;

export function exchangeCommands(services: ExchangeServices): ExchangeCommands {
  return {
    "sagemakerOps.loadTest.export": (from) => exportCommand(services, from),
    "sagemakerOps.loadTest.runOnAws": (from) => runOnAws(services, from),
    "sagemakerOps.loadTest.importResults": () => importCommand(services),
  };
}

async function prepare(services: ExchangeServices, from: PlanSource, what: string): Promise<PreparedRun | undefined> {
  requireConnection(services.connections);
  assertTrusted(what);
  const planFile = await pickPlan(services, from);
  return planFile === undefined ? undefined : services.loadTests.prepare(planFile, services.project.project);
}

async function exportCommand(services: ExchangeServices, from: PlanSource): Promise<void> {
  const prepared = await prepare(services, from, l10n.t("Exporting a load plan"));
  if (!prepared) return;
  const tool = await pickOne<ExportTool>(l10n.t("Export {0}", prepared.plan.name), [
    {
      label: "Artillery",
      detail: l10n.t("A project for this machine, or for Fargate or Lambda workers"),
      value: "artillery",
    },
    { label: "k6", detail: l10n.t("A script with arrival rates and thresholds"), value: "k6" },
  ]);
  if (tool === undefined) return;
  const workers = tool === "k6" ? 1 : await askWorkers(prepared);
  if (workers === undefined) return;
  const folder = await pickFolder(prepared.planFile, tool);
  if (folder === undefined) return;
  await exportPlan(prepared, tool, folder, workers);
  await commands.executeCommand("markdown.showPreview", Uri.file(path.join(folder, "README.md")));
}

/** How many machines share the rate. */
async function askWorkers({ plan }: PreparedRun): Promise<number | undefined> {
  const peak = peakRate(plan.stages);
  const text = await window.showInputBox({
    title: l10n.t("Artillery workers"),
    prompt: l10n.t(
      "Machines that share the {0} requests/s; one sends some hundred signed requests/s",
      formatNumber(peak),
    ),
    value: String(suggestedWorkers(peak)),
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^([1-9]\d{0,2}|1000)$/.test(value.trim()) ? undefined : l10n.t("A whole number from 1 to 1000."),
  });
  return text === undefined ? undefined : Number(text);
}

/** Beside the plan, or in a folder that is chosen. */
async function pickFolder(planFile: string, tool: ExportTool): Promise<string | undefined> {
  const beside = path.join(path.dirname(planFile), `${path.basename(planFile, ".ramp.json")}-${tool}`);
  const elsewhere = "elsewhere";
  const picked = await pickOne(l10n.t("Folder for the export"), [
    { label: `$(new-folder) ${path.basename(beside)}`, description: path.dirname(beside), value: beside },
    { label: `$(folder-opened) ${l10n.t("Another folder…")}`, description: l10n.t("new or empty"), value: elsewhere },
  ]);
  if (picked !== elsewhere) return picked;
  const [folder] =
    (await window.showOpenDialog({
      title: l10n.t("New or empty folder for the export"),
      openLabel: l10n.t("Export Here"),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return folder?.fsPath;
}

const SERVICES = {
  fargate: "AWS Fargate",
  lambda: "AWS Lambda",
} as const;

/** Starts Artillery's workers in the user's account, in a terminal: what they do, and cost, is seen and can be stopped. */
async function runOnAws(services: ExchangeServices, from: PlanSource): Promise<void> {
  const prepared = await prepare(services, from, l10n.t("Running a load test on AWS"));
  if (!prepared) return;
  const { connection, plan } = prepared;
  if (connection.kind === "sandbox")
    throw new OpsError(
      "conflict",
      l10n.t("Workers on AWS cannot reach the sandbox, which listens on this machine only."),
      {
        hint: l10n.t("Connect to an AWS account, or run the plan from here."),
      },
    );
  const choices: (QuickPickItem & { value: keyof typeof SERVICES })[] = [
    { label: SERVICES.fargate, detail: l10n.t("Containers: for long runs and high rates"), value: "fargate" },
    { label: SERVICES.lambda, detail: l10n.t("Functions: start fast, run 15 minutes at most"), value: "lambda" },
  ];
  const service = await pickOne(l10n.t("Run {0} on", plan.name), choices);
  if (service === undefined) return;
  const workers = await askWorkers(prepared);
  if (workers === undefined) return;
  const folder = await pickFolder(prepared.planFile, "artillery");
  if (folder === undefined || !(await confirmOnAws(prepared, service, workers))) return;
  await exportPlan(prepared, "artillery", folder, workers);
  const env = connection.profile ? { AWS_PROFILE: connection.profile } : undefined;
  const terminal = window.createTerminal({ name: `Artillery ${plan.name}`, cwd: folder, env });
  terminal.show();
  // Of the exported project nothing is run before its packages are there.
  terminal.sendText(`npm install --no-audit --no-fund && npm run ${service}`);
}

function confirmOnAws(prepared: PreparedRun, service: keyof typeof SERVICES, workers: number): Promise<boolean> {
  const { plan, target, connection, requests, estimatedUsd, warnings } = prepared;
  const endpointCost = estimatedUsd === undefined ? l10n.t("unknown") : l10n.t("about {0}", usdText(estimatedUsd));
  return confirmWithFacts({
    title: l10n.t("Load test {0} from {1} in {2}", plan.name, SERVICES[service], describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to start; Escape sends and creates nothing"),
    confirm: {
      label: `$(cloud) ${l10n.t("Start {0} and send {1} requests to {2}", plural(workers, "worker"), formatNumber(requests), target.name)}`,
      description: describeConnection(connection),
    },
    sections: [
      ...(warnings.length
        ? [
            {
              name: l10n.t("mind"),
              rows: warnings.map((detail) => ({ label: `$(warning) ${l10n.t("Warning")}`, detail })),
            },
          ]
        : []),
      {
        name: l10n.t("what will happen"),
        rows: [
          { label: `$(account) ${l10n.t("Account")}`, description: connection.accountId },
          { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
          { label: `$(radio-tower) ${l10n.t("Target")}`, description: target.name },
          {
            label: `$(pulse) ${l10n.t("Load")}`,
            description: l10n.t(
              "up to {0} requests/s for {1}",
              formatNumber(peakRate(plan.stages)),
              durationText(planSeconds(plan.stages)),
            ),
          },
          { label: `$(credit-card) ${l10n.t("Cost of the endpoint")}`, description: endpointCost },
          {
            label: `$(credit-card) ${l10n.t("Cost of the workers")}`,
            description: l10n.t(
              "as {0} bills {1} for {2}",
              SERVICES[service],
              workers,
              durationText(planSeconds(plan.stages)),
            ),
            detail: l10n.t(
              "Artillery creates a role, a bucket and a queue in this account, and leaves them there for the next time",
            ),
          },
        ],
      },
    ],
  });
}

/** Another tool's results become a run like any other. */
async function importCommand({ loadTests, panels, project }: ExchangeServices): Promise<void> {
  const [file] =
    (await window.showOpenDialog({
      title: l10n.t("Results of Artillery (report.json) or k6 (summary.json)"),
      openLabel: l10n.t("Import"),
      filters: { [l10n.t("JSON files")]: ["json"] },
      defaultUri: workspace.workspaceFolders?.[0]?.uri,
    })) ?? [];
  if (!file) return;
  const folder = runsFolder(project);
  if (!folder)
    throw new OpsError("badInput", l10n.t("There is no folder to keep the imported run in."), {
      hint: l10n.t("Open a folder first."),
    });
  const plans = await findPlans(project);
  const none = "";
  const plan = await pickOne(l10n.t("Plan whose expectations the results are held against"), [
    ...plans.map((value) => ({ label: path.basename(value), description: path.dirname(value), value })),
    { label: l10n.t("None"), detail: l10n.t("The results are shown without a verdict on expectations"), value: none },
  ]);
  if (plan === undefined) return;
  const { files } = await importResults(file.fsPath, folder, plan || undefined);
  loadTests.onDidChangeKept.fire();
  await panels.showReport(files.json);
}
