import { readFileSync } from "node:fs";
import { loadModelArchive } from "../../../../src/sandbox/model/archive.ts";
import { type Booster, parseBooster } from "../../../../src/sandbox/model/booster.ts";
import type { RowMatrix } from "../../../../src/sandbox/model/predict.ts";

/** One booster's predictions as XGBoost made them; see fixtures/make.py. */
export interface ModelFixture {
  name: string;
  columns: number;
  data: number[];
  oddRows: (number | null)[][];
  odd: number[];
  limitedData?: number[];
}

/** All of fixtures/predictions.json. */
export interface PredictionFixtures {
  oddRows: (number | null)[][];
  wine: { data: number[]; odd: number[] };
  models: ModelFixture[];
}

const FIXTURES = new URL("./fixtures/", import.meta.url);
const WINE = new URL("../../../../infra/model/", import.meta.url);

/** Reads a JSON fixture. */
export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, FIXTURES), "utf8")) as T;
}

/** Reads the bytes of a fixture's model. */
export function readModelBytes(name: string): Uint8Array {
  return readFileSync(new URL(`${name}.model`, FIXTURES));
}

/** Loads a model by its fixture's name; "wine" is the committed artifact. */
export async function loadModel(name: string): Promise<Booster> {
  return name === "wine"
    ? await loadModelArchive(readFileSync(new URL("model.tar.gz", WINE)))
    : parseBooster(readModelBytes(name));
}

/** The 178 rows of the wine data without their class. */
export function wineRows(): number[][] {
  const [, ...lines] = readFileSync(new URL("wine.csv", WINE), "utf8").trimEnd().split("\n");
  return lines.map((line) => line.split(",").slice(0, -1).map(Number));
}

/** Rows as the evaluator takes them, the first `columns` of each; null is missing. */
export function matrixOf(rows: readonly (readonly (number | null)[])[], columns = rows[0]!.length): RowMatrix {
  const values = rows.flatMap((row) => row.slice(0, columns).map((value) => value ?? Number.NaN));
  return { rows: rows.length, columns, values: Float32Array.from(values) };
}
