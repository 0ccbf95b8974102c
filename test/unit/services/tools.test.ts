import assert from "node:assert/strict";
import { test } from "node:test";
import { previewText } from "../../../src/services/tools/confirmations.ts";
import { shownDetail } from "../../../src/services/tools/effectTools.ts";
import { inputSchema, tools } from "../../../src/services/tools/table.ts";
import { fileWithin } from "../../../src/services/tools/tool.ts";

test("what may be a secret is told to change, without its value", () => {
  const detail = (path: string) => shownDetail({ path, before: "a", after: "b", replaces: "no" });
  assert.deepEqual(detail("ProductionVariants/0/InstanceType"), {
    property: "ProductionVariants/0/InstanceType",
    before: "a",
    after: "b",
  });
  for (const path of [
    "Environment/Variables/DB",
    "PrimaryContainer/Environment/HF_TOKEN",
    "MasterUserPassword",
    "ApiKey",
  ])
    assert.deepEqual(detail(path), { property: path, before: "(not shown)", after: "(not shown)" });
  assert.equal(detail("KmsKeyId").before, "a");
  assert.equal(shownDetail({ path: "Environment/A", after: "b", replaces: "no" }).before, undefined);
});

test("a model names files of the project only", () => {
  assert.equal(fileWithin(["/project"], "loadtests/a.ramp.json"), "/project/loadtests/a.ramp.json");
  assert.equal(fileWithin(["/one", "/two"], "/two/a.ramp.json"), "/two/a.ramp.json");
  for (const name of ["../a.ramp.json", "/etc/a.ramp.json", "x/../../a.ramp.json", "."])
    assert.throws(() => fileWithin(["/project"], name), /is not a file of the open project/);
  assert.throws(() => fileWithin([], "a.ramp.json"), { hint: "Open the folder of a project first." });
});

test("every input is a closed object, whose members are described or speak for themselves", () => {
  for (const { name, input, description } of tools) {
    const schema = inputSchema(input) as { type: string; additionalProperties: boolean };
    assert.equal(schema.type, "object", name);
    assert.equal(schema.additionalProperties, false, name);
    assert.ok(description.length > 80, `${name}: a model chooses by the description`);
  }
});

test("a question has every fact on a line of its own", () => {
  const facts = [{ label: "Account", value: "123456789012" }];
  assert.equal(
    previewText({ title: "Send 1 request to e", facts, warnings: ["slow"] }),
    "Send 1 request to e?\n- Account: 123456789012\n- Warning: slow",
  );
});
