import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import type { LoadRunReport } from "../domain/loadRun.ts";
import { compareRuns, type RunComparison } from "../domain/runComparison.ts";
import { artilleryProject } from "../loadtest/exchange/artilleryExport.ts";
import type { ExportedProject } from "../loadtest/exchange/exportedProject.ts";
import { importArtillery, isArtilleryReport } from "../loadtest/exchange/importArtillery.ts";
import { importedReport } from "../loadtest/exchange/importedRun.ts";
import { importK6, isK6Summary } from "../loadtest/exchange/importK6.ts";
import { k6Project } from "../loadtest/exchange/k6Export.ts";
import { readPlan } from "./loadPlanFiles.ts";
import type { PreparedRun } from "./loadPreparation.ts";
import { type RunFiles, RunStore, readReport, runId } from "./runStore.ts";

/** Tools that a plan can be exported to. */
export const exportTools = ["artillery", "k6"] as const;
export type ExportTool = (typeof exportTools)[number];

/**
 * Requests per second that one Artillery worker is trusted with: on one core it signs and sends some hundred
 * (measured; ../loadtest has the bench), and an overloaded worker measures itself.
 */
const RATE_PER_WORKER = 200;

/** Workers that a rate needs, requests per second. */
export function suggestedWorkers(peakRatePerSecond: number): number {
  return Math.max(1, Math.min(1000, Math.ceil(peakRatePerSecond / RATE_PER_WORKER)));
}

/**
 * Writes a prepared plan as a project of another tool. The folder must be new or empty: nothing is overwritten.
 * @returns the files written, absolute
 * @throws OpsError conflict for a folder with something in it, badInput for the number of workers
 */
export async function exportPlan(
  prepared: PreparedRun,
  tool: ExportTool,
  folder: string,
  workers: number,
): Promise<string[]> {
  const { plan, request, payloads, signed, connection, apiKey } = prepared;
  const region = signed ? connection.region : undefined;
  const write = tool === "artillery" ? artilleryProject : k6Project;
  let project: ExportedProject;
  try {
    project = write({ plan, request, payloads, region, workers, needsApiKey: apiKey !== undefined });
  } catch (cause) {
    const { message, hint } = cause as Error & { hint?: string };
    throw new OpsError("badInput", message, { hint, cause });
  }
  const found = await readdir(folder).catch(() => []);
  if (found.length > 0)
    throw new OpsError("conflict", l10n.t("Folder {0} is not empty.", folder), {
      hint: l10n.t("Choose a new or an empty one."),
    });
  await mkdir(folder, { recursive: true });
  return Promise.all(
    Object.entries(project).map(async ([name, text]) => {
      const file = path.join(folder, name);
      await writeFile(file, text, { flag: "wx" });
      return file;
    }),
  );
}

/**
 * Reads another tool's results into the runs of a folder: Artillery's JSON report or k6's summary.
 * @param planFile the plan that was exported, so that its expectations are held against the results
 * @throws OpsError badInput naming the file and what it should be
 */
export async function importResults(
  file: string,
  runsFolder: string,
  planFile?: string,
): Promise<{ report: LoadRunReport; files: RunFiles }> {
  const at = path.resolve(file);
  const plan = planFile === undefined ? undefined : await readPlan(path.resolve(planFile));
  const { json, writtenAtMs } = await readJson(at);
  const name = plan?.name ?? path.basename(path.dirname(at));
  try {
    const run = isArtilleryReport(json)
      ? importArtillery(json, path.basename(at))
      : isK6Summary(json)
        ? importK6(json, path.basename(at), writtenAtMs)
        : undefined;
    if (!run) throw new Error(l10n.t("it is neither an Artillery report nor a k6 summary"));
    const id = `${runId(run.startedAtMs, name)}-${run.source.tool.toLowerCase()}`;
    const target = plan && { type: plan.target.type, name: targetName(plan.target) };
    const report = importedReport(id, run, { name, plan, target });
    return { report, files: await new RunStore(runsFolder).save(report) };
  } catch (cause) {
    throw new OpsError("badInput", l10n.t("{0} cannot be imported: {1}.", at, (cause as Error).message), {
      hint: l10n.t("Give the file of artillery run --output, or of k6 run --summary-export."),
      cause,
    });
  }
}

/**
 * Compares kept runs with the first one.
 * @param files at least two JSON files of runs
 * @throws OpsError badInput for fewer, notFound naming a file that cannot be read
 */
export async function compareRunFiles(
  files: readonly string[],
): Promise<{ reports: LoadRunReport[]; comparisons: RunComparison[] }> {
  const reports = await Promise.all(files.map((file) => readReport(path.resolve(file))));
  const [baseline, ...others] = reports;
  if (!baseline || others.length === 0)
    throw new OpsError("badInput", l10n.t("A comparison takes two runs or more."), {
      hint: l10n.t("Name the JSON files of the runs."),
    });
  return { reports, comparisons: others.map((report) => compareRuns(baseline, report)) };
}

const targetName = (target: { name?: string; url?: string }) =>
  target.name ?? target.url ?? l10n.t("the project's stack");

async function readJson(file: string): Promise<{ json: unknown; writtenAtMs: number }> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    return { json: JSON.parse(text), writtenAtMs: mtimeMs };
  } catch (cause) {
    throw new OpsError("badInput", l10n.t("{0} cannot be read: {1}", file, (cause as Error).message), {
      hint: l10n.t("Give a JSON file."),
      cause,
    });
  }
}
