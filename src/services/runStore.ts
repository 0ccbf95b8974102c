import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../domain/errors.ts";
import type { LoadRunReport } from "../domain/loadRun.ts";
import { timeStamp } from "../domain/timeStamp.ts";
import { reportJson } from "../loadtest/report.ts";
import { reportHtml } from "../loadtest/reportHtml.ts";

/** The files of a run. */
export interface RunFiles {
  json: string;
  html: string;
}

/** Sorts by time and says what ran: `20261122-140302-1k-rps`. */
export function runId(atMs: number, name: string): string {
  const stamp = timeStamp(atMs);
  return `${stamp}-${name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 60)}`;
}

/** Keeps runs as files: JSON for machines, HTML for people. */
export class RunStore {
  constructor(private readonly folder: string) {}

  filesOf(id: string): RunFiles {
    return { json: path.join(this.folder, `${id}.json`), html: path.join(this.folder, `${id}.html`) };
  }

  /** Writes both files; a reader never sees half of one. */
  async save(report: LoadRunReport): Promise<RunFiles> {
    const files = this.filesOf(report.id);
    await mkdir(this.folder, { recursive: true });
    await Promise.all([replaceFile(files.json, reportJson(report)), replaceFile(files.html, reportHtml(report))]);
    return files;
  }

  /** Runs, newest first; files that are not reports are passed over. */
  async list(): Promise<{ file: string; report: LoadRunReport }[]> {
    const names = await readdir(this.folder).catch(() => []);
    const found = await Promise.all(
      names
        .filter((n) => n.endsWith(".json"))
        .map(async (name) => {
          const file = path.join(this.folder, name);
          try {
            const report = JSON.parse(await readFile(file, "utf8")) as LoadRunReport;
            return report.reportVersion === 1 ? [{ file, report }] : [];
          } catch {
            return [];
          }
        }),
    );
    return found.flat().sort((a, b) => b.report.startedAtMs - a.report.startedAtMs);
  }
}

/** Reads a kept run. @throws OpsError notFound naming the file */
export async function readReport(file: string): Promise<LoadRunReport> {
  try {
    const report = JSON.parse(await readFile(file, "utf8")) as LoadRunReport;
    if (report.reportVersion === 1) return report;
    throw new Error(l10n.t("its version is {0}", report.reportVersion));
  } catch (cause) {
    throw new OpsError("notFound", l10n.t("The run {0} cannot be read: {1}", file, (cause as Error).message), {
      hint: l10n.t("It may have been deleted; run the plan again."),
      cause,
    });
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text);
  await rename(part, file);
}
