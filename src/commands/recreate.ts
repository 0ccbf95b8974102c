import { window } from "vscode";
import { viewIds } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { formatHourly, PRICES_AS_OF } from "../domain/cost.ts";
import type { EndpointConfig } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import type { KeptConfig } from "../services/endpointChanges.ts";
import { formatTime, plural } from "../ui/format.ts";
import { confirmWithFacts, pickOne } from "../ui/prompts.ts";
import { type ChangeServices, inView } from "./changeServices.ts";
import { requireConnection } from "./connection.ts";
import { assertTrusted } from "./project.ts";

/** SageMaker's rule for the name of an endpoint (API reference, CreateEndpoint). */
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** Makes an endpoint again from a configuration that was kept; says its cost and asks first. */
export async function recreateEndpoint(services: ChangeServices): Promise<void> {
  const connection = requireConnection(services.connections);
  assertTrusted("Creating an endpoint");
  const location = { viewId: viewIds.endpoints };
  const kept = await window.withProgress({ location }, () => services.changes.keptConfigs());
  if (kept.length === 0)
    throw new OpsError("notFound", `There are no endpoint configurations in ${connection.region}.`, {
      hint: "Deploy a project to have an endpoint.",
    });
  const picked = await pickOne<KeptConfig>(
    "Configuration to make an endpoint from",
    kept.map((config) => ({
      label: `$(settings-gear) ${config.name}`,
      description: config.createdAtMs === undefined ? "" : `made ${formatTime(config.createdAtMs, Date.now())}`,
      value: config,
    })),
    "Deleted endpoints leave their configurations; the newest is first",
  );
  if (!picked) return;
  const name = await askForName(services, picked.name);
  if (name === undefined) return;
  const { config, hourlyUsd } = await services.changes.configCost(picked.name);
  const onAws = connection.kind === "sandbox" ? " on AWS; nothing in the sandbox" : "";
  const confirmed = await confirmWithFacts({
    title: `Create endpoint ${name} in ${describeConnection(connection)}`,
    placeholder: "Pick the first row to create it; Escape creates nothing",
    confirm: {
      label: `$(add) Create endpoint ${name}`,
      description: `account ${connection.accountId} · ${connection.region}`,
    },
    sections: [
      {
        name: "what it means",
        rows: [
          {
            label: "$(credit-card) Cost",
            description:
              hourlyUsd === undefined
                ? "unknown: the price of an instance type is not known"
                : `about ${formatHourly(hourlyUsd)}${onAws}, prices of ${PRICES_AS_OF}`,
          },
          ...variantRows(config),
          { label: "$(info) Scaling", description: "none: a deleted endpoint's policies are gone with it" },
        ],
      },
    ],
  });
  if (!confirmed) return;
  await inView(services, `Creating endpoint ${name}`, () => services.changes.recreate(name, picked.name));
}

function variantRows({ variants }: EndpointConfig): { label: string; description: string }[] {
  return variants.map(({ name, instanceType, initialInstances }) => ({
    label: `$(server-process) ${name}`,
    description: instanceType ? `${instanceType} · ${plural(initialInstances ?? 1, "instance")}` : "serverless",
  }));
}

/** @returns undefined when nobody answered */
function askForName({ endpoints }: ChangeServices, configName: string): Promise<string | undefined> {
  const taken = new Set(endpoints.snapshot().endpoints.map(({ name }) => name));
  return Promise.resolve(
    window.showInputBox({
      title: "Name of the endpoint",
      prompt: "What sends to the endpoint needs the name that it had",
      // Configurations of updates carry a time, those of stacks an id that CloudFormation made.
      value: configName.replace(/-\d{14}$/, "").replace(/-?(endpoint-?)?config(uration)?.*$/i, "") || configName,
      ignoreFocusOut: true,
      validateInput: (text) => {
        if (!NAME.test(text.trim())) return "A name has up to 63 letters, digits and hyphens between them.";
        return taken.has(text.trim()) ? `There is an endpoint ${text.trim()} already.` : undefined;
      },
    }),
  ).then((text) => text?.trim());
}
