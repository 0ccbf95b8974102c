import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { cpuPerRequest, engineRun, micros, type Row, signing, startTarget, times } from "./loadtestRig.ts";

const VERSION = "2.0.34";
const RATE = 1000;
const SECONDS = 8;
const TOO_MUCH = 12_000;
const INSTALL_MS = 300_000;
const run_ = promisify(execFile);

/** Writes the CPU seconds of every process of Artillery that ends into one file; threads are part of their process. */
const HOOK = `if (require("node:worker_threads").isMainThread) process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  require("node:fs").appendFileSync(process.env.CPU_FILE, (user + system) / 1e6 + "\\n");
});`;

/** CPU seconds of a whole run of Artillery, its start included. */
async function artillery(folder: string, target: string, rate: number, seconds: number): Promise<number> {
  const { origin, pathname } = new URL(target);
  const post = { url: pathname, body: "1,2,3", headers: { "content-type": "text/csv" } };
  const script = {
    config: { target: origin, phases: [{ duration: seconds, arrivalRate: rate }], http: { pool: 100, timeout: 10 } },
    scenarios: [{ flow: [{ post }] }],
  };
  const [scriptFile, hook, cpuFile] = ["script.json", "hook.cjs", `cpu-${rate}.txt`].map((name) =>
    path.join(folder, name),
  );
  writeFileSync(scriptFile ?? "", JSON.stringify(script));
  writeFileSync(hook ?? "", HOOK);
  writeFileSync(cpuFile ?? "", "");
  const env = {
    ...process.env,
    ARTILLERY_DISABLE_TELEMETRY: "true",
    CPU_FILE: cpuFile,
    NODE_OPTIONS: `--require ${hook}`,
  };
  const bin = path.join(folder, "node_modules/artillery/bin/run");
  await run_(process.execPath, [bin, "run", "--quiet", scriptFile ?? ""], { env, cwd: folder, maxBuffer: 1 << 26 });
  return readFileSync(cpuFile ?? "", "utf8")
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number(line), 0);
}

/**
 * The engine beside Artillery, which npm installs into a folder that is removed afterwards; skipped where that is not
 * possible. It is no dependency of the product. About 100 s.
 */
export async function run(): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "ops-artillery-"));
  const target = await startTarget("instant");
  try {
    writeFileSync(path.join(folder, "package.json"), '{"private":true}');
    const args = ["install", `artillery@${VERSION}`, "--ignore-scripts", "--no-audit", "--no-fund"];
    await run_("npm", args, { cwd: folder, timeout: INSTALL_MS, shell: process.platform === "win32" });
    const start = await artillery(folder, target.url, 1, 1);
    const theirs = ((await artillery(folder, target.url, RATE, SECONDS)) - start) / (RATE * SECONDS);
    const own = cpuPerRequest(await engineRun(target.url, RATE, SECONDS));
    const highest = cpuPerRequest(await engineRun(target.url, TOO_MUCH, 5, { signing, maxConnections: 100 }));
    return [
      {
        figure: "ramp: generator CPU per request at 1,000/s, against Artillery",
        value: times(own / theirs),
        aim: "≤ 0.125 ×",
        note: `${micros(own)} against ${micros(theirs)} (pool of 100)`,
      },
      {
        figure: "ramp: highest signed rate per core, against Artillery unsigned",
        value: times(theirs / highest),
        aim: "≥ 10 ×",
        note: `${Math.round(1 / highest)}/s against ${Math.round(1 / theirs)}/s per CPU second`,
      },
    ];
  } catch (e) {
    const why = String((e as Error).message).split("\n")[0] ?? "";
    return [
      { figure: "ramp: against Artillery", value: "SKIPPED", note: `Artillery could not be installed or run: ${why}` },
    ];
  } finally {
    target.child.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}
