import { type BoosterFile, readBoosterFile } from "./boosterFile.ts";
import { type Forest, flattenTrees } from "./forest.ts";
import { ModelFileError } from "./modelFileError.ts";

/** The objectives whose output transformation is implemented. */
type Objective = "multi:softprob" | "multi:softmax" | "binary:logistic" | "reg:squarederror";

/** A tree booster ready to evaluate. */
export interface Booster {
  readonly objective: Objective;
  /** Columns that the booster was trained on; a row may have fewer (the rest is missing), not more. */
  readonly featureCount: number;
  /** The features' names where the booster was saved with them, else empty. */
  readonly featureNames: readonly string[];
  /** Margins per row: the number of classes for multi:*, else 1. */
  readonly groups: number;
  /** Predicted values per row: the number of classes for multi:softprob, else 1. */
  readonly outputs: number;
  /** What each group's margin starts at, as float32. */
  readonly baseMargins: Float32Array;
  readonly forest: Forest;
  /**
   * How many leading trees SageMaker's container evaluates: it passes the attribute `best_ntree_limit`, which early
   * stopping leaves in the booster; all trees when there is none.
   */
  readonly containerTrees: number;
}

const OBJECTIVES: readonly Objective[] = ["multi:softprob", "multi:softmax", "binary:logistic", "reg:squarederror"];

/**
 * Reads the bytes of `xgboost-model` as `Booster.save_model` writes them: JSON or UBJSON, told apart by content.
 * @throws ModelFileError for anything that is not a gbtree booster of a supported objective with numerical splits
 */
export function parseBooster(bytes: Uint8Array): Booster {
  const file = readBoosterFile(bytes);
  const objective = OBJECTIVES.find((name) => name === file.objective);
  if (objective === undefined) {
    throw new ModelFileError(
      `The model's objective is ${JSON.stringify(file.objective)}, which the sandbox does not evaluate. Use one of ${OBJECTIVES.join(", ")}.`,
    );
  }
  const multi = objective === "multi:softprob" || objective === "multi:softmax";
  if (multi && file.classCount < 2) {
    throw new ModelFileError(
      `The model's objective ${objective} needs num_class of at least 2, not ${file.classCount}.`,
    );
  }
  const groups = multi ? file.classCount : 1;
  const forest = flattenTrees(file.trees, file.treeGroups, file.featureCount, groups);
  return {
    objective,
    featureCount: file.featureCount,
    featureNames: file.featureNames,
    groups,
    outputs: objective === "multi:softprob" ? groups : 1,
    baseMargins: baseMargins(objective, file.baseScores, groups),
    forest,
    containerTrees: containerTrees(file, groups, forest.roots.length),
  };
}

/** base_score is stored as a probability for logistic objectives and enters the sum as its float32 logit. */
function baseMargins(objective: Objective, scores: readonly number[], groups: number): Float32Array {
  if (scores.length !== 1 && scores.length !== groups) {
    throw new ModelFileError(
      `The model has ${scores.length} base scores for ${groups} outputs. Save the booster again.`,
    );
  }
  return Float32Array.from({ length: groups }, (_, group) => {
    const score = Math.fround(scores[scores.length === 1 ? 0 : group]!);
    if (objective !== "binary:logistic") return score;
    if (!(score > 0 && score < 1)) {
      throw new ModelFileError(`The model's base_score ${score} must lie between 0 and 1 for binary:logistic.`);
    }
    return -Math.fround(Math.log(Math.fround(Math.fround(1 / score) - 1)));
  });
}

function containerTrees(file: BoosterFile, groups: number, trees: number): number {
  const rounds = Math.floor(file.bestTreeLimit / Math.max(file.parallelTrees, 1));
  return rounds > 0 ? Math.min(rounds * Math.max(file.parallelTrees, 1) * groups, trees) : trees;
}
