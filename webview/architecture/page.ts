import * as l10n from "@vscode/l10n";
import { html, nothing, render, type TemplateResult } from "lit";
import type { Architecture } from "../../src/domain/architecture.ts";
import type { OpsError } from "../../src/domain/errors.ts";
import {
  type ArchitecturePageSnapshot,
  architectureChanged,
  architectureRequests,
} from "../../src/protocol/architecturePage.ts";
import { connectHost } from "../ipc.ts";
import { errorMessage } from "../ui/errorMessage.ts";
import { formatClock } from "../ui/format.ts";
import { registerComponents } from "../ui/toolkit.ts";
import { architecturePicture, KINDS, trafficText } from "./picture.ts";

registerComponents();
const host = connectHost<never>();
const root = document.getElementById("app") as HTMLElement;
/** Below these widths the boxes of the next form would be too small to read. */
const wide = window.matchMedia("(min-width: 1200px)");
const middle = window.matchMedia("(min-width: 600px)");
let snapshot: ArchitecturePageSnapshot | undefined;
let failure: OpsError | undefined;

function draw(): void {
  if (snapshot) render(pageView(snapshot), root);
}

function show(next: ArchitecturePageSnapshot): void {
  snapshot = next;
  draw();
}

const ask = (request: (typeof architectureRequests)["retry"]) =>
  void host.transport.call(request, null).catch(showFailure);

function open(id: string): void {
  failure = undefined;
  void host.transport.call(architectureRequests.openPart, id).catch(showFailure);
}

function showFailure(error: OpsError): void {
  failure = error;
  draw();
}

function pageView({
  title,
  place,
  simulated,
  architecture,
  readAtMs,
  error,
}: ArchitecturePageSnapshot): TemplateResult {
  return html`<header class="page-head">
      <h1>${title}</h1>
      <span class="soft">${place || l10n.t("not connected")}${simulated ? l10n.t(" · simulated instances") : ""}</span>
      ${readAtMs === undefined ? nothing : html`<span class="soft numbers">${l10n.t("As of {0}", formatClock(readAtMs))}</span>`}
    </header>
    <main>
      ${error ? errorMessage(error, { label: l10n.t("Retry"), run: () => ask(architectureRequests.retry) }) : nothing}
      ${failure ? errorMessage(failure) : nothing} ${content(architecture, place)}
    </main>`;
}

function content(architecture: Architecture | undefined, place: string): TemplateResult {
  if (snapshot?.canDeploy) {
    const deploy = () => ask(architectureRequests.deploy);
    return html`<div class="empty">
      <p>${l10n.t("The project's stack is not deployed here. When it is, its parts are drawn with their states and rates.")}</p>
      <vscode-button @click=${deploy}>${l10n.t("Deploy…")}</vscode-button>
    </div>`;
  }
  if (!place)
    return html`<p class="soft">${l10n.t("Connect to AWS or start the sandbox to see the architecture.")}</p>`;
  if (!architecture) return html`<p class="soft" role="status">${l10n.t("Reading the parts and their rates…")}</p>`;
  if (architecture.parts.length === 0)
    return html`<p class="soft">${l10n.t("The stack has no part that takes requests.")}</p>`;
  const form = wide.matches ? "row" : middle.matches ? "rows" : "column";
  return html`${summaryView(architecture)} ${architecturePicture(architecture, form, open)} ${tableView(architecture)}`;
}

/** What is wrong, or that nothing is: said politely, and only when it is another thing than before. */
function summaryView({ parts, isMoving }: Architecture): TemplateResult {
  const cause = parts.find((part) => part.isCause);
  const text = cause
    ? [l10n.t("✕ {0} {1} fails", KINDS[cause.kind], cause.name), cause.reason].filter(Boolean).join(": ")
    : isMoving
      ? l10n.t("◌ Something is changing; the picture follows")
      : l10n.t("● All parts are up");
  return html`<p role="status" class="summary">${text}</p>`;
}

/** The picture in words. */
function tableView({ parts }: Architecture): TemplateResult {
  return html`<details class="twin">
    <summary>${l10n.t("Table")}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Parts")}">
      <table class="figures numbers">
        <thead>
          <tr>
            <th scope="col">${l10n.t("part")}</th><th scope="col">${l10n.t("name")}</th><th scope="col">${l10n.t("state")}</th><th scope="col">${l10n.t("more")}</th><th scope="col">${l10n.t("requests")}</th>
          </tr>
        </thead>
        <tbody>
          ${parts.map(
            (part) => html`<tr>
              <td>${KINDS[part.kind]}</td>
              <th scope="row"><button type="button" class="link" @click=${() => open(part.id)}>${part.name}</button></th>
              <td>${part.status}${part.isCause ? l10n.t(" · fails here") : ""}</td>
              <td>${[part.detail, part.reason].filter(Boolean).join(" · ")}</td>
              <td>${trafficText(part) || l10n.t("not measured")}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

for (const width of [wide, middle]) width.addEventListener("change", draw);
host.transport.on(architectureChanged, show);
host.transport.call(architectureRequests.ready, null).then(show, ({ code, message, hint }: OpsError) => {
  render(errorMessage({ code, message, hint }), root);
});
