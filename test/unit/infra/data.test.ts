import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (name: string) => readFileSync(new URL(`../../../infra/${name}`, import.meta.url), "utf8");

interface Feature {
  name: string;
  label: string;
  min: number;
  max: number;
  step: number;
  default: number;
}

const { features, classes } = JSON.parse(read("model/features.json")) as { features: Feature[]; classes: string[] };
const [header = "", ...lines] = read("model/wine.csv").trimEnd().split("\n");
const rows = lines.map((line) => line.split(",").map(Number));

test("the data has 178 complete rows of 13 features and a class", () => {
  assert.equal(rows.length, 178);
  assert.deepEqual(header.split(","), [...features.map(({ name }) => name), "class"]);
  for (const row of rows) assert.ok(row.length === 14 && row.every(Number.isFinite));
  const sizes = classes.map((_, index) => rows.filter((row) => row[13] === index).length);
  assert.deepEqual(sizes, [59, 71, 48]);
});

test("ranges are those of the data, and the defaults are one of its rows", () => {
  features.forEach(({ name, min, max, step }, index) => {
    const column = rows.map((row) => row[index]!);
    assert.deepEqual([min, max], [Math.min(...column), Math.max(...column)], name);
    assert.ok(step > 0 && step < max - min, name);
  });
  const defaults = features.map((feature) => feature.default);
  assert.ok(rows.some((row) => defaults.every((value, index) => value === row[index])));
});

test("what is deployed beside its readers is the same", () => {
  for (const name of ["lambda/features.json", "web/features.json"])
    assert.equal(read(name), read("model/features.json"));
  assert.equal(read("web/wine.csv"), read("model/wine.csv"));
});

test("the page asks nobody else for anything", () => {
  for (const name of ["index.html", "app.js", "form.js", "api.js", "result.js", "style.css"]) {
    assert.doesNotMatch(
      read(`web/${name}`).replace(/<meta http-equiv[^>]*>/, ""),
      /(?:src|href|url|fetch|import)\W{1,3}(?:https?:)?\/\//,
      name,
    );
  }
  assert.match(
    read("web/index.html"),
    /Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self';/,
  );
});
