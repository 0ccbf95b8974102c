import { ModelFileError } from "./modelFileError.ts";
import { decodeUbjson } from "./ubjson.ts";

/** Numbers of one tree column, whichever encoding they came from. */
export type NumberList = ArrayLike<number>;

/** One tree in XGBoost's own layout: parallel columns indexed by node, node 0 the root. */
export interface TreeColumns {
  readonly left: NumberList;
  readonly right: NumberList;
  readonly feature: NumberList;
  /** The threshold of a split, the value of a leaf. */
  readonly condition: NumberList;
  readonly defaultLeft: NumberList;
}

/** The parts of a saved booster that its evaluation needs. */
export interface BoosterFile {
  readonly objective: string;
  /** One value, or one per class as XGBoost 3.1 and newer write it. */
  readonly baseScores: readonly number[];
  readonly classCount: number;
  readonly featureCount: number;
  readonly featureNames: readonly string[];
  readonly parallelTrees: number;
  /** The attribute `best_ntree_limit`, 0 when absent. */
  readonly bestTreeLimit: number;
  readonly trees: readonly TreeColumns[];
  readonly treeGroups: NumberList;
}

/**
 * Reads a saved booster's document (XGBoost's model schema, the same for JSON and UBJSON).
 * @throws ModelFileError naming the member at fault
 */
export function readBoosterFile(bytes: Uint8Array): BoosterFile {
  const learner = member(record(decodeDocument(bytes), "the document"), "learner", "learner");
  const booster = member(learner, "gradient_booster", "learner.gradient_booster");
  const kind = text(booster.name, "learner.gradient_booster.name");
  if (kind !== "gbtree") {
    throw new ModelFileError(
      `The model is a ${kind} booster; the sandbox evaluates gbtree only. Train with booster="gbtree" (the default).`,
    );
  }
  const model = member(booster, "model", "learner.gradient_booster.model");
  const treeParameters = member(model, "gbtree_model_param", "learner.gradient_booster.model.gbtree_model_param");
  const parameters = member(learner, "learner_model_param", "learner.learner_model_param");
  const targets = count(parameters.num_target ?? "1", "learner.learner_model_param.num_target");
  if (targets > 1) {
    throw new ModelFileError(
      `The model predicts ${targets} targets; the sandbox evaluates one. Train one model per target.`,
    );
  }
  const attributes = learner.attributes === undefined ? {} : record(learner.attributes, "learner.attributes");
  const trees = list(model.trees, "learner.gradient_booster.model.trees");
  return {
    objective: text(member(learner, "objective", "learner.objective").name, "learner.objective.name"),
    baseScores: baseScores(parameters.base_score),
    classCount: count(parameters.num_class ?? "0", "learner.learner_model_param.num_class"),
    featureCount: count(parameters.num_feature, "learner.learner_model_param.num_feature"),
    featureNames: list(learner.feature_names ?? [], "learner.feature_names").map((name) => text(name, "feature_names")),
    parallelTrees: count(treeParameters.num_parallel_tree ?? "1", "gbtree_model_param.num_parallel_tree"),
    bestTreeLimit: count(attributes.best_ntree_limit ?? "0", "learner.attributes.best_ntree_limit"),
    trees: trees.map((tree, index) => treeColumns(record(tree, `trees[${index}]`), index)),
    treeGroups: numbers(model.tree_info, "learner.gradient_booster.model.tree_info"),
  };
}

function decodeDocument(bytes: Uint8Array): unknown {
  if (bytes[0] === 0x80) {
    throw new ModelFileError(
      'The model is a Python pickle, which only Python can read. Save it with booster.save_model("xgboost-model.json").',
    );
  }
  let at = 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  if (bytes[at] !== 0x7b) {
    throw new ModelFileError(
      'The model is neither XGBoost JSON nor UBJSON (perhaps the old binary format). Save it with booster.save_model("xgboost-model.json").',
    );
  }
  // After the brace JSON goes on with a quote or white space; UBJSON with the type of a key's length.
  const second = String.fromCharCode(bytes[at + 1] ?? 0);
  return "iUIlL$#N".includes(second) ? decodeUbjson(bytes.subarray(at)) : decodeJson(bytes);
}

function decodeJson(bytes: Uint8Array): unknown {
  const source = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(source);
  } catch (error) {
    // XGBoost writes bare NaN and Infinity into statistics of a tree, which plays no part in an evaluation.
    const repaired = source.replace(/([[,:]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g, "$1null");
    try {
      return JSON.parse(repaired);
    } catch {
      throw new ModelFileError(
        `The model is not valid JSON: ${(error as Error).message}. Save the booster again with save_model("xgboost-model.json").`,
      );
    }
  }
}

function treeColumns(tree: Record<string, unknown>, index: number): TreeColumns {
  const where = (name: string) => `trees[${index}].${name}`;
  const column = (name: string) => numbers(tree[name], where(name));
  if (tree.split_type !== undefined && contains(column("split_type"), (kind) => kind !== 0)) {
    throw new ModelFileError(
      `The model's tree ${index} has categorical splits, which the sandbox does not evaluate. Encode categories as numbers and train again.`,
    );
  }
  const parameters = tree.tree_param === undefined ? {} : record(tree.tree_param, where("tree_param"));
  if (count(parameters.size_leaf_vector ?? "0", where("tree_param.size_leaf_vector")) > 1) {
    throw new ModelFileError(
      `The model's tree ${index} has vector leaves, which the sandbox does not evaluate. Train with multi_strategy="one_output_per_tree".`,
    );
  }
  const columns = {
    left: column("left_children"),
    right: column("right_children"),
    feature: column("split_indices"),
    condition: column("split_conditions"),
    defaultLeft: column("default_left"),
  };
  for (const values of Object.values(columns)) {
    if (values.length !== columns.left.length) {
      throw new ModelFileError(`The model's tree ${index} has columns of different lengths. Save the booster again.`);
    }
  }
  return columns;
}

function baseScores(value: unknown): number[] {
  const source = text(value, "learner.learner_model_param.base_score");
  const scores = source
    .replace(/^\[|\]$/g, "")
    .split(",")
    .map(Number);
  if (scores.some((score) => !Number.isFinite(score))) {
    throw new ModelFileError(
      `The model's base_score ${JSON.stringify(source)} is not a number. Save the booster again.`,
    );
  }
  return scores;
}

function contains(values: NumberList, test: (value: number) => boolean): boolean {
  for (let index = 0; index < values.length; index++) if (test(values[index]!)) return true;
  return false;
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw malformed(where, "an object");
}

function member(parent: Record<string, unknown>, name: string, where: string): Record<string, unknown> {
  return record(parent[name], where);
}

function list(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw malformed(where, "a list");
}

function text(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw malformed(where, "a text");
}

/** XGBoost writes its parameters as texts. */
function count(value: unknown, where: string): number {
  const parsed = typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(parsed) && parsed >= 0) return parsed;
  throw malformed(where, "the text of a whole number");
}

/** A column of numbers; JSON has truth values in `default_left`, UBJSON has typed arrays. */
function numbers(value: unknown, where: string): NumberList {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return value as unknown as NumberList;
  const items = list(value, where);
  return items.map((item) => {
    if (typeof item === "number") return item;
    if (typeof item === "boolean") return item ? 1 : 0;
    throw malformed(where, "a list of numbers");
  });
}

function malformed(where: string, expected: string): ModelFileError {
  return new ModelFileError(
    `The model is not a booster that XGBoost saved: ${where} is not ${expected}. Save it with booster.save_model("xgboost-model.json").`,
  );
}
