import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import type { TargetReport } from "../domain/targetSearch.ts";
import { timeStamp } from "../domain/timeStamp.ts";
import {
  kneeExplanation,
  predictionLines,
  targetHtml,
  targetMarkdown,
  targetSentence,
} from "../loadtest/targetReport.ts";
import type { ProjectContext } from "./projects.ts";
import type { TemplateEdit } from "./templateEdit.ts";
import { editTarget } from "./templateTarget.ts";

/** A search's result in words, for a command line or a message. */
export interface TargetTexts {
  sentence: string;
  explanation: string;
  predictions: string[];
}

/** The result in words. */
export function targetTexts(report: TargetReport): TargetTexts {
  return {
    sentence: targetSentence(report),
    explanation: kneeExplanation(report),
    predictions: predictionLines(report),
  };
}

/** Writes the report as JSON, Markdown and HTML; gives the files. */
export async function saveTargetReport(
  report: TargetReport,
  folder: string,
): Promise<Record<"json" | "md" | "html", string>> {
  const stamp = timeStamp(report.startedAtMs);
  const base = path.join(folder, `${stamp}-target-${report.endpointName}`);
  const files = { json: `${base}.target.json`, md: `${base}.target.md`, html: `${base}.target.html` };
  await mkdir(folder, { recursive: true });
  await writeFile(files.json, `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(files.md, targetMarkdown(report));
  await writeFile(files.html, targetHtml(report));
  return files;
}

/** An edit of one of the project's files that is not yet written. */
export interface ProposedEdit {
  file: string;
  before: string;
  after: string;
  edit: TemplateEdit;
}

/**
 * What the report's target changes in the project's template, or in its parameters.
 * @throws OpsError badInput when the template has no policy that takes it
 */
export async function proposeTargetEdit(
  report: TargetReport,
  { folder, file, project, environment }: ProjectContext,
): Promise<ProposedEdit> {
  if (report.targetPerMinute === undefined)
    throw new OpsError("badInput", l10n.t("The search found no target for endpoint {0}.", report.endpointName));
  const templateFile = path.resolve(folder, project.template);
  const [template, projectText] = await Promise.all([readFile(templateFile, "utf8"), readFile(file, "utf8")]);
  const edit = editTarget(template, projectText, report.targetPerMinute, undefined, environment);
  return edit.file === "template"
    ? { file: templateFile, before: template, after: edit.text, edit }
    : { file, before: projectText, after: edit.text, edit };
}
