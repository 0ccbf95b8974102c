import * as l10n from "@vscode/l10n";
import { CsvError, readCsv } from "./csv.ts";
import { OpsError } from "./errors.ts";
import type { Feature } from "./prediction.ts";

/** What a table of examples says of a model's input: one feature per column, in the file's order. */
export interface FeatureTable {
  features: Feature[];
  /** In the order of the model's outputs; empty for a regression, or where there is no label. */
  classes: string[];
  /** Column of the label. */
  label?: string;
  /** Features in order; null is a missing value. */
  rows: (number | null)[][];
  /** A row's label: the class's index, or the number to predict; null where it is missing. */
  labels: (number | null)[];
}

/** Labels are classes up to here, when they are whole numbers from 0. */
const MOST_CLASSES = 50;
const LABEL_NAMES = ["class", "label", "target", "y", "outcome"];

/** The column that is the label by its name, when one is. */
export function guessLabel(header: readonly string[]): string | undefined {
  return header.find((name) => LABEL_NAMES.includes(name.toLowerCase()));
}

/**
 * Reads a CSV file with a header.
 * @param options.label column of the label; absent takes one that is called so, `""` none
 * @param options.classes names of the classes in the order of the model's outputs
 * @throws OpsError badInput naming the file, the column and the line
 */
export function readFeatureTable(
  text: string,
  file: string,
  options: { label?: string; classes?: readonly string[] } = {},
): FeatureTable {
  const refuse = (what: string, hint: string): never => {
    throw new OpsError("badInput", l10n.t("The data {0} {1}", file, what), { hint, place: { file } });
  };
  let all: string[][] = [];
  try {
    all = readCsv(text).map(({ cells }) => cells.map((cell) => cell.trim()));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    refuse(l10n.t("cannot be read: {0}", error.message), l10n.t("Correct that row."));
  }
  const [header = [], ...records] = all;
  if (records.length === 0)
    refuse(l10n.t("has no rows below a header."), l10n.t("Give it a header and at least one row."));
  if (header.every((name) => name !== "" && Number.isFinite(Number(name))))
    refuse(
      l10n.t("has no header: its first line is all numbers."),
      l10n.t("Put the names of the columns in the first line."),
    );
  const twice = header.find((name, at) => name === "" || header.indexOf(name) !== at);
  if (twice !== undefined)
    refuse(l10n.t('has two columns "{0}".', twice), l10n.t("Give each column a name of its own."));
  const label = options.label === "" ? undefined : (options.label ?? guessLabel(header));
  if (label !== undefined && !header.includes(label))
    refuse(l10n.t("has no column {0}.", label), l10n.t("It has {0}.", header.join(", ")));
  const ragged = records.findIndex((record) => record.length !== header.length);
  if (ragged >= 0)
    refuse(
      l10n.t("has {0} values in row {1}, not {2}.", records[ragged]?.length ?? 0, ragged + 1, header.length),
      l10n.t("Correct that row."),
    );
  const columns = header.map((name, at) => ({ name, cells: records.map((record) => record[at] ?? "") }));
  const inputs = columns.filter(({ name }) => name !== label);
  if (inputs.length === 0) refuse(l10n.t("has no column beside the label."), l10n.t("Give it the features, too."));
  const numbers = inputs.map(({ name, cells }) =>
    cells.map((cell, row) => {
      const value = cell === "" || /^nan$/i.test(cell) ? null : Number(cell);
      if (value !== null && !Number.isFinite(value))
        refuse(
          l10n.t('has "{0}" in column {1}, row {2}: the model takes numbers only.', cell, name, row + 1),
          l10n.t("Encode the column as numbers, leave it out of the file, or name it as the label."),
        );
      return value;
    }),
  );
  const labelled = label === undefined ? undefined : columns.find(({ name }) => name === label)?.cells;
  const { classes, labels } = readLabels(labelled ?? records.map(() => ""), options.classes);
  return {
    features: inputs.map(({ name }, at) => describe(name, numbers[at] ?? [])),
    classes,
    label,
    rows: records.map((_, row) => numbers.map((column) => column[row] ?? null)),
    labels,
  };
}

/** Texts are classes in the order of the alphabet, as scikit-learn's LabelEncoder has them. */
function readLabels(
  cells: readonly string[],
  given: readonly string[] | undefined,
): Pick<FeatureTable, "classes" | "labels"> {
  const present = cells.filter((cell) => cell !== "");
  const values = present.map(Number);
  const numeric = values.every(Number.isFinite);
  const most = Math.max(-1, ...new Set(numeric ? values : []));
  const areIndices = numeric && values.every((value) => Number.isInteger(value) && value >= 0) && most < MOST_CLASSES;
  const isSpread = new Set(values).size > 1;
  const names = given?.length
    ? [...given]
    : !numeric
      ? [...new Set(present)].sort()
      : areIndices && isSpread
        ? Array.from({ length: most + 1 }, (_, index) => String(index))
        : [];
  const index = (cell: string) => {
    if (cell === "") return null;
    return numeric ? Number(cell) : names.indexOf(cell);
  };
  return { classes: present.length === 0 && !given ? [] : names, labels: cells.map(index) };
}

/** A column as a slider: its range, and the decimal place that nearly all of its values keep to. */
function describe(name: string, column: readonly (number | null)[]): Feature {
  const values = column.filter((value): value is number => value !== null);
  const min = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const max = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const places = values.map((value) => (String(value).split(".")[1] ?? "").length).sort((a, b) => a - b);
  const usual = Math.min(6, places[Math.floor(0.95 * (places.length - 1))] ?? 0);
  const words = name.replace(/[_-]+/g, " ").trim();
  return {
    name,
    label: words.charAt(0).toUpperCase() + words.slice(1),
    min: values.length ? min : 0,
    max: values.length ? (max > min ? max : min + 1) : 1,
    step: 10 ** -usual,
    default: values[0] ?? 0,
  };
}
