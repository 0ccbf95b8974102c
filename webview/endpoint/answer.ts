import { html, nothing, type TemplateResult } from "lit";
import type { PredictionResponse } from "../../src/domain/prediction.ts";
import type { WireError } from "../../src/protocol/transport.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatMs } from "../ui/format.ts";

/** What came of the last request. */
export type Outcome =
  | { kind: "sending" }
  | { kind: "answered"; response: PredictionResponse }
  | { kind: "failed"; error: WireError };

export function answerView(outcome: Outcome | undefined, classes: readonly string[]): TemplateResult {
  return html`<div class="answer" role="status" aria-live="polite">${content(outcome, classes)}</div>`;
}

function content(outcome: Outcome | undefined, classes: readonly string[]): TemplateResult {
  if (!outcome) return html`<span class="soft">The answer will appear here.</span>`;
  if (outcome.kind === "sending") return html`<span class="soft">Waiting for the answer…</span>`;
  if (outcome.kind === "failed") return errorMessage(outcome.error);
  const { response } = outcome;
  return html`
    ${response.error ? errorMessage(refusal(response)) : figures(response, classes)}
    ${response.error ? nothing : moreRows(response.body)}
    <span class="soft numbers">${facts(response)}</span>
    <details>
      <summary>Response body</summary>
      <pre tabindex="0">${response.body || "(empty)"}</pre>
    </details>`;
}

/** Only the first row is drawn; the others are in the body. */
function moreRows(body: string): TemplateResult {
  const rows = body.trim().startsWith("{") ? 1 : body.trim().split("\n").length;
  return rows < 2 ? html`${nothing}` : html`<span class="soft">The first of ${rows} rows; all are in the body.</span>`;
}

function facts({ status, latencyMs, variant, contentType }: PredictionResponse): string {
  return [`HTTP ${status}`, formatMs(latencyMs), variant, contentType].filter(Boolean).join(" · ");
}

/** Probabilities as bars, the most likely first; a single figure as it is. */
function figures({ probabilities, body }: PredictionResponse, classes: readonly string[]): TemplateResult {
  if (!probabilities) return html`<span>${body.slice(0, 200)}</span>`;
  if (probabilities.length === 1) return html`<strong class="numbers">${probabilities[0]}</strong>`;
  const rows = probabilities
    .map((value, i) => ({ name: classes[i] ?? `class ${i}`, value }))
    .sort((a, b) => b.value - a.value);
  return html`<ol class="bars" aria-label="Probabilities">
    ${rows.map(
      ({ name, value }, i) => html`<li class=${i === 0 ? "first" : ""}>
        <span>${name}</span>
        <span class="bar" style="--share: ${Math.min(1, Math.max(0, value))}" aria-hidden="true"></span>
        <span class="value">${value.toFixed(3)}</span>
      </li>`,
    )}
  </ol>`;
}

/** A log's time stamp and source line in a container's message say nothing to the sender. */
const cleanReason = (text: string) => text.replace(/\[\d\d:\d\d:\d\d\] \S+\.(cc|cpp|h):\d+: /g, "");

/** What the container or SageMaker said, with what to do about it. */
function refusal({ status, error }: PredictionResponse): WireError {
  const said = cleanReason(error?.originalMessage || error?.message || "no reason was given");
  if (error?.originalStatus !== undefined) {
    const wrong = error.originalStatus >= 400 && error.originalStatus < 500;
    return {
      code: "modelFailed",
      message: `The model's container answered ${error.originalStatus}: ${said}`,
      hint: wrong
        ? "Check the number of values and the content type, and send again."
        : "The container failed; its log says more.",
    };
  }
  const hint =
    status === 429 || error?.code.startsWith("Throttling")
      ? "The endpoint is asked too often: wait a moment, or let it scale out."
      : status >= 500
        ? "The endpoint is overloaded or starting: wait a moment and send again."
        : "Correct the request and send again.";
  return { code: "failed", message: `${error?.code ?? `HTTP ${status}`}: ${said}`, hint };
}
