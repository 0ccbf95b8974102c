import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { OpsError } from "../../../src/domain/errors.ts";
import { createExample } from "../../../src/services/exampleProject.ts";
import { loadProject } from "../../../src/services/projects.ts";

const infra = path.resolve(import.meta.dirname, "../../../infra");
const home = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-example-"));
after(() => rmSync(home, { recursive: true, force: true }));

test("the example is a whole project, without anybody's runs", async () => {
  const folder = path.join(home, "new/wine");
  const project = await loadProject(await createExample(infra, folder));
  assert.equal(project.features?.features.length, 13);
  assert.ok(project.examples.length > 100);
  for (const plan of project.project.loadPlans) assert.ok(existsSync(path.join(folder, plan)), plan);
  assert.equal(existsSync(path.join(folder, ".sagemaker-ops")), false);
});

test("nothing is written over", async () => {
  const file = path.join(home, "template.yaml");
  writeFileSync(file, "mine");
  await assert.rejects(createExample(infra, home), (error) => {
    assert.ok(error instanceof OpsError && error.code === "badInput");
    assert.match(error.message, /already has template\.yaml/);
    return true;
  });
  assert.equal(readFileSync(file, "utf8"), "mine");
  assert.equal(existsSync(path.join(home, "sagemaker-ops.json")), false);
});
