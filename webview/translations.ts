import * as l10n from "@vscode/l10n";

// Comes before everything else of a page (esbuild.mjs), so that constants are translated, too.
const bundle = document.getElementById("l10n")?.textContent;
if (bundle) l10n.config({ contents: bundle });
