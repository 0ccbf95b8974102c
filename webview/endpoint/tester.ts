import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { type InvocationMode, rawContentTypes } from "../../src/domain/invocation.ts";
import type { ExampleRow, Feature, FeatureFile } from "../../src/domain/prediction.ts";
import type { SnippetKind } from "../../src/domain/requestSnippet.ts";
import type { EndpointPageSnapshot, SentRequest } from "../../src/protocol/endpointPage.ts";
import { codeField } from "../ui/codeField.ts";
import { languageOf } from "../ui/highlight.ts";
import { type AnswerActions, type AnswerShown, answerView, type Outcome } from "./answer.ts";
import { fileView, objectView } from "./bodySource.ts";
import { copyAsView, snippetRequest } from "./copyAs.ts";
import {
  type BodySource,
  bodyOf,
  type Draft,
  draftLacks,
  draftOf,
  formContentTypes,
  invocationOf,
  paramsOf,
  rawBodyNote,
} from "./draft.ts";
import { componentChoice, headersView, select } from "./headers.ts";
import { historyView } from "./history.ts";

/** What the tester tells the page. */
export interface TesterActions extends AnswerActions {
  change(change: Partial<Draft>): void;
  send(): void;
  stop(): void;
  clear(): void;
  chooseFile(): void;
  copy(kind: SnippetKind, text: string): void;
  save(): void;
}

/** What is shown beside what was entered. */
export interface TesterState {
  outcome: Outcome | undefined;
  sent: readonly SentRequest[];
  copied: SnippetKind | undefined;
  answerShown: AnswerShown;
  /** Inference components that the endpoint hosts. */
  components: readonly string[];
}

/** The prediction tester: a field for each feature, a raw body, a file or an object of S3, and the answer below. */
export function testerView(
  snapshot: EndpointPageSnapshot,
  draft: Draft,
  { outcome, sent, copied, answerShown, components }: TesterState,
  actions: TesterActions,
): TemplateResult {
  const { features, endpoint } = snapshot;
  const isAsync = endpoint?.isAsync ?? false;
  const sending = outcome?.kind === "sending";
  const blocked = blockedBecause(snapshot) || draftLacks(draft);
  const params = paramsOf(draft, features, isAsync);
  const mode = invocationOf(draft, isAsync);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!blocked && !sending && isReadable(event)) actions.send();
  };
  return html`<form class="tester" @submit=${submit} @keydown=${(event: KeyboardEvent) => sendOnEnter(event, submit)}>
    <div class="row spread">
      <h2>${l10n.t("Predict")}</h2>
      <div class="row">
        ${snapshot.access?.apiUrl && draft.mode === "form" ? viaSwitch(draft, actions) : nothing}
        ${sourceSwitch(draft, features, isAsync, actions)}
      </div>
    </div>
    ${source(snapshot, draft, actions)}
    <div class="row">
      <vscode-button type="submit" ?disabled=${Boolean(blocked) || sending} @click=${submit}>${l10n.t("Send")}</vscode-button>
      ${params.via === "api" ? html`<span class="soft">${l10n.t("as JSON to the project's API")}</span>` : contentTypeChoice(draft, actions)}
      ${params.via === "api" || mode === "async" ? nothing : variantChoice(endpoint?.variants ?? [], draft, actions)}
      ${params.via === "api" || mode === "async" ? nothing : componentChoice(components, draft, actions.change)}
      ${params.via === "api" ? nothing : modeSwitch(mode, actions)}
      ${sending ? stopView(params.via === "endpoint" && mode !== "now", actions) : nothing}
    </div>
    ${params.via === "api" ? nothing : headersView(draft, mode, components.length > 0, actions.change)}
    ${blocked ? html`<p class="soft">${blocked}</p>` : nothing}
    ${answerView(outcome, features?.classes ?? [], answerShown, actions)}
    ${copyAsView(snippetRequest(snapshot, params, draft.file), copied, actions.copy, actions.save)}
    ${historyView(sent, features?.classes ?? [], { take: (each) => actions.change(draftOf(each, features)), clear: actions.clear })}
  </form>`;
}

/** @param isLong such an answer takes its time as a rule */
function stopView(isLong: boolean, actions: TesterActions): TemplateResult {
  return html`<vscode-progress-ring aria-label="${l10n.t("Sending")}"></vscode-progress-ring>
    <vscode-button class=${isLong ? "" : "late"} appearance="secondary" @click=${() => actions.stop()}
      >${l10n.t("Stop")}</vscode-button
    >`;
}

function source({ features, examples }: EndpointPageSnapshot, draft: Draft, actions: TesterActions): TemplateResult {
  if (draft.mode === "form" && features) return form(features.features, examples, draft, actions);
  if (draft.mode === "file") return fileView(draft.file, actions.chooseFile);
  if (draft.mode === "s3")
    return objectView(draft.inputLocation ?? "", (inputLocation) => actions.change({ inputLocation }));
  return raw(draft, features, actions);
}

function blockedBecause({ endpoint, endpointError }: EndpointPageSnapshot): string {
  if (endpoint && !endpoint.takesTraffic) return l10n.t("The endpoint is {0} and takes no requests.", endpoint.status);
  return endpointError?.code === "notFound" ? l10n.t("There is no endpoint to send to.") : "";
}

/** What stands in a field and is no number has no value, and would go as a missing one: its field says so instead. */
function isReadable(event: Event): boolean {
  const form = (event.currentTarget as HTMLElement).closest("form");
  return form?.querySelector<HTMLInputElement>("input[type=number]:invalid")?.reportValidity() ?? true;
}

/** Enter sends from a field; in the text area it is Ctrl+Enter. */
function sendOnEnter(event: KeyboardEvent, submit: (event: Event) => void): void {
  const from = event.target as HTMLElement;
  const field = from instanceof HTMLInputElement;
  const area = from instanceof HTMLTextAreaElement;
  if (event.key === "Enter" && (field || (area && (event.ctrlKey || event.metaKey)))) submit(event);
}

function viaSwitch({ via }: Draft, { change }: TesterActions): TemplateResult {
  return html`<div class="segments" role="group" aria-label="${l10n.t("Where to send it")}">
    <button
      type="button"
      title="${l10n.t("InvokeEndpoint, signed with your credentials")}"
      aria-pressed=${via === "endpoint"}
      @click=${() => change({ via: "endpoint" })}
    >
      ${l10n.t("Endpoint")}
    </button>
    <button
      type="button"
      title="${l10n.t("Through API Gateway and the Lambda function, as the web page does it")}"
      aria-pressed=${via === "api"}
      @click=${() => change({ via: "api" })}
    >
      ${l10n.t("API")}
    </button>
  </div>`;
}

function sourceSwitch(
  draft: Draft,
  features: FeatureFile | undefined,
  isAsync: boolean,
  { change }: TesterActions,
): TemplateResult {
  const { mode, contentType, rawBody, file } = draft;
  const choices: { name: BodySource; label: string; shown: boolean; change: Partial<Draft> }[] = [
    {
      name: "form",
      label: l10n.t("Form"),
      shown: features !== undefined,
      change: { contentType: formContentTypes.includes(contentType) ? contentType : "text/csv" },
    },
    // What the form holds is a body to begin with; what was typed there before stays.
    {
      name: "raw",
      label: l10n.t("Raw body"),
      shown: true,
      change: { rawBody: rawBody || bodyOf(draft, features) },
    },
    { name: "file", label: l10n.t("File"), shown: true, change: file ? { contentType: file.contentType } : {} },
    { name: "s3", label: l10n.t("S3 object"), shown: isAsync, change: {} },
  ];
  return html`<div class="segments" role="group" aria-label="${l10n.t("How to enter the request")}">
    ${choices
      .filter(({ shown }) => shown)
      .map(
        ({ name, label, change: more }) => html`<button
          type="button"
          aria-pressed=${mode === name}
          @click=${() => change({ ...more, mode: name })}
        >
          ${label}
        </button>`,
      )}
  </div>`;
}

/** An asynchronous endpoint leaves no choice. */
function modeSwitch(mode: InvocationMode, { change }: TesterActions): TemplateResult {
  if (mode === "async")
    return html`<span class="soft" title="${l10n.t("InvokeEndpointAsync")}">${l10n.t("asynchronous, by way of S3")}</span>`;
  const choices: [InvocationMode, string, string][] = [
    ["now", l10n.t("Whole"), l10n.t("InvokeEndpoint: the answer comes when it is whole")],
    ["stream", l10n.t("Stream"), l10n.t("InvokeEndpointWithResponseStream: the answer is shown as it comes")],
  ];
  return html`<div class="segments" role="group" aria-label="${l10n.t("How the answer comes")}">
    ${choices.map(
      ([name, label, title]) => html`<button
        type="button"
        title=${title}
        aria-pressed=${mode === name}
        @click=${() => change({ invocation: name })}
      >
        ${label}
      </button>`,
    )}
  </div>`;
}

const OTHER_TYPE = l10n.t("other…");

/** A choice of the common ones, and a field for any other. */
function contentTypeChoice(draft: Draft, { change }: TesterActions): TemplateResult {
  const { mode, contentType } = draft;
  const offered: readonly string[] = mode === "form" ? formContentTypes : [...rawContentTypes, OTHER_TYPE];
  const isOther = !offered.includes(contentType);
  const pick = (chosen: string) => change({ contentType: chosen === OTHER_TYPE ? "" : chosen });
  const type = (event: Event) => change({ contentType: (event.target as HTMLInputElement).value.trim() });
  return html`${select(l10n.t("Content type"), offered, isOther ? OTHER_TYPE : contentType, pick)}
  ${
    isOther
      ? html`<input
          class="plain-input"
          type="text"
          aria-label="${l10n.t("Other content type")}"
          placeholder="application/x-npy"
          maxlength="200"
          .value=${live(contentType)}
          @input=${type}
        />`
      : nothing
  }`;
}

function form(
  features: readonly Feature[],
  examples: readonly ExampleRow[],
  draft: Draft,
  actions: TesterActions,
): TemplateResult {
  return html`${examples.length ? exampleChoice(features, examples, actions) : nothing}
    <fieldset class="fields">
      <legend class="visually-hidden">${l10n.t("Values of the features; an empty field is a missing value")}</legend>
      ${features.map((feature) => field(feature, draft, actions))}
    </fieldset>`;
}

function exampleChoice(
  features: readonly Feature[],
  examples: readonly ExampleRow[],
  { change }: TesterActions,
): TemplateResult {
  const take = (event: Event) => {
    const row = examples[Number((event.target as HTMLInputElement).value)];
    if (!row) return;
    const values = features.map(({ name }, i) => [name, Number.isFinite(row.values[i]) ? row.values[i] : null]);
    change({ values: Object.fromEntries(values) as Draft["values"] });
  };
  return html`<div class="choice">
    <span aria-hidden="true">${l10n.t("Start from an example")}</span>
    <vscode-dropdown aria-label="${l10n.t("Start from an example")}" @change=${take}>
      <vscode-option value="">${l10n.t("the defaults of the project")}</vscode-option>
      ${examples.map(({ label }, i) => html`<vscode-option value=${i}>${label}</vscode-option>`)}
    </vscode-dropdown>
  </div>`;
}

function field(
  { name, label, unit, min, max, step }: Feature,
  draft: Draft,
  { change }: TesterActions,
): TemplateResult {
  const value = draft.values[name] ?? null;
  const set = (event: Event) => {
    const { value: text } = event.target as HTMLInputElement;
    const number = text.trim() === "" ? Number.NaN : Number(text);
    change({ values: { ...draft.values, [name]: Number.isFinite(number) ? number : null } });
  };
  const outside = value !== null && (value < min || value > max);
  const share = Math.min(1, Math.max(0, ((value ?? min) - min) / (max - min || 1)));
  const range = l10n.t("{0} to {1}{2} in the data", min, max, unit ? ` ${unit}` : "");
  return html`<div class="field">
    <label for="f-${name}" title="${label}, ${range}">${label}${unit ? html` <span class="soft">${unit}</span>` : nothing}</label>
    <input
      id="f-${name}"
      type="number"
      step="any"
      placeholder="${l10n.t("missing")}"
      class=${outside ? "outside" : ""}
      .value=${live(value === null ? "" : String(value))}
      @input=${set}
    />
    <input
      type="range"
      aria-label="${label}, ${range}"
      style="--share: ${share}"
      min=${min}
      max=${max}
      step=${step}
      .value=${live(String(value ?? min))}
      @input=${set}
    />
    <span class="field-note no-number">${l10n.t("⚠ Not a number.")}</span>
    ${outside ? html`<span class="field-note">${l10n.t("⚠ Outside of the data: {0}.", range)}</span>` : nothing}
  </div>`;
}

function raw(draft: Draft, features: FeatureFile | undefined, { change }: TesterActions): TemplateResult {
  const note = rawBodyNote(draft, features);
  const { rawBody, contentType } = draft;
  return html`${codeField({
    id: "raw-body",
    label: l10n.t("Body"),
    value: rawBody,
    language: languageOf(contentType),
    placeholder: PLACEHOLDERS[languageOf(contentType)],
    onInput: (text) => change({ rawBody: text }),
  })}
  ${note ? html`<p class="field-note" role="status">⚠ ${note}</p>` : nothing}`;
}

const PLACEHOLDERS = {
  csv: l10n.t("One row a line, for example 14.23,1.71,2.43,…"),
  json: '{"instances": [[14.23, 1.71]]}',
  jsonl: '{"features": [14.23, 1.71]}',
  libsvm: "0 0:14.23 1:1.71 2:2.43",
  plain: l10n.t("The body as it is sent"),
} as const;

function variantChoice(variants: readonly string[], draft: Draft, { change }: TesterActions): TemplateResult {
  // With one variant there is nothing to choose.
  if (variants.length < 2) return html`${nothing}`;
  const byWeight = l10n.t("any variant, by weight");
  return select(l10n.t("Target variant"), [byWeight, ...variants], draft.variant || byWeight, (chosen) =>
    change({ variant: chosen === byWeight ? "" : chosen }),
  );
}
