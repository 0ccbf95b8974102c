import * as l10n from "@vscode/l10n";

/** A record of a CSV text; it may go over several lines. */
export interface CsvRecord {
  /** On which it begins, from 1. */
  line: number;
  cells: string[];
}

/** What is no CSV; the message says where. */
export class CsvError extends Error {
  override readonly name = "CsvError";

  constructor(
    /** From 1. */
    readonly line: number,
    column: number,
    what: string,
  ) {
    super(l10n.t("line {0}, column {1}: {2}", line, column, what));
  }
}

/**
 * Reads CSV as RFC 4180 has it: cells in quotes hold commas, line breaks and doubled quotes. What stands without quotes
 * comes as it is, with its blanks; blanks around quotes do not count. Empty lines are left out.
 * @param most records that are wanted
 * @throws CsvError for a quote that is not closed, or that is followed by something else
 */
export function readCsv(text: string, most = Number.POSITIVE_INFINITY): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  for (let line = 1; at < text.length && records.length < most; line++) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const row = text.slice(at, text[end - 1] === "\r" ? end - 1 : end);
    if (!row.includes('"')) {
      if (row.trim() !== "") records.push({ line, cells: row.split(",") });
      at = end + 1;
      continue;
    }
    const record: CsvRecord = { line, cells: [] };
    const next = readQuoted(text, at, record);
    records.push(record);
    line += lineBreaks(text, at, next - 1);
    at = next;
  }
  return records;
}

const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
/** A blank, a tab, or what a line of Windows ends with. */
const isBlank = (code: number) => code === 32 || code === 9 || code === 13;

/** Reads a record that has quotes. @returns where the next one begins */
function readQuoted(text: string, begin: number, record: CsvRecord): number {
  const { cells } = record;
  for (let at = begin; ; at++) {
    let start = at;
    while (isBlank(text.charCodeAt(start))) start++;
    if (text.charCodeAt(start) === QUOTE) {
      at = closingQuote(text, start + 1);
      if (at < 0) throw refusal(text, begin, start, record, l10n.t("its quote is not closed"));
      const cell = text.slice(start + 1, at);
      cells.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell);
      do at++;
      while (isBlank(text.charCodeAt(at)));
    } else {
      const plain = at;
      at = plainEnd(text, at);
      const isLast = text.charCodeAt(at) !== COMMA;
      cells.push(text.slice(plain, isLast && text[at - 1] === "\r" ? at - 1 : at));
    }
    if (text.charCodeAt(at) === COMMA) continue;
    if (at >= text.length || text.charCodeAt(at) === NEWLINE) return at + 1;
    cells.pop();
    throw refusal(text, begin, start, record, l10n.t("text follows its closing quote"));
  }
}

/** A doubled quote closes nothing. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  return at;
}

function plainEnd(text: string, from: number): number {
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === NEWLINE || at >= text.length) return at;
  }
}

const refusal = (text: string, begin: number, at: number, { line, cells }: CsvRecord, what: string) =>
  new CsvError(line + lineBreaks(text, begin, at), cells.length + 1, what);

function lineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** The columns that a CSV text begins with. @throws CsvError as `readCsv` */
export function csvHeader(text: string): string[] {
  return (readCsv(text, 1)[0]?.cells ?? []).map((cell) => cell.trim());
}

/** Cells as a line of CSV, in quotes where they need them. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",");
}
