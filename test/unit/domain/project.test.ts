import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseProject, projectJsonSchema } from "../../../src/domain/project.ts";

const readWine = async () =>
  JSON.parse(await readFile(new URL("../../../infra/sagemaker-ops.json", import.meta.url), "utf8"));

test("the wine project is a project", async () => {
  const parsed = parseProject(await readWine());
  assert.ok("project" in parsed);
  assert.equal(parsed.project.stackName, "wine");
});

test("every complaint names its place in the file", async () => {
  const parsed = parseProject({ ...(await readWine()), stackName: "1wine", expectedAccount: "12", surprise: true });
  assert.ok("problems" in parsed);
  assert.match(parsed.problems.join("\n"), /stackName: a stack name starts with a letter/);
  assert.match(parsed.problems.join("\n"), /expectedAccount: an account has 12 digits/);
  assert.match(parsed.problems.join("\n"), /surprise/);
});

test("the editor's schema knows the same members", async () => {
  const schema = projectJsonSchema() as { properties: Record<string, unknown>; required: string[] };
  for (const key of Object.keys(await readWine())) assert.ok(key in schema.properties, key);
  assert.deepEqual([...schema.required].sort(), ["stackName", "template", "version"]);
});
