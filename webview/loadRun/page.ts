import { html, nothing, render, type TemplateResult } from "lit";
import type { OpsError } from "../../src/domain/errors.ts";
import { type ExpectationResult, errorCount, type LoadRunPoint } from "../../src/domain/loadRun.ts";
import { type LoadRunPageSnapshot, loadRunChanged, loadRunRequests } from "../../src/protocol/loadRunPage.ts";
import type { WireError } from "../../src/protocol/transport.ts";
import { connectHost } from "../ipc.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatMs, formatNumber, formatOffset, formatPercent } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import { markSigns, RunCharts } from "./runCharts.ts";

registerComponents();
const host = connectHost<never>();
const root = document.getElementById("app") as HTMLElement;
let charts: RunCharts | undefined;
let stopAsked = false;
let shown: LoadRunPageSnapshot | undefined;
/** What the last press of a button failed with; the run's own errors are part of its picture. */
let askError: WireError | undefined;

function show(snapshot: LoadRunPageSnapshot): void {
  shown = snapshot;
  charts ??= new RunCharts(snapshot.simulated);
  charts.update(snapshot);
  render(pageView(snapshot, charts), root);
}

function pageView(run: LoadRunPageSnapshot, { element }: RunCharts): TemplateResult {
  return html`${headView(run)}
    <main>
      ${progressView(run)} ${verdictView(run)}
      <div class="notes">
      ${run.error ? errorMessage(run.error) : nothing} ${askError ? errorMessage(askError) : nothing}
      ${run.warnings.map((text) => html`<div class="message warning">⚠ ${text}</div>`)}
      ${isActive(run) ? limitedNote(run.points) : nothing}
    </div>
    ${tilesView(run)}
      <div class="columns">
        <section class="card"><h2 class="visually-hidden">Charts</h2>${element}</section>
        <div class="facts">${expectationsView(run)} ${timelineView(run)}</div>
      </div>
    </main>`;
}

const PHASES: Record<LoadRunPageSnapshot["phase"], string> = {
  starting: "Starting",
  running: "Running",
  watching: "Watching the scaling",
  done: "Done",
  failed: "Failed",
};

function headView(run: LoadRunPageSnapshot): TemplateResult {
  const { phase, planName, target, place, simulated } = run;
  const active = isActive(run);
  const kind = active ? "moving" : phase === "failed" || run.verdict?.passed === false ? "bad" : "";
  const stop = () => {
    stopAsked = true;
    ask(loadRunRequests.stop);
  };
  return html`<header class="page-head">
    <h1>${planName} → ${target.name}</h1>
    <span class="status ${kind}">${PHASES[phase]}</span>
    <span class="soft">${place}${simulated ? " · simulated instances" : ""}</span>
    <div class="actions">
      ${
        active
          ? html`<vscode-button ?disabled=${stopAsked} @click=${stop}>${stopAsked ? "Stopping…" : "Stop"}</vscode-button>`
          : nothing
      }
    </div>
  </header>`;
}

const isActive = ({ phase }: LoadRunPageSnapshot) =>
  phase === "starting" || phase === "running" || phase === "watching";
const elapsed = ({ points }: LoadRunPageSnapshot) => (points.at(-1)?.second ?? -1) + 1;

function progressView(run: LoadRunPageSnapshot): TemplateResult {
  if (!isActive(run)) return html`${nothing}`;
  const share = Math.min(1, elapsed(run) / run.planSeconds);
  return html`<div
    class="bar"
    role="progressbar"
    aria-label="Progress of the plan"
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.round(share * 100)}
    style="--share: ${share}"
  ></div>`;
}

function verdictView({ verdict, hasReport, interrupted }: LoadRunPageSnapshot): TemplateResult {
  if (!verdict) return html`${nothing}`;
  const { passed, proven, sentence } = verdict;
  const word = [passed ? "✓ Passed" : interrupted ? "✗ Interrupted" : "✗ Failed", proven && "scale-out proven"];
  return html`<section class="verdict ${passed ? "passed" : "failed"}" role="status" aria-label="Verdict">
    <strong>${word.filter(Boolean).join(" · ")}</strong>
    <span>${sentence}</span>
    <div class="row">
      ${
        hasReport
          ? html`<vscode-button @click=${() => ask(loadRunRequests.openReport)}>Open report</vscode-button>
              <vscode-button appearance="secondary" @click=${() => ask(loadRunRequests.explain)}
                >${proven ? "How it scaled" : "Why did it not scale?"}</vscode-button
              >`
          : nothing
      }
      <vscode-button appearance="secondary" @click=${() => ask(loadRunRequests.copySummary)}>Copy summary</vscode-button>
    </div>
  </section>`;
}

function limitedNote(points: readonly LoadRunPoint[]): TemplateResult {
  const count = points.filter(({ generatorLimited }) => generatorLimited).length;
  if (count === 0) return html`${nothing}`;
  return html`<div class="message warning">
    ⚠ In ${count} of ${points.length} seconds (shaded) this machine, not the endpoint, was the limit: their latencies do not
    count.
  </div>`;
}

function tilesView(run: LoadRunPageSnapshot): TemplateResult {
  const { points, instances, planSeconds } = run;
  const last = points.at(-1);
  const sums = points.reduce(
    (sum, point) => ({ done: sum.done + point.done, errors: sum.errors + errorCount(point.byKind) }),
    { done: 0, errors: 0 },
  );
  const counts = instances.map(({ current }) => current);
  const first = counts[0];
  const now = counts.at(-1);
  const tiles: [string, string, string?][] = [
    ["elapsed", formatOffset(elapsed(run)), `/ ${formatOffset(planSeconds)}`],
    ["asked", last ? formatNumber(last.asked) : "–", "/s"],
    ["achieved", last ? formatNumber(last.sent) : "–", "/s"],
    ["p99, last second", typeof last?.p99Ms === "number" ? formatMs(last.p99Ms) : "–"],
    ["errors", sums.done > 0 ? formatPercent(sums.errors / sums.done) : "–"],
    [
      "instances",
      first === undefined ? "–" : first === now ? `${now}` : `${first} → ${now}`,
      run.simulated ? "simulated" : "",
    ],
  ];
  return html`<dl class="tiles">
    ${tiles.map(([name, value, unit]) => html`<div><dt>${name}</dt><dd>${value} <small>${unit ?? ""}</small></dd></div>`)}
  </dl>`;
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
    <h2>Expectations</h2>
    ${rows.length === 0 ? html`<p class="soft">The plan has none.</p>` : nothing}
    <ul class="expectations numbers">
      ${rows.map(
        ({ name, text, sign, passed }) => html`<li class=${passed === undefined ? "" : passed ? "passed" : "failed"}>
          <span class="sign" aria-hidden="true">${sign}</span>
          <span>
            ${passed === undefined ? nothing : html`<span class="visually-hidden">${passed ? "holds: " : "failed: "}</span>`}
            ${name} <span class="soft">${text}</span>
          </span>
        </li>`,
      )}
    </ul>
  </section>`;
}

function expectationText(result: ExpectationResult): { name: string; text: string } {
  const { unit, comparison, asked, measured, reason, stage } = result;
  const show = (value: number) =>
    unit === "ms" ? formatMs(value) : unit === "ratio" ? formatPercent(value) : formatNumber(value);
  const limit = `${comparison === "atLeast" ? "≥" : "≤"} ${show(asked)}`;
  const seen = measured === null ? `not measured: ${reason ?? "no data"}` : show(measured);
  return {
    name: stage === undefined ? result.name : `${result.name} in stage ${stage}`,
    text: `${limit}, was ${seen}`,
  };
}

function timelineView({ marks, startedAtMs }: LoadRunPageSnapshot): TemplateResult {
  return html`<section class="card">
    <h2>Scaling</h2>
    ${marks.length === 0 ? html`<p class="soft">Nothing has happened yet.</p>` : nothing}
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

function ask(request: (typeof loadRunRequests)["stop"]): void {
  askError = undefined;
  void host.transport.call(request, null).catch(showError);
}

function showError({ code, message, hint }: OpsError): void {
  askError = { code, message, hint };
  stopAsked = false;
  if (shown) show(shown);
  else render(errorMessage(askError), root);
}

host.transport.on(loadRunChanged, show);
host.transport.call(loadRunRequests.ready, null).then(show, showError);
