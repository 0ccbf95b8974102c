import * as l10n from "@vscode/l10n";
import type { EndpointStatus } from "./endpoint.ts";
import type { ScalableTarget, ScalingActivity } from "./scaling.ts";
import { findScalingCauses } from "./scalingCauses.ts";

/** What is known of a variant and its scaling when the question is asked. */
export interface ScalingFacts {
  endpointName: string;
  status: EndpointStatus;
  variantName: string;
  currentInstances: number;
  desiredInstances: number;
  target?: ScalableTarget;
  /** Newest first, with those that changed nothing. */
  activities: readonly ScalingActivity[];
  /** Invocations per instance and minute of the last whole minutes, oldest first; a minute without data is absent. */
  load: readonly { atMs: number; perMinute: number }[];
  /** How long a minute of the policy lasts here, ms; 60,000 on AWS. */
  periodMs?: number;
  /** When the facts were read, epoch ms. */
  nowMs?: number;
}

/** The causes that are told apart. */
export type ScalingCause =
  | "notInService"
  | "notRegistered"
  | "minEqualsMax"
  | "suspended"
  | "noPolicy"
  | "wrongMetric"
  | "wrongDimension"
  | "alarmLost"
  | "alarmDisabled"
  | "noData"
  | "atMaximum"
  | "inProgress"
  | "cooldown"
  | "targetAboveLoad"
  | "loadTooShort"
  | "quota"
  | "activityFailed"
  | "flapping"
  | "run";

/** What a front end can offer to do about a cause. */
export type ScalingAction =
  | { kind: "setLimits"; minInstances: number; maxInstances: number }
  | { kind: "resumeScaling" }
  | { kind: "editPolicy"; targetPerMinute?: number }
  | { kind: "explainFailure" }
  | { kind: "findTarget" }
  | { kind: "openUrl"; url: string };

/** One reason, what shows it, and what to do. */
export interface ScalingFinding {
  cause: string;
  evidence: string;
  fix: string;
  id?: ScalingCause;
  action?: ScalingAction;
  /** The fix as a command for a shell, where one line does it. */
  cli?: string;
}

/** The answer to "why did it, or did it not, scale?" */
export interface ScalingExplanation {
  endpointName: string;
  variantName: string;
  /** What happened last, in a sentence. */
  summary: string;
  findings: ScalingFinding[];
}

/** The predefined metric whose target says how many requests an instance is meant for. */
export const INVOCATIONS_METRIC = "SageMakerVariantInvocationsPerInstance";

/** Goes through everything that can keep a variant from scaling out, most basic first. */
export function explainScaling(facts: ScalingFacts): ScalingExplanation {
  const { endpointName, variantName } = facts;
  return { endpointName, variantName, summary: summarize(facts), findings: findScalingCauses(facts) };
}

/** The same for an endpoint that has no variant yet, or none any more. */
export function explainWithoutVariants(endpointName: string, status: EndpointStatus): ScalingExplanation {
  const instances = { currentInstances: 0, desiredInstances: 0 };
  const facts: ScalingFacts = { endpointName, status, variantName: "–", ...instances, activities: [], load: [] };
  const findings = findScalingCauses(facts).filter(({ id }) => id === "notInService");
  return {
    endpointName,
    variantName: "–",
    summary: l10n.t("Endpoint {0} has no variant in service.", endpointName),
    findings,
  };
}

function summarize({ activities, currentInstances, desiredInstances }: ScalingFacts): string {
  const last = activities.find((a) => !a.notScaledReasons.length);
  const now = l10n.t("{0} of {1} instances are in service", currentInstances, desiredInstances);
  if (!last) return l10n.t("No scaling activity is known; {0}.", now);
  return l10n.t(
    "{0} at {1} ({2}), because {3}; {4}.",
    last.description.replace(/\.$/, ""),
    new Date(last.startedAtMs).toISOString(),
    last.status,
    last.cause,
    now,
  );
}
