import path from "node:path";
import type { Uri } from "vscode";
import { l10n } from "vscode";
import type { Commands, EndpointArgument, ReportArgument } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import type { TargetReport, TargetStep } from "../domain/targetSearch.ts";
import {
  choicesOf,
  plannedPerSecond,
  recordedLoad,
  scenariosOf,
  type WhatIfLoad,
  type WhatIfScenario,
} from "../domain/whatIf.ts";
import { showReport } from "../panels/reportPanel.ts";
import { showWhatIf } from "../panels/whatIfPanel.ts";
import type { Connections } from "../services/connections.ts";
import type { Endpoints } from "../services/endpoints.ts";
import type { PreparedRun } from "../services/loadPreparation.ts";
import type { LoadTests } from "../services/loadTests.ts";
import { proposeTargetEdit, saveTargetReport, targetTexts } from "../services/targetFiles.ts";
import type { FindTargetOptions, TargetFinder } from "../services/targetFinder.ts";
import type { WhatIf } from "../services/whatIf.ts";
import { formatNumber } from "../ui/format.ts";
import { previewEdits } from "../ui/previewEdits.ts";
import { withCancellableProgress } from "../ui/progress.ts";
import { type Choice, confirmWithFacts, type FactRow, pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { pickPlan } from "./loadTestPicks.ts";
import type { CommandTable } from "./register.ts";
import { assertTrusted } from "./trust.ts";

/** What the search for a target, and the what-if page, work with. */
export interface TargetServices {
  extensionUri: Uri;
  connections: Connections;
  endpoints: Endpoints;
  loadTests: LoadTests;
  targetFinder: TargetFinder;
  whatIf: WhatIf;
  project: WorkspaceProject;
}

export function targetCommands(
  services: TargetServices,
): Pick<CommandTable, "sagemakerOps.loadTest.findTarget" | "sagemakerOps.loadTest.whatIf"> {
  return {
    "sagemakerOps.loadTest.findTarget": (from) => findTarget(services, from),
    "sagemakerOps.loadTest.whatIf": (from) => whatIf(services, from),
  };
}

async function findTarget(
  services: TargetServices,
  from: Commands["sagemakerOps.loadTest.findTarget"][0],
): Promise<void> {
  const { connections, loadTests, targetFinder, project, endpoints } = services;
  requireConnection(connections);
  assertTrusted(l10n.t("Searching for a target"));
  const planFile = await pickPlan(services, from);
  if (planFile === undefined) return;
  const found = await loadTests.prepare(planFile, project.project);
  const variant = targetFinder.variantToReduce(found);
  if (variant !== undefined && !(await reduce(services, found, variant))) return;
  const prepared = variant === undefined ? found : await loadTests.prepare(planFile, project.project);
  const options = searchOptions(targetFinder, prepared);
  if (!(await confirmSearch(prepared, options, from as EndpointArgument | undefined))) return;
  const report = await withCancellableProgress(
    l10n.t("Finding what one instance of {0} holds", prepared.endpoint?.name ?? ""),
    (say, signal) => {
      // What was measured until then is reported all the same.
      signal.addEventListener("abort", () => void targetFinder.stop());
      return targetFinder.find(prepared, options, (step) => say(stepText(step)));
    },
  );
  const files = await saveTargetReport(report, path.join(prepared.runsFolder, "..", "targets"));
  await showReport(files.json);
  await endpoints.refresh();
  if (report.targetPerMinute !== undefined) await offerTarget(services, report);
}

/** Asks whether to set an endpoint to the one instance that a search measures, and does it. @returns whether it did */
async function reduce(
  { targetFinder, endpoints }: TargetServices,
  { endpoint, connection }: PreparedRun,
  variantName: string,
): Promise<boolean> {
  const name = endpoint?.name ?? "";
  const now = endpoint?.variants[0]?.desiredInstances ?? 0;
  const agreed = await confirmWithFacts({
    title: l10n.t("Endpoint {0} has {1} instances; the search measures one", name, now),
    placeholder: l10n.t("Pick the first row to do it; Escape changes nothing"),
    confirm: { label: `$(arrow-down) ${l10n.t("Set {0} to 1 instance", name)}`, description: `${now} → 1` },
    sections: [
      {
        name: l10n.t("what it means"),
        rows: [
          { label: `$(account) ${l10n.t("Account")}`, description: connection.accountId },
          { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
          {
            label: `$(info) ${l10n.t("By itself it scales in only while requests come")}`,
            detail: l10n.t("Scaling may start more again at any time; the search is asked for next"),
          },
        ],
      },
    ],
  });
  if (!agreed) return false;
  const title = l10n.t("Setting {0} to 1 instance", name);
  await withCancellableProgress(title, (_, signal) => {
    const running = targetFinder.reduceToOne(name, variantName, signal);
    void endpoints.refresh();
    return running;
  }).finally(() => endpoints.refresh());
  return true;
}

/** Scale-out is suspended for the search when it would spoil it. @throws OpsError for anything else against a search */
function searchOptions(finder: TargetFinder, prepared: PreparedRun): FindTargetOptions {
  const options: FindTargetOptions = {
    suspendScaling: prepared.scaling.some(
      ({ maxInstances, policies, scaleOutSuspended }) => maxInstances > 1 && policies.length > 0 && !scaleOutSuspended,
    ),
  };
  finder.check(prepared, options);
  return options;
}

function stepText({ rate, achievedRate, p99Ms, broke }: TargetStep): string {
  const p99 = p99Ms === null ? "" : `, p99 ${formatNumber(p99Ms)} ms`;
  const outcome = broke ? l10n.t("not held ({0})", broke) : l10n.t("held");
  return l10n.t("{0}/s {1}: answered {2}/s{3}", formatNumber(rate), outcome, formatNumber(achievedRate), p99);
}

function confirmSearch(
  { connection, endpoint, plan }: PreparedRun,
  { suspendScaling }: FindTargetOptions,
  from: EndpointArgument | undefined,
): Promise<boolean> {
  if (from?.endpointName !== undefined && from.endpointName !== endpoint?.name)
    throw new OpsError(
      "badInput",
      l10n.t("Plan {0} loads endpoint {1}, not {2}.", plan.name, endpoint?.name ?? "", from.endpointName),
      {
        hint: l10n.t("Pick another plan."),
      },
    );
  const sandbox = connection.kind === "sandbox";
  const rows: FactRow[] = [
    {
      label: `$(account) ${l10n.t("Account")}`,
      description: `${connection.accountId}${sandbox ? l10n.t(" (sandbox)") : ""}`,
    },
    { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
    {
      label: `$(pulse) ${l10n.t("Load")}`,
      description: l10n.t("raised from 20 requests/s until latency bends, answers fail or are missing"),
      detail: sandbox
        ? l10n.t("A minute or two; instances are simulated")
        : l10n.t("10 to 20 minutes; users of the endpoint will feel it"),
    },
    {
      label: `$(arrow-both) ${l10n.t("Scale-out")}`,
      description: suspendScaling ? l10n.t("suspended meanwhile, resumed afterwards") : l10n.t("not touched"),
    },
    {
      label: `$(credit-card) ${l10n.t("Cost")}`,
      description: sandbox ? l10n.t("nothing in the sandbox") : l10n.t("that of one instance for as long"),
    },
  ];
  return confirmWithFacts({
    title: l10n.t("Find the target of {0} in {1}", endpoint?.name ?? "", describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to begin; Escape sends nothing"),
    confirm: {
      label: `$(search) ${l10n.t("Find what one instance of {0} holds", endpoint?.name ?? "")}`,
      description: describeConnection(connection),
    },
    sections: [{ name: l10n.t("what will happen"), rows }],
  });
}

/** The measured target, to the template as an edit to look at, or to the policy as it is. */
async function offerTarget(services: TargetServices, report: TargetReport): Promise<void> {
  const { project } = services.project;
  const target = formatNumber(report.targetPerMinute ?? 0);
  const now =
    report.currentTargetPerMinute === undefined ? l10n.t("none") : formatNumber(report.currentTargetPerMinute);
  const { sentence } = targetTexts(report);
  const choices: Choice<"template" | "policy" | "nothing">[] = [];
  if (project && services.project.endpointName === report.endpointName)
    choices.push({
      label: `$(diff) ${l10n.t("Show the change of the project's files…")}`,
      description: `${now} → ${target}`,
      detail: l10n.t("Nothing is written before you accept it; the next deployment puts it in force"),
      value: "template",
    });
  choices.push(
    {
      label: `$(target) ${l10n.t("Change the policy now")}`,
      description: `${now} → ${target} · ${describeConnection(requireConnection(services.connections))}`,
      detail: l10n.t("The stack's template does not know of it: the next deployment may set it back"),
      value: "policy",
    },
    { label: `$(circle-slash) ${l10n.t("Change nothing")}`, value: "nothing" },
  );
  const wanted = await pickOne(sentence, choices);
  if (wanted === "policy") {
    await services.targetFinder.applyToPolicy(report);
    await services.endpoints.refresh();
  } else if (wanted === "template" && project) {
    const { file, after, edit } = await proposeTargetEdit(report, project);
    const label = l10n.t("Target {0} → {1}", edit.before ?? "–", report.targetPerMinute ?? "–");
    await previewEdits([{ file, text: after, label, description: l10n.t("invocations per instance and minute") }]);
  }
}

async function whatIf(services: TargetServices, from: Commands["sagemakerOps.loadTest.whatIf"][0]): Promise<void> {
  const reportFile = (from as ReportArgument | undefined)?.reportFile;
  if (reportFile !== undefined) {
    const report = await services.loadTests.read(reportFile);
    const { policy, instanceType } = report.environment;
    openPage(services, recordedLoad(report), scenariosOf(choicesOf(policy, instanceType)));
    return;
  }
  requireConnection(services.connections);
  const planFile = await pickPlan(services, from as Commands["sagemakerOps.loadTest.run"][0]);
  if (planFile === undefined) return;
  const { plan, policy, endpoint, connection } = await services.loadTests.prepare(planFile, services.project.project);
  // A plan for the sandbox is as short as its time scale makes AWS's minutes.
  const timeScale = Math.min(MOST_TIME_SCALE, Math.max(1, connection.timeScale));
  const load = { name: plan.name, ratesPerSecond: plannedPerSecond(plan.stages), timeScale };
  const scenarios = scenariosOf(choicesOf(policy, endpoint?.variants[0]?.instanceType));
  openPage(services, load, scenarios);
}

/** More than this the simulation does not take. */
const MOST_TIME_SCALE = 60;
/** Something to begin with where no policy is known: 200 requests/s and instance. */
const FIRST_TARGET = 12_000;

function openPage(
  { extensionUri, whatIf: service }: TargetServices,
  load: WhatIfLoad,
  [inForce]: readonly WhatIfScenario[],
): void {
  const begin = inForce ?? {
    name: "A",
    instanceType: "ml.m5.large",
    minInstances: 1,
    maxInstances: 4,
    targetPerMinute: FIRST_TARGET,
  };
  showWhatIf(extensionUri, service, load, begin);
}
