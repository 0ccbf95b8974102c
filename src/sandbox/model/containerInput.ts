import type { RowMatrix } from "./predict.ts";
import { pythonFloat, pythonInt, pythonTextRepr, utf8ErrorText } from "./pythonText.ts";

/** The error that the container's decoder would raise, with Python's name of its class. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  constructor(
    readonly pythonClass: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads a CSV body as the container does (`csv_to_dmatrix`): no header, a delimiter guessed from the first line, empty
 * cells and `nan` missing.
 * @throws DecodeError for text, ragged rows and values that float32 cannot hold
 */
export function readCsv(body: Uint8Array): RowMatrix {
  const text = decodeStripped(body);
  const lines = text.split("\n");
  const delimiter = sniffDelimiter(lines[0]!.slice(0, 512));
  const cells = lines.map((line) => line.split(delimiter));
  const columns = cells[0]!.length;
  if (cells.some((row) => row.length !== columns)) {
    throw new DecodeError(
      "ValueError",
      `setting an array element with a sequence. The requested array has an inhomogeneous shape after 1 dimensions. The detected shape was (${cells.length},) + inhomogeneous part.`,
    );
  }
  const values = new Float32Array(cells.length * columns);
  let at = 0;
  for (const row of cells) {
    for (const cell of row) values[at++] = cell === "" ? Number.NaN : floatOf(cell);
  }
  refuseInfinite(values);
  return { rows: cells.length, columns, values };
}

/**
 * Reads a libsvm body as the container 1.7-1 does: `label index:value …`, indices counted from 0, what is not given is
 * missing. A matrix wider than `featureCount` comes without values, since it will be refused for its width.
 * @throws DecodeError
 */
export function readLibsvm(body: Uint8Array, featureCount: number): RowMatrix {
  const entries: { row: number; column: string; value: string }[] = [];
  decodeStripped(body)
    .split("\n")
    .forEach((line, row) => {
      for (const item of line.split(" ")) {
        const [column, value] = item.split(":");
        if (column !== undefined && value !== undefined) entries.push({ row, column, value });
      }
    });
  const columns = entries.map(({ column }) => intOf(column));
  const values = entries.map(({ value }) => floatOf(value));
  if (entries.length === 0) {
    throw new DecodeError("ValueError", "cannot infer dimensions from zero sized index arrays");
  }
  if (columns.some((column) => column < 0)) throw new DecodeError("ValueError", "negative column index found");
  refuseInfinite(Float32Array.from(values));
  const width = columns.reduce((widest, column) => Math.max(widest, column + 1), 0);
  // As in scipy, the last row that has an entry is the last row.
  const rows = entries.at(-1)!.row + 1;
  if (width > featureCount) return { rows, columns: width, values: new Float32Array(0) };
  const matrix = new Float32Array(rows * width).fill(Number.NaN);
  entries.forEach(({ row }, index) => {
    const at = row * width + columns[index]!;
    // scipy adds up entries of the same place.
    matrix[at] = Number.isNaN(matrix[at]) ? values[index]! : matrix[at]! + values[index]!;
  });
  return { rows, columns: width, values: matrix };
}

/**
 * What Python's csv.Sniffer finds on one line, then the container's rule that a letter or digit is no delimiter. With
 * one line every character is as consistent as the others: a preferred one wins, then the most frequent.
 */
function sniffDelimiter(line: string): string {
  if (line.includes(",")) return ",";
  const counts = new Map<string, number>();
  for (const character of line) {
    if (character < "\x7f") counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  if (counts.size === 0) throw new DecodeError("_csv.Error", "Could not determine delimiter");
  const preferred = ["\t", ";", " ", ":"].find((character) => counts.has(character));
  if (preferred !== undefined) return preferred;
  let best = "";
  for (const [character, count] of counts) {
    const most = counts.get(best) ?? 0;
    if (count > most || (count === most && character > best)) best = character;
  }
  return /[0-9A-Za-z]/.test(best) ? "," : best;
}

/** The text without white space at either end. */
function decodeStripped(body: Uint8Array): string {
  let start = 0;
  let end = body.length;
  while (start < end && isSpace(body[start]!)) start += 1;
  while (end > start && isSpace(body[end - 1]!)) end -= 1;
  const bytes = body.subarray(start, end);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  // Decoding is lenient and fast; only a replacement character asks for the slow check.
  const fault = text.includes("\ufffd") ? utf8ErrorText(bytes) : undefined;
  if (fault !== undefined) throw new DecodeError("UnicodeDecodeError", fault);
  return text;
}

/** White space of Python's bytes.strip(). */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function floatOf(text: string): number {
  const value = pythonFloat(text);
  if (value === undefined) {
    throw new DecodeError("ValueError", `could not convert string to float: ${pythonTextRepr(text)}`);
  }
  return value;
}

function intOf(text: string): number {
  const value = pythonInt(text);
  if (value === undefined) {
    throw new DecodeError("ValueError", `invalid literal for int() with base 10: ${pythonTextRepr(text)}`);
  }
  return value;
}

/** XGBoost 1.7.4 refuses infinite values, and with them all that float32 cannot hold. */
function refuseInfinite(values: Float32Array): void {
  if (values.every((value) => Math.abs(value) !== Number.POSITIVE_INFINITY)) return;
  const time = new Date().toISOString().slice(11, 19);
  throw new DecodeError(
    "xgboost.core.XGBoostError",
    `[${time}] ../src/data/data.cc:1104: Check failed: valid: Input data contains \`inf\` or \`nan\``,
  );
}
