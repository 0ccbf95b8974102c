import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { EndpointHeader } from "../../src/protocol/endpointPage.ts";
import { formatHourly } from "../ui/format.ts";

/** @param wanted how many there are, or `1→2` */
function instancesText(wanted: string, most: number | undefined, simulated: boolean): string {
  if (most !== undefined)
    return simulated
      ? l10n.t("{0} of at most {1} simulated instances", wanted, most)
      : l10n.t("{0} of at most {1} instances", wanted, most);
  if (wanted === "1") return simulated ? l10n.t("1 simulated instance") : l10n.t("1 instance");
  return simulated ? l10n.t("{0} simulated instances", wanted) : l10n.t("{0} instances", wanted);
}

/** The line beside an endpoint's name: its status, what serves it, and what that costs. */
export function statusView(endpoint: EndpointHeader, simulated: boolean): TemplateResult {
  const { status, currentInstances, desiredInstances, maxInstances, serverlessMost, hourlyUsd, failureReason } =
    endpoint;
  const kind = status === "InService" ? "" : status.endsWith("ing") ? "moving" : "bad";
  const wanted =
    currentInstances === desiredInstances ? `${currentInstances}` : `${currentInstances}→${desiredInstances}`;
  return html`<span class="status ${kind}">${status}</span>
    <span class="numbers">${
      serverlessMost === undefined
        ? instancesText(wanted, maxInstances, simulated)
        : l10n.t("serverless, at most {0} at once", serverlessMost)
    }</span>
    ${
      hourlyUsd === undefined
        ? nothing
        : html`<span class="soft numbers">${formatHourly(hourlyUsd)}${simulated ? l10n.t(" on AWS") : ""}</span>`
    }
    ${failureReason ? html`<span class="soft">${failureReason}</span>` : nothing}`;
}
