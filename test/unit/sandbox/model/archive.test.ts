import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { loadModelArchive } from "../../../../src/sandbox/model/archive.ts";
import { ModelFileError } from "../../../../src/sandbox/model/modelFileError.ts";
import { predictRows } from "../../../../src/sandbox/model/predict.ts";
import { matrixOf, readModelBytes, wineRows } from "./fixtureFiles.ts";

const model = Buffer.from(readModelBytes("logistic"));

async function archiveOf(
  entries: { name: string; content?: Buffer; type?: "directory" | "symlink" }[],
): Promise<Buffer> {
  const archive = pack();
  for (const { name, content, type } of entries) {
    if (content === undefined) archive.entry({ name, type: type ?? "directory", linkname: "/etc/passwd" });
    else archive.entry({ name }, content);
  }
  archive.finalize();
  return gzipSync(await buffer(archive));
}

const refuses = async (bytes: Uint8Array, text: RegExp) =>
  await assert.rejects(loadModelArchive(bytes), (error) => error instanceof ModelFileError && text.test(error.message));

test("one file at the root is the model, whatever it is called", async () => {
  const archive = await archiveOf([
    { name: "./" },
    { name: "./._xgboost-model", content: Buffer.from("resource fork") },
    { name: "code/inference.py", content: Buffer.from("print()") },
    { name: "./my-model.json", content: model },
  ]);
  const booster = await loadModelArchive(archive);
  assert.equal(booster.objective, "binary:logistic");
  assert.equal(predictRows(booster, matrixOf(wineRows())).length, 178);
});

test("an archive without a model says how to pack one", async () => {
  await refuses(await archiveOf([{ name: "model/xgboost-model", content: model }]), /no file at its root.*tar -czf/);
  await refuses(await archiveOf([{ name: "xgboost-model", type: "symlink" }]), /no file at its root/);
});

test("two models are named", async () => {
  const archive = await archiveOf([
    { name: "a", content: model },
    { name: "b", content: model },
  ]);
  await refuses(archive, /2 files at its root \(a, b…\)/);
});

test("what is no archive is refused", async () => {
  await refuses(model, /not a gzip file/);
  await refuses(gzipSync(Buffer.alloc(2000, 7)), /not a readable tar file/);
  const whole = await archiveOf([{ name: "xgboost-model", content: model }]);
  await refuses(whole.subarray(0, whole.length / 2), /not a gzip file/);
});

test("an archive that unpacks to more than the limit is refused before it fills the memory", async () => {
  const part = gzipSync(Buffer.alloc(32 * 1024 * 1024));
  // Members of a gzip file are unpacked one after the other; nine of these are 288 MiB.
  await refuses(Buffer.concat(Array<Buffer>(9).fill(part)), /unpacks to more than/);
});
