import * as l10n from "@vscode/l10n";
import { html, nothing, render, type TemplateResult } from "lit";
import type { OpsError } from "../../src/domain/errors.ts";
import { figureName } from "../../src/domain/figureName.ts";
import type { ExpectationResult } from "../../src/domain/loadRun.ts";
import { usdText } from "../../src/domain/numberText.ts";
import {
  type LoadRunPageSnapshot,
  loadRunChanged,
  loadRunRequests,
  type RunWithoutCourse,
} from "../../src/protocol/loadRunPage.ts";
import { errorTotal } from "../../src/protocol/runColumns.ts";
import type { WireError } from "../../src/protocol/transport.ts";
import { connectHost } from "../ipc.ts";
import { tellCopied, wasCopied } from "../ui/copied.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatMs, formatNumber, formatOffset, formatPercent } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import { markSigns, RunCharts } from "./runCharts.ts";

registerComponents();
const host = connectHost<{ id: string }>();
const root = document.getElementById("app") as HTMLElement;
let charts: RunCharts | undefined;
let stopAsked = false;
let spokenAt = Number.NEGATIVE_INFINITY;
let spokenText = "";
const SPOKEN_EVERY_MS = 5000;
let shown: LoadRunPageSnapshot | undefined;
/** What the last press of a button failed with; the run's own errors are part of its picture. */
let askError: WireError | undefined;

function show(snapshot: LoadRunPageSnapshot): void {
  if (shown?.id !== snapshot.id) host.remember({ id: snapshot.id });
  shown = snapshot;
  charts ??= new RunCharts(snapshot.simulated);
  charts.update(snapshot);
  render(pageView(snapshot, charts), root);
}

function pageView(run: LoadRunPageSnapshot, { element }: RunCharts): TemplateResult {
  return html`${headView(run)}
    <main>
      <p class="visually-hidden" role="status">${spoken(run)}</p>
      ${progressView(run)} ${verdictView(run)}
      <div class="notes">
      ${run.error ? errorMessage(run.error) : nothing} ${askError ? errorMessage(askError) : nothing}
      ${run.warnings.map((text) => html`<div class="message warning">⚠ ${text}</div>`)}
      ${isActive(run) ? limitedNote(run) : nothing}
    </div>
    ${tilesView(run)}
      <div class="columns">
        ${run.withoutCourse ? nothing : html`<section class="card"><h2 class="visually-hidden">${l10n.t("Charts")}</h2>${element}</section>`}
        <div class="facts">${expectationsView(run)} ${run.importedFrom ? nothing : timelineView(run)}</div>
      </div>
    </main>`;
}

/** What a screen reader says of a run under way: at most every five seconds. */
function spoken(run: LoadRunPageSnapshot): string {
  const now = performance.now();
  if (!isActive(run) || now - spokenAt < SPOKEN_EVERY_MS) return spokenText;
  spokenAt = now;
  const { asked, sent, p99Ms } = run.columns;
  const p99 = p99Ms.at(-1);
  const latency = typeof p99 === "number" ? `, p99 ${formatMs(p99)}` : "";
  spokenText = asked.length
    ? l10n.t(
        "{0}: {1} of {2} requests per second{3}",
        formatOffset(elapsed(run)),
        sent.at(-1) ?? 0,
        asked.at(-1) ?? 0,
        latency,
      )
    : phaseText(run);
  return spokenText;
}

const PHASES: Record<LoadRunPageSnapshot["phase"], string> = {
  starting: l10n.t("Starting"),
  running: l10n.t("Running"),
  watching: l10n.t("Watching the scaling"),
  done: l10n.t("Done"),
  failed: l10n.t("Failed"),
};
const phaseText = ({ phase, interrupted }: LoadRunPageSnapshot) =>
  phase === "done" && interrupted ? l10n.t("Stopped") : PHASES[phase];

function headView(run: LoadRunPageSnapshot): TemplateResult {
  const { phase, planName, target, place, simulated } = run;
  const active = isActive(run);
  const kind = active ? "moving" : phase === "failed" || run.verdict?.passed === false ? "bad" : "";
  const stop = () => {
    stopAsked = true;
    ask(loadRunRequests.stop);
    again();
  };
  return html`<header class="page-head">
    <h1>${planName} → ${target.name}</h1>
    <span class="status ${kind}">${phaseText(run)}</span>
    <span class="soft">${place}${simulated ? l10n.t(" · simulated instances") : ""}</span>
    <div class="actions">
      ${
        active
          ? html`<vscode-button ?disabled=${stopAsked} @click=${stop}>${stopAsked ? l10n.t("Stopping…") : l10n.t("Stop")}</vscode-button>`
          : nothing
      }
    </div>
  </header>`;
}

const isActive = ({ phase }: LoadRunPageSnapshot) =>
  phase === "starting" || phase === "running" || phase === "watching";
const elapsed = ({ columns }: LoadRunPageSnapshot) => (columns.seconds.at(-1) ?? -1) + 1;

function progressView(run: LoadRunPageSnapshot): TemplateResult {
  if (!isActive(run)) return html`${nothing}`;
  const share = Math.min(1, elapsed(run) / run.planSeconds);
  return html`<div
    class="bar"
    role="progressbar"
    aria-label="${l10n.t("Progress of the plan")}"
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.round(share * 100)}
    style="--share: ${share}"
  ></div>`;
}

function verdictView({ verdict, hasReport, interrupted, importedFrom }: LoadRunPageSnapshot): TemplateResult {
  if (!verdict) return html`${nothing}`;
  const { passed, proven, sentence } = verdict;
  const word = [
    passed ? l10n.t("✓ Passed") : interrupted ? l10n.t("✗ Interrupted") : l10n.t("✗ Failed"),
    proven && l10n.t("scale-out proven"),
  ];
  return html`<section class="verdict ${passed ? "passed" : "failed"}" role="status" aria-label="${l10n.t("Verdict")}">
    <strong>${word.filter(Boolean).join(" · ")}</strong>
    <span>${sentence}</span>
    <div class="row">${hasReport ? buttons(proven, importedFrom === undefined) : nothing}</div>
  </section>`;
}

/** @param scaled whether the scaling was watched, which only this product does */
function buttons(proven: boolean, scaled: boolean): TemplateResult {
  const button = (label: string, request: Ask, appearance = "secondary") =>
    html`<vscode-button appearance=${appearance} @click=${() => ask(request)}>${label}</vscode-button>`;
  return html`${button(l10n.t("Open report"), loadRunRequests.openReport, "primary")}
    ${button(l10n.t("Compare…"), loadRunRequests.compare)}
    ${scaled ? button(proven ? l10n.t("How it scaled") : l10n.t("Why did it not scale?"), loadRunRequests.explain) : nothing}
    ${
      wasCopied()
        ? html`<vscode-button appearance="secondary" disabled>${l10n.t("✓ copied")}</vscode-button>`
        : html`<vscode-button appearance="secondary" @click=${copy}>${l10n.t("Copy Markdown")}</vscode-button>`
    }
    ${button(l10n.t("Export…"), loadRunRequests.export)}`;
}

function copy(): void {
  void host.transport.call(loadRunRequests.copyMarkdown, null).then(() => tellCopied(again), showError);
}

function limitedNote({ columns }: LoadRunPageSnapshot): TemplateResult {
  const count = columns.limited.length;
  if (count === 0) return html`${nothing}`;
  return html`<div class="message warning">
    ${l10n.t("⚠ In {0} of {1} seconds (shaded) this machine, not the endpoint, was the limit: their latencies do not count.", count, columns.seconds.length)}
  </div>`;
}

type Tile = [name: string, value: string, unit?: string];

function tilesView(run: LoadRunPageSnapshot): TemplateResult {
  const tiles = run.withoutCourse ? wholeTiles(run.withoutCourse) : courseTiles(run);
  return html`<dl class="tiles">
    ${tiles.map(([name, value, unit]) => html`<div><dt>${name}</dt><dd>${value} <small>${unit ?? ""}</small></dd></div>`)}
  </dl>`;
}

function wholeTiles({ sent, seconds, p50Ms, p99Ms, errorShare }: RunWithoutCourse): Tile[] {
  const latency = (ms: number | undefined) => (ms === undefined ? "–" : formatMs(ms));
  return [
    [l10n.t("length"), formatOffset(seconds)],
    [l10n.t("sent"), formatNumber(sent)],
    [l10n.t("on average"), formatNumber(sent / Math.max(1, seconds)), "/s"],
    ["p50", latency(p50Ms)],
    ["p99", latency(p99Ms)],
    [l10n.t("errors"), formatPercent(errorShare)],
  ];
}

function courseTiles(run: LoadRunPageSnapshot): Tile[] {
  const { columns, instances, planSeconds } = run;
  const { asked, sent, p99Ms } = columns;
  // In the seconds after the plan's end only answers come.
  const at = asked.findLastIndex((count) => (count ?? 0) > 0);
  const last = p99Ms[at];
  const done = columns.done.reduce((sum, count) => sum + count, 0);
  const counts = instances.map(({ current }) => current);
  const first = counts[0];
  const now = counts.at(-1);
  return [
    [l10n.t("elapsed"), formatOffset(elapsed(run)), `/ ${formatOffset(planSeconds)}`],
    [l10n.t("asked"), at < 0 ? "–" : formatNumber(asked[at] ?? 0), "/s"],
    [l10n.t("achieved"), at < 0 ? "–" : formatNumber(sent[at] ?? 0), "/s"],
    [l10n.t("p99, last second"), typeof last === "number" ? formatMs(last) : "–"],
    [l10n.t("errors"), done > 0 ? formatPercent(errorTotal(columns) / done) : "–"],
    [
      l10n.t("instances"),
      first === undefined ? "–" : first === now ? `${now}` : `${first} → ${now}`,
      run.simulated ? l10n.t("simulated") : "",
    ],
  ];
}

function expectationsView({ expected, expectations }: LoadRunPageSnapshot): TemplateResult {
  const rows = expectations
    ? expectations.map((result) => ({
        ...expectationText(result),
        sign: result.passed ? "✓" : "✗",
        passed: result.passed,
      }))
    : expected.map(({ name, asked }) => ({ name, text: asked, sign: "…", passed: undefined }));
  return html`<section class="card">
    <h2>${l10n.t("Expectations")}</h2>
    ${rows.length === 0 ? html`<p class="soft">${l10n.t("The plan has none.")}</p>` : nothing}
    <ul class="expectations numbers">
      ${rows.map(
        ({ name, text, sign, passed }) => html`<li class=${passed === undefined ? "" : passed ? "passed" : "failed"}>
          <span class="sign" aria-hidden="true">${sign}</span>
          <span>
            ${passed === undefined ? nothing : html`<span class="visually-hidden">${passed ? l10n.t("holds: ") : l10n.t("failed: ")}</span>`}
            ${name} <span class="soft">${text}</span>
          </span>
        </li>`,
      )}
    </ul>
  </section>`;
}

function expectationText(result: ExpectationResult): { name: string; text: string } {
  const { unit, comparison, asked, measured, reason, stage } = result;
  const show = (value: number) => valueText(value, unit);
  const limit = `${comparison === "atLeast" ? "≥" : "≤"} ${show(asked)}`;
  const seen = measured === null ? l10n.t("not measured: {0}", reason ?? l10n.t("no data")) : show(measured);
  return {
    name: stage === undefined ? figureName(result.name) : l10n.t("{0} in stage {1}", figureName(result.name), stage),
    text: l10n.t("{0}, was {1}", limit, seen),
  };
}

function valueText(value: number, unit: ExpectationResult["unit"]): string {
  if (unit === "ms") return formatMs(value);
  if (unit === "ratio") return formatPercent(value);
  if (unit === "usd") return usdText(value, value < 0.1 ? 4 : 2);
  return unit === "seconds" ? `${formatNumber(value)} s` : formatNumber(value);
}

function timelineView({ marks, startedAtMs }: LoadRunPageSnapshot): TemplateResult {
  return html`<section class="card">
    <h2>${l10n.t("Scaling")}</h2>
    ${marks.length === 0 ? html`<p class="soft">${l10n.t("Nothing has happened yet.")}</p>` : nothing}
    <ol class="timeline numbers">
      ${marks.map(
        ({ atMs, kind, text }) => html`<li>
          <span class="soft">${formatOffset((atMs - startedAtMs) / 1000)}</span>
          <span class="sign" aria-hidden="true">${markSigns[kind]}</span>
          <span class="text" title=${text}>${shortMark(text)}</span>
        </li>`,
      )}
    </ol>
  </section>`;
}

/** An activity's description ends with its trigger in brackets, which the alarm's own line has told. */
const shortMark = (text: string) => text.replace(/ \(monitor alarm .*\)$/, "");

type Ask = (typeof loadRunRequests)["stop"];

function ask(request: Ask): void {
  askError = undefined;
  void host.transport.call(request, null).catch(showError);
}

function showError({ code, message, hint }: OpsError): void {
  askError = { code, message, hint };
  stopAsked = false;
  if (shown) again();
  else render(errorMessage(askError), root);
}

/** Draws the page anew with what is known; the charts have not changed. */
function again(): void {
  if (shown && charts) render(pageView(shown, charts), root);
}

host.transport.on(loadRunChanged, show);
host.transport.call(loadRunRequests.ready, null).then(show, showError);
