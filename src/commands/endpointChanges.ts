import { window } from "vscode";
import { viewIds } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { formatHourly } from "../domain/cost.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import {
  type Guardrail,
  guardrailText,
  type ScalingSettings,
  scalingMeaning,
  scalingProblems,
  trafficShares,
  type VariantChange,
} from "../domain/endpointChange.ts";
import { OpsError } from "../domain/errors.ts";
import type { EndpointChanges, PreparedUpdate } from "../services/endpointChanges.ts";
import { type ProposedChange, proposeScalingEdit, proposeUpdateEdit } from "../services/projectEdits.ts";
import type { ScalingPause } from "../services/scalingPause.ts";
import { formatNumber, plural } from "../ui/format.ts";
import { previewEdits } from "../ui/previewEdits.ts";
import { confirmWithFacts, type FactRow, pickOne } from "../ui/prompts.ts";
import { type FormField, showQuickForm } from "../ui/quickForm.ts";
import { requireConnection } from "./connection.ts";
import { type EndpointCommandServices, findEndpoint } from "./endpoint.ts";
import { assertTrusted } from "./project.ts";
import type { CommandTable } from "./register.ts";

/** What the commands that change an endpoint work with. */
export interface ChangeServices extends EndpointCommandServices {
  changes: EndpointChanges;
  scalingPause: ScalingPause;
}

/** Commands that change an endpoint. */
export type ChangeCommandId =
  | "sagemakerOps.endpoint.editScaling"
  | "sagemakerOps.endpoint.suspendScaling"
  | "sagemakerOps.endpoint.resumeScaling"
  | "sagemakerOps.endpoint.update"
  | "sagemakerOps.endpoint.shiftTraffic";

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
      await update(services, endpoint, await pickVariant(endpoint));
    },
    "sagemakerOps.endpoint.shiftTraffic": async (from) =>
      shiftTraffic(services, await subject(services, from, "Shifting traffic")),
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

async function update(services: ChangeServices, endpoint: Endpoint, variantName: string): Promise<void> {
  const connection = requireConnection(services.connections);
  const variant = endpoint.variants.find(({ name }) => name === variantName);
  const change: VariantChange = { variantName };
  const options = { keepsCapacity: true, guardrail: undefined as Guardrail | undefined };
  const alarms = await services.changes.guardAlarms(endpoint.name);
  const applied = await showQuickForm({
    title: `Update ${endpoint.name} · ${variantName} · ${describeConnection(connection)}`,
    placeholder: "Pick a value to change it, the first row to go on; Escape changes nothing",
    apply: () => ({
      label: "$(check) Go on with these values",
      problem: change.instanceType || change.instanceCount || change.modelName ? undefined : "Change a value first",
    }),
    fields: [
      {
        label: "Instance type",
        get value() {
          return change.instanceType ?? variant?.instanceType ?? "serverless";
        },
        detail: "Such as ml.m5.xlarge",
        check: (text) =>
          /^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(text) ? undefined : "An instance type looks like ml.m5.large.",
        set: (text) => {
          change.instanceType = text === variant?.instanceType ? undefined : text;
        },
      },
      {
        label: "Instances",
        get value() {
          return String(change.instanceCount ?? variant?.desiredInstances ?? 1);
        },
        detail: "Number to start with, where capacity is not kept",
        check: (text) => (/^[1-9]\d{0,3}$/.test(text) ? undefined : "Give a whole number from 1."),
        set: (text) => {
          change.instanceCount = Number(text) === variant?.desiredInstances ? undefined : Number(text);
        },
      },
      {
        label: "Model",
        get value() {
          return change.modelName ?? variant?.modelName ?? "unknown";
        },
        detail: "Name of a SageMaker model in this account",
        check: (text) =>
          /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(text)
            ? undefined
            : "A model's name has letters, digits and hyphens.",
        set: (text) => {
          change.modelName = text === variant?.modelName ? undefined : text;
        },
      },
      {
        label: "Capacity",
        get value() {
          return options.keepsCapacity ? "keep the instances that scaling has started" : "start with the number above";
        },
        pick: async () => (options.keepsCapacity ? "start" : "keep"),
        set: (text) => {
          options.keepsCapacity = text === "keep";
        },
      },
      {
        label: "Traffic",
        get value() {
          return options.guardrail ? guardrailText(options.guardrail) : "all at once, without a guardrail";
        },
        pick: () => pickGuardrail(),
        set: (text) => {
          options.guardrail = guardrailOf(text, alarms);
        },
      },
    ],
    facts: () => [],
  });
  if (!applied) return;
  const prepared = await services.changes.prepareUpdate(endpoint.name, change, options.keepsCapacity);
  const where = await chooseWhere(services, endpoint, (project) => proposeUpdateEdit(project, change));
  if (where !== "account" || !(await confirmUpdate(services, prepared, options.guardrail))) return;
  await inView(services, `Updating ${endpoint.name}`, () => services.changes.update(prepared, options.guardrail));
}

const GUARDRAILS = ["none", "allAtOnce", "canary", "linear"] as const;

async function pickGuardrail(): Promise<string | undefined> {
  return pickOne<string>("How traffic moves to the new instances", [
    { label: "$(zap) All at once, without a guardrail", value: "none" },
    { label: "$(eye) All at once, watched", detail: "5 minutes; rolled back when an alarm fires", value: "allAtOnce" },
    {
      label: "$(beaker) Canary",
      detail: "10 % for 5 minutes, then the rest; rolled back when an alarm fires",
      value: "canary",
    },
    { label: "$(graph-line) Linear", detail: "25 % every 5 minutes; rolled back when an alarm fires", value: "linear" },
  ]);
}

const WAIT_SECONDS = 300;

function guardrailOf(text: string, alarms: string[]): Guardrail | undefined {
  const type = GUARDRAILS.find((name) => name === text);
  if (type === "canary") return { type, percent: 10, waitSeconds: WAIT_SECONDS, alarms };
  if (type === "linear") return { type, stepPercent: 25, waitSeconds: WAIT_SECONDS, alarms };
  return type === "allAtOnce" ? { type, waitSeconds: WAIT_SECONDS, alarms } : undefined;
}

function confirmUpdate(
  services: ChangeServices,
  { endpoint, change, warnings, beforeUsd, afterUsd }: PreparedUpdate,
  guardrail: Guardrail | undefined,
): Promise<boolean> {
  const connection = requireConnection(services.connections);
  const usd = (value: number | undefined) => (value === undefined ? "unknown" : formatHourly(value));
  const changed = [
    change.instanceType,
    change.instanceCount && plural(change.instanceCount, "instance"),
    change.modelName,
  ];
  return confirmWithFacts({
    title: `Update ${endpoint.name} in ${describeConnection(connection)}`,
    placeholder: "Pick the first row to update; Escape changes nothing",
    confirm: {
      label: `$(sync) Update ${endpoint.name}`,
      description: `account ${connection.accountId} · ${connection.region}`,
    },
    sections: [
      ...(warnings.length
        ? [{ name: "mind", rows: warnings.map(({ label, detail }) => ({ label: `$(warning) ${label}`, detail })) }]
        : []),
      {
        name: "what changes",
        rows: [
          { label: `$(server-process) ${change.variantName}`, description: changed.filter(Boolean).join(" · ") },
          { label: "$(arrow-swap) Traffic", description: guardrail ? guardrailText(guardrail) : "all at once" },
          {
            label: "$(credit-card) Cost",
            description: `${usd(beforeUsd)} → ${usd(afterUsd)}${connection.kind === "sandbox" ? " on AWS; nothing in the sandbox" : ""}`,
          },
        ],
      },
    ],
  });
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

/**
 * Where a change is made: what belongs to the project's stack is better changed in its files, so that nothing drifts.
 * @returns "account" when it is to be made there
 */
async function chooseWhere(
  services: ChangeServices,
  endpoint: Endpoint,
  propose: (project: NonNullable<ChangeServices["project"]["project"]>) => Promise<ProposedChange[]>,
): Promise<"account" | "files" | undefined> {
  const { project, endpointName, stack } = services.project;
  if (!project || endpointName !== endpoint.name) return "account";
  const connection = requireConnection(services.connections);
  const where = await pickOne<"account" | "files">(`${endpoint.name} belongs to stack ${stack?.name}`, [
    {
      label: "$(diff) Show the change of the project's files…",
      detail: "Nothing is written before you accept it; the next deployment puts it in force",
      value: "files",
    },
    {
      label: "$(zap) Change it in the account now",
      description: describeConnection(connection),
      detail: "The template does not know of it: the next deployment may set it back",
      value: "account",
    },
  ]);
  if (where === "files") await previewEdits(await propose(project));
  return where;
}

/** Shows work in the Endpoints view, and reads the endpoints anew when it is done. */
async function inView(services: ChangeServices, title: string, work: () => Promise<unknown>): Promise<void> {
  const running = work().finally(() => services.endpoints.refresh());
  // The list follows what is in transition while the work goes on.
  void services.endpoints.refresh();
  await window.withProgress({ location: { viewId: viewIds.endpoints }, title }, () => running);
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
