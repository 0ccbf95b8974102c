import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Connection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { positionOfPath, syntaxErrorPosition } from "../domain/jsonText.ts";
import type { ExampleRow, FeatureFile } from "../domain/prediction.ts";
import { type FileProblems, inEnvironment, type Project, parseFeatureFile, parseProject } from "../domain/project.ts";

/** Name of the project file at a workspace folder's root. */
export const PROJECT_FILE = "sagemaker-ops.json";

/** A project with what its files hold. */
export interface ProjectContext {
  folder: string;
  file: string;
  /** As it is in the environment, where one was chosen. */
  project: Project;
  environment?: string;
  features?: FeatureFile;
  examples: ExampleRow[];
}

/** @param namedBy the file that names it, which is the one to correct when it cannot be read */
async function readText(file: string, what: string, namedBy?: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (e) {
    throw new OpsError("badInput", `${what} ${file} cannot be read: ${(e as Error).message}`, {
      hint: namedBy ? `Check the path in ${path.basename(namedBy)}.` : "Check the path.",
      cause: e,
      place: namedBy === undefined ? undefined : { file: namedBy },
    });
  }
}

interface JsonFile {
  text: string;
  json: unknown;
}

async function readJson(file: string, what: string, namedBy?: string): Promise<JsonFile> {
  const text = await readText(file, what, namedBy);
  try {
    return { text, json: JSON.parse(text.replace(/^\uFEFF/, "")) };
  } catch (e) {
    const at = syntaxErrorPosition(text, e);
    const reason = (e as Error).message.replace(/ (in JSON )?at position \d+( \(line \d+ column \d+\))?$/, "");
    throw new OpsError("badInput", `${what} ${file} is not JSON: line ${at.line}, column ${at.column}: ${reason}`, {
      hint: "Correct the file and repeat.",
      cause: e,
      place: { file, ...at },
    });
  }
}

function refuse(what: string, file: string, text: string, { problems, firstPath }: FileProblems): never {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw new OpsError("badInput", `${what} ${file} has ${count}: ${problems.join("; ")}`, {
    hint: "Correct the file and repeat.",
    place: { file, ...positionOfPath(text, firstPath) },
  });
}

/**
 * Reads a project file and what it names.
 * @param file the file, or the folder that holds it
 * @param environment one of the project's environments; without one, what the file says outside of them holds
 * @throws OpsError badInput that names the file and the place in it
 */
export async function loadProject(file: string, environment?: string): Promise<ProjectContext> {
  const isFolder = (await stat(file).catch(() => undefined))?.isDirectory() ?? false;
  const resolved = path.resolve(isFolder ? path.join(file, PROJECT_FILE) : file);
  const own = await readJson(resolved, "Project file");
  const parsed = parseProject(own.json);
  if ("problems" in parsed) refuse("Project file", resolved, own.text, parsed);
  const project = environment === undefined ? parsed.project : inEnvironment(parsed.project, environment);
  const folder = path.dirname(resolved);
  let features: FeatureFile | undefined;
  if (project.features) {
    const featuresFile = path.resolve(folder, project.features);
    const { text, json } = await readJson(featuresFile, "Features file", resolved);
    const read = parseFeatureFile(json);
    if ("problems" in read) refuse("Features file", featuresFile, text, read);
    features = read.file;
  }
  const examples =
    project.examples && features
      ? parseExamples(await readText(path.resolve(folder, project.examples), "Examples file", resolved), features)
      : [];
  return { folder, file: resolved, project, environment, features, examples };
}

/** Rows of a CSV with a header; columns are found by the features' names, the rest is the label. */
export function parseExamples(csv: string, features: FeatureFile): ExampleRow[] {
  const [header = "", ...lines] = csv.split(/\r?\n/).filter((line) => line.trim());
  const columns = header.split(",").map((c) => c.trim());
  const at = features.features.map((f) => columns.indexOf(f.name));
  if (at.some((i) => i < 0)) return [];
  const names = new Set(features.features.map((f) => f.name));
  const labelAt = columns.findIndex((c) => !names.has(c));
  return lines.map((line, i) => {
    const cells = line.split(",");
    const label = labelAt < 0 ? "" : (cells[labelAt] ?? "").trim();
    const name = /^\d+$/.test(label) ? (features.classes[Number(label)] ?? label) : label;
    return { label: `row ${i + 1}${name ? ` (${name})` : ""}`, values: at.map((c) => Number(cells[c])) };
  });
}

/**
 * Nothing of a project is made, changed or deleted in another account than the one that it names.
 * @throws OpsError conflict naming both
 */
export function assertExpectedAccount({ accountId, region }: Connection, { project }: ProjectContext): void {
  if (project.expectedAccount && project.expectedAccount !== accountId)
    throw new OpsError(
      "conflict",
      `The project expects account ${project.expectedAccount}, but the connection is to ${accountId} in ${region}.`,
      { hint: "Connect to the right account, or change expectedAccount in the project file." },
    );
}
