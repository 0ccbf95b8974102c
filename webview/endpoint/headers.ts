import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { live } from "lit/directives/live.js";
import { type HeaderKey, headerKeys, type InvocationMode, takesHeader } from "../../src/domain/invocation.ts";
import type { Draft } from "./draft.ts";

/** An endpoint that hosts inference components answers only who names one. */
export function componentChoice(
  components: readonly string[],
  { headers }: Draft,
  change: (change: Partial<Draft>) => void,
): TemplateResult {
  if (components.length === 0) return html`${nothing}`;
  const chosen = headers?.inferenceComponent ?? "";
  // One that was taken from the history may be gone: its refusal says so.
  const offered = components.includes(chosen) || chosen === "" ? components : [...components, chosen];
  return select(l10n.t("Inference component"), offered, chosen, (inferenceComponent) =>
    change({ headers: { ...headers, inferenceComponent } }),
  );
}

/** The variant has a choice of its own. */
type FieldKey = Exclude<HeaderKey, "targetVariant">;
const EXAMPLES: Record<FieldKey, string> = {
  accept: "application/json",
  targetModel: l10n.t("model-b.tar.gz (multi-model)"),
  targetContainer: l10n.t("host name (multi-container)"),
  inferenceComponent: l10n.t("name of the component"),
  customAttributes: l10n.t("passed on to the container"),
  sessionId: l10n.t("NEW_SESSION begins one"),
  inferenceId: l10n.t("its name in captured data"),
};
const LABELS: Record<FieldKey, string> = {
  accept: l10n.t("Accept"),
  targetModel: l10n.t("Target model"),
  targetContainer: l10n.t("Target container"),
  inferenceComponent: l10n.t("Inference component"),
  customAttributes: l10n.t("Custom attributes"),
  sessionId: l10n.t("Session id"),
  inferenceId: l10n.t("Inference id"),
};
const isField = (key: HeaderKey): key is FieldKey => key !== "targetVariant";

/** What few requests need, out of the way of the others. */
export function headersView(
  draft: Draft,
  mode: InvocationMode,
  hostsComponents: boolean,
  change: (change: Partial<Draft>) => void,
): TemplateResult {
  const headers = draft.headers ?? {};
  const fields = headerKeys
    .filter(isField)
    .filter((key) => takesHeader(mode, key) && !(hostsComponents && key === "inferenceComponent"));
  const used = fields.filter((key) => headers[key]).length;
  return html`<details class="more-headers">
    <summary>${l10n.t("Headers")}${used ? ` (${used})` : nothing}</summary>
    ${fields.map(
      (key) => html`<div class="header-field">
        <label for="h-${key}">${LABELS[key]}</label>
        <input
          id="h-${key}"
          type="text"
          placeholder=${EXAMPLES[key]}
          title=${EXAMPLES[key]}
          maxlength="1024"
          .value=${live(headers[key] ?? "")}
          @input=${(event: Event) => change({ headers: { ...headers, [key]: (event.target as HTMLInputElement).value } })}
        />
      </div>`,
    )}
  </details>`;
}

/** A choice of the editor's own look. */
export function select(
  label: string,
  options: readonly string[],
  chosen: string,
  set: (value: string) => void,
): TemplateResult {
  // Made anew with other options: the component names an option for screen readers once, when it is made.
  return html`${keyed(
    options.join("\n"),
    html`<vscode-dropdown
      aria-label=${label}
      @change=${(event: Event) => set((event.target as HTMLInputElement).value)}
    >
      ${options.map((option) => html`<vscode-option value=${option} ?selected=${option === chosen}>${option}</vscode-option>`)}
    </vscode-dropdown>`,
  )}`;
}
