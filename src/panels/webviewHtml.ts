import { randomBytes } from "node:crypto";
import { env, l10n, Uri, type Webview, type WebviewOptions, type WebviewPanelOptions } from "vscode";
import type { Port } from "../protocol/transport.ts";

/** The bundled pages of dist/webview. */
export type PageName = "endpoint" | "loadRun" | "compare" | "whatIf" | "batchCompare" | "architecture";

/** Where the pages lie; a webview may load nothing else. */
export function pageRoot(extensionUri: Uri): Uri {
  return Uri.joinPath(extensionUri, "dist", "webview");
}

/** A page runs its own script, and loads files from there only. */
export function pageOptions(extensionUri: Uri): WebviewOptions & WebviewPanelOptions {
  return { enableScripts: true, localResourceRoots: [pageRoot(extensionUri)] };
}

/**
 * A page under a content security policy that allows its own script and style sheet, and nothing from the network. The
 * component library adds styles at run time: with the nonce that it reads from the meta element, and as attributes.
 */
export function pageHtml(webview: Webview, extensionUri: Uri, page: PageName, title: string): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string) => webview.asWebviewUri(Uri.joinPath(pageRoot(extensionUri), name));
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    `font-src ${webview.cspSource}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${l10n.bundle ? env.language : "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${file(`${page}.css`)}">
</head>
<body>
<div id="app"></div>
${translations()}<script nonce="${nonce}" src="${file(`${page}.js`)}"></script>
</body>
</html>`;
}

/** The texts of the editor's language as data, which no policy has to allow; nothing where that is English. */
function translations(): string {
  if (!l10n.bundle) return "";
  const text = JSON.stringify(l10n.bundle).replaceAll("<", "\\u003c");
  return `<script type="application/json" id="l10n">${text}</script>\n`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A webview as one end of the protocol. Messages to a page that is gone are dropped by VS Code. */
export function webviewPort(webview: Webview): Port {
  return {
    post: (message) => void webview.postMessage(message),
    listen: (listener) => void webview.onDidReceiveMessage(listener),
  };
}
