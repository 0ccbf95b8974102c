/**
 * What the rig installs: a server build of VS Code, the Node that it wants and a few packages, all out of the npm
 * registry, each pinned by version and sha512.
 */

/** Raised when the install changes what it lays out, so that an older one is not taken for it. */
export const LAYOUT = 1;

/** What the server, the extension host, the pty host, the watcher and the browser load of VS Code's dependencies. */
const ROOTS = [
  "cookie",
  "minimist",
  "yauzl",
  "yazl",
  "undici",
  "http-proxy-agent",
  "https-proxy-agent",
  "@vscode/proxy-agent",
  "@vscode/deviceid",
  "@vscode/iconv-lite-umd",
  "@parcel/watcher",
  "vscode-regexpp",
  "vscode-textmate",
  "vscode-oniguruma",
  "@vscode/tree-sitter-wasm",
  "@vscode/vscode-languagedetection",
  "jschardet",
  "@xterm/headless",
  "@xterm/xterm",
  "@xterm/addon-clipboard",
  "@xterm/addon-image",
  "@xterm/addon-ligatures",
  "@xterm/addon-progress",
  "@xterm/addon-search",
  "@xterm/addon-serialize",
  "@xterm/addon-unicode11",
  "@xterm/addon-webgl",
];

/**
 * @typedef {object} Pin
 * @property {string} name
 * @property {string} version
 * @property {string} integrity
 */

/**
 * @typedef {object} VscodeProfile
 * @property {string} codeServer version of the npm package that carries VS Code's server
 * @property {string} integrity
 * @property {string} node version of Node that this VS Code is built for
 * @property {Record<string, string>} nodeIntegrity by processor architecture
 * @property {string[]} roots dependencies of VS Code to install, at the versions of its own shrinkwrap
 * @property {string[]} drop built-in extensions left out
 * @property {Pin[]} borrow packages in place of ones that cannot be installed without a download or a compiler
 * @property {string[]} serverArgs
 */

/** @type {Record<"newest" | "oldest", VscodeProfile>} */
export const PROFILES = {
  /** VS Code 1.139.1 */
  newest: {
    codeServer: "4.139.1",
    integrity: "sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==",
    node: "24.21.0",
    nodeIntegrity: {
      x64: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
      arm64: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
    },
    roots: [...ROOTS, "ws", "katex", "tas-client", "@vscode/fs-copyfile", "@vscode/ripgrep-universal", "node-pty"],
    // The others stay: the web workbench has their list compiled in and reports a missing one as a failed activation.
    drop: ["copilot", "mermaid-markdown-features"],
    borrow: [],
    // A host without a port keeps the agent host from being started.
    serverArgs: ["--reconnection-grace-time", "5", "--agent-host-bridge-host", "127.0.0.1"],
  },
  /** VS Code 1.100.3, the lower bound of `engines.vscode` */
  oldest: {
    codeServer: "4.100.3",
    integrity: "sha512-q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==",
    node: "20.20.2",
    nodeIntegrity: {
      x64: "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
      arm64: "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
    },
    roots: [...ROOTS, "tas-client-umd", "@vscode/ripgrep"],
    drop: [],
    // Its own node-pty has no Linux prebuild, and its @vscode/ripgrep downloads at install.
    borrow: [
      {
        name: "node-pty",
        version: "1.2.0-beta.15",
        integrity: "sha512-vORSzHXi4Ofl7HemVWpuudLqCPdaQb4LfpRCUpE5HPxhp4JYscl8zZwxh11p26v2wvW24WMwnMfLjhRLixrfxA==",
      },
      {
        name: "@vscode/ripgrep-universal",
        version: "1.18.0",
        integrity: "sha512-kgrAVy1L/v/8erAjo+I720ifTf7o4rvYUwgsuEu97XAEBtPT9sk3HhcSgFpxMydvNmwdJtXo9/AVee7JjocTrg==",
      },
    ],
    serverArgs: ["--reconnection-grace-time", "5"],
  },
};
