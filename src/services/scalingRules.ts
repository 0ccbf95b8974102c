import * as l10n from "@vscode/l10n";
import { describeScaling } from "../aws/autoscaling.ts";
import { putSchedule, putSteps, readSchedules, readSteps, removeSchedule, removeSteps } from "../aws/scalingRules.ts";
import { OpsError } from "../domain/errors.ts";
import { type ScheduledCapacity, scheduleProblems } from "../domain/scheduledScaling.ts";
import { type StepSettings, stepProblems } from "../domain/stepScaling.ts";
import type { Connections } from "./connections.ts";

/** A variant with the limits that its rules act in. */
export interface ScalableVariant {
  endpointName: string;
  variantName: string;
  minInstances: number;
  maxInstances: number;
}

/** Step scaling and scheduled actions of variants, beside target tracking. */
export class ScalingRules {
  constructor(private readonly connections: Connections) {}

  /** @throws OpsError conflict for a variant that is not registered: rules need limits */
  async variant(endpointName: string, variantName: string): Promise<ScalableVariant> {
    const [target] = await describeScaling(this.connections.clients(), endpointName, [variantName]);
    if (!target)
      throw new OpsError("conflict", l10n.t("Variant {0} of {1} does not scale yet.", variantName, endpointName), {
        hint: l10n.t("Give it a target-tracking policy first: it brings the limits."),
      });
    const { minInstances, maxInstances } = target;
    return { endpointName, variantName, minInstances, maxInstances };
  }

  /** Undefined where there are none on invocations per instance. */
  steps(variant: ScalableVariant): Promise<StepSettings | undefined> {
    return readSteps(this.connections.clients(), variant);
  }

  /** @throws OpsError badInput that names what is wrong */
  async applySteps(variant: ScalableVariant, settings: StepSettings): Promise<void> {
    refuse(l10n.t("The steps of {0}", variant.endpointName), stepProblems(settings));
    await putSteps(this.connections.clients(), variant, settings);
  }

  removeSteps(variant: ScalableVariant): Promise<void> {
    return removeSteps(this.connections.clients(), variant);
  }

  schedules(variant: ScalableVariant): Promise<ScheduledCapacity[]> {
    return readSchedules(this.connections.clients(), variant);
  }

  /** Puts and removes until the variant has the wanted actions. @throws OpsError badInput that names what is wrong */
  async applySchedules(variant: ScalableVariant, wanted: readonly ScheduledCapacity[]): Promise<void> {
    for (const action of wanted) refuse(l10n.t("Scheduled action {0}", action.name), scheduleProblems(action));
    const clients = this.connections.clients();
    const before = await readSchedules(clients, variant);
    for (const { name } of before)
      if (!wanted.some((action) => action.name === name)) await removeSchedule(clients, variant, name);
    for (const action of wanted)
      if (!before.some((known) => JSON.stringify(known) === JSON.stringify(action)))
        await putSchedule(clients, variant, action);
  }
}

function refuse(what: string, problems: string[]): void {
  if (problems.length > 0)
    throw new OpsError("badInput", l10n.t("{0} cannot be set so. {1}", what, problems.join(" ")), {
      hint: l10n.t("Correct it and repeat."),
    });
}
