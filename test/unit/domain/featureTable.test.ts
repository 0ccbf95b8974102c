import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readFeatureTable } from "../../../src/domain/featureTable.ts";

const wine = readFileSync(new URL("../../../infra/model/wine.csv", import.meta.url), "utf8");

test("the wine data gives the features that its own script wrote", () => {
  const written = JSON.parse(readFileSync(new URL("../../../infra/model/features.json", import.meta.url), "utf8")) as {
    features: { name: string; min: number; max: number; step: number; default: number }[];
  };
  const table = readFeatureTable(wine, "wine.csv");
  assert.equal(table.label, "class");
  assert.deepEqual(table.classes, ["0", "1", "2"]);
  assert.equal(table.rows.length, 178);
  assert.deepEqual(
    table.features.map(({ name, min, max, default: first }) => [name, min, max, first]),
    written.features.map(({ name, min, max, default: first }) => [name, min, max, first]),
  );
});

test("labels: texts are classes by the alphabet, numbers that are no indices a regression, and none is none", () => {
  const read = (rows: string, label?: string) => readFeatureTable(`a,target\n${rows}`, "t.csv", { label });
  assert.deepEqual(read("1,yes\n2,no\n3,yes").classes, ["no", "yes"]);
  assert.deepEqual(read("1,yes\n2,no\n3,yes").labels, [1, 0, 1]);
  assert.deepEqual([read("1,2.5\n2,7").classes, read("1,2.5\n2,7").labels], [[], [2.5, 7]]);
  const none = read("1,2.5\n2,7", "");
  assert.deepEqual([none.label, none.features.length], [undefined, 2]);
});

test("quotes, missing values, Windows lines and a byte order mark", () => {
  const table = readFeatureTable('\uFEFF"width, cm",height,y\r\n1.25,,0\r\n"2.5",3,1\r\n\r\n', "t.csv");
  assert.deepEqual(
    table.features.map(({ name, step }) => [name, step]),
    [
      ["width, cm", 0.1],
      ["height", 1],
    ],
  );
  assert.deepEqual(table.rows, [
    [1.25, null],
    [2.5, 3],
  ]);
});

test("what is wrong names the file, the column and the row", () => {
  const cases: [string, RegExp][] = [
    ["a,b\n", /data t\.csv has no rows/],
    ["1,2\n3,4", /no header/],
    ["a,a\n1,2", /two columns "a"/],
    ["a,b\n1,2\n3", /has 1 values in row 2, not 2/],
    ["a,b\n1,red", /"red" in column b, row 1/],
    ["y\n1", /no column beside the label/],
    ['a,b\n1,2\n3,"4', /cannot be read: line 3, column 2: its quote is not closed/],
  ];
  for (const [text, message] of cases) assert.throws(() => readFeatureTable(text, "t.csv"), message, text);
  assert.throws(() => readFeatureTable("a,b\n1,2", "t.csv", { label: "c" }), /no column c/);
});
