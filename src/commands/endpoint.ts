import { env, l10n, type Uri, window } from "vscode";
import { type EndpointArgument, viewIds } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { sageMakerPage } from "../domain/consolePage.ts";
import { type EndpointSummary, isInTransition } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import { isStackInProgress } from "../domain/stack.ts";
import type { EndpointPanels } from "../panels/endpointPanel.ts";
import type { AsyncPredictor } from "../services/asyncPredictor.ts";
import type { Connections } from "../services/connections.ts";
import type { Endpoints } from "../services/endpoints.ts";
import { assertFailed, type FailureExplainer } from "../services/failureExplainer.ts";
import type { Predictor } from "../services/predictor.ts";
import type { ScalingExplainer } from "../services/scalingExplainer.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { confirmWithFacts, pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { compareOnRows } from "./batchComparison.ts";
import { batchCommand } from "./batchPrediction.ts";
import { requireConnection } from "./connection.ts";
import { openConsolePage } from "./console.ts";
import type { ChangeCommandId } from "./endpointChanges.ts";
import { failureMarkdown, scalingMarkdown } from "./explanationText.ts";
import { commandStep, withSteps } from "./nextSteps.ts";
import type { CommandTable } from "./register.ts";
import { offerScalingFixes } from "./scalingFixes.ts";
import { showStackProgress } from "./stack.ts";

/** What the commands of an endpoint work with. */
export interface EndpointCommandServices {
  extensionUri: Uri;
  connections: Connections;
  endpoints: Endpoints;
  panels: EndpointPanels;
  project: WorkspaceProject;
  scalingExplainer: ScalingExplainer;
  failureExplainer: FailureExplainer;
  documents: MarkdownDocuments;
  predictor: Predictor;
  asyncPredictor: AsyncPredictor;
}

type EndpointCommands = Omit<
  Pick<CommandTable, Extract<keyof CommandTable, `sagemakerOps.endpoint.${string}`>>,
  | ChangeCommandId
  | "sagemakerOps.endpoint.addFavorite"
  | "sagemakerOps.endpoint.removeFavorite"
  | "sagemakerOps.endpoint.showLogs"
>;

export function endpointCommands(services: EndpointCommandServices): EndpointCommands {
  const { panels, documents } = services;
  return {
    "sagemakerOps.endpoint.testPrediction": async (argument) => {
      panels.show((await findEndpoint(services, argument)).name, "predict");
    },
    "sagemakerOps.endpoint.predictFile": async (argument) => {
      await batchCommand(services, (await findEndpoint(services, argument)).name);
    },
    "sagemakerOps.endpoint.compareOnRows": async (argument) => {
      await compareOnRows(services, (await findEndpoint(services, argument)).name);
    },
    "sagemakerOps.endpoint.openMetrics": async (argument) => {
      panels.show((await findEndpoint(services, argument)).name, "live", argument?.atMs);
    },
    "sagemakerOps.endpoint.copyName": async (argument) => {
      await env.clipboard.writeText((await findEndpoint(services, argument)).name);
    },
    "sagemakerOps.endpoint.copyArn": async (argument) => {
      await env.clipboard.writeText((await findEndpoint(services, argument)).arn);
    },
    "sagemakerOps.endpoint.explain": async (argument) => {
      const { name } = await findEndpoint(services, argument);
      const explanation = await reading(() => services.failureExplainer.explain(name));
      assertFailed(explanation);
      await documents.show(l10n.t("Why {0} failed", name), failureMarkdown(explanation, placeOf(services)));
    },
    "sagemakerOps.endpoint.explainScaling": async (argument) => {
      const { name } = await findEndpoint(services, argument);
      const explanations = await reading(() => services.scalingExplainer.explain(name));
      await documents.show(
        l10n.t("Scaling of {0}", name),
        scalingMarkdown(explanations, placeOf(services), Date.now()),
      );
      // Not waited for: the message stays until somebody answers it.
      void offerScalingFixes(name, explanations);
    },
    "sagemakerOps.endpoint.showProgress": async (argument) => {
      const { name, status } = await findEndpoint(services, argument);
      const { stack, endpointName } = services.project;
      if (name === endpointName && stack && isStackInProgress(stack.status)) await showStackProgress();
      else panels.show(name, isInTransition(status) ? "live" : "predict");
    },
    "sagemakerOps.endpoint.openConsole": async (argument) => {
      const { name } = await findEndpoint(services, argument);
      await openConsolePage(services.connections, name, sageMakerPage("endpoints", name));
    },
    "sagemakerOps.endpoint.delete": async (argument) => {
      await removeEndpoint(services, await findEndpoint(services, argument));
    },
  };
}

const placeOf = ({ connections }: EndpointCommandServices) => describeConnection(requireConnection(connections));

/** Several calls to AWS: the view shows that something is being read. */
function reading<T>(work: () => Promise<T>): Promise<T> {
  return Promise.resolve(window.withProgress({ location: { viewId: viewIds.endpoints } }, work));
}

async function removeEndpoint(services: EndpointCommandServices, endpoint: EndpointSummary): Promise<void> {
  const { name, status, arn } = endpoint;
  const connection = requireConnection(services.connections);
  if (name === services.project.endpointName) {
    const error = new OpsError(
      "conflict",
      l10n.t("Endpoint {0} belongs to stack {1}.", name, services.project.stack?.name ?? ""),
      {
        hint: l10n.t("Delete the stack, so that CloudFormation does not miss it."),
      },
    );
    throw withSteps(error, commandStep(l10n.t("Delete Stack…"), "sagemakerOps.stack.delete"));
  }
  const confirmed = await confirmWithFacts({
    title: l10n.t("Delete endpoint {0} from {1}", name, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to delete it; Escape deletes nothing"),
    confirm: {
      label: `$(trash) ${l10n.t("Delete endpoint {0}", name)}`,
      description: l10n.t("account {0} · {1}", connection.accountId, connection.region),
    },
    sections: [
      {
        name: l10n.t("deleted"),
        rows: [
          { label: `$(radio-tower) ${l10n.t("Endpoint")}`, description: `${name} · ${status}`, detail: arn },
          {
            label: `$(info) ${l10n.t("Kept")}`,
            description: l10n.t("its configuration and its model, which cost nothing"),
          },
        ],
      },
    ],
  });
  if (confirmed) await services.endpoints.remove(name);
}

/** The endpoint that a row names; from the palette the only one, or one that is picked, the project's first. */
export async function findEndpoint(
  { connections, endpoints, project }: EndpointCommandServices,
  argument: EndpointArgument | undefined,
): Promise<EndpointSummary> {
  const { region } = requireConnection(connections);
  if (argument?.endpointName) {
    const known = endpoints.snapshot().endpoints.find(({ name }) => name === argument.endpointName);
    return known ?? (await endpoints.detail(argument.endpointName)).endpoint;
  }
  if (endpoints.snapshot().state !== "loaded") await endpoints.refresh();
  const { endpoints: list, error } = endpoints.snapshot();
  if (error && list.length === 0) throw error;
  const mine = ({ name }: EndpointSummary) => name === project.endpointName;
  const [first, ...others] = [...list.filter(mine), ...list.filter((e) => !mine(e))];
  if (!first) {
    const none = new OpsError("notFound", l10n.t("There are no endpoints in {0}.", region), {
      hint: l10n.t("Deploy a project first, or connect to another region."),
    });
    throw withSteps(
      none,
      commandStep(l10n.t("Deploy…"), "sagemakerOps.stack.deploy"),
      commandStep(l10n.t("Connect…"), "sagemakerOps.connection.connect"),
    );
  }
  if (others.length === 0) return first;
  const choices = [first, ...others].map((endpoint) => ({
    label: endpoint.name,
    description: [endpoint.status, mine(endpoint) && l10n.t("of this project")].filter(Boolean).join(" · "),
    value: endpoint,
  }));
  const picked = await pickOne(l10n.t("Endpoint"), choices);
  if (!picked) throw new OpsError("cancelled", l10n.t("No endpoint was picked."));
  return picked;
}
