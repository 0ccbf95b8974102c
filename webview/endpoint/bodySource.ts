import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { ChosenFile } from "../../src/protocol/endpointPage.ts";
import { formatBytes } from "../ui/format.ts";
import { pictureOf } from "../ui/picture.ts";

/** A file as the body: its name, size and type, and what it shows where it is a picture. */
export function fileView(file: ChosenFile | undefined, choose: () => void): TemplateResult {
  const label = file ? "Choose another file…" : "Choose a file…";
  return html`<div class="body-source">
    ${
      file
        ? html`<div class="row">
              <strong title=${file.path}>${file.name}</strong>
              <span class="soft numbers">${formatBytes(file.bytes)} · ${file.contentType}</span>
            </div>
            ${file.picture ? pictureOf(file.id, file.picture, file.contentType, `Picture ${file.name}`) : nothing}`
        : html`<p class="soft">Any file is sent as it is: a picture, an array, a recording, rows.</p>`
    }
    <div><vscode-button appearance="secondary" @click=${choose}>${label}</vscode-button></div>
  </div>`;
}

/** An object that is in S3 already, as the input of an asynchronous request. */
export function objectView(inputLocation: string, change: (inputLocation: string) => void): TemplateResult {
  return html`<div class="body-source">
    <div class="header-field">
      <label for="input-location">Input in S3</label>
      <input
        id="input-location"
        type="text"
        placeholder="s3://bucket/folder/input.csv"
        maxlength="1100"
        spellcheck="false"
        .value=${live(inputLocation)}
        @input=${(event: Event) => change((event.target as HTMLInputElement).value.trim())}
      />
    </div>
    <p class="soft">The endpoint's role reads it; nothing is uploaded.</p>
  </div>`;
}
