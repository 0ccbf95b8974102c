import { html, nothing, render, type TemplateResult } from "lit";
import { type OpsError, toOpsError } from "../../src/domain/errors.ts";
import {
  type ChartRange,
  chartRanges,
  type EndpointPageSnapshot,
  type EndpointTab,
  endpointChanged,
  endpointRequests,
} from "../../src/protocol/endpointPage.ts";
import { connectHost } from "../ipc.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatClock, formatHourly } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import type { Outcome } from "./answer.ts";
import { bodyOf, type Draft, newDraft } from "./draft.ts";
import { LiveCharts } from "./liveCharts.ts";
import { testerView } from "./tester.ts";

/** What is kept while the page is hidden. */
interface Kept {
  draft: Draft;
  tab: EndpointTab;
}

registerComponents();
const host = connectHost<Kept>();
const root = document.getElementById("app") as HTMLElement;
const charts = new LiveCharts();
const kept = host.recall();
let snapshot: EndpointPageSnapshot | undefined;
let draft: Draft | undefined = kept?.draft;
let tab: EndpointTab = kept?.tab ?? "predict";
let focusSerial = 0;
let outcome: Outcome | undefined;

function show(next: EndpointPageSnapshot): void {
  // Without the project there are no features yet; a draft that was begun then would lack the form.
  if (!draft || (next.features && Object.keys(draft.values).length === 0)) draft = newDraft(next.features);
  if (next.focus.serial !== focusSerial) {
    // The first one counts only for a page that remembers nothing.
    if (focusSerial > 0 || !kept) tab = next.focus.tab;
    focusSerial = next.focus.serial;
  }
  snapshot = next;
  charts.update(next);
  draw();
}

function draw(): void {
  if (!snapshot || !draft) return;
  host.remember({ draft, tab });
  render(pageView(snapshot, draft), root);
}

function pageView(state: EndpointPageSnapshot, entered: Draft): TemplateResult {
  const shown = (name: EndpointTab) => (tab === name ? "card shown" : "card");
  return html`${headView(state)}
    <main>
      ${state.endpointError ? endpointError(state.endpointError) : nothing} ${tabsView()}
      <div class="halves">
      <section class=${shown("predict")} aria-label="Predict">${testerView(state, entered, outcome, { change, send })}</section>
      <section class=${shown("live")} aria-label="Live metrics">${liveView(state)}</section>
      </div>
    </main>`;
}

const endpointError = (error: NonNullable<EndpointPageSnapshot["endpointError"]>) =>
  html`<div class="live-note">${errorMessage(error, { label: "Retry", run: () => ask(endpointRequests.retry) })}</div>`;

function headView({ name, place, simulated, endpoint }: EndpointPageSnapshot): TemplateResult {
  return html`<header class="page-head">
    <h1>${name}</h1>
    ${endpoint ? statusView(endpoint, simulated) : html`<span class="soft">loading…</span>`}
    <span class="soft">${place}</span>
    <div class="actions">
      <vscode-button
        ?disabled=${endpoint?.status !== "InService"}
        @click=${() => ask(endpointRequests.runLoadTest)}
        >Load test…</vscode-button
      >
      <vscode-button appearance="secondary" @click=${() => ask(endpointRequests.showLog)}>Log</vscode-button>
    </div>
  </header>`;
}

function statusView(endpoint: NonNullable<EndpointPageSnapshot["endpoint"]>, simulated: boolean): TemplateResult {
  const { status, currentInstances, desiredInstances, maxInstances, hourlyUsd, failureReason } = endpoint;
  const kind = status === "InService" ? "" : status.endsWith("ing") ? "moving" : "bad";
  const wanted =
    currentInstances === desiredInstances ? `${currentInstances}` : `${currentInstances}→${desiredInstances}`;
  const most = maxInstances === undefined ? "" : ` of at most ${maxInstances}`;
  const noun = currentInstances === 1 && maxInstances === undefined ? "instance" : "instances";
  return html`<span class="status ${kind}">${status}</span>
    <span class="numbers">${wanted}${most} ${simulated ? "simulated " : ""}${noun}</span>
    ${
      hourlyUsd === undefined
        ? nothing
        : html`<span class="soft numbers">${formatHourly(hourlyUsd)}${simulated ? " on AWS" : ""}</span>`
    }
    ${failureReason ? html`<span class="soft">${failureReason}</span>` : nothing}`;
}

const TABS: [EndpointTab, string][] = [
  ["predict", "Predict"],
  ["live", "Live"],
];

function tabsView(): TemplateResult {
  const pick = (name: EndpointTab) => {
    tab = name;
    draw();
  };
  return html`<div class="tabs segments" role="group" aria-label="Part of the page">
    ${TABS.map(
      ([name, label]) =>
        html`<button type="button" aria-pressed=${tab === name} @click=${() => pick(name)}>${label}</button>`,
    )}
  </div>`;
}

const RANGE_NAMES: Record<ChartRange, string> = { 15: "15 m", 60: "1 h", 180: "3 h", 1440: "1 d", 10080: "7 d" };

function liveView({ range, metrics, metricsError }: EndpointPageSnapshot): TemplateResult {
  const pick = (minutes: ChartRange) => void host.transport.call(endpointRequests.setRange, minutes);
  return html`<div class="row spread live-head">
      <h2>Live</h2>
      <div class="segments" role="group" aria-label="Range of the charts">
        ${chartRanges.map(
          (minutes) =>
            html`<button type="button" aria-pressed=${range === minutes} @click=${() => pick(minutes)}>
              ${RANGE_NAMES[minutes]}
            </button>`,
        )}
      </div>
    </div>
    <div class="live-note">${liveNote(metrics, metricsError, RANGE_NAMES[range])}</div>
    ${charts.element}`;
}

function liveNote(
  metrics: EndpointPageSnapshot["metrics"],
  error: EndpointPageSnapshot["metricsError"],
  range: string,
): TemplateResult {
  if (error) {
    const stale = metrics ? html`<p class="soft">Shown as of ${formatClock(metrics.toMs)}.</p>` : nothing;
    return html`${errorMessage(error, { label: "Retry", run: () => ask(endpointRequests.retry) })}${stale}`;
  }
  if (!metrics) return html`<p class="soft">Reading the metrics…</p>`;
  if (metrics.series.every(({ points }) => points.length === 0)) {
    return html`<p class="soft">No data in the last ${range}: send a prediction or run a load test.</p>`;
  }
  return html`<p class="soft numbers">As of ${formatClock(metrics.toMs)}, one point every ${metrics.periodSeconds} s.</p>`;
}

function change(part: Partial<Draft>): void {
  if (!draft) return;
  draft = { ...draft, ...part };
  draw();
}

async function send(): Promise<void> {
  if (!draft || !snapshot) return;
  const { contentType, variant } = draft;
  const body = bodyOf(draft, snapshot.features);
  outcome = { kind: "sending" };
  draw();
  try {
    const params = { contentType, body, ...(variant ? { targetVariant: variant } : {}) };
    outcome = { kind: "answered", response: await host.transport.call(endpointRequests.predict, params) };
  } catch (error) {
    const { code, message, hint } = toOpsError(error);
    outcome = { kind: "failed", error: { code, message, hint } };
  }
  draw();
}

/** A request without parameters whose answer does not matter here: its failure is shown by the editor. */
function ask(request: (typeof endpointRequests)["retry"]): void {
  void host.transport.call(request, null).catch((error: OpsError) => {
    outcome = { kind: "failed", error: { code: error.code, message: error.message, hint: error.hint } };
    draw();
  });
}

host.transport.on(endpointChanged, show);
host.transport.call(endpointRequests.ready, null).then(show, (error: OpsError) => {
  render(errorMessage({ code: error.code, message: error.message, hint: error.hint }), root);
});
