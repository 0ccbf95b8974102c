import { z } from "zod";
import { invokeEndpointTool, previewDeploymentTool, runLoadTestTool } from "./effectTools.ts";
import { describeEndpointTool, explainScalingTool, getMetricsTool, listEndpointsTool } from "./readTools.ts";
import type { Tool, ToolResult } from "./tool.ts";

/** Every tool, for VS Code's language models and for the MCP server alike. */
export const tools: readonly Tool[] = [
  listEndpointsTool,
  describeEndpointTool,
  getMetricsTool,
  explainScalingTool,
  invokeEndpointTool,
  runLoadTestTool,
  previewDeploymentTool,
];

/** Undefined for a name that no tool has. */
export function toolNamed(name: string): Tool | undefined {
  return tools.find((tool) => tool.name === name);
}

/** The JSON schema of a tool's input; members with a default may be left out. */
export function inputSchema(input: z.ZodObject): Record<string, unknown> {
  const { $schema: _schema, ...schema } = z.toJSONSchema(input, { io: "input" });
  return schema;
}

/** A result as a model reads it. */
export function resultText({ summary, data }: ToolResult): string {
  return `${summary}\n\n${JSON.stringify(data)}`;
}
