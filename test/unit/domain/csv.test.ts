import assert from "node:assert/strict";
import { test } from "node:test";
import { csvHeader, csvLine, readCsv } from "../../../src/domain/csv.ts";

const cells = (text: string) => readCsv(text).map((record) => record.cells);

test("cells in quotes hold commas, line breaks and quotes; what stands without is as it is", () => {
  assert.deepEqual(cells('a,"b, c",d\n'), [["a", "b, c", "d"]]);
  assert.deepEqual(cells('a,"b ""c""\r\nd"\r\n'), [["a", 'b "c"\r\nd']]);
  assert.deepEqual(cells('"",,""""\n""'), [["", "", '"'], [""]]);
  assert.deepEqual(cells(' 1, "2" ,3 \n'), [[" 1", "2", "3 "]]);
  // A quote within a cell begins nothing.
  assert.deepEqual(cells('5" pipe,6\r\n7,8'), [
    ['5" pipe', "6"],
    ["7", "8"],
  ]);
  assert.deepEqual(cells('"a",\n"b",'), [
    ["a", ""],
    ["b", ""],
  ]);
});

test("records have the line that they begin on; empty lines, Windows lines and a byte order mark do not count", () => {
  assert.deepEqual(readCsv('\uFEFFa,b\r\n\r\n"1\n\n2",3\r\n4,5'), [
    { line: 1, cells: ["a", "b"] },
    { line: 3, cells: ["1\n\n2", "3"] },
    { line: 6, cells: ["4", "5"] },
  ]);
  assert.deepEqual(readCsv(""), []);
  assert.deepEqual(csvHeader(' a ,"b\nc"\n1,"'), ["a", "b\nc"]);
});

test("what is no CSV is refused by line and column", () => {
  assert.throws(() => readCsv('a\n1,"x\ny",z,"\n2\n'), { message: "line 3, column 4: its quote is not closed" });
  assert.throws(() => readCsv('1,2\n"3"4,5'), { message: "line 2, column 1: text follows its closing quote" });
});

test("lines are written as they are read, in quotes where they need them", () => {
  const rows = [["a", "b, c", 'say "so"', "", "two\nlines", " blank "]];
  assert.equal(csvLine(rows[0] ?? []), 'a,"b, c","say ""so""",,"two\nlines", blank ');
  assert.deepEqual(cells(rows.map(csvLine).join("\n")), rows);
});
