/**
 * Stand-ins, in plain JavaScript, for packages of VS Code that need a compiler. They are laid into its node_modules.
 */

/** Log files in the line format of spdlog's pattern `%Y-%m-%d %H:%M:%S.%e [%l] %v`, which the tests read. */
const SPDLOG = `"use strict";
const fs = require("fs");
const path = require("path");
const names = ["trace", "debug", "info", "warning", "error", "critical"];
const pad = (n, width = 2) => String(n).padStart(width, "0");
const stamp = (d) =>
  d.getFullYear() + "-" + pad(d.getMonth() + 1) + "-" + pad(d.getDate()) + " " +
  pad(d.getHours()) + ":" + pad(d.getMinutes()) + ":" + pad(d.getSeconds()) + "." + pad(d.getMilliseconds(), 3);
class Logger {
  constructor(file) {
    this.file = file;
    this.level = 2;
    this.plain = false;
    if (file) fs.mkdirSync(path.dirname(file), { recursive: true });
  }
  write(level, message) {
    if (level < this.level || !this.file) return;
    const line = this.plain ? message : stamp(new Date()) + " [" + names[level] + "] " + message + "\\n";
    try { fs.appendFileSync(this.file, line); } catch {}
  }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() { this.plain = false; }
  clearFormatters() { this.plain = true; }
  flush() {}
  drop() {}
}
["trace", "debug", "info", "warn", "error", "critical"].forEach((name, level) => {
  Logger.prototype[name] = function (message) { this.write(level, message); };
});
exports.version = 0;
exports.setLevel = exports.setFlushOn = () => {};
exports.Logger = class extends Logger { constructor(_type, _name, file) { super(file); } };
exports.createRotatingLogger = exports.createAsyncRotatingLogger = async (_name, file) => new Logger(file);
`;

/** The real one kills a hung extension host whose parent died; VS Code also looks for the parent once a second. */
const WATCHDOG = `"use strict";
exports.start = () => {};
exports.exit = (code) => process.exit(code);
`;

/** Telemetry client; never constructed, because the server is started with telemetry off. */
const TELEMETRY = `export class AppInsightsCore {}
export default { AppInsightsCore };
`;

const manifest = (name, more = {}) => JSON.stringify({ name, version: "0.0.0-stand-in", main: "index.js", ...more });

/** Files by package name: `{ "@vscode/spdlog": { "index.js": "…", "package.json": "…" } }`. */
export const STAND_INS = {
  "@microsoft/1ds-core-js": {
    "package.json": manifest("@microsoft/1ds-core-js", { type: "module" }),
    "index.js": TELEMETRY,
  },
  "@vscode/spdlog": { "package.json": manifest("@vscode/spdlog"), "index.js": SPDLOG },
  "native-watchdog": { "package.json": manifest("native-watchdog"), "index.js": WATCHDOG },
  "@vscode/native-watchdog": { "package.json": manifest("@vscode/native-watchdog"), "index.js": WATCHDOG },
};
