import { describeConnection } from "../domain/connection.ts";
import { formatHourly } from "../domain/cost.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import { type Guardrail, guardrailText, type VariantChange } from "../domain/endpointChange.ts";
import type { PreparedUpdate } from "../services/endpointChanges.ts";
import { proposeUpdateEdit } from "../services/projectEdits.ts";
import { plural } from "../ui/format.ts";
import { confirmWithFacts, pickOne } from "../ui/prompts.ts";
import { showQuickForm } from "../ui/quickForm.ts";
import { type ChangeServices, chooseWhere, inView } from "./changeServices.ts";
import { requireConnection } from "./connection.ts";

/** Another instance type, number of instances or model for a variant, with a guardrail or without. */
export async function updateVariant(services: ChangeServices, endpoint: Endpoint, variantName: string): Promise<void> {
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
