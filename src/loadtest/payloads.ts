import * as l10n from "@vscode/l10n";
import { CsvError, type CsvRecord, csvLine, readCsv } from "../domain/csv.ts";
import type { LoadPayloads } from "../domain/loadPlan.ts";
import { LoadInputError } from "./loadInputError.ts";

/** The file that has to be read for a plan's payloads, relative to the plan; undefined for inline ones and folders. */
export function payloadPath(payloads: LoadPayloads): string | undefined {
  if ("csv" in payloads) return payloads.csv;
  return "jsonLines" in payloads ? payloads.jsonLines : undefined;
}

/**
 * Of the names in a payload folder those that are sent, in order. Names that begin with a dot are the system's.
 * Throws LoadInputError naming the folder and the pattern when none is left.
 */
export function payloadFiles({ folder, pattern }: FolderPayloads, names: readonly string[]): string[] {
  const fits = pattern === undefined ? /^[^.]/ : new RegExp(`^${[...pattern].map(patternPart).join("")}$`);
  const chosen = names.filter((name) => !name.startsWith(".") && fits.test(name)).sort();
  if (chosen.length > 0) return chosen;
  throw new LoadInputError(
    l10n.t(
      "Payload folder {0} has no file{1}.",
      folder,
      pattern === undefined ? "" : l10n.t(" that fits {0}", pattern),
    ),
    l10n.t("Put files in it, or correct payloads in the plan."),
  );
}

type FolderPayloads = Extract<LoadPayloads, { folder: string }>;

const patternPart = (char: string) =>
  char === "*" ? ".*" : char === "?" ? "." : char.replace(/[\\^$.|+()[\]{}]/, "\\$&");

/**
 * Request bodies, one per row, of a plan's payloads. `text` is the content of the file at `payloadPath`, unused for
 * inline payloads; folders are not for here. Throws LoadInputError naming the file, the line and the way out.
 */
export function payloadRows(payloads: LoadPayloads, text = ""): Buffer[] {
  if ("inline" in payloads) return payloads.inline.map((row) => Buffer.from(row));
  const clean = text.replace(/^\uFEFF/, "");
  const rows =
    "csv" in payloads ? csvRows(payloads, clean) : "jsonLines" in payloads ? jsonLines(payloads.jsonLines, clean) : [];
  if (rows.length === 0) {
    throw new LoadInputError(
      l10n.t("Payload file {0} has no rows.", payloadPath(payloads) ?? ""),
      l10n.t("Give it at least one row."),
    );
  }
  return rows.map((row) => Buffer.from(row));
}

function jsonLines(path: string, text: string): string[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      JSON.parse(line);
    } catch (error) {
      throw new LoadInputError(
        l10n.t(
          "Payload file {0}, line {1} is not JSON: {2}",
          path,
          index + 1,
          String(error instanceof Error ? error.message : error),
        ),
        l10n.t("Put one JSON value on each line."),
      );
    }
    return [line];
  });
}

function csvRows(payloads: Extract<LoadPayloads, { csv: string }>, text: string): string[] {
  const records = recordsOf(text, payloads.csv);
  const header = payloads.header ? records.shift() : undefined;
  const names = header?.cells.map((cell) => cell.trim()) ?? [];
  const dropped = new Set(
    (payloads.dropColumns ?? []).map((name) => {
      const index = names.indexOf(name);
      if (index >= 0) return index;
      throw new LoadInputError(
        l10n.t(
          'Payload file {0} has no column "{1}" to drop; it has {2}.',
          payloads.csv,
          name,
          names.join(", ") || l10n.t("no header"),
        ),
        l10n.t("Correct dropColumns in the plan, or the file's header."),
      );
    }),
  );
  const width = header?.cells.length ?? records[0]?.cells.length;
  return records.map(({ cells, line }) => {
    if (cells.length !== width) {
      throw new LoadInputError(
        l10n.t(
          "Payload file {0}, line {1} has {2} columns where {3} are expected.",
          payloads.csv,
          line,
          cells.length,
          width ?? 0,
        ),
        l10n.t("Give every row the same number of columns."),
      );
    }
    return csvLine(dropped.size ? cells.filter((_, index) => !dropped.has(index)) : cells);
  });
}

function recordsOf(text: string, path: string): CsvRecord[] {
  try {
    return readCsv(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new LoadInputError(
      l10n.t("Payload file {0} is no CSV: {1}.", path, error.message),
      l10n.t("Correct that row."),
    );
  }
}
