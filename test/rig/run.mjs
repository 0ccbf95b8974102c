// npm test: everything, in the order in which a mistake is cheapest to find.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { build, ensureChromium, ensurePackages, ROOT, run, say } from "./bootstrap.mjs";
import { packageVsix } from "./packageVsix.mjs";
import { ensureVscode } from "./vscodeInstall.mjs";

const bin = (name) => path.join(ROOT, "node_modules/.bin", name);
const only = process.argv.slice(2);

const writeNow = (chunk) => process.stdout.write(chunk);

/** Test files below a folder, as the runner takes them; node 20 does not expand patterns by itself. */
function testFiles(folder) {
  const at = path.join(ROOT, "test", folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => path.join("test", folder, name));
}

/**
 * Runs files with node's runner and counts from its summary.
 * @param write where its output goes
 */
async function runTests(folder, extra = [], moreEnv = {}, files = testFiles(folder), write = writeNow) {
  if (!files.length) return { code: 1, passed: 0, failed: 0, skipped: 0, why: `no test file in test/${folder}` };
  const { spawn } = await import("node:child_process");
  const args = ["--import", "tsx", "--test", "--test-reporter=spec", ...extra, ...files];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", FORCE_COLOR: "0", ...moreEnv },
  });
  let tail = "";
  child.stderr.on("data", write);
  child.stdout.on("data", (chunk) => {
    write(chunk);
    tail = (tail + chunk).slice(-20_000);
  });
  const code = await new Promise((resolve) => child.once("close", (c) => resolve(c ?? 1)));
  const count = (word) => Number(new RegExp(`ℹ ${word} (\\d+)(?![\\s\\S]*ℹ ${word} )`).exec(tail)?.[1] ?? 0);
  const failed = count("fail") + count("cancelled");
  const failures = code === 0 ? "" : (tail.split("✖ failing tests:")[1] ?? "");
  return { code, passed: count("pass"), failed, skipped: count("skipped"), failures };
}

const check = (command, args) => async () => {
  const code = await run(command, args);
  return { code, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
};

const needsChromium = (folder, stage) => async () => {
  if (ensureChromium()) return stage(folder);
  say(`SKIPPED: test/${folder} needs Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.`);
  return { code: 0, passed: 0, failed: 0, skipped: testFiles(folder).length };
};

/** One waits for its VS Code while another one works. */
const LANES = 2;

/**
 * Files that drive someone else's program, a VS Code on a machine that may be busy: one that fails gets a second try,
 * alone. What needed it is told, and what fails twice has failed.
 */
async function runEachTwice(folder, more = {}, which = /./) {
  // Installed and packaged once for all of them.
  ensureVscode(more.VSCODE_TEST_PROFILE);
  const env = { SAGEMAKER_OPS_VSIX: packageVsix().file, ...more };
  const totals = { code: 0, passed: 0, failed: 0, skipped: 0, why: undefined };
  const add = (result) => {
    if (result.code !== 0 && result.failed === 0) result.failed = 1;
    for (const key of ["passed", "failed", "skipped"]) totals[key] += result[key];
    totals.failures = `${totals.failures ?? ""}${result.failures ?? ""}`;
    totals.code ||= result.code;
  };
  const queue = testFiles(folder).filter((name) => which.test(name));
  const failed = [];
  const lane = async () => {
    for (let file = queue.shift(); file; file = queue.shift()) {
      const chunks = [];
      const result = await runTests(folder, [], env, [file], (chunk) => chunks.push(chunk));
      writeNow(Buffer.concat(chunks));
      if (result.code === 0) add(result);
      else failed.push(file);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const file of failed) {
    say(`FLAKY OR BROKEN: ${file} failed and is run once more.`);
    add(await runTests(folder, [], env, [file]));
  }
  if (failed.length) totals.why = `run twice: ${failed.map((file) => path.basename(file)).join(", ")}`;
  return totals;
}

/** The main job in the oldest VS Code that package.json names: what it lacks shows there, or nowhere. */
const oldest = (folder) => runEachTwice(folder, { VSCODE_TEST_PROFILE: "oldest" }, /mainJob\.test\.ts$/);

/** The same functionality tests against a real account, by whoever asks for it and names the account. */
const realAccount = async () => {
  const account = process.env.SAGEMAKER_OPS_AWS_TEST_ACCOUNT;
  if (!account) {
    const how = "SAGEMAKER_OPS_AWS_TEST_ACCOUNT=<12 digits> node test/rig/run.mjs aws";
    say(`NOT RUN: tests against a real AWS account. To run them with your default credentials: ${how}`);
    return { code: 0, passed: 0, failed: 0, skipped: testFiles("account").length };
  }
  say(`Tests against the AWS account ${account}, region ${process.env.AWS_REGION ?? "of your profile"}.`);
  say("They create a bucket, a log group, an alarm, a role, a function and a stack, all named ops-test-… and tagged");
  say("sagemaker-endpoint-ops:test, and remove them. Cost: less than $0.01; no endpoint is created.");
  return runTests("account", ["--test-concurrency=1"]);
};

const stages = [
  ["typecheck", check(bin("tsc"), ["-p", "."])],
  ["typecheck of the pages", check(bin("tsc"), ["-p", "webview"])],
  ["lint", check(bin("biome"), ["check", "--error-on-warnings", "."])],
  ["dead code", check(bin("knip"), [])],
  ["unit", () => runTests("unit", ["--test-concurrency=2"])],
  ["wire", () => runTests("wire", ["--test-concurrency=2"])],
  ["browser", needsChromium("browser", (folder) => runTests(folder, ["--test-concurrency=1"]))],
  ["host", needsChromium("host", runEachTwice)],
  ["oldest VS Code", needsChromium("host", oldest)],
  ["account", () => runTests("account", [], { SAGEMAKER_OPS_AWS_TEST_ACCOUNT: "" })],
  ["aws", realAccount, "only when asked for"],
];

await ensurePackages();
await build();
const totals = { passed: 0, failed: 0, skipped: 0 };
let failures = "";
for (const [name, stage, onlyAsked] of stages) {
  if ((only.length || onlyAsked) && !only.includes(name)) continue;
  const started = Date.now();
  process.stdout.write(`\n— ${name}\n`);
  const result = await stage();
  // A stage that could not run at all counts as a failure, never as nothing.
  if (result.code !== 0 && result.failed === 0) result.failed = 1;
  for (const key of Object.keys(totals)) totals[key] += result[key];
  if (result.failures) failures += `\n— ${name}: what failed\n${result.failures.trimEnd()}\n`;
  process.stdout.write(
    `— ${name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped in ${((Date.now() - started) / 1000).toFixed(0)} s${result.why ? ` (${result.why})` : ""}\n`,
  );
}
// Once more at the end: whoever reads a log from below has the reason first.
process.stdout.write(failures);
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exit(totals.failed ? 1 : 0);
