import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import { kindsFor, requestSnippet, type SnippetKind, type SnippetRequest } from "../../src/domain/requestSnippet.ts";
import type { ChosenFile, EndpointPageSnapshot, PredictParams } from "../../src/protocol/endpointPage.ts";

/**
 * The request with what is needed to send it from elsewhere; undefined while that is not known.
 * @param file the chosen body, where the request names one
 */
export function snippetRequest(
  { name, access }: EndpointPageSnapshot,
  params: PredictParams,
  file: ChosenFile | undefined,
): SnippetRequest | undefined {
  if (!access) return undefined;
  if (params.via === "api") {
    const { apiUrl: url, apiNeedsKey: needsKey } = access;
    return url ? { via: "api", url, features: params.features, needsKey } : undefined;
  }
  const { region, profile, endpointUrl } = access;
  const bodyPath = params.fileId === undefined ? undefined : file?.path;
  return { ...params, bodyPath, endpointName: name, region, profile, endpointUrl };
}

/** Buttons that copy the request as code. @param copied what was copied last, to be said */
export function copyAsView(
  request: SnippetRequest | undefined,
  copied: SnippetKind | undefined,
  copy: (kind: SnippetKind, text: string) => void,
  save: () => void,
): TemplateResult {
  if (!request) return html`${nothing}`;
  return html`<div class="row copy-as" role="group" aria-label="${l10n.t("Copy the request as")}">
    <span class="soft" aria-hidden="true">${l10n.t("Copy as")}</span>
    ${kindsFor(request.via, request.via === "endpoint" ? request.mode : undefined).map(
      (kind) => html`<button type="button" class="link" @click=${() => copy(kind, requestSnippet(kind, request))}>
        ${kind === "boto3" && request.via === "api" ? "Python" : kind}
      </button>`,
    )}
    ${
      request.via === "endpoint"
        ? html`<button type="button" class="link" title="${l10n.t("Adds it to a file *.predict.http of the project")}" @click=${save}>
            ${l10n.t("Save request…")}
          </button>`
        : nothing
    }
    <span class="soft" role="status">${copied ? l10n.t("✓ copied") : nothing}</span>
  </div>`;
}
