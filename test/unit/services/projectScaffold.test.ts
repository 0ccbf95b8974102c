import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { after, describe, test } from "node:test";
import { createGunzip, gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { OpsError } from "../../../src/domain/errors.ts";
import { parseLoadPlan } from "../../../src/domain/loadPlan.ts";
import type { Framework } from "../../../src/domain/modelImages.ts";
import { readArtifacts } from "../../../src/services/projectArtifacts.ts";
import { createProject, type ProjectRequest } from "../../../src/services/projectScaffold.ts";
import { loadProject } from "../../../src/services/projects.ts";

const infra = path.resolve(import.meta.dirname, "../../../infra");
const home = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-scaffold-"));
after(() => rmSync(home, { recursive: true, force: true }));

const write = (name: string, text: string) => {
  const file = path.join(home, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const wineModel = path.join(infra, "model/model.tar.gz");
const wineData = path.join(infra, "model/wine.csv");
const joblib = write("churn.joblib", "not unpickled here");
const savedModel = path.dirname(write("saved/saved_model.pb", "graph"));
const transformer = path.dirname(write("bert/config.json", "{}"));
const image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/churn:3";

const requests: Record<Framework, Omit<ProjectRequest, "folder">> = {
  xgboost: { framework: "xgboost", model: wineModel, data: wineData },
  sklearn: { framework: "sklearn", model: joblib, data: wineData, label: "class" },
  pytorch: { framework: "pytorch", model: write("net.pt", "weights") },
  tensorflow: { framework: "tensorflow", model: savedModel },
  huggingface: { framework: "huggingface", model: transformer },
  image: { framework: "image", model: "s3://bucket/models/model.tar.gz", image },
};

async function namesIn(file: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of createReadStream(file).pipe(createGunzip()).pipe(extract())) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names;
}

const hasLinter = spawnSync("cfn-lint", ["--version"]).status === 0;

describe("a project from a model of one's own", () => {
  for (const [framework, request] of Object.entries(requests)) {
    test(`${framework}: project, plan and files are whole`, async () => {
      const folder = path.join(home, `new/${framework}`);
      const { file } = await createProject(infra, { ...request, folder });
      const { project, features } = await loadProject(file);
      assert.equal(project.stackName, framework);
      assert.equal(features?.features.length, request.data ? 13 : undefined);
      for (const plan of project.loadPlans)
        assert.ok(parseLoadPlan(readFileSync(path.join(folder, plan), "utf8"), plan).ok, plan);
      const artifacts = await readArtifacts(await loadProject(file));
      assert.deepEqual(
        artifacts.map(({ parameter }) => parameter),
        request.model.startsWith("s3://") ? ["LambdaKey"] : ["ModelKey", "LambdaKey"],
      );
      const written = ["web/index.html", "web/app.js", "lambda/index.mjs", "template.yaml"];
      for (const name of written) {
        const text = readFileSync(path.join(folder, name), "utf8");
        assert.doesNotMatch(text, /\bwine|PROJECT_NAME|EXAMPLE_INPUT/i, name);
      }
    });
    test(`${framework}: cfn-lint finds nothing`, { skip: hasLinter ? false : "cfn-lint is not on the PATH" }, () => {
      const template = path.join(home, `new/${framework}/template.yaml`);
      const { stdout } = spawnSync("cfn-lint", ["--region", "us-east-1", "--", template], { encoding: "utf8" });
      assert.equal(stdout, "");
    });
  }

  test("a model is packed as its container wants it", async () => {
    assert.deepEqual(await namesIn(path.join(home, "new/sklearn/model/model.tar.gz")), ["churn.joblib"]);
    assert.deepEqual(await namesIn(path.join(home, "new/tensorflow/model/model.tar.gz")), ["1/saved_model.pb"]);
    assert.deepEqual(await namesIn(path.join(home, "new/huggingface/model/model.tar.gz")), ["config.json"]);
    assert.deepEqual(readFileSync(path.join(home, "new/xgboost/model/model.tar.gz")), readFileSync(wineModel));
  });

  test("the code goes into the archive at deployment, and the archive on disk stays as it is", async () => {
    const file = path.join(home, "new/sklearn/sagemaker-ops.json");
    const archive = path.join(home, "new/sklearn/model/model.tar.gz");
    const before = readFileSync(archive);
    const [model] = await readArtifacts(await loadProject(file));
    const names: string[] = [];
    for await (const entry of Readable.from([gunzipSync(model?.artifact.body ?? "")]).pipe(extract())) {
      names.push(entry.header.name);
      entry.resume();
    }
    assert.deepEqual(names, ["churn.joblib", "code/inference.py"]);
    assert.deepEqual(readFileSync(archive), before);
    const [again] = await readArtifacts(await loadProject(file));
    assert.equal(again?.artifact.key, model?.artifact.key);
  });

  test("an archive with code of its own is uploaded as it is", async () => {
    const folder = path.join(home, "own-code");
    const source = path.join(home, "packed");
    mkdirSync(path.join(source, "code"), { recursive: true });
    writeFileSync(path.join(source, "code/inference.py"), "# mine\n");
    writeFileSync(path.join(source, "model.joblib"), "model");
    const archive = path.join(home, "mine.tar.gz");
    assert.equal(spawnSync("tar", ["-czf", archive, "-C", source, "."]).status, 0);
    const { file } = await createProject(infra, { framework: "sklearn", model: archive, folder });
    const [model] = await readArtifacts(await loadProject(file));
    assert.deepEqual(Buffer.from(model?.artifact.body ?? ""), readFileSync(archive));
  });
});

describe("what is wrong is said before anything is written", () => {
  const cases: [string, Partial<ProjectRequest>, RegExp][] = [
    ["no model", { model: path.join(home, "none.tar.gz") }, /none\.tar\.gz is not there/],
    ["no features for XGBoost", { data: undefined }, /names of its features/],
    ["data that is not there", { data: path.join(home, "none.csv") }, /none\.csv cannot be read/],
    ["a name that no stack can have", { name: "1 wine" }, /"1 wine" cannot be the name/],
    ["a folder for XGBoost", { model: savedModel }, /is a folder/],
    ["an image from elsewhere", { framework: "image", image: "churn:3" }, /not the URI of an image/],
    ["a URI that is no archive", { model: "s3://bucket/model" }, /not the URI of an archive/],
    ["a region without the image", { region: "xx-north-1" }, /no XGBoost 1\.7-1 image in xx-north-1/],
  ];
  for (const [name, wrong, message] of cases) {
    test(name, async () => {
      const folder = path.join(home, "never");
      const request = { ...requests.xgboost, folder, ...wrong };
      await assert.rejects(createProject(infra, request), (e) => e instanceof OpsError && message.test(e.message));
      assert.equal(existsSync(folder), false);
    });
  }
  test("nothing is written over", async () => {
    const folder = path.dirname(write("full/template.yaml", "mine"));
    await assert.rejects(createProject(infra, { ...requests.xgboost, folder }), /already has template\.yaml/);
    assert.equal(readFileSync(path.join(folder, "template.yaml"), "utf8"), "mine");
    assert.equal(existsSync(path.join(folder, "sagemaker-ops.json")), false);
  });
});
