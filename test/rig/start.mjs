// npm start [-- --headless] [-- --json] [-- --port N]: the main job, on a machine that has nothing but Node.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { build, ensurePackages, ROOT, say } from "./bootstrap.mjs";

const CLI = path.join(ROOT, "dist/cli.js");
const PROJECT = path.join(ROOT, "infra");
const PLAN = path.join(PROJECT, "loadtests/1k-rps.ramp.json");
/** The sandbox's model must agree with XGBoost's own prediction this closely. */
const TOLERANCE = 1e-5;

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
let interrupted = false;

function start(args, env, stdio) {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: ROOT,
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", ...env },
    stdio,
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Runs a command of the product; its progress is seen as it comes, its document is the result. */
async function command(args, env) {
  const child = start([...args, "--json"], env, ["ignore", "pipe", "inherit"]);
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (c) => resolve(c ?? 1));
  });
  const document = text.trim() ? JSON.parse(text) : undefined;
  return { code, document };
}

/** The same, where anything but success ends the job. */
async function must(args, env) {
  const { code, document } = await command(args, env);
  if (code === 0) return document;
  const error = new Error(document?.error?.message ?? `${args[0]} ended with exit code ${code}`);
  error.exitCode = code;
  throw error;
}

/** Starts the sandbox as its own process; it ends with this one, because it watches its standard input. */
async function startSandbox() {
  const child = start(["sandbox", "--port", "0", "--time-scale", "30", "--json", "--until-stdin-closes"], {}, [
    "pipe",
    "pipe",
    "inherit",
  ]);
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the sandbox ended with exit code ${code}`)));
  });
  const info = JSON.parse(line);
  say(
    `The sandbox serves at ${info.endpoint} (account ${info.accountId}, ${info.region}, time scale ${info.timeScale})`,
  );
  const stop = async () => {
    if (child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end();
    await ended;
  };
  return { info, env: { SAGEMAKER_OPS_SANDBOX: line }, stop };
}

const rowOf = (text) => text.trim().split(",").map(Number);
const furthest = (a, b) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

/** One real row, by InvokeEndpoint and through the API; both must be what XGBoost itself says. */
async function predictBothWays(env) {
  const expected = JSON.parse(readFileSync(path.join(PROJECT, "model/prediction.json"), "utf8"));
  say(`Predicting ${expected.row}`);
  const direct = await must(["predict", "--project", PROJECT, "--body", expected.row], env);
  const throughApi = await must(["predict", "--project", PROJECT, "--api", "--body", expected.row], env);
  const endpoint = rowOf(direct.body);
  const difference = Math.max(
    furthest(endpoint, expected.probabilities),
    furthest(throughApi.probabilities, expected.probabilities),
  );
  const predictedClass = endpoint.indexOf(Math.max(...endpoint));
  say(
    `  class ${predictedClass}; endpoint and API differ from XGBoost's own answer by at most ${difference.toExponential(1)}`,
  );
  return {
    row: expected.row,
    predictedClass,
    probabilities: { endpoint, api: throughApi.probabilities, xgboost: expected.probabilities },
    difference,
    passed: difference <= TOLERANCE,
  };
}

/** Deploy, predict, ramp, proof, delete; prints the verdict and the report's path. */
async function headless(json) {
  const sandbox = await startSandbox();
  try {
    const deployment = await must(["deploy", "--project", PROJECT, "--yes"], sandbox.env);
    let prediction;
    let ramp;
    try {
      prediction = await predictBothWays(sandbox.env);
      ramp = await command(["ramp", PLAN, "--project", PROJECT, "--yes"], sandbox.env);
      if (!ramp.document?.report)
        throw Object.assign(new Error(ramp.document?.error?.message), { exitCode: ramp.code });
    } finally {
      if (!interrupted) await must(["delete", "--project", PROJECT, "--yes"], sandbox.env);
    }
    const { report, files } = ramp.document;
    const passed = ramp.code === 0 && report.verdict.passed && prediction.passed;
    const { report: _, ...verdict } = { ...report.verdict, passed, report };
    if (json) process.stdout.write(`${JSON.stringify({ verdict, deployment, prediction, report, files })}\n`);
    else
      process.stdout.write(
        [
          "",
          `${passed ? "PASSED" : "FAILED"}${report.verdict.proven ? ", scale-out proven" : ""}: ${report.verdict.sentence}`,
          ...(prediction.passed ? [] : [`The prediction differs from XGBoost's own by ${prediction.difference}`]),
          `Report: ${files.html}`,
          `        ${files.json}`,
          "",
        ].join("\n"),
      );
    return passed ? 0 : 1;
  } finally {
    await sandbox.stop();
  }
}

/** The wine project in a real VS Code in the browser, connected to the sandbox; until Ctrl-C. */
async function editor(port) {
  const { packageVsix } = await import("./packageVsix.mjs");
  const { startVscode } = await import("./vscodeServer.mjs");
  const { file: vsix } = packageVsix();
  const sandbox = await startSandbox();
  let vscode;
  try {
    await must(["deploy", "--project", PROJECT, "--yes"], sandbox.env);
    say("Starting VS Code");
    // The project lies in this repository; whether to open that too is no question for someone who tries the product.
    const settings = { "git.openRepositoryInParentFolders": "never" };
    const env = { ...sandbox.env, SAGEMAKER_OPS_SHOW_VIEW: "1" };
    vscode = await startVscode({ workspace: PROJECT, vsix: [vsix], env, port, settings });
    process.stdout.write(
      `\nVS Code ${vscode.version} with the wine project: ${vscode.url}\nCtrl-C stops everything.\n`,
    );
    await untilAsked;
    return 0;
  } finally {
    await vscode?.stop();
    await sandbox.stop();
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      headless: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      port: { type: "string", default: "0" },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw Object.assign(new Error(`--port takes a number from 0 to 65535, not "${values.port}"`), { exitCode: 2 });
  await ensurePackages();
  await build();
  return values.headless ? headless(values.json) : editor(port);
}

/** Parent of the parent, where that can be read: npm runs this through a shell. */
function grandparent() {
  try {
    return readFileSync(`/proc/${process.ppid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")[1];
  } catch {
    return undefined;
  }
}

/** Resolves when the user or the system wants an end: a signal, or npm (or its shell) has been killed. */
const untilAsked = new Promise((resolve) => {
  const ancestors = () => `${process.ppid} ${grandparent()}`;
  const atStart = ancestors();
  const end = () => {
    interrupted = true;
    for (const child of children) child.kill("SIGINT");
    resolve(undefined);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, end);
  const watch = setInterval(() => {
    if (ancestors() === atStart) return;
    clearInterval(watch);
    end();
  }, 500);
  watch.unref();
});

try {
  process.exitCode = await main();
} catch (e) {
  say(`error: ${e.message}`);
  process.exitCode = e.exitCode ?? (e.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" ? 2 : 1);
}
for (const child of children) child.kill();
