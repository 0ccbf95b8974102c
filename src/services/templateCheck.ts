import { execFile } from "node:child_process";
import * as l10n from "@vscode/l10n";
import {
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import { z } from "zod";
import type { Project } from "../domain/project.ts";
import type { TemplateFinding } from "../domain/templateFinding.ts";

/** A linter that takes longer is given up: its findings would be of an older text. */
const LINT_MS = 30_000;
const MOST_OUTPUT = 16 * 1024 * 1024;

/**
 * Problems of a template: those that cfn-lint finds where it is installed, otherwise what can be told without knowing
 * every resource type. What the project's file and the template say of each other's parameters is told in any case.
 * @param text the template as it is in the editor
 * @param file where it is kept; cfn-lint reads that
 */
export async function checkTemplate(
  text: string,
  file: string,
  project: Pick<Project, "parameters" | "artifacts"> | undefined,
): Promise<TemplateFinding[]> {
  const own = ownFindings(text, project);
  // What cannot be parsed is told once, and at its place.
  if (own.syntax.length > 0) return own.syntax;
  const linted = await lint(file);
  return [...(linted ?? own.references), ...own.parameters];
}

const lintMatch = z.object({
  Level: z.string(),
  Message: z.string(),
  Rule: z.object({ Id: z.string() }),
  Location: z.object({
    Start: z.object({ LineNumber: z.number(), ColumnNumber: z.number() }),
    End: z.object({ LineNumber: z.number(), ColumnNumber: z.number() }),
  }),
});

/** Findings of cfn-lint; undefined where it is not installed or does not answer. */
function lint(file: string): Promise<TemplateFinding[] | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: LINT_MS, maxBuffer: MOST_OUTPUT, windowsHide: true };
    // Its exit code tells what it found, so an error with output is none.
    execFile("cfn-lint", ["--format", "json", "--", file], options, (_error, stdout) => {
      try {
        const matches = z.array(lintMatch).parse(JSON.parse(stdout || "null"));
        resolve(matches.map(toFinding));
      } catch {
        resolve(undefined);
      }
    });
  });
}

const SEVERITIES: Record<string, TemplateFinding["severity"]> = { Error: "error", Warning: "warning" };

function toFinding({ Level, Message, Rule, Location: { Start, End } }: z.infer<typeof lintMatch>): TemplateFinding {
  return {
    severity: SEVERITIES[Level] ?? "info",
    message: Message,
    source: `cfn-lint ${Rule.Id}`,
    line: Start.LineNumber,
    column: Start.ColumnNumber,
    endLine: End.LineNumber,
    endColumn: End.ColumnNumber,
  };
}

const SOURCE = "SageMaker Ops";

interface OwnFindings {
  syntax: TemplateFinding[];
  references: TemplateFinding[];
  parameters: TemplateFinding[];
}

function ownFindings(text: string, project: Pick<Project, "parameters" | "artifacts"> | undefined): OwnFindings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent", keepSourceTokens: false });
  const at = (start: number, end: number) => {
    const from = lines.linePos(start);
    const to = lines.linePos(Math.max(start, end));
    return { line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  };
  const finding = (severity: TemplateFinding["severity"], message: string, node?: Node | null): TemplateFinding => ({
    severity,
    message,
    source: SOURCE,
    ...at(node?.range?.[0] ?? 0, node?.range?.[1] ?? 0),
  });
  // Only the first: one bracket that is not closed makes hundreds, all of which go with it.
  const syntax = document.errors.slice(0, 1).map((error) => ({
    severity: "error" as const,
    message: error.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? error.message,
    source: SOURCE,
    ...at(...error.pos),
  }));
  const nothing = { references: [], parameters: [] };
  if (syntax.length > 0) return { syntax, ...nothing };
  const root = document.contents;
  if (!isMap(root))
    return { syntax: [finding("error", l10n.t("A template is a map with Resources."), root)], ...nothing };
  const resources = root.get("Resources", true);
  if (!isMap(resources) || resources.items.length === 0)
    return { syntax: [finding("error", l10n.t("The template has no Resources."), root)], ...nothing };
  return {
    syntax: [],
    references: [...untyped(resources as YAMLMap, finding), ...unknownNames(root, resources as YAMLMap, finding)],
    parameters: parameterFindings(root, project, finding),
  };
}

type Find = (severity: TemplateFinding["severity"], message: string, node?: Node | null) => TemplateFinding;

function untyped(resources: YAMLMap, finding: Find): TemplateFinding[] {
  return resources.items.flatMap(({ key, value }) =>
    isMap(value) && isScalar(value.get("Type", true))
      ? []
      : [finding("error", l10n.t("Resource {0} has no Type.", String(key)), key as ParsedNode)],
  );
}

const names = (map: unknown): string[] => (isMap(map) ? map.items.map(({ key }) => String(key)) : []);

/** Ref, Fn::GetAtt and Fn::Sub that name neither a resource nor a parameter. */
function unknownNames(root: YAMLMap, resources: YAMLMap, finding: Find): TemplateFinding[] {
  const known = new Set([...names(root.get("Parameters", true)), ...names(resources)]);
  const found: TemplateFinding[] = [];
  const check = (name: string, node: Node) => {
    if (!known.has(name) && !name.startsWith("AWS::"))
      found.push(finding("error", l10n.t("There is no resource or parameter {0}.", name), node));
  };
  visit(root, (_key, node) => {
    if (isScalar(node) && typeof node.value === "string") {
      if (node.tag === "!Ref") check(node.value, node);
      if (node.tag === "!GetAtt") check(node.value.split(".")[0] ?? "", node);
      if (node.tag === "!Sub") for (const name of substituted(node.value)) check(name, node);
    }
    if (isPair(node) && isScalar(node.key) && isScalar(node.value) && typeof node.value.value === "string") {
      const { value } = node.value;
      if (node.key.value === "Ref") check(value, node.value);
      if (node.key.value === "Fn::GetAtt") check(value.split(".")[0] ?? "", node.value);
      if (node.key.value === "Fn::Sub") for (const name of substituted(value)) check(name, node.value);
    }
  });
  return found;
}

/** Names in the placeholders of a text; `${!Literal}` is none. With variables of its own a text is a list, not here. */
function substituted(text: string): string[] {
  return [...text.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = ""]) => name.trim().split(".")[0] ?? "");
}

/** Parameters that the deployment gives or has to give. */
function parameterFindings(
  root: YAMLMap,
  project: Pick<Project, "parameters" | "artifacts"> | undefined,
  finding: Find,
): TemplateFinding[] {
  if (!project) return [];
  const declared = root.get("Parameters", true);
  const given = new Set([
    "ArtifactBucket",
    ...Object.keys(project.parameters),
    ...[project.artifacts.model, project.artifacts.lambda].flatMap((artifact) =>
      artifact ? [artifact.parameter] : [],
    ),
  ]);
  const items = isMap(declared) ? declared.items : [];
  const missing = items.flatMap(({ key, value }) => {
    const name = String(key);
    const hasDefault = isMap(value) && value.has("Default");
    if (hasDefault || given.has(name)) return [];
    const message = l10n.t("Parameter {0} has no default, and the project file gives it no value.", name);
    return [finding("warning", message, key as ParsedNode)];
  });
  const known = new Set(names(declared));
  const unknown = Object.keys(project.parameters).filter((name) => name !== "ArtifactBucket" && !known.has(name));
  return [
    ...missing,
    ...unknown.map((name) =>
      finding(
        "error",
        l10n.t("The project file sets parameter {0}, which the template does not have.", name),
        declared as Node,
      ),
    ),
  ];
}
