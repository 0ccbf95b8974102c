import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePredictFile } from "../../../src/domain/predictFile.ts";
import { predictSuggestions } from "../../../src/domain/predictSuggestions.ts";

const labels = (before: string) => predictSuggestions(before).map(({ label }) => label);

test("what fits is proposed where one types, and nothing in a body", () => {
  assert.deepEqual(labels(""), ["###", "# expect", "POST endpoint"]);
  assert.deepEqual(labels("### a\n"), ["# expect", "POST endpoint"]);
  assert.ok(labels("### a\n# expect ").includes("argmax"));
  assert.ok(labels("### a\nPOST endpoint\n").includes("Target-Model"));
  assert.ok(labels("### a\nPOST endpoint\nContent-Type: ").includes("application/json"));
  assert.ok(!labels("### a\nPOST endpoint\nContent-Type: text/csv\n").includes("Content-Type"));
  const queued = labels("### a\nPOST endpoint\nInvocation: async\n");
  assert.ok(queued.includes("Upload-To") && !queued.includes("Target-Model"), String(queued));
  assert.deepEqual(labels("### a\nPOST endpoint\n\n1,2\nacc"), []);
});

test("a proposed expectation is one that can be read", () => {
  for (const { insert = "" } of predictSuggestions("# expect ")) {
    const text = insert.replace(/‹([^›|]*)[^›]*›/g, "$1");
    assert.deepEqual(parsePredictFile(`# expect ${text}\nPOST endpoint\n\n1`).problems, [], text);
  }
});
