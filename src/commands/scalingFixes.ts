import { env, l10n, Uri, window } from "vscode";
import { plural } from "../domain/plural.ts";
import type { ScalingAction, ScalingExplanation } from "../domain/scalingExplanation.ts";

import { commandStep, type NextStep } from "./nextSteps.ts";

/** Each cause's fix as a button, once, the first cause first. What they change they ask for themselves. */
export async function offerScalingFixes(
  endpointName: string,
  explanations: readonly ScalingExplanation[],
): Promise<void> {
  const findings = explanations.flatMap((explanation) => explanation.findings);
  const steps = new Map<string, NextStep>();
  for (const { action } of findings) {
    const step = action && stepOf(action, endpointName);
    if (step && !steps.has(step.title)) steps.set(step.title, step);
  }
  if (steps.size === 0) return;
  const text = l10n.t("{0} found that {1} does not scale as it could.", plural(findings.length, "cause"), endpointName);
  const picked = await window.showInformationMessage(text, ...steps.values());
  await picked?.run();
}

function stepOf(action: ScalingAction, endpointName: string): NextStep {
  const endpoint = { endpointName };
  switch (action.kind) {
    case "setLimits":
    case "editPolicy":
      return commandStep(l10n.t("Edit Scaling Policy…"), "sagemakerOps.endpoint.editScaling", endpoint);
    case "resumeScaling":
      return commandStep(l10n.t("Resume Scaling…"), "sagemakerOps.endpoint.resumeScaling", endpoint);
    case "explainFailure":
      return commandStep(l10n.t("Explain the Failure"), "sagemakerOps.endpoint.explain", endpoint);
    case "findTarget":
      return commandStep(l10n.t("Find My Target…"), "sagemakerOps.loadTest.findTarget", endpoint);
    case "openUrl":
      return { title: l10n.t("Open in AWS"), run: () => env.openExternal(Uri.parse(action.url, true)) };
  }
}
