import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { OpsError } from "../../../src/domain/errors.ts";
import type { FeatureFile } from "../../../src/domain/prediction.ts";
import { fileArtifact, folderArtifact, folderEntries, zipOf } from "../../../src/services/artifacts.ts";
import { loadProject, parseExamples } from "../../../src/services/projects.ts";
import { RunStore } from "../../../src/services/runStore.ts";
import { sandboxApiUrl, sandboxObjectUrl, sandboxWebUrl } from "../../../src/services/stackUrls.ts";

const INFRA = fileURLToPath(new URL("../../../infra", import.meta.url));
let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "ops-services-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: string): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}
const badInput =
  (...words: (RegExp | string)[]) =>
  (e: unknown) => {
    assert.ok(e instanceof OpsError);
    assert.equal(e.code, "badInput");
    assert.ok(e.hint, "it says what to do");
    for (const w of words) assert.match(e.message, typeof w === "string" ? new RegExp(w) : w);
    return true;
  };

describe("projects", () => {
  it("the wine project is read from its folder and from its file, with features and examples", async () => {
    const byFolder = await loadProject(INFRA);
    assert.deepEqual(await loadProject(path.join(INFRA, "sagemaker-ops.json")), byFolder);
    assert.equal(byFolder.project.stackName, "wine");
    assert.equal(byFolder.features?.features.length, 13);
    assert.equal(byFolder.examples.length, 178);
    assert.match(byFolder.examples[0]?.label ?? "", /^row 1 \(.+\)$/);
    assert.equal(byFolder.examples[0]?.values.length, 13);
  });
  it("what cannot be read is named with its file", async () => {
    await assert.rejects(loadProject(path.join(folder, "none.json")), badInput(/none\.json cannot be read/));
    await assert.rejects(loadProject(await put("a.json", "{")), badInput(/a\.json is not JSON/));
    await assert.rejects(loadProject(await put("b.json", "{}")), badInput(/b\.json has 3 problem/, /stackName/));
    const base = '{"version":1,"stackName":"s","template":"t.yaml","features":';
    await assert.rejects(loadProject(await put("c.json", `${base}"f.json"}`)), badInput(/Features file .*f\.json/));
    await put("f.json", '{"features":[]}');
    await assert.rejects(loadProject(await put("c.json", `${base}"f.json"}`)), badInput(/f\.json has 1 problem/));
  });
  it("examples find their columns by name, in any order", () => {
    const feature = (name: string) => ({ name, label: name, min: 0, max: 1, step: 1, default: 0 });
    const features: FeatureFile = { features: [feature("a"), feature("b")], classes: ["zero", "one"] };
    assert.deepEqual(parseExamples("b,class,a\n2,1,3\n\n4,0,5\n", features, "e.csv"), [
      { label: "row 1 (one)", values: [3, 2] },
      { label: "row 2 (zero)", values: [5, 4] },
    ]);
    assert.deepEqual(parseExamples("x,y\n1,2\n", features, "e.csv"), []);
    assert.deepEqual(parseExamples("", features, "e.csv"), []);
    assert.deepEqual(parseExamples('"a","b, of c",b\n"3","x, y",', features, "e.csv"), [
      { label: "row 1 (x, y)", values: [3, Number.NaN] },
    ]);
    assert.throws(() => parseExamples('a,b\n1,"2', features, "e.csv"), badInput(/e\.csv.*line 2, column 2/));
  });
});

describe("artifacts", () => {
  it("the same folder makes the same zip under the same key, a changed one another", async () => {
    await put("fn/index.mjs", "export {};");
    await put("fn/lib/a.mjs", "1");
    await put("fn/.hidden", "no");
    const first = await folderArtifact("stack", "lambda", path.join(folder, "fn"));
    assert.deepEqual(await folderArtifact("stack", "lambda", path.join(folder, "fn")), first);
    assert.match(first.key, /^stack\/lambda\/[0-9a-f]{16}\.zip$/);
    assert.deepEqual(Object.keys(unzipSync(first.body)).sort(), ["index.mjs", "lib/a.mjs"]);
    await put("fn/index.mjs", "export { };");
    assert.notEqual((await folderArtifact("stack", "lambda", path.join(folder, "fn"))).key, first.key);
  });
  it("extra files replace those of the same name", async () => {
    const zip = unzipSync(
      zipOf({ ...(await folderEntries(path.join(folder, "fn"), "web")), "index.mjs": Buffer.from("other") }),
    );
    assert.equal(Buffer.from(zip["index.mjs"] ?? []).toString(), "other");
  });
  it("an archive keeps both its endings; missing files and folders are named", async () => {
    const file = await put("model.tar.gz", "x");
    assert.match((await fileArtifact("s", "model", file)).key, /^s\/model\/[0-9a-f]{16}\.tar\.gz$/);
    await assert.rejects(
      fileArtifact("s", "model", path.join(folder, "none.tar.gz")),
      badInput(/model .*none\.tar\.gz/),
    );
    await assert.rejects(folderEntries(path.join(folder, "none"), "web"), badInput(/web folder .*none cannot be read/));
  });
});

describe("the run store", () => {
  it("lists what are reports, and passes over what are none", async () => {
    const runs = path.join(folder, "runs");
    await put("runs/a.json", '{"reportVersion":1,"startedAtMs":1}');
    await put("runs/b.json", '{"reportVersion":1,"startedAtMs":2}');
    await put("runs/other.json", '{"reportVersion":99}');
    await put("runs/broken.json", "{");
    await put("runs/a.json.part", "half of one");
    const found = await new RunStore(runs).list();
    assert.deepEqual(
      found.map((f) => path.basename(f.file)),
      ["b.json", "a.json"],
    );
    assert.deepEqual(await new RunStore(path.join(folder, "nowhere")).list(), []);
    assert.equal((await readdir(runs)).length, 5);
  });
});

describe("addresses of a stack's outputs", () => {
  const at = "http://127.0.0.1:4599";
  it("the sandbox serves them at its own", () => {
    const api = "https://abc123.execute-api.us-east-1.amazonaws.com/DummyStage/DT";
    assert.equal(sandboxApiUrl(api, at), `${at}/_aws/execute-api/abc123/DummyStage/DT`);
    assert.equal(sandboxWebUrl("https://main.d1abc.amplifyapp.com", at), `${at}/_aws/amplify/d1abc/main/`);
    const page = "https://wine-page-1x2y.s3.eu-central-1.amazonaws.com/wine.html";
    assert.equal(sandboxObjectUrl(page, at), `${at}/wine-page-1x2y/wine.html`);
  });
  it("others stay what they are", () => {
    for (const url of ["https://example.com/x", "http://abc.execute-api.us-east-1.amazonaws.com/a", ""]) {
      assert.equal(sandboxApiUrl(url, at), url);
      assert.equal(sandboxWebUrl(url, at), url);
    }
  });
});
