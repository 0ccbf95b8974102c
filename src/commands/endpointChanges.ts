import { window } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import { formatHourly } from "../domain/cost.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import { type ScalingSettings, scalingMeaning, scalingProblems, trafficShares } from "../domain/endpointChange.ts";
import { OpsError } from "../domain/errors.ts";
import { proposeScalingEdit } from "../services/projectEdits.ts";
import { formatNumber, plural } from "../ui/format.ts";
import { confirmWithFacts, type FactRow, pickOne } from "../ui/prompts.ts";
import { type FormField, showQuickForm } from "../ui/quickForm.ts";
import { type ChangeServices, chooseWhere, inView } from "./changeServices.ts";
import { requireConnection } from "./connection.ts";
import { findEndpoint } from "./endpoint.ts";
import { updateVariant } from "./endpointUpdate.ts";
import { assertTrusted } from "./project.ts";
import { recreateEndpoint } from "./recreate.ts";
import type { CommandTable } from "./register.ts";

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
      const endpoint = await subject(services, from, "Changing the scaling");
      await editScaling(services, endpoint, await pickVariant(endpoint));
    },
    "sagemakerOps.endpoint.suspendScaling": async (from) =>
      suspend(services, await subject(services, from, "Suspending the scaling"), true),
    "sagemakerOps.endpoint.resumeScaling": async (from) =>
      suspend(services, await subject(services, from, "Resuming the scaling"), false),
    "sagemakerOps.endpoint.update": async (from) => {
      const endpoint = await subject(services, from, "Updating the endpoint");
      await updateVariant(services, endpoint, await pickVariant(endpoint));
    },
    "sagemakerOps.endpoint.shiftTraffic": async (from) =>
      shiftTraffic(services, await subject(services, from, "Shifting traffic")),
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
    throw new OpsError("conflict", `Endpoint ${name} has no variants yet.`, { hint: "Wait until it is InService." });
  if (variants.length === 1) return first.name;
  const choices = variants.map((variant) => ({
    label: `$(server-process) ${variant.name}`,
    description: [variant.instanceType, plural(variant.currentInstances, "instance")].filter(Boolean).join(" · "),
    value: variant.name,
  }));
  const picked = await pickOne(`Variant of ${name}`, choices);
  if (picked === undefined) throw new OpsError("cancelled", "No variant was picked.");
  return picked;
}

/** Rates at which it is told what settings mean, requests per second. */
const TOLD_RATES = [10, 100, 1000];

async function editScaling(services: ChangeServices, endpoint: Endpoint, variantName: string): Promise<void> {
  const { settings, instanceType, isRegistered, suspended } = await services.changes.scaling(
    endpoint.name,
    variantName,
  );
  const connection = requireConnection(services.connections);
  const edited: ScalingSettings = { ...settings };
  const field = (key: keyof ScalingSettings, label: string, detail: string): FormField => ({
    label,
    detail,
    get value() {
      return formatNumber(edited[key], 2);
    },
    check: (text) =>
      Number.isFinite(Number(text.replaceAll(",", ""))) && text !== "" ? undefined : `"${text}" is not a number.`,
    set: (text) => {
      edited[key] = Number(text.replaceAll(",", ""));
    },
  });
  const applied = await showQuickForm({
    title: `Scaling of ${endpoint.name} · ${variantName} · ${describeConnection(connection)}`,
    placeholder: "Pick a value to change it, the first row to go on; Escape changes nothing",
    apply: () => ({
      label: "$(check) Go on with these values",
      description: isRegistered
        ? suspended
          ? "scaling stays suspended"
          : undefined
        : "the variant does not scale yet",
      problem: scalingProblems(edited)[0],
    }),
    fields: [
      field("minInstances", "Minimum instances", "The fewest that scaling leaves"),
      field("maxInstances", "Maximum instances", "The most that scaling starts: they bound the cost"),
      field("targetPerMinute", "Target", "Invocations per instance and minute"),
      field("scaleOutCooldownSeconds", "Scale-out cooldown", "Seconds after a scale-out before the next one"),
      field("scaleInCooldownSeconds", "Scale-in cooldown", "Seconds after a scale-in before the next one"),
    ],
    facts: () => [{ name: "what it means", rows: TOLD_RATES.map((rate) => meaningRow(edited, instanceType, rate)) }],
  });
  if (!applied) return;
  const where = await chooseWhere(services, endpoint, (project) => proposeScalingEdit(project, settings, edited));
  if (where !== "account") return;
  await inView(services, `Changing the scaling of ${endpoint.name}`, () =>
    services.changes.applyScaling(endpoint.name, variantName, edited),
  );
}

function meaningRow(settings: ScalingSettings, instanceType: string | undefined, rate: number): FactRow {
  const { instances, wanted, hourlyUsd } = scalingMeaning(settings, instanceType, rate);
  const cost = hourlyUsd === undefined ? "cost unknown" : formatHourly(hourlyUsd);
  const limited =
    wanted > settings.maxInstances
      ? `the maximum; ${wanted} would be needed, so requests wait or fail`
      : wanted < instances
        ? "the minimum"
        : undefined;
  return {
    label: `$(pulse) At ${formatNumber(rate)} requests/s`,
    description: `${plural(instances, "instance")} · ${cost}`,
    detail: limited,
  };
}

async function suspend(services: ChangeServices, endpoint: Endpoint, suspended: boolean): Promise<void> {
  const variantName = await pickVariant(endpoint);
  const connection = requireConnection(services.connections);
  const word = suspended ? "Suspend" : "Resume";
  const confirmed = await confirmWithFacts({
    title: `${word} the scaling of ${endpoint.name} in ${describeConnection(connection)}`,
    placeholder: "Pick the first row to do it; Escape changes nothing",
    confirm: {
      label: `$(${suspended ? "debug-pause" : "debug-continue"}) ${word} scaling of ${variantName}`,
      description: `account ${connection.accountId} · ${connection.region}`,
    },
    sections: [
      {
        name: "what it means",
        rows: [
          suspended
            ? {
                label: "$(info) The number of instances stays as it is",
                detail: "Policies and schedules are kept, and do nothing",
              }
            : { label: "$(info) Policies and schedules change the number of instances again" },
        ],
      },
    ],
  });
  if (!confirmed) return;
  await inView(services, `${word} scaling of ${endpoint.name}`, () =>
    services.changes.suspend(endpoint.name, variantName, suspended),
  );
}

async function shiftTraffic(services: ChangeServices, endpoint: Endpoint): Promise<void> {
  const { name, variants } = endpoint;
  if (variants.length < 2)
    throw new OpsError("conflict", `Endpoint ${name} has one variant: it gets all traffic.`, {
      hint: "Give the endpoint a configuration with another variant first.",
    });
  const connection = requireConnection(services.connections);
  const weights = Object.fromEntries(variants.map((variant) => [variant.name, variant.currentWeight]));
  const share = (of: string) => `${formatNumber(trafficShares(weights)[of] ?? 0, 1)} % of the traffic`;
  const applied = await showQuickForm({
    title: `Shift traffic of ${name} in ${describeConnection(connection)}`,
    placeholder: "Pick a variant to change its weight, the first row to shift; Escape changes nothing",
    apply: () => ({
      label: "$(arrow-swap) Shift traffic",
      description: variants.map((v) => `${v.name} ${share(v.name)}`).join(" · "),
      problem: Object.values(weights).some((weight) => weight > 0) ? undefined : "No variant would get traffic",
    }),
    fields: variants.map((variant) => ({
      label: variant.name,
      get value() {
        return String(weights[variant.name]);
      },
      get detail() {
        return share(variant.name);
      },
      check: (text: string) => (Number(text) >= 0 && text !== "" ? undefined : "Give a weight from 0."),
      set: (text: string) => {
        weights[variant.name] = Number(text);
      },
    })),
    facts: () => [],
  });
  if (!applied) return;
  await inView(services, `Shifting traffic of ${name}`, () => services.changes.shiftTraffic(name, weights));
}

/** Scaling that an update took off and that never came back, as after a closed window, is offered to be put back. */
export async function offerPausedScaling({ scalingPause, endpoints }: ChangeServices): Promise<void> {
  for (const name of await scalingPause.list()) {
    const restore = "Put It Back";
    const answer = await window.showWarningMessage(
      `The scaling of endpoint ${name} was taken off for an update that did not end here.`,
      restore,
    );
    if (answer !== restore) continue;
    await scalingPause.restore(name);
    await endpoints.refresh();
  }
}
