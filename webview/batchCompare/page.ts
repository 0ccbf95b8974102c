import * as l10n from "@vscode/l10n";
import { html, nothing, render, type TemplateResult } from "lit";
import type { ComparedRow, Correctness, SideAnswer } from "../../src/domain/batchComparison.ts";
import type { BatchSummary, ConfusionMatrix } from "../../src/domain/batchPrediction.ts";
import { readCsv } from "../../src/domain/csv.ts";
import type { OpsError } from "../../src/domain/errors.ts";
import { fixedText } from "../../src/domain/numberText.ts";
import { type BatchComparePageSnapshot, batchCompareRequests } from "../../src/protocol/batchComparePage.ts";
import { connectHost } from "../ipc.ts";
import { tellCopied, wasCopied } from "../ui/copied.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatMs, formatNumber, formatPercent } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import { latencyPlot } from "./latencyPlot.ts";

registerComponents();
const host = connectHost<never>();
const root = document.getElementById("app") as HTMLElement;

function show(snapshot: BatchComparePageSnapshot): void {
  const draw = () => render(pageView(snapshot, draw), root);
  draw();
  addEventListener("resize", draw);
}

function pageView(snapshot: BatchComparePageSnapshot, draw: () => void): TemplateResult {
  const { names, fileName, place, simulated } = snapshot;
  const copy = () => void host.transport.call(batchCompareRequests.copyMarkdown, null).then(() => tellCopied(draw));
  const exportCsv = () => void host.transport.call(batchCompareRequests.exportCsv, null).catch(showFailure);
  return html`<header class="page-head">
      <h1>${names.a} <span class="soft">${l10n.t("and")}</span> ${names.b}</h1>
      <span class="soft">${fileName} · ${place}${simulated ? l10n.t(" · simulated instances") : ""}</span>
      <div class="actions">
        <vscode-button appearance="secondary" ?disabled=${wasCopied()} @click=${copy}>${wasCopied() ? l10n.t("✓ copied") : l10n.t("Copy Markdown")}</vscode-button>
        <vscode-button @click=${exportCsv}>${l10n.t("Export CSV…")}</vscode-button>
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
      : l10n.t(" ({0} of {1} rows)", formatPercent(disagreementCount / Math.max(1, a.rows)), formatNumber(a.rows));
  return html`<section class="card verdict" aria-label="${l10n.t("Result")}">
    <strong>${disagreementCount === 0 ? l10n.t("No disagreement") : l10n.t("{0} disagreements", formatNumber(disagreementCount))}${disagreementCount ? share : ""}</strong>
    ${correctness ? html`<span>${correctnessText(correctness, names)}</span>` : nothing}
    ${difference && difference.max > 0 ? html`<span class="soft">${l10n.t("The answers' numbers differ by {0} on average, by at most {1}.", formatNumber(difference.mean, 4), formatNumber(difference.max, 4))}</span>` : nothing}
    ${a.rows < wanted ? html`<span class="soft">${l10n.t("Cancelled after {0} of {1} rows.", formatNumber(a.rows), formatNumber(wanted))}</span>` : nothing}
  </section>`;
}

/** With fewer than one in twenty it would be a strange coincidence. */
const UNLIKELY = 0.05;

function correctnessText({ onlyA, onlyB, pValue }: Correctness, names: { a: string; b: string }): string {
  if (onlyA === 0 && onlyB === 0) return l10n.t("Both are right and wrong on the same rows.");
  if (onlyA === onlyB) return l10n.t("Each is right on {0} rows on which the other is wrong.", formatNumber(onlyA));
  const [better, more, fewer] = onlyA > onlyB ? [names.a, onlyA, onlyB] : [names.b, onlyB, onlyA];
  const p = pValue < 0.001 ? "p < 0.001" : `p = ${formatNumber(pValue, 3)}`;
  const told = l10n.t(
    "{0} is right on {1} rows on which the other is wrong, and wrong on {2} on which it is right",
    better,
    formatNumber(more),
    formatNumber(fewer),
  );
  return pValue < UNLIKELY
    ? l10n.t("{0}: it is more accurate beyond chance (McNemar's exact test, {1}).", told, p)
    : l10n.t("{0}: too few to tell it from chance (McNemar's exact test, {1}).", told, p);
}

function figuresView({ comparison: { a, b }, names }: BatchComparePageSnapshot): TemplateResult {
  const rows: [string, (side: BatchSummary) => string][] = [
    [l10n.t("accuracy"), ({ confusion }) => (confusion ? formatPercent(confusion.accuracy) : l10n.t("not known"))],
    [l10n.t("rows"), ({ rows }) => formatNumber(rows)],
    [l10n.t("failed"), ({ failed }) => (failed === 0 ? l10n.t("✓ none") : `✗ ${formatNumber(failed)}`)],
    [l10n.t("latency p50"), ({ latency }) => (latency ? formatMs(latency.p50) : "–")],
    [l10n.t("latency p95"), ({ latency }) => (latency ? formatMs(latency.p95) : "–")],
    [l10n.t("latency p99"), ({ latency }) => (latency ? formatMs(latency.p99) : "–")],
    [l10n.t("latency max"), ({ latency }) => (latency ? formatMs(latency.max) : "–")],
  ];
  if (a.failed + b.failed > 0)
    rows.push([l10n.t("first failure"), ({ failures }) => failures[0]?.text.slice(0, 200) ?? ""]);
  return html`<section class="card">
    <h2>${l10n.t("Figures")}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Figures")}">
      <table class="figures numbers">
        <thead>
          <tr>
            <th scope="col">${l10n.t("figure")}</th>
            <th scope="col"><span class="swatch" style="--series: var(--vscode-charts-blue)"></span> ${names.a}</th>
            <th scope="col"><span class="swatch dashed" style="--series: var(--chart-orange)"></span> ${names.b}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(([name, of]) => html`<tr><th scope="row">${name}</th><td>${of(a)}</td><td>${of(b)}</td></tr>`)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function latencyView({ latencies, names }: BatchComparePageSnapshot): TemplateResult {
  if (latencies.a.length === 0 || latencies.b.length === 0) return html`${nothing}`;
  return html`<section class="card">
    <h2>${l10n.t("Latency")} <span class="soft">${l10n.t("share of rows answered within, ms, log scale")}</span></h2>
    <div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Latency")}">${latencyPlot(latencies, names, plotWidth())}</div>
  </section>`;
}

/** What a card leaves of the page's width, within what can be read. */
const plotWidth = () => Math.min(900, Math.max(280, innerWidth - 70));

function confusionsView({ comparison: { a, b }, names }: BatchComparePageSnapshot): TemplateResult {
  if (!a.confusion && !b.confusion) return html`${nothing}`;
  return html`<section class="card">
    <h2>${l10n.t("Confusion")} <span class="soft">${l10n.t("rows are the labels of the data, columns the predictions")}</span></h2>
    <div class="pair">${confusionTable(a.confusion, names.a)} ${confusionTable(b.confusion, names.b)}</div>
  </section>`;
}

function confusionTable(confusion: ConfusionMatrix | undefined, name: string): TemplateResult {
  if (!confusion) return html`<p class="soft">${l10n.t("{0} answered no class.", name)}</p>`;
  const { classes, counts } = confusion;
  const most = Math.max(1, ...counts.flat());
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Confusion of {0}", name)}">
    <table class="confusion numbers">
      <caption>${name}</caption>
      <thead>
        <tr><th scope="col"><span class="visually-hidden">${l10n.t("label")}</span></th>${classes.map((predicted) => html`<th scope="col">${predicted}</th>`)}</tr>
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
    <h2>${l10n.t("Disagreements")}</h2>
    ${more ? html`<p class="soft">${l10n.t("The first {0}; all are in the export.", formatNumber(disagreements.length))}</p>` : nothing}
    <div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Disagreements")}">
      <table class="figures numbers">
        <thead>
          <tr>
            <th scope="col">${l10n.t("line")}</th><th scope="col">${l10n.t("label")}</th><th scope="col">${names.a}</th><th scope="col">${names.b}</th><th scope="col">${l10n.t("row")}</th>
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
  if (failure !== undefined) return l10n.t("✗ failed: {0}", failure.slice(0, 120));
  if (predicted === undefined) return values?.map((value) => formatNumber(value, 4)).join(", ") ?? l10n.t("no number");
  const mark = label === undefined ? "" : predicted === label ? "✓ " : "✗ ";
  const best = values && values.length > 1 ? ` ${fixedText(Math.max(...values), 3)}` : "";
  return `${mark}${predicted}${best}`;
}

function cellsView({ body }: ComparedRow, features: readonly string[]): TemplateResult {
  const cells = readCsv(body)[0]?.cells ?? [];
  if (features.length !== cells.length) return html`<span class="cells">${body}</span>`;
  return html`<details>
    <summary><span class="cells">${body}</span></summary>
    <dl class="features">${features.map((name, i) => html`<dt>${name}</dt><dd>${cells[i] || l10n.t("missing")}</dd>`)}</dl>
  </details>`;
}

function showFailure({ code, message, hint }: OpsError): void {
  const element = document.createElement("div");
  render(errorMessage({ code, message, hint }), element);
  root.prepend(element);
}

host.transport.call(batchCompareRequests.ready, null).then(show, showFailure);
