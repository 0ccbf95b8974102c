import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/**
 * Requires the extension as the extension host does, and prints which of its chunks that loads. The `vscode` module
 * exists in the editor only; here it is an object that does nothing, since nothing is activated.
 */
const PROBE = `
const Module = require("node:module");
const load = Module._load;
const nothing = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => "" : nothing),
  apply: () => nothing,
  construct: () => nothing,
});
Module._load = function (request, parent, isMain) {
  return request === "vscode" ? nothing : load.call(this, request, parent, isMain);
};
require(process.argv[1]);
console.log(JSON.stringify(Object.keys(require.cache)));
`;

test("loading the extension loads one file, without an AWS client, a schema or a parser", (context) => {
  const main = path.join(DIST, "extension.cjs");
  if (!existsSync(main)) {
    context.skip("NOT RUN: there is no dist/extension.cjs; npm test builds it first");
    return;
  }
  const loaded = JSON.parse(execFileSync(process.execPath, ["-e", PROBE, main], { encoding: "utf8" })) as string[];
  const chunks = loaded.filter((file) => file.startsWith(DIST));
  assert.deepEqual(chunks, [main], "name what a window needs at once in EAGER of esbuild.mjs");
  const heavy: [string, RegExp][] = [
    ["zod", /\$ZodObject/],
    ["yaml", /YAMLMap/],
    ["an AWS client", /serviceId:/],
  ];
  const found = chunks.flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return heavy.filter(([, mark]) => mark.test(text)).map(([name]) => `${name} in ${path.basename(file)}`);
  });
  assert.deepEqual(found, [], "name the module that brings it in LATE of esbuild.mjs, or load it late");
});
