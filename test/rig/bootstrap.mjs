// What must be there before anything else runs; plain Node, since there may be no package yet.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** The checkout's folder. */
export const ROOT = path.resolve(import.meta.dirname, "../..");

/** Line on stderr, so that stdout stays for results. */
export const say = (text) => process.stderr.write(`${text}\n`);

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} its exit code; 1 when a signal ended it
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: "inherit", ...options });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** Installs the packages when the lockfile has changed since the last time. */
export async function ensurePackages() {
  const stamp = path.join(ROOT, "node_modules/.installed");
  const wanted = createHash("sha256")
    .update(readFileSync(path.join(ROOT, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("Installing packages (npm ci)");
  const code = await run(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: ["ignore", 2, 2] });
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}`);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Builds dist/. */
export async function build() {
  const code = await run(process.execPath, [path.join(ROOT, "esbuild.mjs"), "--quiet"], { stdio: ["ignore", 2, 2] });
  if (code !== 0) throw new Error(`the build failed with exit code ${code}`);
}

/** Chromium of the system, or the one that CHROMIUM_PATH names. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return existsSync(named) ? named : undefined;
  return ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));
}

/** Installs Debian's Chromium where that is possible: as root, with apt-get. Returns its path, or undefined. */
export function ensureChromium() {
  const found = findChromium();
  if (found || process.env.CHROMIUM_PATH) return found;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  say("Installing chromium (apt-get)");
  const apt = (...args) =>
    spawnSync("apt-get", args, { stdio: ["ignore", 2, 2], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  apt("update", "-qq");
  apt("install", "-y", "-qq", "--no-install-recommends", "chromium");
  return findChromium();
}
