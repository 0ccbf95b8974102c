import { l10n, window } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import { trafficShares } from "../domain/endpointChange.ts";
import { OpsError } from "../domain/errors.ts";
import { plural } from "../domain/plural.ts";
import { formatNumber } from "../ui/format.ts";
import { confirmWithFacts, pickOne } from "../ui/prompts.ts";
import { showQuickForm } from "../ui/quickForm.ts";
import { type ChangeServices, inView } from "./changeServices.ts";
import { requireConnection } from "./connection.ts";
import { findEndpoint } from "./endpoint.ts";
import { updateVariant } from "./endpointUpdate.ts";
import { recreateEndpoint } from "./recreate.ts";
import type { CommandTable } from "./register.ts";
import { editScaling } from "./scalingPolicy.ts";
import { assertTrusted } from "./trust.ts";

/** Commands that change an endpoint. */
export type ChangeCommandId =
  | "sagemakerOps.endpoint.editScaling"
  | "sagemakerOps.endpoint.suspendScaling"
  | "sagemakerOps.endpoint.resumeScaling"
  | "sagemakerOps.endpoint.update"
  | "sagemakerOps.endpoint.shiftTraffic"
  | "sagemakerOps.endpoint.recreate";

export function endpointChangeCommands(services: ChangeServices): Pick<CommandTable, ChangeCommandId> {
  return {
    "sagemakerOps.endpoint.editScaling": async (from) => {
      const endpoint = await subject(services, from, l10n.t("Changing the scaling"));
      await editScaling(services, endpoint, await pickVariant(endpoint));
    },
    "sagemakerOps.endpoint.suspendScaling": async (from) =>
      suspend(services, await subject(services, from, l10n.t("Suspending the scaling")), true),
    "sagemakerOps.endpoint.resumeScaling": async (from) =>
      suspend(services, await subject(services, from, l10n.t("Resuming the scaling")), false),
    "sagemakerOps.endpoint.update": async (from) => {
      const endpoint = await subject(services, from, l10n.t("Updating the endpoint"));
      await updateVariant(services, endpoint, await pickVariant(endpoint));
    },
    "sagemakerOps.endpoint.shiftTraffic": async (from) =>
      shiftTraffic(services, await subject(services, from, l10n.t("Shifting traffic"))),
    "sagemakerOps.endpoint.recreate": () => recreateEndpoint(services),
  };
}

async function subject(
  services: ChangeServices,
  from: Parameters<typeof findEndpoint>[1],
  what: string,
): Promise<Endpoint> {
  requireConnection(services.connections);
  assertTrusted(what);
  const { name } = await findEndpoint(services, from);
  return (await services.endpoints.detail(name, { fresh: true })).endpoint;
}

/** The only variant, or one that is picked. @throws OpsError cancelled */
async function pickVariant({ name, variants }: Endpoint): Promise<string> {
  const [first] = variants;
  if (!first)
    throw new OpsError("conflict", l10n.t("Endpoint {0} has no variants yet.", name), {
      hint: l10n.t("Wait until it is InService."),
    });
  if (variants.length === 1) return first.name;
  const choices = variants.map((variant) => ({
    label: `$(server-process) ${variant.name}`,
    description: [variant.instanceType, plural(variant.currentInstances, "instance")].filter(Boolean).join(" · "),
    value: variant.name,
  }));
  const picked = await pickOne(l10n.t("Variant of {0}", name), choices);
  if (picked === undefined) throw new OpsError("cancelled", l10n.t("No variant was picked."));
  return picked;
}

async function suspend(services: ChangeServices, endpoint: Endpoint, suspended: boolean): Promise<void> {
  const variantName = await pickVariant(endpoint);
  const connection = requireConnection(services.connections);
  const word = suspended ? l10n.t("Suspend") : l10n.t("Resume");
  const confirmed = await confirmWithFacts({
    title: l10n.t("{0} the scaling of {1} in {2}", word, endpoint.name, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to do it; Escape changes nothing"),
    confirm: {
      label: l10n.t("$({0}) {1} scaling of {2}", suspended ? "debug-pause" : "debug-continue", word, variantName),
      description: l10n.t("account {0} · {1}", connection.accountId, connection.region),
    },
    sections: [
      {
        name: l10n.t("what it means"),
        rows: [
          suspended
            ? {
                label: `$(info) ${l10n.t("The number of instances stays as it is")}`,
                detail: l10n.t("Policies and schedules are kept, and do nothing"),
              }
            : { label: `$(info) ${l10n.t("Policies and schedules change the number of instances again")}` },
        ],
      },
    ],
  });
  if (!confirmed) return;
  await inView(services, l10n.t("{0} scaling of {1}", word, endpoint.name), () =>
    services.changes.suspend(endpoint.name, variantName, suspended),
  );
}

async function shiftTraffic(services: ChangeServices, endpoint: Endpoint): Promise<void> {
  const { name, variants } = endpoint;
  if (variants.length < 2)
    throw new OpsError("conflict", l10n.t("Endpoint {0} has one variant: it gets all traffic.", name), {
      hint: l10n.t("Give the endpoint a configuration with another variant first."),
    });
  const connection = requireConnection(services.connections);
  const weights = Object.fromEntries(variants.map((variant) => [variant.name, variant.currentWeight]));
  const share = (of: string) => l10n.t("{0} % of the traffic", formatNumber(trafficShares(weights)[of] ?? 0, 1));
  const applied = await showQuickForm({
    title: l10n.t("Shift traffic of {0} in {1}", name, describeConnection(connection)),
    placeholder: l10n.t("Pick a variant to change its weight, the first row to shift; Escape changes nothing"),
    apply: () => ({
      label: `$(arrow-swap) ${l10n.t("Shift traffic")}`,
      description: variants.map((v) => `${v.name} ${share(v.name)}`).join(" · "),
      problem: Object.values(weights).some((weight) => weight > 0) ? undefined : l10n.t("No variant would get traffic"),
    }),
    fields: variants.map((variant) => ({
      label: variant.name,
      get value() {
        return String(weights[variant.name]);
      },
      get detail() {
        return share(variant.name);
      },
      check: (text: string) => (Number(text) >= 0 && text !== "" ? undefined : l10n.t("Give a weight from 0.")),
      set: (text: string) => {
        weights[variant.name] = Number(text);
      },
    })),
    facts: () => [],
  });
  if (!applied) return;
  await inView(services, l10n.t("Shifting traffic of {0}", name), () => services.changes.shiftTraffic(name, weights));
}

/** Scaling that an update took off and that never came back, as after a closed window, is offered to be put back. */
export async function offerPausedScaling({ scalingPause, endpoints }: ChangeServices): Promise<void> {
  for (const name of await scalingPause.list()) {
    const restore = l10n.t("Put It Back");
    const answer = await window.showWarningMessage(
      l10n.t("The scaling of endpoint {0} was taken off for an update that did not end here.", name),
      restore,
    );
    if (answer !== restore) continue;
    await scalingPause.restore(name);
    await endpoints.refresh();
  }
}
