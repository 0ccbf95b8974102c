import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ensureVscode } from "./vscodeInstall.mjs";

/** Settings that every VS Code of the rig starts with: quiet, offline, the same on each run. */
const SETTINGS = {
  "chat.disableAIFeatures": true,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.colorTheme": "Dark Modern",
  "workbench.reduceMotion": "on",
  "workbench.editor.restoreEditors": false,
  "window.autoDetectColorScheme": false,
  "window.autoDetectHighContrast": false,
  "window.restoreWindows": "none",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "update.showReleaseNotes": false,
  // false would be migrated, which rewrites the file
  "extensions.autoUpdate": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "editor.accessibilitySupport": "off",
  "files.simpleDialog.enable": true,
  // Else each port that anything on this machine opens is announced.
  "remote.autoForwardPorts": false,
};
const START_MS = 30_000;

/**
 * @typedef {object} VscodeOptions
 * @property {string} [workspace] folder to open; without one an empty folder of the profile
 * @property {string[]} [vsix] packages to install first
 * @property {Record<string, string | undefined>} [env] added to this process's; undefined takes a variable away
 * @property {Record<string, unknown>} [settings] user settings over the rig's
 * @property {number} [port] 0, the default, takes a free one
 * @property {"newest" | "oldest"} [profile]
 * @property {string[]} [serverArgs] further arguments of VS Code's server
 */

/**
 * @typedef {object} VscodeServer
 * @property {string} url page to open in a browser
 * @property {string} version of VS Code
 * @property {number} port
 * @property {string} workspace
 * @property {() => { file: string; text: string }[]} logs every log file so far
 * @property {() => Promise<void>} stop stops all of its processes and deletes its profile
 */

/**
 * Starts a real VS Code, as a page for a browser on this machine only, with the packages installed. It stops with this
 * process.
 * @param {VscodeOptions} [options]
 * @returns {Promise<VscodeServer>}
 * @throws {Error} with the server's own output when it does not come up within 30 s
 */
export async function startVscode(options = {}) {
  const install = ensureVscode(options.profile);
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "sagemaker-ops-vscode-"));
  const folders = layProfile(home, options.settings);
  const env = environment(options.env);
  for (const file of options.vsix ?? []) installVsix(install, folders, env, file);

  const logFile = path.join(home, "server.log");
  // Without a token any page in the user's browser could talk to the server, and so to this machine.
  const token = randomBytes(24).toString("hex");
  const tokenFile = path.join(home, "connection-token");
  fs.writeFileSync(tokenFile, token, { mode: 0o600 });
  const child = launch(install, folders, env, logFile, tokenFile, options);
  const stopAtExit = () => signalGroup(child.pid, "SIGKILL");
  process.once("exit", stopAtExit);
  const stop = async () => {
    await stopGroup(child.pid);
    process.off("exit", stopAtExit);
    fs.rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const port = await listening(child, logFile, token);
    const workspace = path.resolve(options.workspace ?? path.join(home, "workspace"));
    fs.mkdirSync(workspace, { recursive: true });
    return {
      url: `http://127.0.0.1:${port}/?tkn=${token}&folder=${encodeURIComponent(workspace)}`,
      version: install.version,
      port,
      workspace,
      logs: () => readLogs(path.join(home, "user-data/logs")),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The arguments that name the profile's folders. */
function layProfile(home, settings) {
  const folder = (name) => {
    fs.mkdirSync(path.join(home, name), { recursive: true });
    return path.join(home, name);
  };
  fs.writeFileSync(path.join(folder("user-data/User"), "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }));
  return [
    ...["--accept-server-license-terms", "--telemetry-level", "off"],
    ...["--user-data-dir", folder("user-data")],
    ...["--server-data-dir", folder("server-data")],
    ...["--extensions-dir", folder("extensions")],
  ];
}

function environment(more) {
  const { VSCODE_LOGS: _logs, NODE_OPTIONS: _options, ...inherited } = process.env;
  // No marketplace: nothing is looked up and nothing is updated.
  const env = { ...inherited, EXTENSIONS_GALLERY: "{}", ...more };
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

function installVsix(install, folders, env, file) {
  const args = [install.serverMain, ...folders, "--install-extension", path.resolve(file), "--force"];
  const said = execFileSync(install.nodeBin, args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (!/successfully installed/.test(said)) throw new Error(`VS Code did not install ${file}:\n${said}`);
}

function launch(install, folders, env, logFile, tokenFile, options) {
  const log = fs.openSync(logFile, "w");
  const args = [
    ...[install.serverMain, ...folders],
    ...["--host", "127.0.0.1", "--port", String(options.port ?? 0), "--connection-token-file", tokenFile],
    ...["--disable-workspace-trust", ...install.serverArgs, ...(options.serverArgs ?? [])],
  ];
  // It leads a process group of its own, and does not outlive a runner that is killed.
  const guard = fs.existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] : [];
  const [command, ...rest] = [...guard, install.nodeBin, ...args];
  const child = spawn(command, rest, { detached: true, stdio: ["ignore", log, log], env });
  fs.closeSync(log);
  return child;
}

async function listening(child, logFile, token) {
  const until = Date.now() + START_MS;
  for (;;) {
    const said = fs.readFileSync(logFile, "utf8");
    const port = /Extension host agent listening on (\d+)/.exec(said)?.[1];
    if (port && (await answers(`http://127.0.0.1:${port}/?tkn=${token}`))) return Number(port);
    if (child.exitCode !== null) throw new Error(`VS Code's server ended with code ${child.exitCode}:\n${said}`);
    if (Date.now() > until) throw new Error(`VS Code's server did not start within ${START_MS / 1000} s:\n${said}`);
    await wait(50);
  }
}

/** The token is answered by a cookie and a redirect, which only a browser can follow. */
const answers = (url) =>
  fetch(url, { redirect: "manual" }).then(
    (response) => response.status < 400,
    () => false,
  );

function readLogs(folder) {
  if (!fs.existsSync(folder)) return [];
  const files = fs.readdirSync(folder, { recursive: true }).map((name) => path.join(folder, String(name)));
  return files.filter((file) => file.endsWith(".log")).map((file) => ({ file, text: fs.readFileSync(file, "utf8") }));
}

/** False when nothing of the group is left. Signal 0 only asks. */
function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ends the server with its extension hosts, terminals and file watchers. */
async function stopGroup(pid) {
  signalGroup(pid, "SIGTERM");
  const until = Date.now() + 5000;
  while (signalGroup(pid, 0) && Date.now() < until) await wait(50);
  signalGroup(pid, "SIGKILL");
}
