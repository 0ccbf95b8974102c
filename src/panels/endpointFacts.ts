import * as l10n from "@vscode/l10n";
import type { Connection } from "../domain/connection.ts";
import { type Endpoint, instanceTotals, takesTraffic } from "../domain/endpoint.ts";
import { alarmLabel } from "../domain/scaling.ts";
import { isStackInProgress, type Stack } from "../domain/stack.ts";
import type { ChartMark, DesiredStep, EndpointHeader } from "../protocol/endpointPage.ts";
import type { WireError } from "../protocol/transport.ts";
import type { ChartMoments } from "../services/chartMoments.ts";
import type { EndpointDetail } from "../services/endpoints.ts";

/** The line on top of an endpoint's page. */
export function header({ endpoint, config, targets, hourlyUsd }: EndpointDetail): EndpointHeader {
  const { current, desired } = instanceTotals(endpoint);
  const policies = targets.flatMap((target) => target.policies);
  const tracking = policies.find(({ metric }) => metric === "SageMakerVariantInvocationsPerInstance");
  return {
    status: endpoint.status,
    failureReason: endpoint.failureReason,
    currentInstances: current,
    desiredInstances: desired,
    maxInstances: targets.length ? targets.reduce((sum, { maxInstances }) => sum + maxInstances, 0) : undefined,
    hourlyUsd,
    variants: endpoint.variants.map(({ name }) => name),
    takesTraffic: takesTraffic(endpoint.status),
    targetPerMinute: tracking?.target,
    serverlessMost: serverlessMost(endpoint),
    isAsync: config?.async ? true : undefined,
  };
}

function serverlessMost({ variants }: Endpoint): number | undefined {
  const most = variants.flatMap(({ serverless }) => serverless?.maxConcurrency ?? []);
  return most.length && most.length === variants.length ? most.reduce((a, b) => a + b) : undefined;
}

/**
 * The number of instances that was wanted, from when it is known on: scaling activities say it, and the endpoint what
 * is wanted now. Of an endpoint with several variants the activities do not tell which one they are of.
 */
export function desiredSteps({ endpoint, activities }: EndpointDetail): DesiredStep[] {
  if (endpoint.variants.length !== 1 || serverlessMost(endpoint) !== undefined) return [];
  const steps = activities.flatMap(({ description, startedAtMs }) => {
    const count = /desired instance count to (\d+)/i.exec(description)?.[1];
    return count === undefined ? [] : [{ atMs: startedAtMs, count: Number(count) }];
  });
  const { desired } = instanceTotals(endpoint);
  const ordered = steps.sort((a, b) => a.atMs - b.atMs);
  const last = ordered.at(-1);
  // Somebody may have set it by hand since.
  if (last?.count !== desired) ordered.push({ atMs: Math.max(endpoint.modifiedAtMs, last?.atMs ?? 0), count: desired });
  return ordered;
}

/** Moments that explain a change of the figures: instances were added or taken, an alarm went off, a deployment. */
export function marks({ activities, targets, config }: EndpointDetail, moments: ChartMoments | undefined): ChartMark[] {
  const scaled = activities.filter(({ notScaledReasons }) => notScaledReasons.length === 0);
  const current = targets.flatMap(({ policies }) => policies.flatMap((policy) => policy.alarms));
  const isOn = current.filter(({ state, stateAtMs }) => state === "ALARM" && stateAtMs !== undefined);
  const alarms = moments?.alarms ?? isOn.map(({ name, stateAtMs = 0 }) => ({ name, atMs: stateAtMs }));
  return [
    ...scaled.map(({ startedAtMs, description }) => ({
      atMs: startedAtMs,
      text: description,
      kind: "scaled" as const,
    })),
    ...alarms.map(({ name, atMs }) => ({
      atMs,
      text: l10n.t("{0} went into ALARM", alarmLabel(name)),
      kind: "alarm" as const,
    })),
    ...(moments?.deployments ?? []).map(({ stackName, status, atMs }) => ({
      atMs,
      text: `${stackName}: ${status}`,
      kind: "deployed" as const,
    })),
    ...(config
      ? [{ atMs: config.createdAtMs, text: l10n.t("Deployed {0}", config.name), kind: "deployed" as const }]
      : []),
  ].sort((a, b) => a.atMs - b.atMs);
}

/** A line of a log among the marks of the charts. */
export function momentMark(atMs: number | undefined): ChartMark[] {
  return atMs === undefined ? [] : [{ atMs, text: l10n.t("The line of the log"), kind: "log" }];
}

/** What is said of an endpoint that is not, or no longer, there. */
export function goneError(
  name: string,
  connection: Connection | undefined,
  isProject: boolean,
  stack: Stack | undefined,
): WireError {
  const { kind, region = "", accountId = "" } = connection ?? {};
  const where =
    kind === "sandbox" ? l10n.t("the sandbox ({0})", region) : l10n.t("{0} of account {1}", region, accountId);
  const hint =
    stack && isStackInProgress(stack.status)
      ? l10n.t("Stack {0} is {1}: this page follows it.", stack.name, stack.status)
      : isProject
        ? l10n.t("Deploy the project to have it again; this page follows by itself.")
        : l10n.t("It may have been deleted; switch the region or the account if it is elsewhere.");
  return { code: "notFound", message: l10n.t("There is no endpoint {0} in {1}.", name, where), hint };
}
