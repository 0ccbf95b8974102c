import { l10n } from "vscode";
import { describeConnection } from "../domain/connection.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import { type ScalingSettings, scalingMeaning, scalingProblems } from "../domain/endpointChange.ts";
import { OpsError } from "../domain/errors.ts";
import { DEFAULT_STEPS, stepsText } from "../domain/stepScaling.ts";
import { proposeScalingEdit } from "../services/projectEdits.ts";
import { formatNumber } from "../ui/format.ts";
import { type FactRow, pickOne } from "../ui/prompts.ts";
import { type FormField, showQuickForm } from "../ui/quickForm.ts";
import { type ChangeServices, chooseWhere, inView } from "./changeServices.ts";
import { requireConnection } from "./connection.ts";
import { formPlaceholder, meaningRow, numberField, type PricedBy, TOLD_RATES } from "./scalingForm.ts";
import { editSchedules, editSteps } from "./scalingRules.ts";

/** Chooses what of a variant's scaling is edited, told as it is now, and edits it. */
export async function editScaling(services: ChangeServices, endpoint: Endpoint, variantName: string): Promise<void> {
  const current = await services.changes.scaling(endpoint.name, variantName);
  const { settings, isRegistered } = current;
  if (!isRegistered && (await services.scalingPause.list()).includes(endpoint.name))
    throw new OpsError(
      "conflict",
      l10n.t("The scaling of {0} is taken off while the endpoint is updated.", endpoint.name),
      {
        hint: l10n.t("Wait until the endpoint is InService: it is put back then."),
      },
    );
  if (!isRegistered) return editTracking(services, endpoint, variantName, current);
  const variant = await services.scalingRules.variant(endpoint.name, variantName);
  const [steps, schedules] = await Promise.all([
    services.scalingRules.steps(variant),
    services.scalingRules.schedules(variant),
  ]);
  const connection = requireConnection(services.connections);
  const kind = await pickOne(
    l10n.t("Scaling of {0} · {1} · {2}", endpoint.name, variantName, describeConnection(connection)),
    [
      {
        label: `$(target) ${l10n.t("Target tracking")}`,
        description: l10n.t(
          "{0}–{1} instances, {2} invocations per instance and minute",
          settings.minInstances,
          settings.maxInstances,
          formatNumber(settings.targetPerMinute),
        ),
        detail: l10n.t("Keeps the load per instance at a value; the limits are set here, too"),
        value: "tracking",
      },
      {
        label: `$(arrow-up) ${l10n.t("Step scaling")}`,
        description: steps ? stepsText(steps.steps) : l10n.t("none"),
        detail: l10n.t("Adds more at once, the more load there is; the larger of both wins"),
        value: "steps",
      },
      {
        label: `$(calendar) ${l10n.t("Scheduled actions")}`,
        description: schedules.length > 0 ? schedules.map(({ name }) => name).join(", ") : l10n.t("none"),
        detail: l10n.t("Other limits at times that are known before"),
        value: "schedules",
      },
    ],
  );
  if (kind === "tracking") await editTracking(services, endpoint, variantName, current);
  if (kind === "steps")
    await editSteps(
      services,
      endpoint,
      variant,
      { instanceType: current.instanceType, region: connection.region },
      steps ?? DEFAULT_STEPS,
      steps !== undefined,
    );
  if (kind === "schedules") await editSchedules(services, endpoint, variant, current, schedules);
}

async function editTracking(
  services: ChangeServices,
  endpoint: Endpoint,
  variantName: string,
  { settings, instanceType, isRegistered, suspended }: Awaited<ReturnType<ChangeServices["changes"]["scaling"]>>,
): Promise<void> {
  const connection = requireConnection(services.connections);
  const edited: ScalingSettings = { ...settings };
  const field = (key: keyof ScalingSettings, label: string, detail: string): FormField =>
    numberField(
      label,
      detail,
      () => edited[key],
      (value) => {
        edited[key] = value;
      },
    );
  const applied = await showQuickForm({
    title: l10n.t("Scaling of {0} · {1} · {2}", endpoint.name, variantName, describeConnection(connection)),
    placeholder: formPlaceholder(),
    apply: () => ({
      label: `$(check) ${l10n.t("Go on with these values")}`,
      description: isRegistered
        ? suspended
          ? l10n.t("scaling stays suspended")
          : undefined
        : l10n.t("the variant does not scale yet"),
      problem: scalingProblems(edited)[0],
    }),
    fields: [
      field("minInstances", l10n.t("Minimum instances"), l10n.t("The fewest that scaling leaves")),
      field("maxInstances", l10n.t("Maximum instances"), l10n.t("The most that scaling starts: they bound the cost")),
      field("targetPerMinute", l10n.t("Target"), l10n.t("Invocations per instance and minute")),
      field(
        "scaleOutCooldownSeconds",
        l10n.t("Scale-out cooldown"),
        l10n.t("Seconds after a scale-out before the next one"),
      ),
      field(
        "scaleInCooldownSeconds",
        l10n.t("Scale-in cooldown"),
        l10n.t("Seconds after a scale-in before the next one"),
      ),
    ],
    facts: () => [
      {
        name: l10n.t("what it means"),
        // Of what cannot be there is nothing to tell, least of all a cost.
        rows: (scalingProblems(edited).length > 0 ? [] : TOLD_RATES).map((rate) =>
          trackingRow(edited, { instanceType, region: connection.region }, rate),
        ),
      },
    ],
  });
  if (!applied) return;
  const where = await chooseWhere(services, endpoint, (project) => proposeScalingEdit(project, settings, edited));
  if (where !== "account") return;
  await inView(services, l10n.t("Changing the scaling of {0}", endpoint.name), () =>
    services.changes.applyScaling(endpoint.name, variantName, edited),
  );
}

function trackingRow(settings: ScalingSettings, by: PricedBy, rate: number): FactRow {
  const meaning = scalingMeaning(settings, by.instanceType, rate, by.region);
  const { instances, wanted } = meaning;
  const limited =
    wanted > settings.maxInstances
      ? l10n.t("the maximum; {0} would be needed, so requests wait or fail", wanted)
      : wanted < instances
        ? l10n.t("the minimum")
        : undefined;
  return meaningRow(rate, meaning, limited, by);
}
