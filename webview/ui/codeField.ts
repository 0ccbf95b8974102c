import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { highlight, type Language, MOST_CHARACTERS } from "./highlight.ts";

/** A coloured text as it stands. */
export function codeText(text: string, language: Language): TemplateResult {
  const tokens = highlight(text, language);
  return html`${tokens.map(({ text: part, kind }) => (kind === "plain" ? part : html`<span class="t-${kind}">${part}</span>`))}`;
}

/** A field for several lines whose text is coloured. */
interface CodeField {
  id: string;
  label: string;
  value: string;
  language: Language;
  placeholder: string;
  onInput(text: string): void;
}

/**
 * Chromium takes seconds to paste 10,000 rows over what Ctrl+A has selected, and a tenth of it over the same selection
 * that was set by places.
 */
function selectAnew(event: ClipboardEvent): void {
  const area = event.target as HTMLTextAreaElement;
  area.setSelectionRange(area.selectionStart, area.selectionEnd, area.selectionDirection);
}

/**
 * A text area over its own coloured copy: what is typed is seen in the copy below, so that selection, undo, spelling
 * and screen readers are those of the browser. Both share one grid cell, which grows with the text.
 */
export function codeField({ id, label, value, language, placeholder, onInput }: CodeField): TemplateResult {
  const isLong = value.length > MOST_CHARACTERS;
  const input = (event: Event) => onInput((event.target as HTMLTextAreaElement).value);
  // The last line break of a text has no height of its own; a character after it has.
  return html`<div class="code-field">
    <label for=${id}>${label}</label>
    <div class="code-box ${isLong ? "long" : ""}">
      ${
        isLong
          ? nothing
          : html`<pre class="code-paint" aria-hidden="true">${value ? codeText(value, language) : nothing}${"\u200b"}</pre>`
      }
      <textarea
        id=${id}
        class="code-input"
        spellcheck="false"
        autocapitalize="off"
        autocomplete="off"
        placeholder=${placeholder}
        .value=${live(value)}
        @input=${input}
        @paste=${selectAnew}
      ></textarea>
    </div>
  </div>`;
}
