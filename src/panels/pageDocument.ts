/** The bundled pages of dist/webview. */
export const pageNames = ["endpoint", "loadRun", "compare", "whatIf", "batchCompare", "architecture"] as const;
export type PageName = (typeof pageNames)[number];

/** What a page is made of. */
export interface PageParts {
  /** Of the document, for its language attribute. */
  language: string;
  /** What the page is about: its title, and its first line until its script has drawn it. */
  title: string;
  /** The page's style sheet, as text. */
  css: string;
  scriptUrl: string;
  /** Base64; a new one for each page. */
  nonce: string;
  /** The editor's texts in its language as JSON; undefined where that is English. */
  translations?: string;
}

/**
 * A page under a content security policy that allows its own script and style sheet, and nothing from the network. The
 * component library adds styles at run time: with the nonce that it reads from the meta element, and as attributes. The
 * style sheet is in the document, so that a page shows something before its script has come.
 */
export function pageDocument({ language, title, css, scriptUrl, nonce, translations }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
  ].join("; ");
  // As data, which no policy has to allow.
  const texts = translations?.replaceAll("<", "\\u003c");
  return `<!DOCTYPE html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${css.replaceAll("</", "<\\/")}</style>
</head>
<body>
<div id="app"></div>
<p class="opening">${escapeHtml(title)}</p>
${texts ? `<script type="application/json" id="l10n">${texts}</script>\n` : ""}<script nonce="${nonce}" src="${escapeHtml(scriptUrl)}"></script>
</body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
