import type { NumberList, TreeColumns } from "./boosterFile.ts";
import { ModelFileError } from "./modelFileError.ts";

/**
 * All trees of a booster in parallel typed arrays. A node's right child directly follows its left child, so a step is
 * one addition, and a walk touches few cache lines.
 */
export interface Forest {
  /** First node of each tree, in the order in which the trees are summed. */
  readonly roots: Int32Array;
  /** The margin that each tree adds to. */
  readonly treeGroup: Int32Array;
  /** The column that a node splits on; -1 for a leaf. */
  readonly feature: Int32Array;
  /** A split's threshold, a leaf's value; float32 as in XGBoost. */
  readonly value: Float32Array;
  /** The left child of a split. */
  readonly left: Int32Array;
  /** Where a missing value goes: 0 left, 1 right. */
  readonly missing: Uint8Array;
}

/**
 * Renumbers the nodes of all trees breadth first, dropping nodes that pruning left unreachable.
 * @throws ModelFileError when a node points outside of its tree, is reached twice, or splits on an unknown column
 */
export function flattenTrees(
  trees: readonly TreeColumns[],
  treeGroups: NumberList,
  featureCount: number,
  groups: number,
): Forest {
  if (treeGroups.length !== trees.length) {
    throw new ModelFileError(`The model has ${trees.length} trees but ${treeGroups.length} entries in tree_info.`);
  }
  const capacity = trees.reduce((sum, tree) => sum + tree.left.length, 0);
  const roots = new Int32Array(trees.length);
  const feature = new Int32Array(capacity);
  const value = new Float32Array(capacity);
  const left = new Int32Array(capacity);
  const missing = new Uint8Array(capacity);
  let next = 0;
  trees.forEach((tree, index) => {
    const fault = (what: string) => new ModelFileError(`The model's tree ${index} is damaged: ${what}. Save it again.`);
    const size = tree.left.length;
    if (size === 0) throw fault("it has no node");
    const group = treeGroups[index]!;
    if (!(group >= 0 && group < groups)) throw fault(`it belongs to output ${group} of ${groups}`);
    const start = next;
    roots[index] = start;
    const queue = [0];
    for (let at = 0; at < queue.length; at++) {
      const node = queue[at]!;
      const target = start + at;
      value[target] = tree.condition[node]!;
      if (tree.left[node] === -1) {
        feature[target] = -1;
        continue;
      }
      const column = tree.feature[node]!;
      if (!(column >= 0 && column < featureCount))
        throw fault(`node ${node} splits on column ${column} of ${featureCount}`);
      for (const child of [tree.left[node]!, tree.right[node]!]) {
        if (!(child > 0 && child < size)) throw fault(`node ${node} has the child ${child} of ${size} nodes`);
      }
      // A tree has fewer than `size` edges; more of them can only come from a node with two parents or a cycle.
      if (queue.length + 2 > size) throw fault("its nodes form a cycle");
      feature[target] = column;
      left[target] = start + queue.length;
      missing[target] = tree.defaultLeft[node] ? 0 : 1;
      queue.push(tree.left[node]!, tree.right[node]!);
    }
    next += queue.length;
  });
  return {
    roots,
    treeGroup: Int32Array.from({ length: trees.length }, (_, index) => treeGroups[index]!),
    feature: feature.slice(0, next),
    value: value.slice(0, next),
    left: left.slice(0, next),
    missing: missing.slice(0, next),
  };
}
