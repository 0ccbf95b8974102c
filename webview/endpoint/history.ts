import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { fixedText } from "../../src/domain/numberText.ts";
import { formatClock, formatMs } from "../ui/format.ts";
import type { Outcome } from "./answer.ts";
import type { Draft } from "./draft.ts";

/** A request that was sent, and what came of it. */
export interface HistoryEntry {
  atMs: number;
  draft: Draft;
  /** `200 · 14 ms · class_0 0.992` */
  result: string;
  ok: boolean;
}

const KEPT = 10;

/** The newest first. */
export function withEntry(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  return [entry, ...history].slice(0, KEPT);
}

/** An outcome in a few words. */
export function entryOf(draft: Draft, outcome: Outcome, classes: readonly string[]): HistoryEntry | undefined {
  if (outcome.kind === "sending") return undefined;
  const base = { atMs: Date.now(), draft };
  if (outcome.kind === "failed") return { ...base, ok: false, result: l10n.t("no answer") };
  const { status, latencyMs, probabilities, labels, error } = outcome.response;
  const best = probabilities && probabilities.length > 1 ? Math.max(...probabilities) : undefined;
  const index = best === undefined ? -1 : (probabilities?.indexOf(best) ?? -1);
  const named =
    best === undefined
      ? undefined
      : `${labels?.[index] ?? classes[index] ?? l10n.t("class {0}", index)} ${fixedText(best, 3)}`;
  const facts = [`${status}`, formatMs(latencyMs), draft.via === "api" && "API", named];
  return { ...base, ok: !error && status < 400, result: facts.filter(Boolean).join(" · ") };
}

/** The last requests; a click fills the form with one again. */
export function historyView(history: readonly HistoryEntry[], take: (draft: Draft) => void): TemplateResult {
  if (history.length === 0) return html`${nothing}`;
  return html`<details class="history">
    <summary>${l10n.t("Last requests ({0})", history.length)}</summary>
    <ol>
      ${history.map(
        ({ atMs, draft, result, ok }) => html`<li>
          <button type="button" class="plain" title="${l10n.t("Enter this request again")}" @click=${() => take(draft)}>
            <span class="numbers soft">${formatClock(atMs)}</span>
            <span aria-hidden="true">${ok ? "✓" : "✗"}</span>
            <span class="visually-hidden">${ok ? l10n.t("answered") : l10n.t("failed")}</span>
            <span class="numbers">${result}</span>
          </button>
        </li>`,
      )}
    </ol>
  </details>`;
}
