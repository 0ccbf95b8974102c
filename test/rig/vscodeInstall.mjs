import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { LAYOUT, PROFILES } from "./vscodePins.mjs";
import { STAND_INS } from "./vscodeStandIns.mjs";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** Where the VS Codes live. A machine that keeps them between clones names a folder of its own. */
const CACHE = process.env.VSCODE_TEST_DIR ?? path.join(ROOT, ".vscode-test");
const NPM_QUIET = ["--no-audit", "--no-fund", "--loglevel=error"];

/**
 * @typedef {object} VscodeInstall
 * @property {string} profile
 * @property {string} version of VS Code
 * @property {string} home folder of the installation
 * @property {string} nodeBin the Node that runs it
 * @property {string} serverMain
 * @property {string[]} serverArgs
 */

/**
 * A real VS Code, server and web workbench, with the Node that it wants: installed from the npm registry on the first
 * call (some 20 s, 300 MB), found there on the next. Needs npm and tar, no compiler.
 * @param {"newest" | "oldest"} [profile] the newest VS Code, or the oldest that the extension supports
 * @returns {VscodeInstall}
 * @throws {Error} naming the package when a download fails or does not have the pinned hash
 */
export function ensureVscode(profile = process.env.VSCODE_TEST_PROFILE === "oldest" ? "oldest" : "newest") {
  const pins = PROFILES[profile];
  if (!pins) throw new Error(`There is no VS Code profile ${profile}. Use newest or oldest.`);
  if (process.platform !== "linux" || !pins.nodeIntegrity[process.arch]) {
    throw new Error(
      `VS Code for tests is packaged for Linux on x64 and arm64; this is ${process.platform} ${process.arch}.`,
    );
  }
  const home = path.join(CACHE, `vscode-${pins.codeServer}-node-${pins.node}-${LAYOUT}`);
  const marker = path.join(home, "install.json");
  if (!fs.existsSync(marker)) install(pins, home, marker);
  return {
    profile,
    version: JSON.parse(fs.readFileSync(marker, "utf8")).version,
    home,
    nodeBin: path.join(home, "node/bin/node"),
    serverMain: path.join(home, "vscode/out/server-main.js"),
    serverArgs: pins.serverArgs,
  };
}

/** Into a folder beside, renamed at the end: an install that is cut off is never taken for a whole one. */
function install(pins, home, marker) {
  const work = `${home}.${process.pid}`;
  fs.mkdirSync(path.join(work, "node"), { recursive: true });
  fs.mkdirSync(path.join(work, "downloads"));
  if (!fs.existsSync(path.join(CACHE, ".gitignore"))) fs.writeFileSync(path.join(CACHE, ".gitignore"), "*\n");
  try {
    say(`installing VS Code (code-server ${pins.codeServer}, Node ${pins.node}) from the npm registry`);
    const vscode = unpackServer(pins, work);
    installDependencies(pins, work, vscode);
    say("installing what its TypeScript extension needs");
    npm(["ci", "--omit=dev", "--ignore-scripts", ...NPM_QUIET], path.join(vscode, "extensions"));
    layStandIns(vscode);
    keepThisMachinesBinaries(vscode);
    // Some built-in extensions look for the archive that a desktop build has.
    fs.symlinkSync("node_modules", path.join(vscode, "node_modules.asar"));
    fs.rmSync(path.join(work, "downloads"), { recursive: true });
    const { version } = JSON.parse(fs.readFileSync(path.join(vscode, "package.json"), "utf8"));
    fs.writeFileSync(path.join(work, path.basename(marker)), JSON.stringify({ version }));
    fs.rmSync(home, { recursive: true, force: true });
    fs.renameSync(work, home);
    say(`VS Code ${version} is ready`);
  } catch (error) {
    fs.rmSync(work, { recursive: true, force: true });
    throw error;
  }
}

function unpackServer(pins, work) {
  const downloads = path.join(work, "downloads");
  const node = download(`node-linux-${process.arch}`, pins.node, pins.nodeIntegrity[process.arch], downloads);
  const server = download("code-server", pins.codeServer, pins.integrity, downloads);
  run("tar", [
    "xzf",
    node,
    "--strip-components=1",
    "-C",
    path.join(work, "node"),
    "package/bin/node",
    "package/LICENSE",
  ]);
  const excluded = pins.drop.map((name) => `--exclude=package/lib/vscode/extensions/${name}`);
  const into = ["--strip-components=3", "--one-top-level=vscode", "-C", work];
  run("tar", ["xzf", server, ...excluded, "--exclude=*.js.map", ...into, "package/lib/vscode"]);
  return path.join(work, "vscode");
}

/** npm works in a folder of its own: VS Code's package.json, which holds its version, stays as it is. */
function installDependencies(pins, work, vscode) {
  const shrinkwrap = JSON.parse(fs.readFileSync(path.join(vscode, "npm-shrinkwrap.json"), "utf8"));
  const { manifest, lock } = cutLock(shrinkwrap.packages, pins.roots);
  const folder = path.join(work, "dependencies");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  fs.writeFileSync(path.join(folder, "package-lock.json"), JSON.stringify(lock));
  say(`installing ${Object.keys(lock.packages).length - 1} of its dependencies`);
  npm(["ci", "--omit=dev", "--ignore-scripts", ...NPM_QUIET], folder);
  fs.renameSync(path.join(folder, "node_modules"), path.join(vscode, "node_modules"));
  fs.rmSync(folder, { recursive: true });
  for (const { name, version, integrity } of pins.borrow) {
    const into = path.join(vscode, "node_modules", name);
    fs.mkdirSync(into, { recursive: true });
    run("tar", [
      "xzf",
      download(name, version, integrity, path.join(work, "downloads")),
      "--strip-components=1",
      "-C",
      into,
    ]);
  }
}

/** A package.json and its lock that hold only the roots and what they need, at VS Code's own versions and hashes. */
function cutLock(all, roots) {
  const kept = {};
  const visit = (from, name, optional) => {
    const key = resolveIn(all, from, name);
    if (!key && optional) return;
    if (!key) throw new Error(`${name}, needed by ${from || "VS Code"}, is not in VS Code's shrinkwrap.`);
    if (kept[key]) return;
    kept[key] = all[key];
    for (const dependency of Object.keys(all[key].dependencies ?? {})) visit(key, dependency, false);
    for (const dependency of Object.keys(all[key].optionalDependencies ?? {})) visit(key, dependency, true);
  };
  for (const root of roots) visit("", root, false);
  const dependencies = Object.fromEntries(roots.map((root) => [root, all[`node_modules/${root}`].version]));
  const manifest = { name: "vscode-for-tests", version: "0.0.0", private: true, dependencies };
  const { name, version } = manifest;
  const packages = { "": { name, version, dependencies }, ...kept };
  return { manifest, lock: { name, version, lockfileVersion: 3, requires: true, packages } };
}

/** Where Node would find a package: in the nearest node_modules upwards. */
function resolveIn(all, from, name) {
  let at = from;
  for (;;) {
    const key = `${at ? `${at}/` : ""}node_modules/${name}`;
    if (all[key]) return key;
    if (!at) return undefined;
    at = at.includes("/node_modules/") ? at.slice(0, at.lastIndexOf("/node_modules/")) : "";
  }
}

function layStandIns(vscode) {
  for (const [name, files] of Object.entries(STAND_INS)) {
    const folder = path.join(vscode, "node_modules", name);
    fs.mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, file), text);
  }
}

/** Binaries for other systems are most of the size of these packages. */
function keepThisMachinesBinaries(vscode) {
  const mine = `linux-${process.arch}`;
  const modules = path.join(vscode, "node_modules");
  for (const folder of ["@vscode/ripgrep-universal/bin", "node-pty/prebuilds"]) {
    for (const entry of fs.readdirSync(path.join(modules, folder))) {
      if (entry !== mine) fs.rmSync(path.join(modules, folder, entry), { recursive: true });
    }
  }
  const ripgrep = path.join(modules, "@vscode/ripgrep");
  if (!fs.existsSync(ripgrep)) return;
  fs.mkdirSync(path.join(ripgrep, "bin"), { recursive: true });
  fs.renameSync(path.join(modules, "@vscode/ripgrep-universal/bin", mine, "rg"), path.join(ripgrep, "bin/rg"));
}

function download(name, version, integrity, folder) {
  const spec = `${name}@${version}`;
  const told = JSON.parse(npm(["pack", spec, "--json", "--loglevel=error", "--pack-destination", folder], folder));
  const [info] = Array.isArray(told) ? told : Object.values(told);
  const file = path.join(folder, info.filename.replace(/^@/, "").replace("/", "-"));
  const found = `sha512-${createHash("sha512").update(fs.readFileSync(file)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${spec} does not have the pinned hash: wanted ${integrity}, got ${found}.`);
  return file;
}

const npm = (args, cwd) => run("npm", args, cwd);

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 64 << 20 }).toString();
}

const say = (text) => console.error(`[vscode] ${text}`);

if (process.argv[1] === import.meta.filename) console.log(ensureVscode(process.argv[2]).home);
