import path from "node:path";
import {
  Diagnostic,
  type DiagnosticCollection,
  DiagnosticSeverity,
  type Disposable,
  l10n,
  languages,
  Range,
  type TextDocument,
  type Uri,
  workspace,
} from "vscode";
import { toOpsError } from "../domain/errors.ts";
import type { JsonPath } from "../domain/jsonText.ts";
import { type LoadPlan, parseLoadPlan } from "../domain/loadPlan.ts";
import { checkLoadPlan, type PlanFinding } from "../domain/loadPlanCheck.ts";
import type { Connections } from "../services/connections.ts";
import type { Endpoints } from "../services/endpoints.ts";
import { planFacts, policyOf } from "../services/loadForecast.ts";
import type { WorkspaceProject } from "../ui/workspaceProject.ts";
import { planSelector } from "./planLenses.ts";
import { jsonPathOf, placeInText } from "./planPlaces.ts";

/** What a plan is checked against. */
export interface PlanProblemServices {
  connections: Connections;
  endpoints: Endpoints;
  project: WorkspaceProject;
}

const AFTER_TYPING_MS = 300;
const SOURCE = "SageMaker Ops";

/**
 * Problems of the open plans at their place: what is wrong in the file, and what it cannot show with the policy, the
 * instances and the machine as they are. Looked at again when the text or the endpoint changes.
 */
export function createPlanProblems(services: PlanProblemServices): Disposable {
  const collection = languages.createDiagnosticCollection("sagemakerOps.plans");
  const known = new Map<string, Diagnostic[]>();
  const waiting = new Map<string, NodeJS.Timeout>();

  const look = async (document: TextDocument) => {
    const { version } = document;
    const found = await problemsOf(document, services);
    if (document.isClosed || document.version !== version) return;
    known.set(document.uri.toString(), found);
    showOwn(collection, document.uri, found);
  };
  const soon = (document: TextDocument) => {
    if (languages.match(planSelector, document) === 0) return;
    const key = document.uri.toString();
    clearTimeout(waiting.get(key));
    waiting.set(
      key,
      setTimeout(() => {
        waiting.delete(key);
        void look(document);
      }, AFTER_TYPING_MS),
    );
  };
  const all = () => workspace.textDocuments.forEach(soon);
  const listening = [
    workspace.onDidOpenTextDocument(soon),
    workspace.onDidChangeTextDocument(({ document }) => soon(document)),
    workspace.onDidCloseTextDocument(({ uri }) => {
      clearTimeout(waiting.get(uri.toString()));
      known.delete(uri.toString());
      collection.delete(uri);
    }),
    languages.onDidChangeDiagnostics(({ uris }) => {
      for (const uri of uris) {
        const found = known.get(uri.toString());
        if (found) showOwn(collection, uri, found);
      }
    }),
  ];
  const { connections, endpoints, project } = services;
  const forget = [connections.onDidChange.on(all), endpoints.onDidChange.on(all), project.onDidChange.on(all)];
  all();
  return {
    dispose() {
      for (const stop of forget) stop();
      for (const timer of waiting.values()) clearTimeout(timer);
      for (const disposable of [...listening, collection]) disposable.dispose();
    },
  };
}

/** VS Code itself holds the file against the JSON schema: what it says of a line is not said twice. */
function showOwn(collection: DiagnosticCollection, uri: Uri, found: readonly Diagnostic[]): void {
  const told = new Set(
    languages.getDiagnostics(uri).flatMap(({ source, range }) => (source === SOURCE ? [] : [range.start.line])),
  );
  const own = found.filter(({ code, range }) => code !== "form" || !told.has(range.start.line));
  const shown = collection.get(uri) ?? [];
  if (own.length === shown.length && own.every((diagnostic, i) => shown[i] === diagnostic)) return;
  collection.set(uri, own);
}

async function problemsOf(document: TextDocument, services: PlanProblemServices): Promise<Diagnostic[]> {
  const text = document.getText();
  const parsed = parseLoadPlan(text, path.basename(document.fileName));
  if (parsed.ok) {
    const findings = await findingsOf(parsed.plan, services);
    return findings.map(({ severity, path: at, message }) => diagnostic(text, at, message, severities[severity]));
  }
  const { line, column } = parsed.firstAt;
  return parsed.problems.map((problem) => {
    const message = `${problem.message}. ${problem.hint}`;
    const isSyntax = problem.path.startsWith("line ");
    const found = diagnostic(text, isSyntax ? [] : jsonPathOf(problem.path), message, DiagnosticSeverity.Error);
    if (isSyntax) found.range = new Range(line - 1, column - 1, line - 1, column);
    found.code = "form";
    return found;
  });
}

const severities: Record<PlanFinding["severity"], DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

function diagnostic(text: string, place: JsonPath, message: string, severity: DiagnosticSeverity): Diagnostic {
  const { start, end } = placeInText(text, place);
  const range = new Range(start.line - 1, start.column - 1, end.line - 1, end.column - 1);
  const found = new Diagnostic(range, message, severity);
  found.source = SOURCE;
  return found;
}

/** Without a connection, or before the endpoint is there, only what the plan itself says is judged. */
async function findingsOf(plan: LoadPlan, services: PlanProblemServices): Promise<PlanFinding[]> {
  const { connections, endpoints, project } = services;
  const connection = connections.current;
  if (!connection) return checkLoadPlan(plan, {});
  const named = plan.target.type === "endpoint" ? plan.target.name : undefined;
  const name = named ?? project.endpointName;
  if (name === undefined) return checkLoadPlan(plan, { timeScale: connection.timeScale });
  try {
    const { endpoint, targets } = await endpoints.detail(name);
    return checkLoadPlan(plan, planFacts(connection.timeScale, endpoint, policyOf(targets)));
  } catch (error) {
    const found = checkLoadPlan(plan, { timeScale: connection.timeScale });
    if (named === undefined || toOpsError(error).code !== "notFound") return found;
    const where = connection.kind === "sandbox" ? l10n.t("the sandbox") : l10n.t("account {0}", connection.accountId);
    const message = l10n.t("There is no endpoint {0} in {1} of {2}.", named, connection.region, where);
    return [...found, { severity: "warning", path: ["target", "name"], message }];
  }
}
