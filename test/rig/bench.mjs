// Runs the benchmarks of test/bench, each in a process of its own, one after the other, and prints one table.
//   npm run bench            all of them
//   npm run bench -- sizes   those whose names contain a word
//   npm run bench -- --json  the rows as one JSON document
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, ensurePackages } from "./bootstrap.mjs";

const folder = fileURLToPath(new URL("../bench/", import.meta.url));
const words = process.argv.slice(2).filter((a) => !a.startsWith("-"));
const asJson = process.argv.includes("--json");
const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

/** The benchmarks are the files that export `run`; the others are their helpers. */
const benchmarks = readdirSync(folder)
  .filter(
    (name) =>
      name.endsWith(".ts") && /^export (async )?function run\(/m.test(readFileSync(path.join(folder, name), "utf8")),
  )
  .filter((name) => !words.length || words.some((word) => name.includes(word)));
if (!benchmarks.length) {
  console.error(`No benchmark of test/bench has a name with ${words.join(" or ")}.`);
  process.exit(2);
}

/** Rows of one benchmark; a benchmark that fails is a row that says so, and the exit code is 1. */
function measure(name) {
  const code = `const { run } = await import(${JSON.stringify(pathToFileURL(path.join(folder, name)).href)});
    process.send(await run(), () => process.exit(0));`;
  return new Promise((resolve) => {
    const args = ["--import", "tsx", "--input-type=module", "-e", code];
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let complaints = "";
    let rows;
    child.stderr.on("data", (chunk) => {
      complaints = (complaints + chunk).slice(-4000);
    });
    child.on("message", (message) => {
      rows = message;
    });
    child.on("exit", (exit) => {
      if (rows) return resolve(rows);
      process.exitCode = 1;
      const why =
        complaints
          .trim()
          .split("\n")
          .find((line) => /Error|cannot|not /i.test(line)) ?? `exit code ${exit}`;
      resolve([{ figure: name.replace(/\.ts$/, ""), value: "FAILED", note: why.trim() }]);
    });
  });
}

await ensurePackages();
await build();
const rows = [];
for (const name of benchmarks) {
  process.stderr.write(`measuring ${name.replace(/\.ts$/, "")} …\n`);
  rows.push(...(await measure(name)));
}
if (asJson) console.log(JSON.stringify(rows, undefined, 2));
else {
  const columns = ["figure", "value", "aim", "note"];
  const width = (column) => Math.max(column.length, ...rows.map((row) => (row[column] ?? "").length));
  const widths = columns.map(width);
  const print = (cells) =>
    console.log(
      cells
        .map((cell, i) => (cell ?? "").padEnd(i < 3 ? widths[i] : 0))
        .join("  ")
        .trimEnd(),
    );
  print(columns);
  print(widths.map((w) => "─".repeat(w)));
  for (const row of rows) print(columns.map((column) => row[column]));
}
