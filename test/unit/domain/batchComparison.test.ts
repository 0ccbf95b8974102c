import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBatches, comparedRows, comparedRowsCsv, mcNemarExact } from "../../../src/domain/batchComparison.ts";
import { type BatchOutcome, likeliestClass } from "../../../src/domain/batchPrediction.ts";

const outcome = (line: number, label: string | undefined, predicted: string | undefined, more = {}): BatchOutcome => ({
  row: { line, body: `${line},"x"`, label },
  latencyMs: line,
  predicted,
  ...more,
});

test("sides are told apart by class, by failure, and by numbers where there is no class", () => {
  const a = [
    outcome(2, "red", "red", { values: [0.9, 0.1] }),
    outcome(3, "red", "red", { values: [0.8, 0.2] }),
    outcome(4, "white", undefined, { failure: "no" }),
    outcome(5, "white", undefined, { failure: "no" }),
    outcome(6, undefined, undefined, { values: [1.5] }),
    outcome(7, undefined, undefined, { values: [1.5] }),
  ];
  const b = [
    outcome(7, undefined, undefined, { values: [1.5000000001] }),
    outcome(6, undefined, undefined, { values: [2] }),
    outcome(5, "white", undefined, { failure: "also no" }),
    outcome(4, "white", "white"),
    outcome(3, "red", "white", { values: [0.2, 0.8] }),
    outcome(2, "red", "red", { values: [0.7, 0.3] }),
  ];
  const { disagreements, answeredByBoth, correctness, difference } = compareBatches(a, b);
  assert.deepEqual(
    disagreements.map(({ line }) => line),
    [3, 4, 6],
  );
  assert.equal(answeredByBoth, 4);
  assert.deepEqual(correctness, { bothRight: 1, onlyA: 1, onlyB: 0, neither: 0, pValue: 1 });
  assert.equal(difference?.max.toFixed(3), "0.600");
});

test("McNemar's exact test agrees with the binomial distribution, also for many rows", () => {
  assert.equal(mcNemarExact(0, 0), 1);
  assert.equal(mcNemarExact(5, 5), 1);
  assert.equal(mcNemarExact(10, 0).toFixed(6), (2 / 1024).toFixed(6));
  // scipy.stats.binomtest(3, 20).pvalue
  assert.equal(mcNemarExact(3, 17).toFixed(8), "0.00257683");
  assert.ok(mcNemarExact(900, 1100) < 1e-5 && mcNemarExact(900, 1100) > 0);
});

test("the export has every row once, with both answers, in cells that a spreadsheet reads", () => {
  const a = [outcome(2, "red", "red", { values: [0.9, 0.1] })];
  const b = [outcome(2, "red", undefined, { failure: 'said "no", twice' })];
  assert.equal(
    comparedRowsCsv(comparedRows(a, b), { a: "e/blue", b: "e/green" }),
    [
      "line,label,agree,e/blue prediction,e/blue values,e/blue latency_ms,e/blue failure,e/green prediction,e/green values,e/green latency_ms,e/green failure,body",
      '2,red,no,red,0.9 0.1,2.00,,,,,"said ""no"", twice","2,""x"""',
      "",
    ].join("\n"),
  );
});

test("a single number is a class only where the model has two", () => {
  assert.equal(likeliestClass([0.7], ["no", "yes"]), "yes");
  assert.equal(likeliestClass([0.2], ["no", "yes"]), "no");
  assert.equal(likeliestClass([17.2], []), undefined);
  assert.equal(likeliestClass([0.1, 0.2, 0.7], ["a", "b"]), "class 2");
});
