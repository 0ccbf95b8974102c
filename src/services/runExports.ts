import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import { type LoadRunPoint, type LoadRunReport, loadErrorKinds } from "../domain/loadRun.ts";
import type { RunComparison } from "../domain/runComparison.ts";
import { comparisonMarkdown } from "../loadtest/exchange/comparisonMarkdown.ts";
import { reportJunit } from "../loadtest/exchange/junit.ts";
import { reportJson, reportMarkdown } from "../loadtest/report.ts";

/** Forms in which a run is handed on. csv: one row a second. */
export const runExportFormats = ["markdown", "junit", "csv", "json"] as const;
export type RunExportFormat = (typeof runExportFormats)[number];

/** Ending of a file in each form. */
export const runExportExtensions: Record<RunExportFormat, string> = {
  markdown: ".md",
  junit: ".junit.xml",
  csv: ".csv",
  json: ".json",
};

const writers: Record<RunExportFormat, (report: LoadRunReport) => string> = {
  markdown: reportMarkdown,
  junit: (report) => reportJunit(report),
  csv: runCsv,
  json: reportJson,
};

/** A run as Markdown for an issue or a pull request. */
export function runMarkdownSummary(report: LoadRunReport): string {
  return reportMarkdown(report);
}

/** Comparisons as Markdown for an issue or a pull request. */
export function comparisonsMarkdown(comparisons: readonly RunComparison[]): string {
  return comparisons.map(comparisonMarkdown).join("\n");
}

/** Writes a run as a JUnit report. @param planFile the plan's path as a CI should show it */
export async function writeJunit(file: string, report: LoadRunReport, planFile: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, reportJunit(report, planFile));
}

/** Writes a run to a file. @throws OpsError failed naming the file */
export async function writeRunExport(report: LoadRunReport, format: RunExportFormat, file: string): Promise<void> {
  try {
    await writeFile(file, writers[format](report));
  } catch (cause) {
    throw new OpsError(
      "failed",
      l10n.t("{0} could not be written: {1}", path.basename(file), (cause as Error).message),
      {
        hint: l10n.t("Choose another folder."),
        cause,
      },
    );
  }
}

const columns: [string, (point: LoadRunPoint) => number | string | boolean | null][] = [
  ["time", ({ atMs }) => new Date(atMs).toISOString()],
  ["second", ({ second }) => second],
  ["asked", ({ asked }) => asked],
  ["sent", ({ sent }) => sent],
  ["done", ({ done }) => done],
  ["ok", ({ ok }) => ok],
  ...loadErrorKinds.map((kind): [string, (point: LoadRunPoint) => number] => [kind, ({ byKind }) => byKind[kind]]),
  ["p50_ms", ({ p50Ms }) => p50Ms],
  ["p90_ms", ({ p90Ms }) => p90Ms],
  ["p95_ms", ({ p95Ms }) => p95Ms],
  ["p99_ms", ({ p99Ms }) => p99Ms],
  ["max_ms", ({ maxMs }) => maxMs],
  ["service_p50_ms", ({ serviceP50Ms }) => serviceP50Ms],
  ["service_p99_ms", ({ serviceP99Ms }) => serviceP99Ms],
  ["in_flight", ({ inFlight }) => inFlight],
  ["queued", ({ queued }) => queued],
  ["connections", ({ connections }) => connections],
  ["generator_limited", ({ generatorLimited }) => generatorLimited],
];

/** One row a second, with the instances in service; an empty cell is a value that was not measured. */
export function runCsv({ points, instances }: LoadRunReport): string {
  const head = [...columns.map(([name]) => name), "instances"].join(",");
  const rows = points.map((point) => {
    const serving = instances.findLast(({ atMs }) => atMs <= point.atMs + 999)?.current;
    return [...columns.map(([, read]) => read(point) ?? ""), serving ?? ""].join(",");
  });
  return `${[head, ...rows].join("\n")}\n`;
}
