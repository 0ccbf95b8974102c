import { commands, l10n, type TextDocument, Uri, window, workspace } from "vscode";
import { plural } from "../domain/plural.ts";
import type { Project } from "../domain/project.ts";
import type { TemplateFinding } from "../domain/templateFinding.ts";
import { loadProject } from "../services/projects.ts";

import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { pickProject } from "./project.ts";
import type { CommandTable } from "./register.ts";
import { assertTrusted } from "./trust.ts";

/** Looks a template over, and marks what is found in the editor. */
type CheckTemplate = (document: TextDocument, project: Project) => Promise<TemplateFinding[]>;

/** Commands of the project's template. */
export function templateCommands(
  project: WorkspaceProject,
  check: CheckTemplate,
): Pick<CommandTable, "sagemakerOps.stack.validateTemplate"> {
  return { "sagemakerOps.stack.validateTemplate": () => validate(project, check) };
}

/** Opens the template with its problems marked, and says how many there are. */
async function validate(workspaceProject: WorkspaceProject, check: CheckTemplate): Promise<void> {
  const { file } = await pickProject(workspaceProject);
  assertTrusted(l10n.t("Running a linter on the template"));
  const { folder, project } = await loadProject(file);
  const document = await workspace.openTextDocument(Uri.joinPath(Uri.file(folder), project.template));
  // The linter reads the file: what is not saved would not be looked at.
  if (document.isDirty) await document.save();
  await window.showTextDocument(document);
  const findings = await check(document, project);
  if (findings.length === 0) {
    void window.showInformationMessage(l10n.t("Template {0} has no problems.", project.template));
    return;
  }
  const [first] = findings;
  const source = first?.source ? l10n.t(", found by {0}", first.source) : "";
  const show = l10n.t("Show Problems");
  const text = l10n.t("Template {0} has {1}{2}.", project.template, plural(findings.length, "problem"), source);
  const say = findings.some(({ severity }) => severity === "error")
    ? window.showErrorMessage(text, show)
    : window.showWarningMessage(text, show);
  void say.then((answer) => {
    if (answer) void commands.executeCommand("workbench.actions.view.problems");
  });
}
