import assert from "node:assert/strict";
import { test } from "node:test";
import { readFeatureTable } from "../../../src/domain/featureTable.ts";
import { trainingChannels, trainingJobName } from "../../../src/domain/training.ts";

test("rows are as the built-in XGBoost reads them: no header, label first, every fifth kept to be asked", () => {
  const text = `a,class,b\n${["1,red,2", "3,blue,", "5,red,6", "7,,8", "9,blue,10", "11,red,12"].join("\n")}\n`;
  const { train, validation, rows } = trainingChannels(readFeatureTable(text, "t.csv"));
  assert.equal(rows, 5);
  assert.equal(train, "1,1,2\n0,3,\n1,5,6\n0,9,10\n");
  assert.equal(validation, "1,11,12\n");
});

test("a job's name fits, whatever the stack's", () => {
  const at = Date.UTC(2026, 10, 22, 18, 5, 9);
  assert.equal(trainingJobName("wine", at), "wine-20261122-180509");
  const long = trainingJobName(`${"a".repeat(46)}-b`, at);
  assert.ok(long.length <= 63);
  assert.match(long, /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
});
