import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { ChosenFile } from "../../src/protocol/endpointPage.ts";
import { formatBytes } from "../ui/format.ts";
import { pictureOf } from "../ui/picture.ts";

/** A file as the body: its name, size and type, and what it shows where it is a picture. */
export function fileView(file: ChosenFile | undefined, choose: () => void): TemplateResult {
  const label = file ? l10n.t("Choose another file…") : l10n.t("Choose a file…");
  return html`<div class="body-source">
    ${
      file
        ? html`<div class="row">
              <strong title=${file.path}>${file.name}</strong>
              <span class="soft numbers">${formatBytes(file.bytes)} · ${file.contentType}</span>
            </div>
            ${file.picture ? pictureOf(file.id, file.picture, file.contentType, l10n.t("Picture {0}", file.name)) : nothing}`
        : html`<p class="soft">${l10n.t("Any file is sent as it is: a picture, an array, a recording, rows.")}</p>`
    }
    <div><vscode-button appearance="secondary" @click=${choose}>${label}</vscode-button></div>
  </div>`;
}

/** An object that is in S3 already, as the input of an asynchronous request. */
export function objectView(inputLocation: string, change: (inputLocation: string) => void): TemplateResult {
  return html`<div class="body-source">
    <div class="header-field">
      <label for="input-location">${l10n.t("Input in S3")}</label>
      <input
        id="input-location"
        type="text"
        placeholder="${l10n.t("s3://bucket/folder/input.csv")}"
        maxlength="1100"
        spellcheck="false"
        .value=${live(inputLocation)}
        @input=${(event: Event) => change((event.target as HTMLInputElement).value.trim())}
      />
    </div>
    <p class="soft">${l10n.t("The endpoint's role reads it; nothing is uploaded.")}</p>
  </div>`;
}
