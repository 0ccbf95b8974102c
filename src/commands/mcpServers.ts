import { createHash } from "node:crypto";
import * as vscode from "vscode";
import { Disposable, type ExtensionContext, lm } from "vscode";
import type { Connections } from "../services/connections.ts";
import { givenSandbox, type SandboxProcess } from "../services/sandboxProcess.ts";
import { workspaceFolders } from "../ui/workspacePlans.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";

/** What a server of this window is started from. */
interface McpServerOptions {
  context: ExtensionContext;
  cliPath: string;
  connections: Connections;
  sandbox: SandboxProcess;
  project: WorkspaceProject;
}

/** Of VS Code 1.101 and newer: the types that the extension is built with are those of the oldest supported one. */
interface McpApi {
  registerMcpServerDefinitionProvider(id: string, provider: McpProvider): Disposable;
}
interface McpProvider {
  onDidChangeMcpServerDefinitions(listener: () => void): Disposable;
  provideMcpServerDefinitions(): McpServerDefinition[];
  resolveMcpServerDefinition(server: McpServerDefinition): McpServerDefinition | undefined;
}
interface McpServerDefinition {
  label: string;
  command: string;
  args: string[];
  env: Record<string, string | number | null>;
  version?: string;
}
type McpServerDefinitionType = new (
  label: string,
  command: string,
  args: string[],
  env: Record<string, string | number | null>,
  version?: string,
) => McpServerDefinition;

/** VS Code 1.100 has the functions too, but throws in them: there it was called otherwise in package.json. */
function knowsMcpServers(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 1 || minor >= 101;
}

/**
 * Offers the tools as an MCP server to agents in VS Code, where it knows such servers. What the server may sign with is
 * given to it when it is started, and is part of no definition that VS Code keeps.
 */
export function registerMcpServer(options: McpServerOptions): Disposable {
  const { registerMcpServerDefinitionProvider: register } = lm as unknown as Partial<McpApi>;
  const { McpStdioServerDefinition: Definition } = vscode as { McpStdioServerDefinition?: McpServerDefinitionType };
  if (!register || !Definition || !knowsMcpServers(vscode.version)) return new Disposable(() => {});
  const { context, cliPath, connections, project } = options;
  return register.call(lm, "sagemakerOps.mcp", {
    onDidChangeMcpServerDefinitions: (listener) => {
      let before = versionOf(targetOf(options));
      const look = () => {
        const now = versionOf(targetOf(options));
        if (now === before) return;
        before = now;
        listener();
      };
      const stops = [connections.onDidChange.on(look), project.onDidChange.on(look)];
      return new Disposable(() => {
        for (const stop of stops) stop();
      });
    },
    provideMcpServerDefinitions: () => {
      const target = targetOf(options);
      if (!target) return [];
      const label = String(context.extension.packageJSON.displayName);
      return [new Definition(label, process.execPath, [cliPath, "mcp", ...target.args], {}, versionOf(target))];
    },
    resolveMcpServerDefinition: (server) => {
      const target = targetOf(options);
      if (!target) return undefined;
      // VS Code's own program is Node when it is told to be.
      server.env = { ...target.env, ELECTRON_RUN_AS_NODE: "1" };
      return server;
    },
  });
}

interface Target {
  args: string[];
  env: Record<string, string>;
}

/** The connection by its profile, or the sandbox by its keys; undefined without a connection. */
function targetOf({ connections, sandbox, project: { project } }: McpServerOptions): Target | undefined {
  const { current } = connections;
  if (!current) return undefined;
  const folder = project?.folder ?? workspaceFolders()[0];
  const environment = project?.environment;
  const args = [...(folder ? ["--project", folder] : []), ...(environment ? ["--env", environment] : [])];
  if (current.kind === "sandbox") {
    const info = sandbox.info ?? givenSandbox();
    return info && { args, env: { SAGEMAKER_OPS_SANDBOX: JSON.stringify(info) } };
  }
  const { profile, region, endpointUrl } = current;
  const place = [...(profile ? ["--profile", profile] : []), "--region", region];
  return { args: [...args, ...place, ...(endpointUrl ? ["--endpoint-url", endpointUrl] : [])], env: {} };
}

/** VS Code asks again for a server whose version is another one; the hash tells nothing of what it is made from. */
const versionOf = (target: Target | undefined) =>
  createHash("sha256")
    .update(JSON.stringify(target ?? null))
    .digest("hex")
    .slice(0, 16);
