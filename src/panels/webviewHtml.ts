import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { env, l10n, Uri, type Webview, type WebviewOptions, type WebviewPanel, type WebviewPanelOptions } from "vscode";
import type { Port } from "../protocol/transport.ts";
import { type PageName, pageDocument } from "./pageDocument.ts";

/** Where the pages lie; a webview may load nothing else. */
export function pageRoot(extensionUri: Uri): Uri {
  return Uri.joinPath(extensionUri, "dist", "webview");
}

/** A page runs its own script, and loads files from there only. */
export function pageOptions(extensionUri: Uri): WebviewOptions & WebviewPanelOptions {
  return { enableScripts: true, localResourceRoots: [pageRoot(extensionUri)] };
}

/** What a page's tab carries, by the files of media/icons. */
const ICONS: Record<PageName, "endpoint" | "run" | "compare" | "architecture"> = {
  endpoint: "endpoint",
  loadRun: "run",
  whatIf: "run",
  compare: "compare",
  batchCompare: "compare",
  architecture: "architecture",
};

/** Shows a page in a panel. @param title what it is about; shown until the page has drawn itself */
export function showPage(panel: WebviewPanel, extensionUri: Uri, page: PageName, title: string): void {
  const icon = (theme: string) => Uri.joinPath(extensionUri, "media", "icons", `${ICONS[page]}.${theme}.svg`);
  panel.iconPath = { light: icon("light"), dark: icon("dark") };
  const file = (name: string) => Uri.joinPath(pageRoot(extensionUri), name);
  panel.webview.html = pageDocument({
    language: l10n.bundle ? env.language : "en",
    title,
    css: readFileSync(file(`${page}.css`).fsPath, "utf8"),
    scriptUrl: String(panel.webview.asWebviewUri(file(`${page}.js`))),
    nonce: randomBytes(16).toString("base64"),
    translations: l10n.bundle && JSON.stringify(l10n.bundle),
  });
}

/** A webview as one end of the protocol. Messages to a page that is gone are dropped by VS Code. */
export function webviewPort(webview: Webview): Port {
  return {
    post: (message) => void webview.postMessage(message),
    listen: (listener) => void webview.onDidReceiveMessage(listener),
  };
}
