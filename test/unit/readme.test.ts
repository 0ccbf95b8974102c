import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { listOperations, operationsTable } from "../rig/listOperations.ts";

test("the README's table names exactly the operations that the sandbox answers", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const table = operationsTable(await listOperations());
  assert.ok(table.split("\n").length > 12, "the sandbox has a dozen services");
  for (const row of table.split("\n"))
    assert.ok(readme.includes(row), `README.md lacks or differs in: ${row.slice(0, 120)}…`);
});
