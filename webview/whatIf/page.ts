import * as l10n from "@vscode/l10n";
import { html, nothing, render, type TemplateResult } from "lit";
import { durationText } from "../../src/domain/duration.ts";
import type { OpsError } from "../../src/domain/errors.ts";
import { usdText } from "../../src/domain/numberText.ts";
import type { WhatIfOutcome, WhatIfScenario } from "../../src/domain/whatIf.ts";
import { type WhatIfPageSnapshot, whatIfChanged, whatIfRequests } from "../../src/protocol/whatIfPage.ts";
import { connectHost } from "../ipc.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatMs, formatNumber, formatPercent } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import { letterOf, scenarioForm } from "./scenarioForm.ts";
import { WhatIfCharts } from "./whatIfCharts.ts";

registerComponents();
const host = connectHost<never>();
const root = document.getElementById("app") as HTMLElement;
let shown: WhatIfPageSnapshot | undefined;
let scenarios: WhatIfScenario[] | undefined;
let charts: WhatIfCharts | undefined;
let drawnOutcomes: WhatIfOutcome[] | undefined;

function show(snapshot: WhatIfPageSnapshot): void {
  const isNew = JSON.stringify(snapshot.outcomes) !== JSON.stringify(drawnOutcomes);
  shown = snapshot;
  scenarios ??= [snapshot.inForce, suggested(snapshot.inForce)];
  if (isNew && snapshot.outcomes.length > 0) {
    charts = new WhatIfCharts(snapshot);
    drawnOutcomes = snapshot.outcomes;
  }
  draw();
}

/** Something to compare with at once: half the target, so that it scales sooner. */
function suggested(scenario: WhatIfScenario): WhatIfScenario {
  return { ...scenario, targetPerMinute: Math.max(1, Math.round(scenario.targetPerMinute / 2)) };
}

function draw(): void {
  if (shown && scenarios) render(pageView(shown, scenarios), root);
}

function run(): void {
  // What is out of bounds was not taken over: the outcomes would be those of an older value.
  if (root.querySelector<HTMLInputElement>(".scenarios input:invalid")?.reportValidity() === false) return;
  const named = (scenarios ?? []).map((scenario, i) => ({ ...scenario, name: letterOf(i) }));
  host.transport.call(whatIfRequests.run, named).catch((error: OpsError) => {
    if (shown) show({ ...shown, error: { code: error.code, message: error.message, hint: error.hint } });
  });
}

function pageView(page: WhatIfPageSnapshot, edited: readonly WhatIfScenario[]): TemplateResult {
  const actions = {
    change: (index: number, scenario: WhatIfScenario) => update(edited.map((old, i) => (i === index ? scenario : old))),
    add: () => update([...edited, { ...(edited.at(-1) ?? page.inForce) }]),
    remove: (index: number) => update(edited.filter((_, i) => i !== index)),
  };
  const peak = page.ratesPerSecond.reduce((most, rate) => Math.max(most, rate), 0);
  return html`<header class="page-head">
      <h1>${l10n.t("What if {0}", page.loadName)}</h1>
      <span class="status ${page.busy ? "moving" : ""}">${page.busy ? l10n.t("Simulating") : l10n.t("Simulated")}</span>
      <span class="soft">
        ${l10n.t("up to {0} requests/s for {1} · nothing is sent{2}{3}", formatNumber(peak), durationText(page.ratesPerSecond.length), page.timeScale > 1 ? l10n.t(" · scaling {0} times faster than on AWS, as in the sandbox", page.timeScale) : "", page.tookMs === undefined ? "" : l10n.t(" · took {0}", formatMs(page.tookMs)))}
      </span>
      <div class="actions">
        <vscode-button ?disabled=${page.busy} @click=${run}>${l10n.t("Simulate")}</vscode-button>
        <vscode-button
          appearance="secondary"
          ?disabled=${page.outcomes.length === 0}
          @click=${() => void host.transport.call(whatIfRequests.copyMarkdown, null)}
          >${l10n.t("Copy Markdown")}</vscode-button
        >
      </div>
    </header>
    <main>
      ${page.error ? errorMessage(page.error) : nothing}
      <section class="card">
        <h2>${l10n.t("Scenarios")}</h2>
        ${scenarioForm(edited, page.instanceTypes, actions)}
      </section>
      ${page.outcomes.length ? outcomesView(page) : nothing}
      ${charts ? html`<section class="card"><h2 class="visually-hidden">${l10n.t("Charts")}</h2>${charts.element}</section>` : nothing}
    </main>`;
}

function update(next: WhatIfScenario[]): void {
  scenarios = next;
  draw();
}

function outcomesView({ outcomes, scenarios: played }: WhatIfPageSnapshot): TemplateResult {
  const ms = (value: number | null) => (value === null ? "–" : formatMs(value));
  const heads = [
    l10n.t("scenario"),
    l10n.t("instances"),
    l10n.t("failed"),
    "p50",
    "p99",
    l10n.t("instance hours"),
    l10n.t("cost"),
    l10n.t("scaling activities"),
  ];
  return html`<section class="card" aria-live="polite">
    <h2>${l10n.t("Outcomes")}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Outcomes")}">
      <table class="figures numbers cards">
        <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
        <tbody>
          ${outcomes.map(
            (outcome, i) => html`<tr>
              <th scope="row">${letterOf(i)} <span class="soft">${l10n.t("target {0}", formatNumber(played[i]?.targetPerMinute ?? 0))}</span></th>
              <td data-label=${heads[1]}>${l10n.t("most {0}", outcome.mostInstances)}</td>
              <td data-label=${heads[2]} class=${outcome.failed > 0 ? "failed" : ""}>
                ${outcome.failed > 0 ? `✗ ${formatPercent(outcome.failed / outcome.requests)}` : l10n.t("✓ none")}
              </td>
              <td data-label=${heads[3]}>${ms(outcome.p50Ms)}</td>
              <td data-label=${heads[4]}>${ms(outcome.p99Ms)}</td>
              <td data-label=${heads[5]}>${formatNumber(outcome.instanceHours, 2)}</td>
              <td data-label=${heads[6]}>${outcome.costUsd === undefined ? l10n.t("unknown price") : usdText(outcome.costUsd, 3)}</td>
              <td data-label=${heads[7]}>${outcome.activities.length === 0 ? l10n.t("none") : formatNumber(outcome.activities.length)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

host.transport.on(whatIfChanged, show);
host.transport.call(whatIfRequests.ready, null).then(
  (snapshot) => {
    show(snapshot);
    run();
  },
  ({ code, message, hint }: OpsError) => {
    render(errorMessage({ code, message, hint }), root);
  },
);
