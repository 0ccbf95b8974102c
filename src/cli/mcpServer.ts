import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { describeOpsError, OpsError, toOpsError } from "../domain/errors.ts";
import { Confirmations, previewText } from "../services/tools/confirmations.ts";
import { inputSchema, resultText, toolNamed, tools } from "../services/tools/table.ts";
import type { Tool, ToolServices } from "../services/tools/tool.ts";

/** What the server works with. */
export interface McpServices {
  version: string;
  /** Connects when the first tool is called: a server that only lists its tools needs no account. @throws OpsError */
  services(): Promise<ToolServices>;
}

const INSTRUCTIONS =
  "Tools for Amazon SageMaker real-time endpoints of one AWS account and region, or of a local sandbox. Tools that send load or change something answer the first call with a preview and a token; show the preview to the user, and only when the user agrees call again with the same input, confirm: true and the token.";

/** Serves every tool of the table over a transport until that is closed. */
export async function serveMcp({ version, services }: McpServices, transport: Transport): Promise<void> {
  const server = new Server(
    { name: "sagemaker-endpoint-ops", title: "SageMaker Endpoint Ops", version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  const confirmations = new Confirmations();
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(describeTool) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken;
    let progress = 0;
    const onProgress = (message: string) => {
      if (progressToken === undefined) return;
      const told = { progressToken, progress: ++progress, message };
      // A client that is gone hears nothing; the tool is stopped by the signal.
      sendNotification({ method: "notifications/progress", params: told }).catch(() => {});
    };
    try {
      const tool = toolNamed(params.name);
      if (!tool)
        throw new OpsError("badInput", `There is no tool "${params.name}".`, { hint: "List the tools first." });
      return await callTool(tool, await services(), params.arguments ?? {}, confirmations, { signal, onProgress });
    } catch (error) {
      // For the model to read; a protocol error would be hidden from it.
      return { isError: true, content: [{ type: "text", text: describeOpsError(toOpsError(error)) }] };
    }
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  await server.connect(transport);
  await closed;
}

const CONFIRM = {
  confirm: { type: "boolean", description: "true only after the user has agreed to the preview of this very input." },
  token: { type: "string", description: "The token that the preview gave." },
};

function describeTool({ name, title, description, effect, input }: Tool) {
  const schema = inputSchema(input) as { type: "object"; properties?: Record<string, object> };
  const isReading = effect === "reads";
  return {
    name,
    title,
    description: isReading ? description : `${description} Without confirm it only answers what it would do.`,
    inputSchema: isReading ? schema : { ...schema, properties: { ...schema.properties, ...CONFIRM } },
    annotations: {
      title,
      readOnlyHint: isReading,
      destructiveHint: false,
      idempotentHint: isReading,
      openWorldHint: true,
    },
  };
}

async function callTool(
  tool: Tool,
  services: ToolServices,
  given: Record<string, unknown>,
  confirmations: Confirmations,
  run: { signal: AbortSignal; onProgress(text: string): void },
): Promise<CallToolResult> {
  if (tool.effect !== "reads") {
    const { confirm, token, ...input } = given;
    if (confirm !== true) {
      const { preview, token: offered } = await confirmations.offer(tool, services, input);
      const how = `Nothing was done. When the user agrees, call ${tool.name} with the same input, confirm: true and token: "${offered}".`;
      return answer(`${previewText(preview)}\n\n${how}`, { preview: true, token: offered, facts: preview.facts });
    }
    if (typeof token !== "string")
      throw new OpsError("badInput", `${tool.name} was confirmed without a token.`, {
        hint: "Call it without confirm first: its preview gives the token.",
      });
    await confirmations.redeem(tool, services, input, token);
    return resultOf(tool, services, input, run);
  }
  return resultOf(tool, services, given, run);
}

async function resultOf(
  tool: Tool,
  services: ToolServices,
  input: Record<string, unknown>,
  run: { signal: AbortSignal; onProgress(text: string): void },
): Promise<CallToolResult> {
  const result = await tool.run(services, input, run);
  return answer(resultText(result), result.data);
}

const answer = (text: string, structuredContent: Record<string, unknown>): CallToolResult => ({
  content: [{ type: "text", text }],
  // As it travels: what is undefined is left out.
  structuredContent: JSON.parse(JSON.stringify(structuredContent)) as Record<string, unknown>,
});
