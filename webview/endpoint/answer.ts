import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { fixedText } from "../../src/domain/numberText.ts";
import { plural } from "../../src/domain/plural.ts";
import type { AsyncPlaces, PredictionProgress } from "../../src/domain/prediction.ts";
import type { LogSpan, PredictionAnswer } from "../../src/protocol/endpointPage.ts";
import type { WireError } from "../../src/protocol/transport.ts";
import { codeText } from "../ui/codeField.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatBytes, formatMs, formatNumber } from "../ui/format.ts";
import { languageOf } from "../ui/highlight.ts";
import { pictureOf } from "../ui/picture.ts";
import { type LatencySplit, latencySplitView } from "./latencySplit.ts";

/** What came of the last request; `progress` is what is known of an answer that does not come at once. */
export type Outcome =
  | { kind: "sending"; progress?: PredictionProgress }
  | { kind: "answered"; response: PredictionAnswer; atMs: number; split?: LatencySplit; isApi: boolean }
  | { kind: "failed"; error: WireError };

/** What can be done with an answer. */
export interface AnswerActions {
  saveAnswer(): void;
  showLogs(span: LogSpan): void;
  showRaw(isRaw: boolean): void;
}

/** How an answer is looked at. */
export interface AnswerShown {
  /** As it came, instead of with JSON's lines. */
  isRaw: boolean;
}

/** A screen reader hears of an answer that comes in parts when it is whole: `aria-busy` keeps it waiting. */
export function answerView(
  outcome: Outcome | undefined,
  classes: readonly string[],
  shown: AnswerShown,
  actions: AnswerActions,
): TemplateResult {
  const isComing = outcome?.kind === "sending" && outcome.progress?.kind === "stream";
  return html`<div class="answer" role="status" aria-live="polite" aria-busy=${isComing ? "true" : "false"}>
    ${content(outcome, classes, shown, actions)}
  </div>`;
}

function content(
  outcome: Outcome | undefined,
  classes: readonly string[],
  shown: AnswerShown,
  actions: AnswerActions,
): TemplateResult {
  if (!outcome) return html`<span class="soft">${l10n.t("The answer will appear here.")}</span>`;
  if (outcome.kind === "sending")
    return outcome.progress
      ? coming(outcome.progress)
      : html`<span class="soft">${l10n.t("Waiting for the answer…")}</span>`;
  if (outcome.kind === "failed") return errorMessage(outcome.error);
  const { response, atMs, split, isApi } = outcome;
  return html`
    ${response.error ? errorMessage(refusal(response), logOf(response, atMs, actions)) : nothing}
    ${response.error && !response.stream ? nothing : html`${figures(response, classes, atMs)} ${moreRows(response)}`}
    <span class="soft numbers">${facts(response)}</span>
    ${latencySplitView(split, isApi)}
    ${response.async ? places(response.async, response.error ? "failed" : "answered") : nothing}
    ${response.binary ? nothing : body(response, shown, actions)}
    ${headersView(response.headers)}
    <button type="button" class="link" @click=${actions.saveAnswer}>${l10n.t("Save answer…")}</button>`;
}

/** A container says more in its log than it answers. */
function logOf({ error, latencyMs }: PredictionAnswer, atMs: number, { showLogs }: AnswerActions) {
  if (error?.originalStatus === undefined) return undefined;
  const run = () => showLogs({ fromMs: Math.floor(atMs - latencyMs - LOG_BEFORE_MS), toMs: Date.now() });
  return { label: l10n.t("Show log"), run };
}

/** Clocks differ, and a log's line may be older than its answer. */
const LOG_BEFORE_MS = 10_000;

function body(
  { body: text, contentType }: PredictionAnswer,
  { isRaw }: AnswerShown,
  { showRaw }: AnswerActions,
): TemplateResult {
  const language = languageOf(contentType);
  const isJson = language === "json";
  const choices: [boolean, string][] = [
    [false, l10n.t("Pretty")],
    [true, l10n.t("Raw")],
  ];
  return html`<details>
    <summary>${l10n.t("Response body")}</summary>
    ${
      isJson
        ? html`<div class="segments" role="group" aria-label="${l10n.t("How the body is shown")}">
            ${choices.map(
              ([raw, label]) =>
                html`<button type="button" aria-pressed=${raw === isRaw} @click=${() => showRaw(raw)}>${label}</button>`,
            )}
          </div>`
        : nothing
    }
    <pre tabindex="0">${text ? codeText(isJson && !isRaw ? pretty(text) : text, language) : l10n.t("(empty)")}</pre>
  </details>`;
}

function headersView(headers: PredictionAnswer["headers"]): TemplateResult {
  const rows = Object.entries(headers ?? {}).sort(([a], [b]) => a.localeCompare(b));
  if (rows.length === 0) return html`${nothing}`;
  return html`<details>
    <summary>${l10n.t("Response headers ({0})", rows.length)}</summary>
    <dl class="places">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
  </details>`;
}

/** What came until now, with how much that is: it is written on while it comes. */
function coming(progress: PredictionProgress): TemplateResult {
  const seconds = `${formatNumber(progress.elapsedMs / 1000, 1)} s`;
  if (progress.kind === "stream") {
    const { parts, bytes, firstPartMs, text } = progress;
    const first = firstPartMs === undefined ? "" : l10n.t(" · first after {0}", formatMs(firstPartMs));
    return html`<pre class="stream" tabindex="0">${text}</pre>
      <span class="soft numbers">${countParts(parts)} · ${formatBytes(bytes)}${first} · ${seconds}</span>`;
  }
  const doing =
    progress.state === "uploading" ? l10n.t("Uploading the input") : l10n.t("In the queue, or being worked on");
  return html`<strong>${doing} <span class="soft numbers">· ${seconds}</span></strong> ${places(progress)}
    ${
      progress.state === "waiting" && !progress.failureLocation
        ? html`<span class="soft"
            >${l10n.t("This endpoint writes no failures to S3: one that fails is seen in its log only. Stop ends the waiting.")}</span
          >`
        : nothing
    }`;
}

/** Where an asynchronous request lies in S3. */
function places(
  { inferenceId, inputLocation, outputLocation, failureLocation }: Partial<AsyncPlaces>,
  end?: "answered" | "failed",
): TemplateResult {
  const rows = [
    [l10n.t("inference"), inferenceId],
    [l10n.t("input"), inputLocation],
    // Only one of both is ever written.
    [l10n.t("output"), end === "failed" ? undefined : outputLocation],
    [l10n.t("failure"), end === "answered" ? undefined : failureLocation],
  ].filter(([, value]) => value);
  return html`<dl class="places">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

const countParts = (parts: number) => plural(parts, "part");

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}

/** Only the first row is drawn; the others are in the body. */
function moreRows({ body: text, labels }: PredictionAnswer): TemplateResult {
  const rows = labels ? 1 : countRows(text.trim());
  return rows < 2
    ? html`${nothing}`
    : html`<span class="soft">${l10n.t("The first of {0} rows; all are in the body.", formatNumber(rows))}</span>`;
}

function countRows(text: string): number {
  if (!/^[[{]/.test(text)) return text.split("\n").length;
  try {
    const whole: unknown = JSON.parse(text);
    const rows = (whole as { predictions?: unknown }).predictions ?? whole;
    return Array.isArray(rows) && typeof rows[0] === "object" ? rows.length : 1;
  } catch {
    // JSON lines.
    return text.split("\n").length;
  }
}

function facts(response: PredictionAnswer): string {
  const { status, latencyMs, variant, contentType, stream, newSessionId, closedSessionId, customAttributes } = response;
  return [
    `HTTP ${status}`,
    formatMs(latencyMs),
    variant,
    contentType,
    stream && countParts(stream.parts),
    stream?.firstPartMs !== undefined && l10n.t("first after {0}", formatMs(stream.firstPartMs)),
    stream?.stopped && l10n.t("stopped"),
    newSessionId && l10n.t("new session {0}", newSessionId),
    closedSessionId && l10n.t("closed session {0}", closedSessionId),
    customAttributes && l10n.t("attributes {0}", customAttributes),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Figures that are looked at one by one; all are in the body. */
const MOST_NUMBERS = 50;

/** Probabilities as bars, the most likely first; a single figure as it is. */
function figures(
  { probabilities, labels, body, binary, contentType, stream }: PredictionAnswer,
  classes: readonly string[],
  atMs: number,
): TemplateResult {
  if (binary) {
    const what = `${contentType ?? l10n.t("No content type")}, ${formatBytes(binary.bytes)}`;
    if (!binary.picture || !contentType) return html`<span>${what}</span>`;
    return html`<span>${what}</span>${pictureOf(l10n.t("answer {0}", atMs), binary.picture, contentType, l10n.t("Picture of the answer"))}`;
  }
  if (stream && !probabilities) return html`<pre class="stream" tabindex="0">${body}</pre>`;
  if (!probabilities) return html`<span>${body.slice(0, 200)}</span>`;
  if (probabilities.length === 1) return html`<strong class="numbers">${probabilities[0]}</strong>`;
  // Other rows of numbers are no shares of anything.
  if (probabilities.some((value) => value < 0 || value > 1))
    return html`<span class="numbers">${probabilities.slice(0, MOST_NUMBERS).join(", ")}${probabilities.length > MOST_NUMBERS ? "…" : nothing}</span>`;
  const rows = probabilities
    .map((value, i) => ({ name: labels?.[i] ?? classes[i] ?? l10n.t("class {0}", i), value }))
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST_NUMBERS);
  return html`<ol class="bars" aria-label="${l10n.t("Probabilities")}">
    ${rows.map(
      ({ name, value }, i) => html`<li class=${i === 0 ? "first" : ""}>
        <span>${name}</span>
        <span class="bar" style="--share: ${Math.min(1, Math.max(0, value))}" aria-hidden="true"></span>
        <span class="value">${fixedText(value, 3)}</span>
      </li>`,
    )}
  </ol>`;
}

/** A log's time stamp and source line in a container's message say nothing to the sender. */
const cleanReason = (text: string) => text.replace(/\[\d\d:\d\d:\d\d\] \S+\.(cc|cpp|h):\d+: /g, "");

/** What the container or SageMaker said, with what to do about it. */
function refusal({ status, error }: PredictionAnswer): WireError {
  const said = cleanReason(error?.originalMessage || error?.message || l10n.t("no reason was given"));
  if (error?.originalStatus !== undefined) {
    const wrong = error.originalStatus >= 400 && error.originalStatus < 500;
    return {
      code: "modelFailed",
      message: l10n.t("The model's container answered {0}: {1}", error.originalStatus, said),
      hint: wrong
        ? l10n.t("Check the number of values and the content type, and send again.")
        : l10n.t("The container failed; its log says more."),
    };
  }
  const hint =
    status === 429 || error?.code.startsWith("Throttling")
      ? l10n.t("The endpoint is asked too often: wait a moment, or let it scale out.")
      : status >= 500
        ? l10n.t("The endpoint is overloaded or starting: wait a moment and send again.")
        : l10n.t("Correct the request and send again.");
  return { code: "failed", message: `${error?.code ?? `HTTP ${status}`}: ${said}`, hint };
}
