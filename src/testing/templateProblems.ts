import path from "node:path";
import {
  Diagnostic,
  DiagnosticSeverity,
  type Disposable,
  languages,
  Range,
  type TextDocument,
  workspace,
} from "vscode";
import type { Project } from "../domain/project.ts";
import type { TemplateFinding } from "../domain/templateFinding.ts";
import { checkTemplate } from "../services/templateCheck.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";

/** The problems that are shown, and the way to look again. */
export interface TemplateProblems extends Disposable {
  /** Looks a template over at once, also one of another project, marks what is found, and gives it. */
  check(document: TextDocument, project: Project): Promise<TemplateFinding[]>;
}

/**
 * Problems of the project's template, at their place, when it is opened and when it is saved: cfn-lint reads the file.
 * A workspace that is not trusted runs no program.
 */
export function createTemplateProblems(project: WorkspaceProject): TemplateProblems {
  const collection = languages.createDiagnosticCollection("sagemakerOps.template");
  const look = async (document: TextDocument) => {
    if (!workspace.isTrusted || document.uri.fsPath !== templateFile(project)) return;
    await check(document, project.project?.project);
  };
  const check = async (document: TextDocument, of: Project | undefined) => {
    const { version } = document;
    const findings = await checkTemplate(document.getText(), document.uri.fsPath, of);
    if (document.version === version && !document.isClosed) collection.set(document.uri, findings.map(toDiagnostic));
    return findings;
  };
  const all = () => {
    for (const document of workspace.textDocuments) void look(document);
  };
  const listening = [
    workspace.onDidOpenTextDocument((document) => void look(document)),
    workspace.onDidSaveTextDocument((document) => void look(document)),
    workspace.onDidCloseTextDocument(({ uri }) => collection.delete(uri)),
    workspace.onDidGrantWorkspaceTrust(all),
    { dispose: project.onDidChange.on(afterChange(project, all)) },
  ];
  all();
  return {
    check,
    dispose() {
      for (const disposable of [...listening, collection]) disposable.dispose();
    },
  };
}

/** The project tells every look at its stack; the template is read again only for another project file. */
function afterChange(project: WorkspaceProject, work: () => void): () => void {
  let last = project.project;
  return () => {
    if (last === project.project) return;
    last = project.project;
    work();
  };
}

function templateFile({ project }: WorkspaceProject): string | undefined {
  return project && path.resolve(project.folder, project.project.template);
}

const SEVERITIES: Record<TemplateFinding["severity"], DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

function toDiagnostic({ message, severity, source, line, column, endLine, endColumn }: TemplateFinding): Diagnostic {
  const range = new Range(line - 1, column - 1, endLine - 1, endColumn - 1);
  const diagnostic = new Diagnostic(range, message, SEVERITIES[severity]);
  diagnostic.source = source;
  return diagnostic;
}
