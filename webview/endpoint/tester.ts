import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { ExampleRow, Feature, FeatureFile } from "../../src/domain/prediction.ts";
import type { SnippetKind } from "../../src/domain/requestSnippet.ts";
import type { EndpointPageSnapshot, InvocationHeaders } from "../../src/protocol/endpointPage.ts";
import { answerView, type Outcome } from "./answer.ts";
import { copyAsView, snippetRequest } from "./copyAs.ts";
import { bodyOf, type Draft, formContentTypes, paramsOf, rawBodyNote, rawContentTypes } from "./draft.ts";
import { type HistoryEntry, historyView } from "./history.ts";

/** What the tester tells the page. */
export interface TesterActions {
  change(change: Partial<Draft>): void;
  send(): void;
  copy(kind: SnippetKind, text: string): void;
  save(): void;
}

/** What is shown beside what was entered. */
export interface TesterState {
  outcome: Outcome | undefined;
  history: readonly HistoryEntry[];
  copied: SnippetKind | undefined;
}

/** The prediction tester: a field for each feature, or a raw body, and the answer below. */
export function testerView(
  snapshot: EndpointPageSnapshot,
  draft: Draft,
  { outcome, history, copied }: TesterState,
  actions: TesterActions,
): TemplateResult {
  const { features, endpoint } = snapshot;
  const sending = outcome?.kind === "sending";
  const blocked = blockedBecause(snapshot);
  const params = paramsOf(draft, features);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!blocked && !sending) actions.send();
  };
  return html`<form class="tester" @submit=${submit} @keydown=${(event: KeyboardEvent) => sendOnEnter(event, submit)}>
    <div class="row spread">
      <h2>Predict</h2>
      <div class="row">
        ${snapshot.access?.apiUrl && draft.mode === "form" ? viaSwitch(draft, actions) : nothing}
        ${features ? modeSwitch(draft, features, actions) : nothing}
      </div>
    </div>
    ${draft.mode === "form" && features ? form(features.features, snapshot.examples, draft, actions) : raw(draft, features, actions)}
    <div class="row">
      <vscode-button type="submit" ?disabled=${Boolean(blocked) || sending} @click=${submit}>Send</vscode-button>
      ${
        params.via === "api"
          ? html`<span class="soft">as JSON to the project's API</span>`
          : select("Content type", contentTypes(draft), draft.contentType, (contentType) =>
              actions.change({ contentType }),
            )
      }
      ${params.via === "api" ? nothing : variantChoice(endpoint?.variants ?? [], draft, actions)}
      ${sending ? html`<vscode-progress-ring aria-label="Sending"></vscode-progress-ring>` : nothing}
    </div>
    ${params.via === "api" ? nothing : headersView(draft, actions)}
    ${blocked ? html`<p class="soft">${blocked}</p>` : nothing}
    ${answerView(outcome, features?.classes ?? [])}
    ${copyAsView(snippetRequest(snapshot, params), copied, actions.copy, actions.save)}
    ${historyView(history, actions.change)}
  </form>`;
}

function blockedBecause({ endpoint, endpointError }: EndpointPageSnapshot): string {
  if (endpoint && !endpoint.takesTraffic) return `The endpoint is ${endpoint.status} and takes no requests.`;
  return endpointError?.code === "notFound" ? "There is no endpoint to send to." : "";
}

/** Enter sends from a field; in the text area it is Ctrl+Enter. */
function sendOnEnter(event: KeyboardEvent, submit: (event: Event) => void): void {
  const from = event.target as HTMLElement;
  const field = from instanceof HTMLInputElement;
  const area = from.tagName === "VSCODE-TEXT-AREA";
  if (event.key === "Enter" && (field || (area && (event.ctrlKey || event.metaKey)))) submit(event);
}

const contentTypes = ({ mode }: Draft) => (mode === "form" ? formContentTypes : rawContentTypes);

function viaSwitch({ via }: Draft, { change }: TesterActions): TemplateResult {
  return html`<div class="segments" role="group" aria-label="Where to send it">
    <button
      type="button"
      title="InvokeEndpoint, signed with your credentials"
      aria-pressed=${via === "endpoint"}
      @click=${() => change({ via: "endpoint" })}
    >
      Endpoint
    </button>
    <button
      type="button"
      title="Through API Gateway and the Lambda function, as the web page does it"
      aria-pressed=${via === "api"}
      @click=${() => change({ via: "api" })}
    >
      API
    </button>
  </div>`;
}

function modeSwitch(draft: Draft, features: FeatureFile, { change }: TesterActions): TemplateResult {
  const { mode, contentType, rawBody } = draft;
  // What the form holds is a body to begin with; what was typed there before stays.
  const toRaw = () => change({ mode: "raw", rawBody: rawBody || bodyOf(draft, features) });
  const toForm = () =>
    change({ mode: "form", contentType: formContentTypes.includes(contentType) ? contentType : "text/csv" });
  return html`<div class="segments" role="group" aria-label="How to enter the request">
    <button type="button" aria-pressed=${mode === "form"} @click=${toForm}>Form</button>
    <button type="button" aria-pressed=${mode === "raw"} @click=${toRaw}>Raw body</button>
  </div>`;
}

function form(
  features: readonly Feature[],
  examples: readonly ExampleRow[],
  draft: Draft,
  actions: TesterActions,
): TemplateResult {
  return html`${examples.length ? exampleChoice(features, examples, actions) : nothing}
    <fieldset class="fields">
      <legend class="visually-hidden">Values of the features; an empty field is a missing value</legend>
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
    <span aria-hidden="true">Start from an example</span>
    <vscode-dropdown aria-label="Start from an example" @change=${take}>
      <vscode-option value="">the defaults of the project</vscode-option>
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
  const range = `${min} to ${max}${unit ? ` ${unit}` : ""} in the data`;
  return html`<div class="field">
    <label for="f-${name}" title="${label}, ${range}">${label}${unit ? html` <span class="soft">${unit}</span>` : nothing}</label>
    <input
      id="f-${name}"
      type="number"
      step="any"
      placeholder="missing"
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
    ${outside ? html`<span class="field-note">⚠ Outside of the data: ${range}.</span>` : nothing}
  </div>`;
}

function raw(draft: Draft, features: FeatureFile | undefined, { change }: TesterActions): TemplateResult {
  const note = rawBodyNote(draft, features);
  const input = (event: Event) => change({ rawBody: (event.target as HTMLTextAreaElement).value });
  return html`<vscode-text-area
    class="raw"
    rows="12"
    resize="vertical"
    placeholder="One row a line, for example 14.23,1.71,2.43,…"
    .value=${live(draft.rawBody)}
    @input=${input}
    >Body</vscode-text-area
  >
  ${note ? html`<p class="field-note" role="status">⚠ ${note}</p>` : nothing}`;
}

function variantChoice(variants: readonly string[], draft: Draft, { change }: TesterActions): TemplateResult {
  // With one variant there is nothing to choose.
  if (variants.length < 2) return html`${nothing}`;
  const byWeight = "any variant, by weight";
  return select("Target variant", [byWeight, ...variants], draft.variant || byWeight, (chosen) =>
    change({ variant: chosen === byWeight ? "" : chosen }),
  );
}

const headerFields: { key: keyof InvocationHeaders; label: string; example: string }[] = [
  { key: "accept", label: "Accept", example: "application/json" },
  { key: "targetModel", label: "Target model", example: "model-b.tar.gz, of a multi-model endpoint" },
  { key: "inferenceComponent", label: "Inference component", example: "name of the component" },
  { key: "customAttributes", label: "Custom attributes", example: "passed on to the container" },
  { key: "sessionId", label: "Session id", example: "of a stateful model" },
];

/** What few requests need, out of the way of the others. */
function headersView(draft: Draft, { change }: TesterActions): TemplateResult {
  const headers = draft.headers ?? {};
  const used = headerFields.filter(({ key }) => headers[key]).length;
  return html`<details class="more-headers">
    <summary>Headers${used ? ` (${used})` : nothing}</summary>
    ${headerFields.map(
      ({ key, label, example }) => html`<div class="header-field">
        <label for="h-${key}">${label}</label>
        <input
          id="h-${key}"
          type="text"
          placeholder=${example}
          maxlength="1024"
          .value=${live(headers[key] ?? "")}
          @input=${(event: Event) => change({ headers: { ...headers, [key]: (event.target as HTMLInputElement).value } })}
        />
      </div>`,
    )}
  </details>`;
}

function select(
  label: string,
  options: readonly string[],
  chosen: string,
  set: (value: string) => void,
): TemplateResult {
  return html`<vscode-dropdown
    aria-label=${label}
    @change=${(event: Event) => set((event.target as HTMLInputElement).value)}
  >
    ${options.map((option) => html`<vscode-option value=${option} ?selected=${option === chosen}>${option}</vscode-option>`)}
  </vscode-dropdown>`;
}
