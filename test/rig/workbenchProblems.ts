import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { BrowserContext, Page } from "playwright-core";
import type { VscodeServer } from "./vscodeServer.mjs";

/** Files that the closed-source build or an outer server would serve. */
const NOISE_URLS = [/\/_static\//, /\/static\/node_modules\/vsda\//, /\/update\/check$/];
const NOISE_TEXTS = [
  /Timed out waiting for authentication provider/,
  /\[Service Worker\] registration/,
  /A bad HTTP response code \(404\) was received when fetching the script/,
  // An echo of the extension host's console, which is taken from its log.
  /^%c\[Extension Host\]/,
];

/** A row that is opened in the moment in which its tree is drawn anew: it is read again with the tree. */
const HOST_NOISE = /^No tree item with id '.*' found\.$/;

/** What VS Code itself writes to its console when its window is reloaded, more of it on a machine that is busy. */
export const RELOAD_NOISE =
  /Unable to write file 'vscode-log:|WebSocket|Canceled|disconnected|net::ERR|\[lifecycle\] Long running operations|reading 'classList'|'vscode-web-db' is closed|is disposed|has been disposed/i;

/** Gathers what goes wrong behind the user's back while a workbench is open. */
export class WorkbenchProblems {
  private readonly found: string[] = [];
  private readonly seen = new Map<string, number>();

  private constructor(private readonly server: VscodeServer) {
    this.skipLogs();
  }

  static async watch(server: VscodeServer, context: BrowserContext, page: Page): Promise<WorkbenchProblems> {
    const problems = new WorkbenchProblems(server);
    page.on("pageerror", ({ message, stack }) =>
      problems.found.push(`page: ${message} ${stack?.split("\n")[1]?.trim()}`),
    );
    page.on("crash", () => problems.found.push("page: it crashed"));
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      const noise = NOISE_URLS.some((url) => url.test(message.location().url));
      if (noise || NOISE_TEXTS.some((text) => text.test(message.text()))) return;
      problems.found.push(`console: ${message.text()} @ ${message.location().url}`);
    });
    // Chromium's issues name the directive and the blocked URL, also for a webview's document.
    const session = await context.newCDPSession(page);
    session.on("Audits.issueAdded", ({ issue }) => {
      const policy = issue.details.contentSecurityPolicyIssueDetails;
      if (issue.code !== "ContentSecurityPolicyIssue" || !policy || policy.isReportOnly) return;
      const what = policy.blockedURL ?? policy.contentSecurityPolicyViolationType;
      problems.found.push(`content security policy: ${policy.violatedDirective} blocked ${what}`);
    });
    await session.send("Audits.enable");
    return problems;
  }

  /** What the extension host logged since the last look. */
  hostLog(): string {
    const logs = this.server.logs().filter(({ file }) => path.basename(file) === "remoteexthost.log");
    return logs.map(({ file, text }) => text.slice(this.seen.get(file) ?? 0)).join("");
  }

  /** Waits for a line in the extension host's log. */
  async waitForHostLog(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    for (const until = Date.now() + timeoutMs; ; await wait(100)) {
      const match = pattern.exec(this.hostLog());
      if (match) return match;
      if (Date.now() > until) throw new Error(`The extension host never logged ${pattern}:\n${this.hostLog()}`);
    }
  }

  /** Everything since the last call. */
  take(): string[] {
    const errors = this.hostLog().matchAll(/^\S+ \S+ \[error\] (.*(?:\n(?!\d{4}-\d\d-\d\d ).*)*)/gm);
    const told = [...errors].map(([, text]) => text?.trim() ?? "").filter((text) => !HOST_NOISE.test(text));
    const all = [...this.found, ...told.map((text) => `extension host: ${text}`)];
    this.found.length = 0;
    this.skipLogs();
    return all;
  }

  private skipLogs(): void {
    for (const { file, text } of this.server.logs()) this.seen.set(file, text.length);
  }
}
