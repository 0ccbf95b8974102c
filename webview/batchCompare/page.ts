import { html, nothing, render, type TemplateResult } from "lit";
import type { ComparedRow, Correctness, SideAnswer } from "../../src/domain/batchComparison.ts";
import type { BatchSummary, ConfusionMatrix } from "../../src/domain/batchPrediction.ts";
import type { OpsError } from "../../src/domain/errors.ts";
import { type BatchComparePageSnapshot, batchCompareRequests } from "../../src/protocol/batchComparePage.ts";
import { connectHost } from "../ipc.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatMs, formatNumber, formatPercent } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import { latencyPlot } from "./latencyPlot.ts";

registerComponents();
const host = connectHost<never>();
const root = document.getElementById("app") as HTMLElement;
const COPIED_MS = 1500;
let copied = false;

function show(snapshot: BatchComparePageSnapshot): void {
  const draw = () => render(pageView(snapshot, draw), root);
  draw();
}

function pageView(snapshot: BatchComparePageSnapshot, draw: () => void): TemplateResult {
  const { names, fileName, place, simulated } = snapshot;
  const copy = () =>
    void host.transport.call(batchCompareRequests.copyMarkdown, null).then(() => {
      copied = true;
      draw();
      setTimeout(() => {
        copied = false;
        draw();
      }, COPIED_MS);
    });
  const exportCsv = () => void host.transport.call(batchCompareRequests.exportCsv, null).catch(showFailure);
  return html`<header class="page-head">
      <h1>${names.a} <span class="soft">and</span> ${names.b}</h1>
      <span class="soft">${fileName} · ${place}${simulated ? " · simulated instances" : ""}</span>
      <div class="actions">
        <vscode-button appearance="secondary" ?disabled=${copied} @click=${copy}>${copied ? "✓ copied" : "Copy Markdown"}</vscode-button>
        <vscode-button @click=${exportCsv}>Export CSV…</vscode-button>
      </div>
    </header>
    <main>
      ${verdictView(snapshot)} ${figuresView(snapshot)} ${latencyView(snapshot)} ${confusionsView(snapshot)}
      ${disagreementsView(snapshot)}
    </main>`;
}

/** What the rows say, in one sentence each. */
function verdictView({ comparison, names, wanted, disagreementCount }: BatchComparePageSnapshot): TemplateResult {
  const { a, answeredByBoth, correctness, difference } = comparison;
  const share =
    answeredByBoth === 0
      ? ""
      : ` (${formatPercent(disagreementCount / Math.max(1, a.rows))} of ${formatNumber(a.rows)} rows)`;
  return html`<section class="card verdict" aria-label="Result">
    <strong>${disagreementCount === 0 ? "No disagreement" : `${formatNumber(disagreementCount)} disagreements`}${disagreementCount ? share : ""}</strong>
    ${correctness ? html`<span>${correctnessText(correctness, names)}</span>` : nothing}
    ${difference && difference.max > 0 ? html`<span class="soft">The answers' numbers differ by ${formatNumber(difference.mean, 4)} on average, by at most ${formatNumber(difference.max, 4)}.</span>` : nothing}
    ${a.rows < wanted ? html`<span class="soft">Cancelled after ${formatNumber(a.rows)} of ${formatNumber(wanted)} rows.</span>` : nothing}
  </section>`;
}

/** With fewer than one in twenty it would be a strange coincidence. */
const UNLIKELY = 0.05;

function correctnessText({ onlyA, onlyB, pValue }: Correctness, names: { a: string; b: string }): string {
  if (onlyA === 0 && onlyB === 0) return "Both are right and wrong on the same rows.";
  if (onlyA === onlyB) return `Each is right on ${formatNumber(onlyA)} rows on which the other is wrong.`;
  const [better, more, fewer] = onlyA > onlyB ? [names.a, onlyA, onlyB] : [names.b, onlyB, onlyA];
  const p = pValue < 0.001 ? "p < 0.001" : `p = ${formatNumber(pValue, 3)}`;
  const told = `${better} is right on ${formatNumber(more)} rows on which the other is wrong, and wrong on ${formatNumber(fewer)} on which it is right`;
  return pValue < UNLIKELY
    ? `${told}: it is more accurate beyond chance (McNemar's exact test, ${p}).`
    : `${told}: too few to tell it from chance (McNemar's exact test, ${p}).`;
}

function figuresView({ comparison: { a, b }, names }: BatchComparePageSnapshot): TemplateResult {
  const rows: [string, (side: BatchSummary) => string][] = [
    ["accuracy", ({ confusion }) => (confusion ? formatPercent(confusion.accuracy) : "not known")],
    ["rows", ({ rows }) => formatNumber(rows)],
    ["failed", ({ failed }) => (failed === 0 ? "✓ none" : `✗ ${formatNumber(failed)}`)],
    ["latency p50", ({ latency }) => (latency ? formatMs(latency.p50) : "–")],
    ["latency p95", ({ latency }) => (latency ? formatMs(latency.p95) : "–")],
    ["latency p99", ({ latency }) => (latency ? formatMs(latency.p99) : "–")],
    ["latency max", ({ latency }) => (latency ? formatMs(latency.max) : "–")],
    ["first failure", ({ failures }) => failures[0]?.text.slice(0, 200) ?? ""],
  ];
  const shown = rows.filter(([name]) => name !== "first failure" || a.failed + b.failed > 0);
  return html`<section class="card">
    <h2>Figures</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Figures">
      <table class="figures numbers">
        <thead>
          <tr>
            <th scope="col">figure</th>
            <th scope="col"><span class="swatch" style="--series: var(--vscode-charts-blue)"></span> ${names.a}</th>
            <th scope="col"><span class="swatch dashed" style="--series: var(--chart-orange)"></span> ${names.b}</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map(([name, of]) => html`<tr><th scope="row">${name}</th><td>${of(a)}</td><td>${of(b)}</td></tr>`)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function latencyView({ latencies, names }: BatchComparePageSnapshot): TemplateResult {
  if (latencies.a.length === 0 || latencies.b.length === 0) return html`${nothing}`;
  return html`<section class="card">
    <h2>Latency <span class="soft">share of rows answered within, ms, log scale</span></h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Latency">${latencyPlot(latencies, names)}</div>
  </section>`;
}

function confusionsView({ comparison: { a, b }, names }: BatchComparePageSnapshot): TemplateResult {
  if (!a.confusion && !b.confusion) return html`${nothing}`;
  return html`<section class="card">
    <h2>Confusion <span class="soft">rows are the labels of the data, columns the predictions</span></h2>
    <div class="pair">${confusionTable(a.confusion, names.a)} ${confusionTable(b.confusion, names.b)}</div>
  </section>`;
}

function confusionTable(confusion: ConfusionMatrix | undefined, name: string): TemplateResult {
  if (!confusion) return html`<p class="soft">${name} answered no class.</p>`;
  const { classes, counts } = confusion;
  const most = Math.max(1, ...counts.flat());
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion of ${name}">
    <table class="confusion numbers">
      <caption>${name}</caption>
      <thead>
        <tr><th scope="col"><span class="visually-hidden">label</span></th>${classes.map((predicted) => html`<th scope="col">${predicted}</th>`)}</tr>
      </thead>
      <tbody>
        ${classes.map(
          (label, i) => html`<tr>
            <th scope="row">${label}</th>
            ${classes.map((_, j) => {
              const count = counts[i]?.[j] ?? 0;
              const kind = count === 0 ? "none" : i === j ? "right" : "wrong";
              return html`<td class=${kind} style="--share: ${count / most}">${count === 0 ? "·" : formatNumber(count)}</td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function disagreementsView(snapshot: BatchComparePageSnapshot): TemplateResult {
  const { comparison, names, features, disagreementCount } = snapshot;
  const { disagreements } = comparison;
  if (disagreements.length === 0) return html`${nothing}`;
  const more = disagreementCount > disagreements.length;
  return html`<section class="card">
    <h2>Disagreements</h2>
    ${more ? html`<p class="soft">The first ${formatNumber(disagreements.length)}; all are in the export.</p>` : nothing}
    <div class="scroll" tabindex="0" role="region" aria-label="Disagreements">
      <table class="figures numbers">
        <thead>
          <tr>
            <th scope="col">line</th><th scope="col">label</th><th scope="col">${names.a}</th><th scope="col">${names.b}</th><th scope="col">row</th>
          </tr>
        </thead>
        <tbody>
          ${disagreements.map(
            (row) => html`<tr>
              <th scope="row">${row.line}</th>
              <td>${row.label ?? ""}</td>
              <td>${answerText(row.a, row)}</td>
              <td>${answerText(row.b, row)}</td>
              <td>${cellsView(row, features)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function answerText({ predicted, values, failure }: SideAnswer, { label }: ComparedRow): string {
  if (failure !== undefined) return `✗ failed: ${failure.slice(0, 120)}`;
  if (predicted === undefined) return values?.map((value) => formatNumber(value, 4)).join(", ") ?? "no number";
  const mark = label === undefined ? "" : predicted === label ? "✓ " : "✗ ";
  const best = values && values.length > 1 ? ` ${Math.max(...values).toFixed(3)}` : "";
  return `${mark}${predicted}${best}`;
}

function cellsView({ body }: ComparedRow, features: readonly string[]): TemplateResult {
  const cells = body.split(",");
  if (features.length !== cells.length) return html`<span class="cells">${body}</span>`;
  return html`<details>
    <summary><span class="cells">${body}</span></summary>
    <dl class="features">${features.map((name, i) => html`<dt>${name}</dt><dd>${cells[i] || "missing"}</dd>`)}</dl>
  </details>`;
}

function showFailure({ code, message, hint }: OpsError): void {
  const element = document.createElement("div");
  render(errorMessage({ code, message, hint }), element);
  root.prepend(element);
}

host.transport.call(batchCompareRequests.ready, null).then(show, showFailure);
