import type { LogOutputChannel } from "vscode";
import type { Endpoints } from "../services/endpoints.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import type { CommandTable } from "./register.ts";

/** Commands of the sidebar as a whole. */
export function explorerCommands(
  endpoints: Endpoints,
  project: WorkspaceProject,
  log: LogOutputChannel,
): Pick<CommandTable, "sagemakerOps.explorer.refresh" | "sagemakerOps.explorer.loadMore" | "sagemakerOps.log.show"> {
  return {
    "sagemakerOps.explorer.refresh": async () => {
      await Promise.all([project.refresh(), endpoints.refresh()]);
    },
    "sagemakerOps.explorer.loadMore": () => endpoints.loadMore(),
    "sagemakerOps.log.show": () => log.show(),
  };
}
