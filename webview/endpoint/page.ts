import * as l10n from "@vscode/l10n";
import { html, nothing, render, type TemplateResult } from "lit";
import { type OpsError, toOpsError } from "../../src/domain/errors.ts";
import type { SnippetKind } from "../../src/domain/requestSnippet.ts";
import {
  type ChartExport,
  type ChartedPart,
  type ChartRange,
  chartRanges,
  type EndpointPageSnapshot,
  type EndpointTab,
  endpointChanged,
  endpointRequests,
  type LogSpan,
  predictionEnded,
  predictionProgressed,
  type SentRequest,
  sentChanged,
} from "../../src/protocol/endpointPage.ts";
import { connectHost } from "../ipc.ts";
import { chartsPicture } from "../ui/chartPicture.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatClock } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import type { AnswerShown, Outcome } from "./answer.ts";
import { type Draft, fitting, newDraft, paramsOf, withComponent } from "./draft.ts";
import { latencySplit } from "./latencySplit.ts";
import { LiveCharts } from "./liveCharts.ts";
import { statusView } from "./status.ts";
import { testerView } from "./tester.ts";

/** What is kept while the page is hidden. */
interface Kept {
  /** Of the endpoint: by it the page comes back when the window is reloaded. */
  name: string;
  draft: Draft;
  tab: EndpointTab;
}

registerComponents();
const host = connectHost<Kept>();
const root = document.getElementById("app") as HTMLElement;
const charts = new LiveCharts(() => draw());
const kept = host.recall();
let snapshot: EndpointPageSnapshot | undefined;
let draft: Draft | undefined = kept?.draft;
let tab: EndpointTab = kept?.tab ?? "predict";
let focusSerial = 0;
let outcome: Outcome | undefined;
let sent: readonly SentRequest[] = [];
/** A request of this page is under way; one of the page before it in this tab is not its own. */
let isOwn = false;
/** Whose figures the charts show; undefined for all variants together. */
let charted: ChartedPart | undefined;
/** The user chose what the charts show. */
let isChosen = false;
/** Inference components that the endpoint hosts. */
let components: readonly string[] = [];
let copied: SnippetKind | undefined;
let answerShown: AnswerShown = { isRaw: false };

function show(next: EndpointPageSnapshot): void {
  // Without the project there are no features yet; a draft that was begun then would lack the form.
  if (!draft || (next.features && Object.keys(draft.values).length === 0)) draft = newDraft(next.features);
  draft = fitting(draft, next.features, isAsync(next));
  if (next.focus.serial !== focusSerial) {
    // The first one counts only for a page that remembers nothing.
    if (focusSerial > 0 || !kept) tab = next.focus.tab;
    focusSerial = next.focus.serial;
  }
  snapshot = next;
  if (next.metrics) components = (next.metrics.components ?? []).map(({ name }) => name);
  const [component] = components;
  if (component !== undefined) {
    // Their requests are filed under them, not under the variants, and each has to name one.
    if (!isChosen) charted ??= { kind: "component", name: component };
    draft = withComponent(draft, components);
  }
  charts.update(next, charted);
  // CloudWatch tells later than the endpoint; what is known stays, also when other metrics are looked at.
  if (outcome?.kind === "answered" && !outcome.split)
    outcome = { ...outcome, split: latencySplit(outcome.response, outcome.atMs, next.metrics) };
  draw();
}

/** Without the picture of a chosen file: it would be kept with every stroke. */
const light = (full: Draft): Draft =>
  full.file?.picture ? { ...full, file: { ...full.file, picture: undefined } } : full;

function draw(): void {
  if (!snapshot || !draft) return;
  host.remember({ name: snapshot.name, draft: light(draft), tab });
  const isFollowed = isStreamAtEnd();
  render(pageView(snapshot, draft), root);
  const stream = root.querySelector("pre.stream");
  if (stream && isFollowed && outcome?.kind === "sending") stream.scrollTop = stream.scrollHeight;
}

/** What comes is in sight, as in a terminal, unless somebody scrolled back to read. */
function isStreamAtEnd(): boolean {
  const stream = root.querySelector("pre.stream");
  return !stream || stream.scrollHeight - stream.scrollTop - stream.clientHeight < 4;
}

const isAsync = (state: EndpointPageSnapshot) => state.endpoint?.isAsync ?? false;

function pageView(state: EndpointPageSnapshot, entered: Draft): TemplateResult {
  const shown = (name: EndpointTab) => (tab === name ? "card shown" : "card");
  return html`${headView(state)}
    <main>
      ${endpointError(state)} ${tabsView()}
      <div class="halves">
      <section class=${shown("predict")} aria-label="${l10n.t("Predict")}">${testerView(state, entered, { outcome, sent, copied, answerShown, components }, { change, send, stop, clear, chooseFile, copy, save, saveAnswer, showLogs, showRaw })}</section>
      <section class=${shown("live")} aria-label="${l10n.t("Live metrics")}">${liveView(state)}</section>
      </div>
    </main>`;
}

function endpointError({ endpointError: error, canDeploy }: EndpointPageSnapshot): TemplateResult {
  if (!error) return html`${nothing}`;
  const retry = { label: l10n.t("Retry"), run: () => ask(endpointRequests.retry) };
  const deploy = { label: l10n.t("Deploy…"), run: () => ask(endpointRequests.deploy) };
  return html`<div class="live-note">
    ${errorMessage(error, error.code === "notFound" && canDeploy ? deploy : retry)}
  </div>`;
}

function headView({ name, place, simulated, endpoint, endpointError: error }: EndpointPageSnapshot): TemplateResult {
  const unknown = error
    ? error.code === "notFound"
      ? l10n.t("not found")
      : l10n.t("not read")
    : place
      ? l10n.t("loading…")
      : l10n.t("not connected");
  const failed = endpoint?.status === "Failed" || endpoint?.status === "UpdateRollbackFailed";
  return html`<header class="page-head">
    <h1>${name}</h1>
    ${endpoint ? statusView(endpoint, simulated) : html`<span class="soft">${unknown}</span>`}
    <span class="soft">${place}</span>
    <div class="actions">
      <vscode-button
        ?disabled=${endpoint?.status !== "InService"}
        @click=${() => ask(endpointRequests.runLoadTest)}
        >${l10n.t("Load test…")}</vscode-button
      >
      ${failed ? secondary(l10n.t("Explain failure"), endpointRequests.explainFailure) : nothing}
      ${simulated || !endpoint ? nothing : secondary(l10n.t("Console ↗"), endpointRequests.openConsole)}
      <vscode-button appearance="secondary" @click=${() => showLogs(null)}>${l10n.t("Logs")}</vscode-button>
    </div>
  </header>`;
}

const clear = () => ask(endpointRequests.clearSent);
const secondary = (label: string, request: (typeof endpointRequests)["retry"]) =>
  html`<vscode-button appearance="secondary" @click=${() => ask(request)}>${label}</vscode-button>`;

const TABS: [EndpointTab, string][] = [
  ["predict", l10n.t("Predict")],
  ["live", l10n.t("Live")],
];

function tabsView(): TemplateResult {
  const pick = (name: EndpointTab) => {
    tab = name;
    draw();
  };
  return html`<div class="tabs segments" role="group" aria-label="${l10n.t("Part of the page")}">
    ${TABS.map(
      ([name, label]) =>
        html`<button type="button" aria-pressed=${tab === name} @click=${() => pick(name)}>${label}</button>`,
    )}
  </div>`;
}

const RANGE_NAMES: Record<ChartRange, string> = {
  15: "15 m",
  60: "1 h",
  180: "3 h",
  1440: "1 d",
  10080: "7 d",
  21600: "15 d",
};

function liveView(state: EndpointPageSnapshot): TemplateResult {
  const { range, metrics, metricsError, endpoint, endpointError: error } = state;
  const pick = (minutes: ChartRange) => void host.transport.call(endpointRequests.setRange, minutes);
  return html`<div class="row spread live-head">
      <h2>${l10n.t("Live")}</h2>
      <div class="segments" role="group" aria-label="${l10n.t("Range of the charts")}">
        ${chartRanges.map(
          (minutes) =>
            html`<button type="button" aria-pressed=${range === minutes} @click=${() => pick(minutes)}>
              ${RANGE_NAMES[minutes]}
            </button>`,
        )}
      </div>
    </div>
    <div class="live-note row spread">${liveNote(metrics, metricsError, RANGE_NAMES[range], error !== undefined)}
      <span class="row">${variantPick(state)} ${logsLink(metrics)} ${metrics ? exportLinks() : nothing} ${endpoint?.takesTraffic ? explainScaling() : nothing}</span></div>
    ${charts.element}`;
}

function variantPick({ metrics }: EndpointPageSnapshot): TemplateResult {
  const variants = metrics?.variants ?? [];
  const components = metrics?.components ?? [];
  if (variants.length < 2 && components.length === 0) return html`${nothing}`;
  const parts: (ChartedPart & { label: string })[] = [
    ...variants.map(({ name }) => ({ kind: "variant" as const, name, label: name })),
    ...components.map(({ name }) => ({ kind: "component" as const, name, label: l10n.t("Component {0}", name) })),
  ];
  const pick = (event: Event) => {
    // The first row is all of them together.
    charted = parts[(event.target as HTMLSelectElement).selectedIndex - 1];
    isChosen = true;
    if (snapshot) charts.update(snapshot, charted);
    draw();
  };
  return html`<select class="plain-select" aria-label="${l10n.t("Variant of the charts")}" @change=${pick}>
    <option value="" ?selected=${charted === undefined}>${l10n.t("All variants")}</option>
    ${parts.map(
      ({ kind, name, label }) =>
        html`<option value="${kind}/${name}" ?selected=${charted?.kind === kind && charted.name === name}>${label}</option>`,
    )}
  </select>`;
}

/** What was logged while the charts' figures were measured: of what was zoomed into, else of all that is shown. */
function logsLink(metrics: EndpointPageSnapshot["metrics"]): TemplateResult {
  if (!metrics) return html`${nothing}`;
  const show = () => showLogs(charts.span ?? null);
  return html`<button type="button" class="link" @click=${show}>${l10n.t("Logs of this time")}</button>`;
}

function showLogs(span: LogSpan | null): void {
  void host.transport.call(endpointRequests.showLogs, span).catch(showFailure);
}

const explainScaling = () => html`<button
  type="button"
  class="link"
  @click=${() => ask(endpointRequests.explainScaling)}
>
  ${l10n.t("Explain scaling")}
</button>`;

const exportLinks =
  () => html`<button type="button" class="link" @click=${() => exportCharts("csv")}>${l10n.t("Export CSV")}</button>
  <button type="button" class="link" @click=${() => exportCharts("png")}>${l10n.t("Export PNG")}</button>`;

async function exportCharts(format: "csv" | "png"): Promise<void> {
  const base64 = format === "png" ? await chartsPicture(charts.element) : "";
  if (base64 === undefined) return;
  const part = charted ? { part: { kind: charted.kind, name: charted.name } } : {};
  const wanted: ChartExport = format === "csv" ? { format, ...part } : { format, base64, ...part };
  await host.transport.call(endpointRequests.exportCharts, wanted).catch(showFailure);
}

function liveNote(
  metrics: EndpointPageSnapshot["metrics"],
  error: EndpointPageSnapshot["metricsError"],
  range: string,
  isStale: boolean,
): TemplateResult {
  if (error) {
    const stale = metrics
      ? html`<p class="soft">${l10n.t("Shown as of {0}.", formatClock(metrics.toMs))}</p>`
      : nothing;
    return html`${errorMessage(error, { label: l10n.t("Retry"), run: () => ask(endpointRequests.retry) })}${stale}`;
  }
  if (isStale) {
    return html`<p class="soft">${metrics ? l10n.t("Shown as of {0}.", formatClock(metrics.toMs)) : l10n.t("Nothing was measured.")}</p>`;
  }
  if (!metrics) return html`<p class="soft">${l10n.t("Reading the metrics…")}</p>`;
  if (metrics.series.every(({ points }) => points.length === 0)) {
    return html`<p class="soft">${l10n.t("No data in the last {0}: send a prediction or run a load test.", range)}</p>`;
  }
  return html`<p class="soft numbers">${l10n.t("As of {0}, one point every {1} s.", formatClock(metrics.toMs), metrics.periodSeconds)}</p>`;
}

function change(part: Partial<Draft>): void {
  if (!draft) return;
  draft = { ...draft, ...part };
  copied = undefined;
  draw();
}

async function send(): Promise<void> {
  if (!draft || !snapshot) return;
  outcome = { kind: "sending" };
  isOwn = true;
  draw();
  try {
    const params = paramsOf(draft, snapshot.features, isAsync(snapshot));
    const response = await host.transport.call(endpointRequests.predict, params);
    outcome = { kind: "answered", response, atMs: Date.now(), isApi: params.via === "api" };
  } catch (error) {
    const { code, message, hint } = toOpsError(error);
    // Who stopped it knows that it was stopped; where its answer will be is worth to be said.
    outcome = code === "cancelled" && !hint ? undefined : { kind: "failed", error: { code, message, hint } };
  }
  isOwn = false;
  draw();
  keep();
}

/** For a tab that is closed and opened again. What is too long is not kept: it is in files as a rule. */
function keep(): void {
  if (!snapshot || !draft) return;
  const text = JSON.stringify({ name: snapshot.name, draft: light(draft), tab } satisfies Kept);
  if (text.length < MOST_KEPT) void host.transport.call(endpointRequests.keep, text).catch(() => {});
}

const MOST_KEPT = 2_000_000;

/** What the page before this one in the tab, or in the window, has left. */
async function begin(): Promise<void> {
  const start = await host.transport.call(endpointRequests.start, null);
  const left = kept ?? (start.kept === undefined ? undefined : (JSON.parse(start.kept) as Kept));
  draft ??= left?.draft;
  sent = start.sent ?? [];
  outcome ??= start.prediction;
  show(await host.transport.call(endpointRequests.ready, null));
}

function copy(kind: SnippetKind, text: string): void {
  void host.transport.call(endpointRequests.copyText, text).then(() => {
    copied = kind;
    draw();
  });
}

/** What came of a stream, or that an answer is no longer waited for, comes as the outcome. */
function stop(): void {
  ask(endpointRequests.stopPrediction);
}

async function chooseFile(): Promise<void> {
  const file = await host.transport.call(endpointRequests.chooseFile, null).catch(showFailure);
  if (file) change({ file, contentType: file.contentType });
}

function showRaw(isRaw: boolean): void {
  answerShown = { isRaw };
  draw();
}

function saveAnswer(): void {
  ask(endpointRequests.saveAnswer);
}

function save(): void {
  if (!draft || !snapshot) return;
  const params = paramsOf(draft, snapshot.features, isAsync(snapshot));
  void host.transport.call(endpointRequests.saveRequest, params).catch(showFailure);
}

/** A request without parameters whose answer does not matter here: its failure is shown by the editor. */
function ask(request: (typeof endpointRequests)["retry"]): void {
  void host.transport.call(request, null).catch(showFailure);
}

function showFailure(error: OpsError): void {
  outcome = { kind: "failed", error: { code: error.code, message: error.message, hint: error.hint } };
  draw();
}

document.addEventListener("visibilitychange", () => {
  void host.transport.call(endpointRequests.setSeen, document.visibilityState === "visible").catch(() => {});
});
host.transport.on(endpointChanged, show);
host.transport.on(predictionProgressed, (progress) => {
  if (outcome?.kind !== "sending") return;
  outcome = { kind: "sending", progress };
  draw();
});
host.transport.on(sentChanged, (list) => {
  sent = list;
  draw();
});
host.transport.on(predictionEnded, (state) => {
  if (isOwn || outcome?.kind !== "sending") return;
  outcome = state ?? undefined;
  draw();
});
begin().catch((error: OpsError) => {
  render(errorMessage({ code: error.code, message: error.message, hint: error.hint }), root);
});
