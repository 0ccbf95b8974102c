import { access } from "node:fs/promises";
import path from "node:path";
import { RelativePattern, workspace } from "vscode";
import { RUNS_FOLDER } from "../services/runsFolder.ts";
import type { WorkspaceProject } from "./workspaceProject.ts";

/** Load plans by their names, for searches, watchers and selectors. */
export const PLAN_PATTERN = "**/*.ramp.json";
/** The reports of runs. */
export const RUN_PATTERN = `**/${RUNS_FOLDER.replaceAll(path.sep, "/")}/*.json`;
const MOST_PLANS = 200;

/** Folders of the workspace that are on this machine. */
export const workspaceFolders = (): string[] =>
  (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file").map(({ uri }) => uri.fsPath);

/** Plans that the project names, then the others of the workspace, as absolute paths. */
export async function findPlans({ project }: WorkspaceProject): Promise<string[]> {
  const named = (project?.project.loadPlans ?? []).map((plan) => path.resolve(project?.folder ?? "", plan));
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  const found = await Promise.all(
    folders.map((folder) =>
      workspace.findFiles(new RelativePattern(folder, PLAN_PATTERN), "**/node_modules/**", MOST_PLANS),
    ),
  );
  return [...new Set([...named, ...found.flat().map(({ fsPath }) => fsPath)])];
}

/** Where the runs of a plan are kept: with the project, else beside the plan's workspace folder. */
export function runsFolder({ project }: WorkspaceProject): string | undefined {
  const folder = project?.folder ?? workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file")?.uri.fsPath;
  return folder && path.join(folder, RUNS_FOLDER);
}

/** The file of a kept run of this workspace by its id; undefined when there is none. */
export async function findReport(id: string): Promise<string | undefined> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  for (const { uri } of folders) {
    const file = path.join(uri.fsPath, RUNS_FOLDER, `${id}.json`);
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) return file;
  }
  return undefined;
}
