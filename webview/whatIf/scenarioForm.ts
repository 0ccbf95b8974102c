import * as l10n from "@vscode/l10n";
import { html, type TemplateResult } from "lit";
import type { WhatIfScenario } from "../../src/domain/whatIf.ts";
import { MOST_SCENARIOS } from "../../src/protocol/limits.ts";
import { runColor } from "../ui/lineColors.ts";

type NumberKey =
  | "targetPerMinute"
  | "minInstances"
  | "maxInstances"
  | "scaleOutCooldownSeconds"
  | "scaleInCooldownSeconds"
  | "maxRpsPerInstance";

const columns: { key: NumberKey; label: string; unit: string; min: number; max: number; optional?: boolean }[] = [
  { key: "targetPerMinute", label: l10n.t("target"), unit: l10n.t("/instance/min"), min: 1, max: 1e9 },
  { key: "minInstances", label: l10n.t("min"), unit: l10n.t("instances"), min: 1, max: 1000 },
  { key: "maxInstances", label: l10n.t("max"), unit: l10n.t("instances"), min: 1, max: 1000 },
  { key: "scaleOutCooldownSeconds", label: l10n.t("out cooldown"), unit: "s", min: 0, max: 86_400, optional: true },
  { key: "scaleInCooldownSeconds", label: l10n.t("in cooldown"), unit: "s", min: 0, max: 86_400, optional: true },
  { key: "maxRpsPerInstance", label: l10n.t("holds"), unit: l10n.t("requests/s"), min: 0.01, max: 1e6, optional: true },
];

/** Scenarios as they are typed in, and what is to be done with them. */
export interface FormActions {
  change(index: number, scenario: WhatIfScenario): void;
  add(): void;
  remove(index: number): void;
}

/** One row a scenario; the first is what is in force and can be changed like the others. */
export function scenarioForm(
  scenarios: readonly WhatIfScenario[],
  instanceTypes: readonly string[],
  actions: FormActions,
): TemplateResult {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${l10n.t("Scenarios")}">
      <table class="figures scenarios cards">
        <thead>
          <tr>
            <th scope="col">${l10n.t("scenario")}</th>
            ${columns.map(({ label, unit }) => html`<th scope="col">${label} <span class="soft">${unit}</span></th>`)}
            <th scope="col">${l10n.t("instance type")}</th>
            <th scope="col"><span class="visually-hidden">${l10n.t("remove")}</span></th>
          </tr>
        </thead>
        <tbody>
          ${scenarios.map((scenario, i) => row(scenario, i, scenarios.length, instanceTypes, actions))}
        </tbody>
      </table>
    </div>
    <div class="row">
      <vscode-button
        appearance="secondary"
        ?disabled=${scenarios.length >= MOST_SCENARIOS}
        @click=${() => actions.add()}
        >${l10n.t("Add scenario")}</vscode-button
      >
      <span class="soft">${l10n.t("An empty cooldown is AWS's 300 s; an empty “holds” is the simulation's own figure for the type.")}</span>
    </div>`;
}

function row(
  scenario: WhatIfScenario,
  index: number,
  count: number,
  instanceTypes: readonly string[],
  actions: FormActions,
): TemplateResult {
  const set = (change: Partial<WhatIfScenario>) => actions.change(index, { ...scenario, ...change });
  const letter = letterOf(index);
  return html`<tr>
    <th scope="row">
      <span class="swatch ${index % 2 ? "dashed" : ""}" style="--series: var(${runColor(index)})"></span>${letter}
    </th>
    ${columns.map(
      ({ key, label, unit, min, max, optional }) => html`<td data-label="${label} ${unit}">
        <input
          type="number"
          aria-label="${l10n.t("{0} of {1}", label, letter)}"
          min=${key === "maxInstances" ? scenario.minInstances : min}
          max=${max}
          step=${key === "maxRpsPerInstance" ? "any" : 1}
          ?required=${!optional}
          .value=${String(scenario[key] ?? "")}
          @change=${(event: Event) => {
            const input = event.target as HTMLInputElement;
            if (!input.checkValidity()) {
              input.reportValidity();
              return;
            }
            set({ [key]: input.value === "" ? undefined : Number(input.value) });
          }}
        />
      </td>`,
    )}
    <td data-label=${l10n.t("instance type")}>
      <select
        aria-label="${l10n.t("instance type of {0}", letter)}"
        @change=${(event: Event) => set({ instanceType: (event.target as HTMLSelectElement).value })}
      >
        ${[...new Set([scenario.instanceType, ...instanceTypes])].map(
          (type) => html`<option value=${type} ?selected=${type === scenario.instanceType}>${type}</option>`,
        )}
      </select>
    </td>
    <td>
      <button class="link" type="button" aria-label="${l10n.t("Remove {0}", letter)}" ?disabled=${count < 2} @click=${() => actions.remove(index)}>
        ${l10n.t("Remove")}
      </button>
    </td>
  </tr>`;
}

/** A, B, C … */
export const letterOf = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index);
