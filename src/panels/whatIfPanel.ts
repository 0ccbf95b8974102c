import { env, l10n, type Uri, ViewColumn, window } from "vscode";
import { pricedInstanceTypes } from "../domain/cost.ts";
import type { WhatIfLoad, WhatIfReport, WhatIfScenario } from "../domain/whatIf.ts";
import { serveRequests, toWireError, type WireError } from "../protocol/transport.ts";
import { type WhatIfPageSnapshot, whatIfChanged, whatIfRequests } from "../protocol/whatIfPage.ts";
import { type WhatIf, whatIfTexts } from "../services/whatIf.ts";
import { nothing, whatIfScenarios } from "./pageSchemas.ts";
import { pageOptions, showPage, webviewPort } from "./webviewHtml.ts";

/**
 * Opens a page on which a load is played against other ways to scale.
 * @param inForce the scenario to begin with
 */
export function showWhatIf(extensionUri: Uri, whatIf: WhatIf, load: WhatIfLoad, inForce: WhatIfScenario): void {
  const title = l10n.t("What if {0}", load.name);
  const panel = window.createWebviewPanel("sagemakerOps.whatIf", title, ViewColumn.Active, {
    ...pageOptions(extensionUri),
    // What was typed in is worth more than the memory of a hidden page.
    retainContextWhenHidden: true,
  });
  let report: WhatIfReport | undefined;
  let error: WireError | undefined;
  let busy = false;
  const snapshot = (): WhatIfPageSnapshot => ({
    loadName: load.name,
    ratesPerSecond: load.ratesPerSecond,
    timeScale: load.timeScale,
    inForce,
    instanceTypes: pricedInstanceTypes(),
    busy,
    scenarios: report?.scenarios ?? [],
    outcomes: report?.outcomes ?? [],
    tookMs: report?.tookMs,
    error,
  });
  const run = async (scenarios: WhatIfScenario[]) => {
    if (busy) return;
    busy = true;
    error = undefined;
    page.notify(whatIfChanged, snapshot());
    try {
      report = await whatIf.run(load, scenarios);
    } catch (failure) {
      error = toWireError(failure);
    }
    busy = false;
    page.notify(whatIfChanged, snapshot());
  };
  const page = serveRequests(webviewPort(panel.webview), whatIfRequests, {
    ready: { params: nothing, handle: snapshot },
    run: {
      params: whatIfScenarios,
      handle: async (scenarios) => {
        await run(scenarios);
        return null;
      },
    },
    copyMarkdown: {
      params: nothing,
      handle: async () => {
        if (report) await env.clipboard.writeText(whatIfTexts(report).markdown);
        return null;
      },
    },
  });
  showPage(panel, extensionUri, "whatIf", title);
}
