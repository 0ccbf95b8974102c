import * as l10n from "@vscode/l10n";
import { describeConnection } from "../domain/connection.ts";
import { formatHourly, unknownCostText } from "../domain/cost.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import { type Guardrail, guardrailText, type VariantChange } from "../domain/endpointChange.ts";
import { plural } from "../domain/plural.ts";
import type { PreparedUpdate } from "../services/endpointChanges.ts";
import { proposeUpdateEdit } from "../services/projectEdits.ts";

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
    title: l10n.t("Update {0} · {1} · {2}", endpoint.name, variantName, describeConnection(connection)),
    placeholder: l10n.t("Pick a value to change it, the first row to go on; Escape changes nothing"),
    apply: () => ({
      label: `$(check) ${l10n.t("Go on with these values")}`,
      problem:
        change.instanceType || change.instanceCount || change.modelName ? undefined : l10n.t("Change a value first"),
    }),
    fields: [
      {
        label: l10n.t("Instance type"),
        get value() {
          return change.instanceType ?? variant?.instanceType ?? l10n.t("serverless");
        },
        detail: l10n.t("Such as ml.m5.xlarge"),
        check: (text) =>
          /^ml\.[a-z0-9-]+\.[a-z0-9]+$/.test(text) ? undefined : l10n.t("An instance type looks like ml.m5.large."),
        set: (text) => {
          change.instanceType = text === variant?.instanceType ? undefined : text;
        },
      },
      {
        label: l10n.t("Instances"),
        get value() {
          return String(change.instanceCount ?? variant?.desiredInstances ?? 1);
        },
        detail: l10n.t("Number to start with, where capacity is not kept"),
        check: (text) => (/^[1-9]\d{0,3}$/.test(text) ? undefined : l10n.t("Give a whole number from 1.")),
        set: (text) => {
          change.instanceCount = Number(text) === variant?.desiredInstances ? undefined : Number(text);
        },
      },
      {
        label: l10n.t("Model"),
        get value() {
          return change.modelName ?? variant?.modelName ?? l10n.t("unknown");
        },
        detail: l10n.t("Name of a SageMaker model in this account"),
        check: (text) =>
          /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(text)
            ? undefined
            : l10n.t("A model's name has letters, digits and hyphens."),
        set: (text) => {
          change.modelName = text === variant?.modelName ? undefined : text;
        },
      },
      {
        label: l10n.t("Capacity"),
        get value() {
          return options.keepsCapacity
            ? l10n.t("keep the instances that scaling has started")
            : l10n.t("start with the number above");
        },
        pick: async () => (options.keepsCapacity ? "start" : "keep"),
        set: (text) => {
          options.keepsCapacity = text === "keep";
        },
      },
      {
        label: l10n.t("Traffic"),
        get value() {
          return options.guardrail ? guardrailText(options.guardrail) : l10n.t("all at once, without a guardrail");
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
  await inView(services, l10n.t("Updating {0}", endpoint.name), () =>
    services.changes.update(prepared, options.guardrail),
  );
}

const GUARDRAILS = ["none", "allAtOnce", "canary", "linear"] as const;

async function pickGuardrail(): Promise<string | undefined> {
  return pickOne<string>(l10n.t("How traffic moves to the new instances"), [
    { label: `$(zap) ${l10n.t("All at once, without a guardrail")}`, value: "none" },
    {
      label: `$(eye) ${l10n.t("All at once, watched")}`,
      detail: l10n.t("5 minutes; rolled back when an alarm fires"),
      value: "allAtOnce",
    },
    {
      label: `$(beaker) ${l10n.t("Canary")}`,
      detail: l10n.t("10 % for 5 minutes, then the rest; rolled back when an alarm fires"),
      value: "canary",
    },
    {
      label: `$(graph-line) ${l10n.t("Linear")}`,
      detail: l10n.t("25 % every 5 minutes; rolled back when an alarm fires"),
      value: "linear",
    },
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
  const missing =
    unknownCostText(endpoint) ?? unknownCostText({ arn: endpoint.arn, variants: changedVariants(endpoint, change) });
  const usd = (value: number | undefined) => (value === undefined ? l10n.t("unknown") : formatHourly(value));
  const changed = [
    change.instanceType,
    change.instanceCount && plural(change.instanceCount, "instance"),
    change.modelName,
  ];
  return confirmWithFacts({
    title: l10n.t("Update {0} in {1}", endpoint.name, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to update; Escape changes nothing"),
    confirm: {
      label: `$(sync) ${l10n.t("Update {0}", endpoint.name)}`,
      description: l10n.t("account {0} · {1}", connection.accountId, connection.region),
    },
    sections: [
      ...(warnings.length
        ? [
            {
              name: l10n.t("mind"),
              rows: warnings.map(({ label, detail }) => ({ label: `$(warning) ${label}`, detail })),
            },
          ]
        : []),
      {
        name: l10n.t("what changes"),
        rows: [
          { label: `$(server-process) ${change.variantName}`, description: changed.filter(Boolean).join(" · ") },
          {
            label: `$(arrow-swap) ${l10n.t("Traffic")}`,
            description: guardrail ? guardrailText(guardrail) : l10n.t("all at once"),
          },
          {
            label: `$(credit-card) ${l10n.t("Cost")}`,
            description: `${usd(beforeUsd)} → ${usd(afterUsd)}${connection.kind === "sandbox" ? l10n.t(" on AWS; nothing in the sandbox") : ""}`,
            detail: missing,
          },
        ],
      },
    ],
  });
}

/** The variants with the type that one of them gets. */
const changedVariants = ({ variants }: Endpoint, { variantName, instanceType }: VariantChange) =>
  variants.map((variant) =>
    variant.name === variantName ? { ...variant, instanceType: instanceType ?? variant.instanceType } : variant,
  );
