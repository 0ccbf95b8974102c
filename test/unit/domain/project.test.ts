import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as l10n from "@vscode/l10n";
import { OpsError } from "../../../src/domain/errors.ts";
import { environmentNames, inEnvironment, parseProject, projectJsonSchema } from "../../../src/domain/project.ts";

const readWine = async () =>
  JSON.parse(await readFile(new URL("../../../infra/sagemaker-ops.json", import.meta.url), "utf8"));

const germanTexts = new URL("../../../media/l10n/bundle.l10n.de.json", import.meta.url);

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

test("complaints are in an author's words, and in the editor's language", async () => {
  const json = {
    template: "",
    parameters: { A: null },
    loadPlans: "a.ramp.json",
    artifacts: { lambda: { path: "lambda", parameter: "Key", zip: "yes" } },
    training: { data: "a.csv", label: "class", maxMinutes: 0.5 },
    version: 2,
    environments: { "a b": {} },
  };
  const complaints = () => {
    const parsed = parseProject(json);
    assert.ok("problems" in parsed);
    return parsed.problems;
  };
  assert.deepEqual(complaints(), [
    "version: expected 1",
    "stackName: is missing",
    "template: is empty",
    "parameters.A: fits none of the forms",
    "artifacts.lambda.zip: expected true or false, not text",
    "loadPlans: expected a list, not text",
    "training.maxMinutes: expected a whole number",
    "environments.a b: has a name that is not allowed: only letters, digits and hyphens",
  ]);
  l10n.config({ contents: await readFile(germanTexts, "utf8") });
  assert.deepEqual(complaints().slice(0, 2), ["version: erwartet wird 1", "stackName: fehlt"]);
  l10n.config({ contents: {} });
});

test("the editor's schema knows the same members", async () => {
  const schema = projectJsonSchema() as { properties: Record<string, unknown>; required: string[] };
  for (const key of Object.keys(await readWine())) assert.ok(key in schema.properties, key);
  assert.deepEqual([...schema.required].sort(), ["stackName", "template", "version"]);
});

test("an environment has a stack of its own, and goes before the project where it says something", async () => {
  const parsed = parseProject({
    ...(await readWine()),
    parameters: { InstanceType: "ml.t2.medium", MaxCapacity: 2 },
    region: "us-east-1",
    environments: {
      dev: {},
      prod: { stackName: "wine-live", parameters: { MaxCapacity: 8 }, expectedAccount: "210987654321" },
    },
  });
  assert.ok("project" in parsed);
  const { project } = parsed;
  assert.deepEqual(environmentNames(project), ["dev", "prod"]);
  const dev = inEnvironment(project, "dev");
  assert.deepEqual([dev.stackName, dev.parameters, dev.region], ["wine-dev", project.parameters, "us-east-1"]);
  const prod = inEnvironment(project, "prod");
  assert.equal(prod.stackName, "wine-live");
  assert.deepEqual(prod.parameters, { InstanceType: "ml.t2.medium", MaxCapacity: 8 });
  assert.equal(prod.expectedAccount, "210987654321");
  assert.equal(project.parameters.MaxCapacity, 2);
});

test("an environment that is not there is refused with those that are", async () => {
  const parsed = parseProject({ ...(await readWine()), environments: { dev: {}, prod: {} } });
  assert.ok("project" in parsed);
  for (const name of ["stage", "constructor"])
    assert.throws(
      () => inEnvironment(parsed.project, name),
      (error: unknown) =>
        error instanceof OpsError &&
        error.message === `Project wine has no environment "${name}".` &&
        error.hint === "It has dev, prod.",
    );
});

test("a mistake in an environment names its place", async () => {
  const parsed = parseProject({ ...(await readWine()), environments: { dev: { regoin: "us-east-1" } } });
  assert.ok("problems" in parsed);
  assert.match(parsed.problems.join(), /environments\.dev: .*regoin/);
});
