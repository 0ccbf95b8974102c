import { html, nothing, type TemplateResult } from "lit";
import type { WireError } from "../../src/protocol/transport.ts";

/** What happened, why, and what now: with the next step as a button. */
export function errorMessage(error: WireError, action?: { label: string; run(): void }): TemplateResult {
  return html`<div class="message" role="alert">
    <strong>${error.message}</strong>
    ${error.hint ? html`<span>${error.hint}</span>` : nothing}
    ${
      action
        ? html`<vscode-button appearance="secondary" @click=${() => action.run()}>${action.label}</vscode-button>`
        : nothing
    }
  </div>`;
}
