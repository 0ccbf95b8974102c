import path from "node:path";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { Endpoints } from "../services/endpoints.ts";
import { MetricPoller } from "../services/metricPoller.ts";
import type { ProjectContext } from "../services/projects.ts";
import type { ToolServices } from "../services/tools/tool.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { serveMcp } from "./mcpServer.ts";
import { projectFor } from "./rampCommand.ts";

const options = { ...connectionOptions, project: { type: "string" }, env: { type: "string" } } as const;

/**
 * `mcp`: the tools as a server of the Model Context Protocol on stdin and stdout, until stdin closes. Stdout carries the
 * protocol and nothing else.
 */
export async function runMcp(args: string[], services: CliServices, version: string): Promise<number> {
  const { values } = parseArguments(args, options);
  const readProject = (): Promise<ProjectContext | undefined> => projectFor(values.project, values.env);
  const { connections, predictor, scalingExplainer, loadTests, deployer } = services;
  const endpoints = new Endpoints(connections);
  const metrics = new MetricPoller(connections);
  let folders: string[] = [];
  const connected = async (): Promise<ToolServices> => {
    const project = await readProject();
    folders = [project?.folder ?? path.resolve(".")];
    if (!connections.current) await services.connect(values, project?.project);
    return {
      connections,
      endpoints,
      metrics,
      predictor,
      scalingExplainer,
      loadTests,
      deployer,
      project: async () => project,
      folders: () => folders,
    };
  };
  const transport = new StdioServerTransport();
  // The transport hears of messages only: a client that is gone closes our stdin.
  process.stdin.once("end", () => void transport.close());
  await serveMcp({ version, services: connected }, transport);
  await loadTests.stop();
  return 0;
}
