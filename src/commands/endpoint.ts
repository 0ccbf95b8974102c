import { env } from "vscode";
import type { EndpointArgument } from "../contributions.ts";
import type { EndpointSummary } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import type { EndpointPanels } from "../panels/endpointPanel.ts";
import type { Connections } from "../services/connections.ts";
import type { Endpoints } from "../services/endpoints.ts";
import { pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { requireConnection } from "./connection.ts";
import type { CommandTable } from "./register.ts";

/** What the commands of an endpoint work with. */
export interface EndpointCommandServices {
  connections: Connections;
  endpoints: Endpoints;
  panels: EndpointPanels;
  project: WorkspaceProject;
}

type EndpointCommands = Pick<
  CommandTable,
  | "sagemakerOps.endpoint.testPrediction"
  | "sagemakerOps.endpoint.openMetrics"
  | "sagemakerOps.endpoint.copyName"
  | "sagemakerOps.endpoint.copyArn"
>;

export function endpointCommands(services: EndpointCommandServices): EndpointCommands {
  const { panels } = services;
  return {
    "sagemakerOps.endpoint.testPrediction": async (argument) => {
      panels.show((await findEndpoint(services, argument)).name, "predict");
    },
    "sagemakerOps.endpoint.openMetrics": async (argument) => {
      panels.show((await findEndpoint(services, argument)).name, "live");
    },
    "sagemakerOps.endpoint.copyName": async (argument) => {
      await env.clipboard.writeText((await findEndpoint(services, argument)).name);
    },
    "sagemakerOps.endpoint.copyArn": async (argument) => {
      await env.clipboard.writeText((await findEndpoint(services, argument)).arn);
    },
  };
}

/** The endpoint that a row names; from the palette the only one, or one that is picked, the project's first. */
async function findEndpoint(
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
    throw new OpsError("notFound", `There are no endpoints in ${region}.`, {
      hint: "Deploy a project first, or connect to another region.",
    });
  }
  if (others.length === 0) return first;
  const choices = [first, ...others].map((endpoint) => ({
    label: endpoint.name,
    description: [endpoint.status, mine(endpoint) && "of this project"].filter(Boolean).join(" · "),
    value: endpoint,
  }));
  const picked = await pickOne("Endpoint", choices);
  if (!picked) throw new OpsError("cancelled", "No endpoint was picked.");
  return picked;
}
