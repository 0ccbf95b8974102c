import assert from "node:assert/strict";
import { test } from "node:test";
import { runCsv } from "../../../src/services/runExports.ts";
import { loadRunReport } from "../../browser/fixtures.ts";

test("a run as CSV: a row a second with the instances that served, nothing where nothing was measured", () => {
  const report = loadRunReport("a", 1);
  const [first] = report.points;
  assert.ok(first);
  report.points[0] = { ...first, p50Ms: null };
  const [head = "", ...rows] = runCsv(report).trim().split("\n");
  const at = (row: number, name: string) => rows[row]?.split(",")[head.split(",").indexOf(name)];
  assert.equal(rows.length, 90);
  assert.equal(at(0, "p50_ms"), "");
  assert.equal(at(20, "timeout"), "4");
  assert.equal(at(28, "instances"), "1");
  assert.equal(at(29, "instances"), "3");
  assert.ok(rows.every((row) => row.split(",").length === head.split(",").length));
});
