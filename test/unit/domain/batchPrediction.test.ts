import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BatchOutcome,
  batchCsv,
  batchRows,
  likeliestClass,
  summarizeBatch,
} from "../../../src/domain/batchPrediction.ts";

const classes = ["red", "white"];

test("rows are found by the header's names, in the model's order, with the label's class", () => {
  const rows = batchRows("label,b,a\n0,2,1\n\nwhite,4,3\n", ["a", "b"], classes);
  assert.deepEqual(rows, [
    { line: 2, body: "1,2", label: "red" },
    { line: 4, body: "3,4", label: "white" },
  ]);
});

test("without a header every column is a feature; what does not fit is said with its line", () => {
  assert.deepEqual(batchRows("1,2\n3,4", ["a", "b"], classes), [
    { line: 1, body: "1,2" },
    { line: 2, body: "3,4" },
  ]);
  assert.equal(batchRows("1,2\n3", ["a", "b"], classes), "line 2 has 1 values, but the model has 2 features");
  const short = "line 2 has 1 values, but the header has 2";
  assert.equal(batchRows("a,b\n1\n1,2", ["a", "b"], classes), short, "it would count as a missing value");
  assert.equal(batchRows("x,a\n1,2", ["a", "b"], classes), "its header lacks the features b");
  assert.equal(batchRows("\n", [], classes), "it has no rows");
});

test("cells in quotes hold commas and line breaks; they are sent in quotes where they need them", () => {
  const csv = '"class","a","b, of c"\r\n"1","x, y","2.5"\r\n0,"say ""so""\nor so",3\r\n1, 4 ,5';
  assert.deepEqual(batchRows(csv, ["b, of c", "a"], classes), [
    { line: 2, body: '2.5,"x, y"', label: "white" },
    { line: 3, body: '3,"say ""so""\nor so"', label: "red" },
    { line: 5, body: "5,4", label: "white" },
  ]);
  assert.deepEqual(batchRows('1,"2, 3"', [], classes), [{ line: 1, body: '1,"2, 3"' }]);
  assert.equal(batchRows('a,b\n1,"2\n3,4', ["a", "b"], classes), "line 2, column 2: its quote is not closed");
});

test("the confusion matrix counts labels against predictions; failures do not count", () => {
  const outcome = (label: string, predicted: string | undefined, failure?: string): BatchOutcome => ({
    row: { line: 1, body: "", label },
    latencyMs: failure ? 0 : 10,
    predicted,
    failure,
  });
  const summary = summarizeBatch([
    outcome("red", "red"),
    outcome("red", "white"),
    outcome("white", "white"),
    outcome("white", undefined, "refused"),
  ]);
  assert.deepEqual(summary.confusion?.counts, [
    [1, 1],
    [0, 1],
  ]);
  assert.equal(summary.confusion?.accuracy, 2 / 3);
  assert.deepEqual(summary.confusion?.perClass[1], { name: "white", support: 1, precision: 0.5, recall: 1 });
  assert.deepEqual(summary.failures, [{ text: "refused", count: 1, line: 1 }]);
  assert.equal(summary.latency?.max, 10);
  assert.equal(likeliestClass([0.2, 0.8], classes), "white");
});

test("what was predicted wrongly is listed, the surest first; latencies are counted in steps; rows are saved as CSV", () => {
  const outcome = (line: number, label: string, predicted: string, values: number[], latencyMs: number) => ({
    row: { line, body: "", label },
    predicted,
    values,
    latencyMs,
  });
  const outcomes: BatchOutcome[] = [
    outcome(4, "red", "white", [0.4, 0.6], 100),
    outcome(2, "red", "red", [0.9, 0.1], 1),
    outcome(3, "white", "red", [0.8, 0.2], 2),
    { row: { line: 5, body: "" }, latencyMs: 0, failure: 'it said "no", twice' },
  ];
  const { wrong, distribution } = summarizeBatch(outcomes);
  assert.deepEqual(
    wrong.map(({ line, share }) => [line, share]),
    [
      [3, 0.8],
      [4, 0.6],
    ],
  );
  assert.equal(distribution[0]?.fromMs, 1);
  assert.equal(Math.round(distribution.at(-1)?.toMs ?? 0), 100);
  assert.deepEqual(
    distribution.map(({ count }) => count),
    [1, 1, 0, 0, 0, 0, 0, 1],
  );
  assert.equal(
    batchCsv(outcomes),
    `line,label,predicted,value_0,value_1,latency_ms,failure
2,red,red,0.9,0.1,1.0,
3,white,red,0.8,0.2,2.0,
4,red,white,0.4,0.6,100.0,
5,,,,,,"it said ""no"", twice"
`,
  );
});
