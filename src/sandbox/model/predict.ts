import type { Booster } from "./booster.ts";

/** Feature rows, row after row; NaN is a missing value. */
export interface RowMatrix {
  readonly rows: number;
  readonly columns: number;
  /** rows × columns values as float32. */
  readonly values: Float32Array;
}

/** More columns than the booster has features. XGBoost refuses such rows; fewer columns count as missing. */
export class TooManyColumnsError extends Error {
  override readonly name = "TooManyColumnsError";
  constructor(
    readonly featureCount: number,
    readonly columns: number,
  ) {
    super(`The rows have ${columns} columns but the model has ${featureCount} features. Send at most ${featureCount}.`);
  }
}

/**
 * Evaluates rows in float32 as XGBoost's CPU predictor does: each margin starts at its base score and adds the leaves
 * in tree order, rounding after every addition; a value goes left when it is less than the threshold.
 * @param trees how many leading trees to use; all when absent
 * @returns rows × booster.outputs values: probabilities, a class index, or the predicted number
 * @throws TooManyColumnsError
 */
export function predictRows(booster: Booster, matrix: RowMatrix, trees = booster.forest.roots.length): Float32Array {
  if (matrix.columns > booster.featureCount) throw new TooManyColumnsError(booster.featureCount, matrix.columns);
  const { groups, outputs, baseMargins } = booster;
  const result = new Float32Array(matrix.rows * outputs);
  const row = new Float32Array(booster.featureCount).fill(Number.NaN);
  const margins = new Float32Array(groups);
  for (let index = 0; index < matrix.rows; index++) {
    row.set(matrix.values.subarray(index * matrix.columns, (index + 1) * matrix.columns));
    margins.set(baseMargins);
    addLeaves(booster, row, margins, trees);
    transform(booster, margins, result, index * outputs);
  }
  return result;
}

function addLeaves(booster: Booster, row: Float32Array, margins: Float32Array, trees: number): void {
  const { roots, treeGroup, feature, value, left, missing } = booster.forest;
  for (let tree = 0; tree < trees; tree++) {
    let node = roots[tree]!;
    let column = feature[node]!;
    while (column >= 0) {
      const x = row[column]!;
      // Both comparisons are false for NaN, the missing value.
      node = left[node]! + (x < value[node]! ? 0 : x >= value[node]! ? 1 : missing[node]!);
      column = feature[node]!;
    }
    // A Float32Array rounds what is stored, which is the float32 addition.
    margins[treeGroup[tree]!]! += value[node]!;
  }
}

function transform(booster: Booster, margins: Float32Array, result: Float32Array, at: number): void {
  switch (booster.objective) {
    case "multi:softprob":
      softmax(margins);
      result.set(margins, at);
      return;
    case "multi:softmax":
      result[at] = indexOfMaximum(margins);
      return;
    case "binary:logistic":
      result[at] = sigmoid(margins[0]!);
      return;
    case "reg:squarederror":
      result[at] = margins[0]!;
  }
}

/** XGBoost's: float32 exponentials, their sum in double, the division by that sum as float32. */
function softmax(values: Float32Array): void {
  const maximum = values[indexOfMaximum(values)]!;
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    values[index] = Math.exp(Math.fround(values[index]! - maximum));
    sum += values[index]!;
  }
  const divisor = Math.fround(sum);
  for (let index = 0; index < values.length; index++) values[index] = values[index]! / divisor;
}

/** The first of equal maxima, as std::max_element gives it. */
function indexOfMaximum(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}

/** XGBoost bounds the exponent at 88.7, where float32 is about to overflow. */
function sigmoid(margin: number): number {
  const power = Math.fround(Math.exp(Math.fround(Math.min(-margin, Math.fround(88.7)))));
  return Math.fround(1 / Math.fround(power + 1));
}
