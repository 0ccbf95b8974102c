import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { dayText, fixedText } from "../../src/domain/numberText.ts";
import type { SentRequest } from "../../src/protocol/endpointPage.ts";
import { formatBytes, formatClock, formatMs } from "../ui/format.ts";

/** `200 · 14 ms · class_0 0.992` */
function resultText({ params, answer }: SentRequest, classes: readonly string[]): string {
  if (!answer) return l10n.t("no answer");
  const { status, latencyMs, best } = answer;
  const name = best && (best.label ?? classes[best.index] ?? l10n.t("class {0}", best.index));
  const named = best && `${name} ${fixedText(best.value, 3)}`;
  return [`${status}`, formatMs(latencyMs), params.via === "api" && "API", named].filter(Boolean).join(" · ");
}

/** Of another day with the day. */
function timeText(atMs: number): string {
  const isToday = new Date(atMs).toDateString() === new Date().toDateString();
  return isToday ? formatClock(atMs) : `${dayText(atMs)}, ${formatClock(atMs)}`;
}

/** The last requests; a click fills the form with one again. */
export function historyView(
  sent: readonly SentRequest[],
  classes: readonly string[],
  { take, clear }: { take(sent: SentRequest): void; clear(): void },
): TemplateResult {
  if (sent.length === 0) return html`${nothing}`;
  return html`<details class="history">
    <summary>${l10n.t("Last requests ({0})", sent.length)}</summary>
    <ol>
      ${sent.map(
        (each) => html`<li>
          <button
            type="button"
            class="plain"
            title="${each.leftOut === undefined ? l10n.t("Enter this request again") : l10n.t("Its body was too long to be kept")}"
            ?disabled=${each.leftOut !== undefined}
            @click=${() => take(each)}
          >
            <span class="numbers soft">${timeText(each.atMs)}</span>
            <span aria-hidden="true">${each.answer && !each.answer.failed ? "✓" : "✗"}</span>
            <span class="visually-hidden">${each.answer && !each.answer.failed ? l10n.t("answered") : l10n.t("failed")}</span>
            <span class="numbers">${resultText(each, classes)}</span>
            ${each.leftOut === undefined ? nothing : html`<span class="soft">${l10n.t("body of {0} not kept", formatBytes(each.leftOut))}</span>`}
          </button>
        </li>`,
      )}
    </ol>
    <button type="button" class="link" @click=${clear}>${l10n.t("Clear list…")}</button>
  </details>`;
}
