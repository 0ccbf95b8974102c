import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

const infra = path.resolve(import.meta.dirname, "../../../infra");

interface Notebook {
  nbformat: number;
  cells: { cell_type: string; source: string[]; outputs?: unknown[]; execution_count?: number | null }[];
}
const notebook = JSON.parse(readFileSync(path.join(infra, "model/wine.ipynb"), "utf8")) as Notebook;
const code = notebook.cells.filter(({ cell_type }) => cell_type === "code");

test("the notebook is kept without outputs", () => {
  assert.equal(notebook.nbformat, 4);
  assert.ok(code.length >= 5);
  for (const { outputs, execution_count } of code) assert.deepEqual([outputs, execution_count], [[], null]);
});

// The version that made the committed files: another one makes another model.
const python = ["python3", "/usr/bin/python3"].find((file) => {
  const program = "import sklearn, xgboost; assert xgboost.__version__ == '1.7.4'";
  return spawnSync(file, ["-c", program]).status === 0;
});
const skip = python ? false : "no python3 here has xgboost 1.7.4: apt-get install python3-xgboost python3-sklearn";

test("run from top to bottom it makes the committed files, byte by byte", { skip }, () => {
  const home = mkdtempSync(path.join(tmpdir(), "sagemaker-ops-notebook-"));
  try {
    for (const part of ["model", "lambda", "web"])
      cpSync(path.join(infra, part), path.join(home, part), { recursive: true });
    for (const name of ["model.tar.gz", "features.json", "wine.csv"]) rmSync(path.join(home, "model", name));
    writeFileSync(path.join(home, "model/cells.py"), code.map(({ source }) => source.join("")).join("\n\n"));
    const ran = spawnSync(python ?? "", ["cells.py"], { cwd: path.join(home, "model"), encoding: "utf8" });
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stdout, /178 wines, 13 measurements/);
    for (const name of ["model.tar.gz", "features.json", "wine.csv", "prediction.json"])
      assert.deepEqual(
        readFileSync(path.join(home, "model", name)),
        readFileSync(path.join(infra, "model", name)),
        name,
      );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
