import { existsSync } from "node:fs";
import path from "node:path";
import { commands, l10n, Uri, window, workspace } from "vscode";
import { OpsError } from "../domain/errors.ts";
import { environmentNames, inEnvironment, type Project } from "../domain/project.ts";
import { createExample } from "../services/exampleProject.ts";
import { PROJECT_FILE } from "../services/projectFile.ts";
import { createProject } from "../services/projectScaffold.ts";
import { loadProject, type ProjectContext } from "../services/projects.ts";
import { type Choice, pickOne } from "../ui/prompts.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { commandStep, openFolderStep, withSteps } from "./nextSteps.ts";
import { askForProject } from "./projectCreation.ts";
import type { CommandTable } from "./register.ts";

/** Commands that begin a project. @param exampleFolder where the extension keeps the wine example */
export function projectCommands(
  project: WorkspaceProject,
  exampleFolder: string,
): Pick<
  CommandTable,
  "sagemakerOps.project.create" | "sagemakerOps.project.createExample" | "sagemakerOps.project.pickEnvironment"
> {
  const open = async (file: string, place: Place) => {
    if (place.isOpen) {
      await project.refresh();
      // Not as a preview, which would take the walkthrough's tab away in the middle of it.
      await commands.executeCommand("vscode.open", Uri.file(file), { preview: false });
    } else {
      await commands.executeCommand("vscode.openFolder", Uri.file(place.folder), {
        forceReuseWindow: !workspace.workspaceFolders,
      });
    }
  };
  return {
    "sagemakerOps.project.create": async () => {
      const request = await askForProject();
      const place = request && (await pickPlace(l10n.t("the project"), request.name ?? "project"));
      if (!place) return;
      const { file, notes } = await createProject(exampleFolder, { ...request, folder: place.folder });
      await open(file, place);
      if (notes.length > 0) void window.showInformationMessage(notes.join(" "));
    },
    "sagemakerOps.project.pickEnvironment": async () => {
      const { file } = await pickProject(project, { anyEnvironment: true });
      const all = await loadProject(file);
      if (environmentNames(all.project).length === 0)
        throw new OpsError("badInput", l10n.t("Project file {0} has no environments.", file), {
          hint: l10n.t('Add them: "environments": { "dev": {}, "prod": { "expectedAccount": "…" } }.'),
          place: { file },
        });
      const name = await askForEnvironment(all, project.pickedEnvironment(file));
      if (name !== undefined) await project.pickEnvironment(file, name);
    },
    "sagemakerOps.project.createExample": async () => {
      const place = await pickPlace(l10n.t("the wine example"), "wine");
      if (place) await open(await createExample(exampleFolder, place.folder), place);
    },
  };
}

interface Place {
  folder: string;
  /** It is a folder of this workspace. */
  isOpen: boolean;
}

/**
 * A folder that is open and holds no project yet, or a new one of a name in a folder that is picked.
 * @param what is put there
 * @returns undefined when nobody answered
 */
export async function pickPlace(what: string, name: string): Promise<Place | undefined> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  const open = folders.filter(({ uri }) => !existsSync(path.join(uri.fsPath, PROJECT_FILE)));
  if (open.length > 0) {
    const choices: Choice<Place | "elsewhere">[] = open.map(({ name, uri }) => ({
      label: `$(folder) ${name}`,
      description: uri.fsPath,
      detail: l10n.t("The files go right into this folder; nothing is written over"),
      value: { folder: uri.fsPath, isOpen: true },
    }));
    choices.push({ label: `$(folder-opened) ${l10n.t("Another folder…")}`, value: "elsewhere" });
    const picked = await pickOne(l10n.t("Where to put {0}", what), choices);
    if (picked !== "elsewhere") return picked;
  }
  const [parent] =
    (await window.showOpenDialog({
      title: l10n.t("Folder for {0}", what),
      openLabel: l10n.t("Create It Here"),
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return parent && { folder: path.join(parent.fsPath, name), isOpen: false };
}

/**
 * A project of the workspace, in the environment that was picked for it; where nobody has picked yet, that is asked.
 * @throws OpsError badInput when there is none or its file is broken, cancelled
 */
export async function pickProject(
  workspaceProject: WorkspaceProject,
  { anyEnvironment = false } = {},
): Promise<ProjectContext> {
  const files = await workspaceProject.files();
  const [first] = files;
  if (first === undefined) {
    const none = new OpsError("badInput", l10n.t("No folder of this workspace has a {0} at its root.", PROJECT_FILE), {
      hint: l10n.t("Open the folder of a project, or begin with the wine example."),
    });
    throw withSteps(
      none,
      commandStep(l10n.t("Create the Wine Example…"), "sagemakerOps.project.createExample"),
      openFolderStep,
    );
  }
  let file: string | undefined = first;
  if (files.length > 1) {
    const choices = files.map((f) => ({ label: workspace.asRelativePath(f), value: f }));
    file = await pickOne(l10n.t("Project"), choices);
  }
  if (file === undefined) throw new OpsError("cancelled", l10n.t("No project was picked."));
  const all = await loadProject(file);
  const open = environmentNames(all.project).length > 0 && workspaceProject.pickedEnvironment(file) === undefined;
  if (open && !anyEnvironment) {
    const name = await askForEnvironment(all, undefined);
    if (name === undefined) throw new OpsError("cancelled", l10n.t("No environment was picked."));
    await workspaceProject.pickEnvironment(file, name);
  }
  return workspaceProject.load(file);
}

/** @returns the environment's name, "" for none of them, undefined when nobody answered */
function askForEnvironment({ project }: ProjectContext, current: string | undefined): Promise<string | undefined> {
  const choice = (name: string, label: string, of: Project) => ({
    label: `$(layers) ${label}`,
    description: [of.stackName, of.region, of.expectedAccount, of.profile].filter(Boolean).join(" · "),
    detail: current === name ? l10n.t("Picked now") : undefined,
    value: name,
  });
  const named = environmentNames(project).map((name) => choice(name, name, inEnvironment(project, name)));
  return pickOne(
    l10n.t("Environment"),
    [...named, choice("", l10n.t("None of them"), project)],
    l10n.t("Which stack, parameters and account the commands of this project mean"),
  );
}
