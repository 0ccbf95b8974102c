import * as l10n from "@vscode/l10n";
import { html, nothing, render, type TemplateResult } from "lit";
import { figureName } from "../../src/domain/figureName.ts";
import { fixedText } from "../../src/domain/numberText.ts";
import type { ComparedFigure, ComparisonOutcome, RunComparison } from "../../src/domain/runComparison.ts";
import { type ComparedRun, type ComparePageSnapshot, compareRequests } from "../../src/protocol/comparePage.ts";
import { connectHost } from "../ipc.ts";
import { tellCopied, wasCopied } from "../ui/copied.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatMs, formatPercent } from "../ui/format.ts";
import { runColor } from "../ui/lineColors.ts";
import { registerComponents } from "../ui/toolkit.ts";
import { CompareCharts } from "./compareCharts.ts";

registerComponents();
const host = connectHost<never>();
const root = document.getElementById("app") as HTMLElement;

function show(snapshot: ComparePageSnapshot): void {
  const charts = new CompareCharts(snapshot.runs);
  const draw = () => render(pageView(snapshot, charts, draw), root);
  draw();
}

function pageView({ runs, comparisons }: ComparePageSnapshot, charts: CompareCharts, draw: () => void): TemplateResult {
  const verdict = verdictOf(comparisons);
  const copy = () => void host.transport.call(compareRequests.copyMarkdown, null).then(() => tellCopied(draw));
  return html`<header class="page-head">
      <h1>${runs.map(({ letter }) => letter).join(" · ")}: ${[...new Set(runs.map(({ planName }) => planName))].join(", ")}</h1>
      <span class="status ${verdict.className}">${verdict.text}</span>
      <div class="actions">
        <vscode-button appearance="secondary" ?disabled=${wasCopied()} @click=${copy}>${
          wasCopied() ? l10n.t("✓ copied") : l10n.t("Copy Markdown")
        }</vscode-button>
      </div>
    </header>
    <main>
      ${runsView(runs)} ${figuresView(runs, comparisons)}
      <section class="card"><h2 class="visually-hidden">${l10n.t("Charts")}</h2>${charts.element}</section>
      <section class="card">
        <h2>${l10n.t("Facts")}</h2>
        ${factsView(runs, comparisons)}
      </section>
      ${notesView(comparisons)}
    </main>`;
}

function verdictOf(comparisons: readonly RunComparison[]): { text: string; className: string } {
  if (comparisons.some(({ regressed }) => regressed)) return { text: l10n.t("Regression"), className: "bad" };
  const outcomes = comparisons.flatMap(({ figures }) => figures.map(({ outcome }) => outcome));
  if (outcomes.every((outcome) => outcome === "unknown"))
    return { text: l10n.t("Too little data to tell a change from noise"), className: "moving" };
  return { text: l10n.t("No regression beyond noise"), className: "" };
}

function runsView(runs: readonly ComparedRun[]): TemplateResult {
  return html`<ul class="runs">
    ${runs.map(
      (run, i) => html`<li>
        <span class="swatch ${i % 2 ? "dashed" : ""}" style="--series: var(${runColor(i)})"></span>
        <strong>${run.letter}</strong>
        <span><button class="link" type="button" @click=${() => void host.transport.call(compareRequests.openRun, i)}>
          ${run.started} ${run.planName}
        </button>
        <span class="soft">${[i === 0 && l10n.t("baseline"), run.targetName, run.place, run.simulated && l10n.t("simulated instances"), run.tool].filter(Boolean).join(" · ")}</span></span>
        <span class="sentence">${run.verdict.passed ? "✓" : "✗"} ${run.verdict.sentence}</span>
      </li>`,
    )}
  </ul>`;
}

const outcomes: Record<ComparisonOutcome, { text: string; className: string }> = {
  regression: { text: l10n.t("✗ regression"), className: "failed" },
  improvement: { text: l10n.t("✓ improvement"), className: "passed" },
  same: { text: l10n.t("= within noise"), className: "" },
  unknown: { text: l10n.t("? too little data"), className: "" },
};

/** The first comparison names the figures: all have the same. */
function figuresView(runs: readonly ComparedRun[], comparisons: readonly RunComparison[]): TemplateResult {
  const [first] = comparisons;
  return html`<section class="card">
    <h2>${l10n.t("Figures")}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Figures")}">
      <table class="figures numbers">
        <thead>
          <tr>
            <th scope="col">${l10n.t("figure")}</th>
            <th scope="col">${runs[0]?.letter}</th>
            ${runs.slice(1).map(({ letter }) => html`<th scope="col">${letter}</th><th scope="col">${l10n.t("change, 95 % interval")}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${first?.figures.map(
            (figure, row) => html`<tr>
              <th scope="row">${figureName(figure.name)}</th>
              <td>${valueText(figure, figure.baseline)}</td>
              ${comparisons.map(({ figures }) => candidateCells(figures[row]))}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function candidateCells(figure: ComparedFigure | undefined): TemplateResult {
  if (!figure) return html`<td>–</td><td></td>`;
  const { text, className } = outcomes[figure.outcome];
  return html`<td>${valueText(figure, figure.candidate)}</td>
    <td class=${className}>${text} <span class="soft">${changeText(figure)}</span></td>`;
}

const valueText = ({ unit }: ComparedFigure, value: number | null) =>
  value === null ? "–" : unit === "ms" ? formatMs(value) : formatPercent(value);

function changeText({ change, unit }: ComparedFigure): string {
  if (!change) return "";
  const digits = unit === "ratio" ? 2 : 1;
  const signed = (value: number) => `${value > 0 ? "+" : ""}${fixedText(value * 100, digits)}`;
  return l10n.t(
    "{0} {1} ({2} to {3})",
    signed(change.value),
    unit === "ratio" ? l10n.t("points") : "%",
    signed(change.low),
    signed(change.high),
  );
}

function factsView(runs: readonly ComparedRun[], comparisons: readonly RunComparison[]): TemplateResult {
  const [first] = comparisons;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Facts")}">
    <table class="figures numbers">
      <thead>
        <tr><th scope="col">${l10n.t("fact")}</th>${runs.map(({ letter }) => html`<th scope="col">${letter}</th>`)}</tr>
      </thead>
      <tbody>
        ${first?.facts.map(
          ({ name, baseline }, row) => html`<tr>
            <th scope="row">${name}</th>
            <td>${baseline}</td>
            ${comparisons.map(({ facts }) => html`<td>${facts[row]?.candidate ?? "–"}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function notesView(comparisons: readonly RunComparison[]): TemplateResult {
  const notes = [...new Set(comparisons.flatMap(({ warnings }) => warnings))];
  if (notes.length === 0) return html`${nothing}`;
  return html`<div class="notes">${notes.map((text) => html`<div class="message note">${text}</div>`)}</div>`;
}

host.transport.call(compareRequests.ready, null).then(show, ({ code, message, hint }) => {
  render(errorMessage({ code, message, hint }), root);
});
