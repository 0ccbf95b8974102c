import { readFile } from "node:fs/promises";
import * as l10n from "@vscode/l10n";
import { ViewColumn, type WebviewPanel, window } from "vscode";
import { OpsError } from "../domain/errors.ts";

/** The report is made for browsers and paper; in the editor it takes the editor's colours. */
const themeStyle = `<style>
:root{--fg:var(--vscode-editor-foreground)!important;--soft:var(--vscode-descriptionForeground)!important;
--bg:var(--vscode-editor-background)!important;--card:var(--vscode-sideBar-background,var(--vscode-editor-background))!important;
--rule:var(--vscode-widget-border,var(--vscode-contrastBorder,#8885))!important}
body{background:var(--vscode-editor-background)}
.vscode-dark,.vscode-high-contrast:not(.vscode-high-contrast-light){color-scheme:dark;--blue:#4493f8;--green:#3fb950;--yellow:#d29922;--orange:#f0883e;--red:#f85149;--purple:#ab7df8;--teal:#2dd4bf;--pink:#f778ba}
.vscode-light,.vscode-high-contrast-light{color-scheme:light;--blue:#0969da;--green:#1a7f37;--yellow:#9a6700;--orange:#bc4c00;--red:#cf222e;--purple:#8250df;--teal:#0f766e;--pink:#bf3989}
</style>`;

const open = new Map<string, Set<WebviewPanel>>();

/** Of a run that is no more. */
export function closeReport(reportFile: string): void {
  for (const panel of open.get(reportFile) ?? []) panel.dispose();
}

/**
 * Shows the HTML report of a run, which has no script and loads nothing, in a tab of its own.
 * @param reportFile the run's JSON file; the page lies beside it
 * @throws OpsError notFound naming the file
 */
export async function showReport(reportFile: string): Promise<void> {
  const page = reportFile.replace(/\.json$/, ".html");
  let html: string;
  try {
    html = await readFile(page, "utf8");
  } catch (cause) {
    throw new OpsError("notFound", l10n.t("The report {0} cannot be read.", page), {
      hint: l10n.t("It may have been deleted; run the plan again."),
      cause,
    });
  }
  const title = /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? l10n.t("Report");
  const name = title.split(" · ")[0] ?? title;
  const panel = window.createWebviewPanel("sagemakerOps.report", l10n.t("Report {0}", name), ViewColumn.Active, {
    enableScripts: false,
    localResourceRoots: [],
    enableFindWidget: true,
  });
  const panels = open.get(reportFile) ?? new Set();
  open.set(reportFile, panels.add(panel));
  panel.onDidDispose(() => panels.delete(panel));
  panel.webview.html = html.replace("</head>", `${themeStyle}</head>`);
}
