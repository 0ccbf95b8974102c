import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { listOperations, operationsTable } from "../rig/listOperations.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFile(path.join(root, file), "utf8");

test("media/docs/sandbox.md names exactly the operations that the sandbox answers", async () => {
  const page = await read("media/docs/sandbox.md");
  const table = operationsTable(await listOperations());
  assert.ok(table.split("\n").length > 12, "the sandbox has a dozen services");
  for (const row of table.split("\n"))
    assert.ok(page.includes(row), `media/docs/sandbox.md lacks or differs in: ${row.slice(0, 120)}…`);
});

test("the README reads in three minutes", async () => {
  const prose = (await read("README.md")).replace(/```[\s\S]*?```/g, "").replace(/\]\([^)]*\)/g, "]");
  const words = prose.match(/[\p{L}\p{N}][\p{L}\p{N}'’.,-]*/gu)?.length ?? 0;
  assert.ok(words > 300 && words <= 720, `${words} words; people read some 240 a minute`);
});

test("what the documents link to is there", async () => {
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  pages.push(...(await readdir(path.join(root, "media/docs"))).map((name) => `media/docs/${name}`));
  for (const page of pages)
    for (const [, link] of (await read(page)).matchAll(/\]\((?!https?:|#|command:)([^)#]+)[^)]*\)/g))
      assert.ok(existsSync(path.join(root, path.dirname(page), link ?? "")), `${page} links to ${link}`);
});
