import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import type { Connection } from "../domain/connection.ts";
import { CsvError, type CsvRecord, readCsv } from "../domain/csv.ts";
import { OpsError } from "../domain/errors.ts";
import { positionOfPath, syntaxErrorPosition } from "../domain/jsonText.ts";
import { plural } from "../domain/plural.ts";
import type { ExampleRow, FeatureFile } from "../domain/prediction.ts";
import { type FileProblems, inEnvironment, type Project, parseFeatureFile, parseProject } from "../domain/project.ts";
import { PROJECT_FILE } from "./projectFile.ts";

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
    throw new OpsError("badInput", l10n.t("{0} {1} cannot be read: {2}", what, file, (e as Error).message), {
      hint: namedBy ? l10n.t("Check the path in {0}.", path.basename(namedBy)) : l10n.t("Check the path."),
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
    throw new OpsError(
      "badInput",
      l10n.t("{0} {1} is not JSON: line {2}, column {3}: {4}", what, file, at.line, at.column, reason),
      {
        hint: l10n.t("Correct the file and repeat."),
        cause: e,
        place: { file, ...at },
      },
    );
  }
}

function refuse(what: string, file: string, text: string, { problems, firstPath }: FileProblems): never {
  const count = plural(problems.length, "problem");
  throw new OpsError("badInput", l10n.t("{0} {1} has {2}: {3}", what, file, count, problems.join("; ")), {
    hint: l10n.t("Correct the file and repeat."),
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
  const own = await readJson(resolved, l10n.t("Project file"));
  const parsed = parseProject(own.json);
  if ("problems" in parsed) refuse(l10n.t("Project file"), resolved, own.text, parsed);
  const project = environment === undefined ? parsed.project : inEnvironment(parsed.project, environment);
  const folder = path.dirname(resolved);
  let features: FeatureFile | undefined;
  if (project.features) {
    const featuresFile = path.resolve(folder, project.features);
    const { text, json } = await readJson(featuresFile, l10n.t("Features file"), resolved);
    const read = parseFeatureFile(json);
    if ("problems" in read) refuse(l10n.t("Features file"), featuresFile, text, read);
    features = read.file;
  }
  const examples =
    project.examples && features
      ? parseExamples(
          await readText(path.resolve(folder, project.examples), l10n.t("Examples file"), resolved),
          features,
          path.resolve(folder, project.examples),
        )
      : [];
  return { folder, file: resolved, project, environment, features, examples };
}

/**
 * Rows of a CSV with a header; columns are found by the features' names, the rest is the label.
 * @throws OpsError badInput naming the file, the line and the column of what is no CSV
 */
export function parseExamples(csv: string, features: FeatureFile, file: string): ExampleRow[] {
  const [header, ...records] = recordsOf(csv, file);
  const columns = header?.cells.map((cell) => cell.trim()) ?? [];
  const at = features.features.map((f) => columns.indexOf(f.name));
  if (at.some((i) => i < 0)) return [];
  const names = new Set(features.features.map((f) => f.name));
  const labelAt = columns.findIndex((c) => !names.has(c));
  return records.map(({ cells }, i) => {
    const label = labelAt < 0 ? "" : (cells[labelAt] ?? "").trim();
    const name = /^\d+$/.test(label) ? (features.classes[Number(label)] ?? label) : label;
    return { label: l10n.t("row {0}{1}", i + 1, name ? ` (${name})` : ""), values: at.map((c) => numberOf(cells[c])) };
  });
}

/** An empty cell is a missing value, and none is 0. */
const numberOf = (cell = "") => (cell.trim() === "" ? Number.NaN : Number(cell));

function recordsOf(csv: string, file: string): CsvRecord[] {
  try {
    return readCsv(csv);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new OpsError("badInput", l10n.t("Examples file {0} cannot be read: {1}", file, error.message), {
      hint: l10n.t("Correct that row."),
      place: { file, line: error.line },
    });
  }
}

/**
 * Nothing of a project is made, changed or deleted in another account, or in another region, than it names.
 * @throws OpsError conflict naming both
 */
export function assertExpectedAccount({ accountId, region }: Connection, { project }: ProjectContext): void {
  if (project.expectedAccount && project.expectedAccount !== accountId)
    throw new OpsError(
      "conflict",
      l10n.t(
        "The project expects account {0}, but the connection is to {1} in {2}.",
        project.expectedAccount,
        accountId,
        region,
      ),
      { hint: l10n.t("Connect to the right account, or change expectedAccount in the project file.") },
    );
  if (project.region && project.region !== region)
    throw new OpsError(
      "conflict",
      l10n.t(
        "The project is for region {0}, but the connection is to {1} (account {2}).",
        project.region,
        region,
        accountId,
      ),
      { hint: l10n.t("Connect to {0}, or change region in the project file.", project.region) },
    );
}
