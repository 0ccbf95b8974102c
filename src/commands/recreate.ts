import { l10n, window } from "vscode";
import { viewIds } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import { formatHourly, hourlyPrice, noPriceText, PRICES_AS_OF } from "../domain/cost.ts";
import type { EndpointConfig } from "../domain/endpoint.ts";
import { OpsError } from "../domain/errors.ts";
import { plural } from "../domain/plural.ts";
import type { KeptConfig } from "../services/endpointChanges.ts";
import { formatTime } from "../ui/format.ts";
import { confirmWithFacts, pickOne } from "../ui/prompts.ts";
import { type ChangeServices, inView } from "./changeServices.ts";
import { requireConnection } from "./connection.ts";
import { assertTrusted } from "./trust.ts";

/** SageMaker's rule for the name of an endpoint (API reference, CreateEndpoint). */
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** Makes an endpoint again from a configuration that was kept; says its cost and asks first. */
export async function recreateEndpoint(services: ChangeServices): Promise<void> {
  const connection = requireConnection(services.connections);
  assertTrusted(l10n.t("Creating an endpoint"));
  const location = { viewId: viewIds.endpoints };
  const kept = await window.withProgress({ location }, () => services.changes.keptConfigs());
  if (kept.length === 0)
    throw new OpsError("notFound", l10n.t("There are no endpoint configurations in {0}.", connection.region), {
      hint: l10n.t("Deploy a project to have an endpoint."),
    });
  const picked = await pickOne<KeptConfig>(
    l10n.t("Configuration to make an endpoint from"),
    kept.map((config) => ({
      label: `$(settings-gear) ${config.name}`,
      description:
        config.createdAtMs === undefined ? "" : l10n.t("made {0}", formatTime(config.createdAtMs, Date.now())),
      value: config,
    })),
    l10n.t("Deleted endpoints leave their configurations; the newest is first"),
  );
  if (!picked) return;
  const name = await askForName(services, picked.name);
  if (name === undefined) return;
  const { config, hourlyUsd } = await services.changes.configCost(picked.name);
  const onAws = connection.kind === "sandbox" ? l10n.t(" on AWS; nothing in the sandbox") : "";
  const confirmed = await confirmWithFacts({
    title: l10n.t("Create endpoint {0} in {1}", name, describeConnection(connection)),
    placeholder: l10n.t("Pick the first row to create it; Escape creates nothing"),
    confirm: {
      label: `$(add) ${l10n.t("Create endpoint {0}", name)}`,
      description: l10n.t("account {0} · {1}", connection.accountId, connection.region),
    },
    sections: [
      {
        name: l10n.t("what it means"),
        rows: [
          {
            label: `$(credit-card) ${l10n.t("Cost")}`,
            description:
              hourlyUsd === undefined
                ? unknownText(config, connection.region)
                : l10n.t("about {0}{1}, prices of {2}", formatHourly(hourlyUsd), onAws, PRICES_AS_OF),
          },
          ...variantRows(config),
          {
            label: `$(info) ${l10n.t("Scaling")}`,
            description: l10n.t("none: a deleted endpoint's policies are gone with it"),
          },
        ],
      },
    ],
  });
  if (!confirmed) return;
  await inView(services, l10n.t("Creating endpoint {0}", name), () => services.changes.recreate(name, picked.name));
}

/** Of which type the price is missing. */
function unknownText({ variants }: EndpointConfig, region: string): string {
  const type = variants.find(({ instanceType }) => instanceType && hourlyPrice(instanceType, region) === undefined);
  return type?.instanceType ? noPriceText(type.instanceType, region) : l10n.t("cost unknown");
}

function variantRows({ variants }: EndpointConfig): { label: string; description: string }[] {
  return variants.map(({ name, instanceType, initialInstances }) => ({
    label: `$(server-process) ${name}`,
    description: instanceType ? `${instanceType} · ${plural(initialInstances ?? 1, "instance")}` : l10n.t("serverless"),
  }));
}

/** @returns undefined when nobody answered */
function askForName({ endpoints }: ChangeServices, configName: string): Promise<string | undefined> {
  const taken = new Set(endpoints.snapshot().endpoints.map(({ name }) => name));
  return Promise.resolve(
    window.showInputBox({
      title: l10n.t("Name of the endpoint"),
      prompt: l10n.t("What sends to the endpoint needs the name that it had"),
      // Configurations of updates carry a time, those of stacks an id that CloudFormation made.
      value: configName.replace(/-\d{14}$/, "").replace(/-?(endpoint-?)?config(uration)?.*$/i, "") || configName,
      ignoreFocusOut: true,
      validateInput: (text) => {
        if (!NAME.test(text.trim())) return l10n.t("A name has up to 63 letters, digits and hyphens between them.");
        return taken.has(text.trim()) ? l10n.t("There is an endpoint {0} already.", text.trim()) : undefined;
      },
    }),
  ).then((text) => text?.trim());
}
