import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseBooster } from "../../../../src/sandbox/model/booster.ts";
import { ModelFileError } from "../../../../src/sandbox/model/modelFileError.ts";
import { predictRows } from "../../../../src/sandbox/model/predict.ts";
import { matrixOf, readModelBytes, wineRows } from "./fixtureFiles.ts";

interface Tree {
  [column: string]: number[] | object;
}

interface Document {
  learner: {
    attributes: Record<string, string>;
    gradient_booster: { name: string; model: { trees: Tree[]; tree_info: number[] } };
    learner_model_param: Record<string, string>;
    objective: { name: string };
  };
}

const source = Buffer.from(readModelBytes("logistic")).toString("utf8");

/** The logistic model with a change made to its document. */
function changed(change: (document: Document) => void): Uint8Array {
  const document = JSON.parse(source) as Document;
  change(document);
  return Buffer.from(JSON.stringify(document));
}

function firstTree(document: Document): Record<string, number[]> {
  return document.learner.gradient_booster.model.trees[0] as Record<string, number[]>;
}

function refuses(bytes: Uint8Array, text: RegExp): void {
  assert.throws(
    () => parseBooster(bytes),
    (error) => error instanceof ModelFileError && text.test(error.message),
  );
}

describe("models that are not evaluated say so", () => {
  const kinds: [string, Uint8Array, RegExp][] = [
    ["gblinear", changed((file) => (file.learner.gradient_booster.name = "gblinear")), /gblinear booster.*gbtree/],
    ["dart", changed((file) => (file.learner.gradient_booster.name = "dart")), /dart booster.*gbtree/],
    [
      "another objective",
      changed((file) => (file.learner.objective.name = "rank:pairwise")),
      /rank:pairwise.*multi:softprob/,
    ],
    ["categorical splits", changed((file) => (firstTree(file).split_type![0] = 1)), /tree 0 has categorical splits/],
    ["several targets", changed((file) => (file.learner.learner_model_param.num_target = "2")), /2 targets/],
    ["a pickle", Buffer.from([0x80, 4, 0x95]), /Python pickle.*save_model/],
    ["the old binary format", Buffer.from("binf\0\0\0"), /neither XGBoost JSON nor UBJSON/],
    ["nothing", new Uint8Array(0), /neither XGBoost JSON nor UBJSON/],
  ];
  for (const [name, bytes, text] of kinds) test(name, () => refuses(bytes, text));
});

describe("damaged models name what is wrong", () => {
  const kinds: [string, Uint8Array, RegExp][] = [
    ["cut JSON", Buffer.from(source.slice(0, 900)), /not valid JSON/],
    ["JSON of something else", Buffer.from('{"a": 1}'), /learner is not an object/],
    [
      "a child outside of the tree",
      changed((file) => (firstTree(file).left_children![0] = 999)),
      /tree 0 is damaged.*child 999/,
    ],
    ["a cycle", changed((file) => (firstTree(file).left_children![1] = 1)), /tree 0 is damaged/],
    ["an unknown column", changed((file) => (firstTree(file).split_indices![0] = 13)), /column 13 of 13/],
    ["an unknown output", changed((file) => (file.learner.gradient_booster.model.tree_info[0] = 1)), /output 1 of 1/],
    [
      "columns of different lengths",
      changed((file) => firstTree(file).default_left!.pop()),
      /tree 0 has columns of different/,
    ],
    [
      "a base score that is no number",
      changed((file) => (file.learner.learner_model_param.base_score = "x")),
      /base_score "x"/,
    ],
    [
      "an impossible base score",
      changed((file) => (file.learner.learner_model_param.base_score = "1E0")),
      /between 0 and 1/,
    ],
  ];
  for (const [name, bytes, text] of kinds) test(name, () => refuses(bytes, text));

  test("UBJSON cut anywhere", () => {
    const whole = readModelBytes("logistic-base-score");
    for (let length = 1; length < whole.length; length += 97) {
      assert.throws(() => parseBooster(whole.subarray(0, length)), ModelFileError, `cut at ${length}`);
    }
  });

  test("UBJSON that announces more than it has", () => {
    refuses(Buffer.from("{L\0\0\0\0\0\0\0\x01a[$Z#L\x00\x0f\xff\xff\xff\xff\xff\xff}", "latin1"), /announces/);
    refuses(Buffer.from("{L\x7f\xff\xff\xff\xff\xff\xff\xff", "latin1"), /impossible length/);
    refuses(Buffer.from(`{i\x01a${"[".repeat(100)}`, "latin1"), /nested deeper/);
  });
});

describe("forms that other versions of XGBoost write", () => {
  const expected = [...predictRows(parseBooster(Buffer.from(source)), matrixOf(wineRows()))];
  const same = (bytes: Uint8Array) =>
    assert.deepEqual([...predictRows(parseBooster(bytes), matrixOf(wineRows()))], expected);

  test("white space before and within", () => same(Buffer.from(`\n ${JSON.stringify(JSON.parse(source), null, 2)}`)));

  test("truth values as default directions", () =>
    same(
      changed((file) => {
        for (const tree of file.learner.gradient_booster.model.trees) {
          tree.default_left = (tree.default_left as number[]).map((left) => left !== 0) as unknown as number[];
        }
      }),
    ));

  test("a base score in brackets (3.1)", () =>
    same(changed((file) => (file.learner.learner_model_param.base_score = "[5E-1]"))));

  test("bare Infinity in a tree's statistics", () =>
    same(Buffer.from(source.replace(/"loss_changes":\[[^,\]]+/, '"loss_changes":[-Infinity'))));

  test("nodes that pruning left behind", () =>
    same(
      changed((file) => {
        for (const column of Object.values(firstTree(file))) if (Array.isArray(column)) column.push(0);
      }),
    ));
});
