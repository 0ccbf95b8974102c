import path from "node:path";
import { l10n, window } from "vscode";
import { type EndpointArgument, viewIds } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { durationText } from "../domain/duration.ts";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { peakRate, planSeconds } from "../domain/loadPlan.ts";
import { usdText } from "../domain/numberText.ts";
import type { Connections } from "../services/connections.ts";
import type { PreparedRun } from "../services/loadPreparation.ts";
import type { LoadTests, RunProgress } from "../services/loadTests.ts";
import { sendOneRequest } from "../services/requestProbe.ts";
import { formatNumber } from "../ui/format.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { confirmWithFacts, type FactRow } from "../ui/prompts.ts";
import { runsFolder } from "../ui/workspacePlans.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import { commandStep, withSteps } from "./nextSteps.ts";
import { probedRequestMarkdown } from "./probedRequestText.ts";
import { assertTrusted } from "./trust.ts";

/** What sending load, or a single request, works with. */
export interface LoadSendingServices {
  connections: Connections;
  loadTests: LoadTests;
  project: WorkspaceProject;
  documents: MarkdownDocuments;
}

/**
 * Asks, then runs a plan to its end.
 * @param options.endpointName the endpoint that was meant, when the caller knows one
 * @param options.onStarted called once with the run when it is under way
 * @returns the run when it is over; undefined when it was not wanted
 * @throws OpsError conflict while another run is under way; what `LoadTests.prepare` throws
 */
export async function runPlan(
  services: LoadSendingServices,
  planFile: string,
  options: { endpointName?: string; onStarted?(run: RunProgress): void } = {},
): Promise<RunProgress | undefined> {
  const { loadTests, project } = services;
  const prepared = await prepare(services, planFile, l10n.t("Running a load test"), options.endpointName);
  assertSameEndpoint(prepared, options.endpointName);
  if (!(await confirmRun(prepared))) return undefined;
  const ended = loadTests.start(prepared, { reportFolder: runsFolder(project) });
  // The run is known at once, though it ends in minutes.
  if (loadTests.active) options.onStarted?.(loadTests.active);
  return ended;
}

/** Sends exactly one request of a plan after asking, and shows it with its answer. */
export async function debugOneRequest(services: LoadSendingServices, planFile: string): Promise<void> {
  const { connections, documents } = services;
  const prepared = await prepare(services, planFile, l10n.t("Sending a request"));
  if (!(await confirmOneRequest(prepared))) return;
  const probe = await window.withProgress({ location: { viewId: viewIds.loadTests } }, () =>
    sendOneRequest(connections, prepared),
  );
  const { plan, connection } = prepared;
  const text = probedRequestMarkdown(plan.name, probe, describeConnection(connection));
  await documents.show(l10n.t("One request of {0}", plan.name), text);
}

async function prepare(
  services: LoadSendingServices,
  planFile: string,
  what: string,
  endpointName?: string,
): Promise<PreparedRun> {
  const { loadTests, project } = services;
  requireConnection(services.connections);
  assertTrusted(what);
  try {
    return await window.withProgress({ location: { viewId: viewIds.loadTests } }, () =>
      loadTests.prepare(planFile, project.project, endpointName),
    );
  } catch (error) {
    throw notDeployed(services, toOpsError(error));
  }
}

/** Without a stack there is nothing to load yet: the next step is to deploy it. */
function notDeployed({ project }: LoadSendingServices, error: OpsError): OpsError {
  const isMissing =
    error.code === "badInput" && !error.place && project.project && !project.stack?.outputs.EndpointName;
  return isMissing ? withSteps(error, commandStep(l10n.t("Deploy…"), "sagemakerOps.stack.deploy")) : error;
}

/** A plan may name another endpoint than the row on which the command was called: that must not pass unseen. */
function assertSameEndpoint({ target, planFile }: PreparedRun, wanted: EndpointArgument["endpointName"] | undefined) {
  if (wanted === undefined || target.type !== "endpoint" || target.name === wanted) return;
  throw new OpsError(
    "badInput",
    l10n.t("Plan {0} loads endpoint {1}, not {2}.", path.basename(planFile), target.name, wanted),
    {
      hint: l10n.t("Give its target the name {0}, or pick another plan.", wanted),
    },
  );
}

/** Where something is sent, as rows of a confirmation. */
function placeRows({ connection, target }: PreparedRun): FactRow[] {
  const sandbox = connection.kind === "sandbox";
  return [
    {
      label: `$(account) ${l10n.t("Account")}`,
      description: `${connection.accountId}${sandbox ? l10n.t(" (sandbox)") : ""}`,
    },
    { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
    {
      label: `$(radio-tower) ${l10n.t("Target")}`,
      description: [target.name, target.variant, sandbox && l10n.t("simulated instances")].filter(Boolean).join(" · "),
    },
  ];
}

function confirmRun(prepared: PreparedRun): Promise<boolean> {
  const { plan, target, connection, requests, estimatedUsd, warnings } = prepared;
  const cost =
    connection.kind === "sandbox"
      ? l10n.t("nothing in the sandbox")
      : estimatedUsd === undefined
        ? l10n.t("unknown instance price")
        : l10n.t("about {0} of instance time", usdText(estimatedUsd));
  const facts: FactRow[] = [
    ...placeRows(prepared),
    {
      label: `$(pulse) ${l10n.t("Load")}`,
      description: l10n.t(
        "up to {0} requests/s for {1}",
        formatNumber(peakRate(plan.stages)),
        durationText(planSeconds(plan.stages)),
      ),
    },
    { label: `$(credit-card) ${l10n.t("Cost")}`, description: cost },
  ];
  return confirmWithFacts({
    title: l10n.t("Load test {0} in {1}", plan.name, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to start; Escape sends nothing"),
    confirm: {
      label: `$(play) ${l10n.t("Send {0} requests to {1}", formatNumber(requests), target.name)}`,
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
      { name: l10n.t("what will happen"), rows: facts },
    ],
  });
}

function confirmOneRequest(prepared: PreparedRun): Promise<boolean> {
  const { plan, target, connection, payloads } = prepared;
  const facts: FactRow[] = [
    ...placeRows(prepared),
    {
      label: `$(file) ${l10n.t("Body")}`,
      description: l10n.t(
        "the first of {0}, {1} bytes, {2}",
        formatNumber(payloads.length),
        formatNumber(payloads[0]?.length ?? 0),
        plan.contentType,
      ),
    },
    {
      label: `$(credit-card) ${l10n.t("Cost")}`,
      description: connection.kind === "sandbox" ? l10n.t("nothing in the sandbox") : l10n.t("that of one invocation"),
    },
  ];
  return confirmWithFacts({
    title: l10n.t("Debug one request of {0} in {1}", plan.name, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to send it; Escape sends nothing"),
    confirm: {
      label: `$(debug-alt) ${l10n.t("Send 1 request to {0}", target.name)}`,
      description: describeConnection(connection),
    },
    sections: [{ name: l10n.t("what will happen"), rows: facts }],
  });
}
