import {
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  type PutScalingPolicyCommandInput,
  PutScheduledActionCommand,
  type PutScheduledActionCommandInput,
  RegisterScalableTargetCommand,
  type RegisterScalableTargetCommandInput,
} from "@aws-sdk/client-application-auto-scaling";
import * as l10n from "@vscode/l10n";
import type { ScalingSettings } from "../domain/endpointChange.ts";
import { INVOCATIONS_METRIC } from "../domain/scalingExplanation.ts";
import { SAGEMAKER, variantResourceId } from "./autoscaling.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";
import { readStepAlarms, repointStepAlarms, type StepAlarm } from "./stepAlarms.ts";

/**
 * Registers a variant and puts its target-tracking policy: limits first, since a policy needs a registered target. An
 * existing policy on invocations keeps its name, and what is not part of the settings.
 * @returns name of the policy
 */
export function putScaling(
  clients: AwsClients,
  endpointName: string,
  variantName: string,
  settings: ScalingSettings,
): Promise<string> {
  const action = l10n.t("change the scaling of {0}, variant {1}", endpointName, variantName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    const client = await clients.autoscaling();
    const resource = { ...SAGEMAKER, ResourceId: variantResourceId(endpointName, variantName) };
    await client.send(
      new RegisterScalableTargetCommand({
        ...resource,
        MinCapacity: settings.minInstances,
        MaxCapacity: settings.maxInstances,
      }),
    );
    const { ScalingPolicies = [] } = await client.send(new DescribeScalingPoliciesCommand(resource));
    const known = ScalingPolicies.find(
      ({ TargetTrackingScalingPolicyConfiguration: tracking }) =>
        tracking?.PredefinedMetricSpecification?.PredefinedMetricType === INVOCATIONS_METRIC,
    );
    const PolicyName = known?.PolicyName ?? `${endpointName}-invocations`;
    await client.send(
      new PutScalingPolicyCommand({
        ...resource,
        PolicyName,
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: INVOCATIONS_METRIC },
          ...known?.TargetTrackingScalingPolicyConfiguration,
          TargetValue: settings.targetPerMinute,
          ScaleOutCooldown: settings.scaleOutCooldownSeconds,
          ScaleInCooldown: settings.scaleInCooldownSeconds,
        },
      }),
    );
    return PolicyName;
  });
}

/** Stops, or lets again, everything that changes a variant's number of instances by itself. */
export function suspendScaling(
  clients: AwsClients,
  endpointName: string,
  variantName: string,
  suspended: boolean,
): Promise<void> {
  const action = l10n.t(
    "{0} the scaling of {1}, variant {2}",
    suspended ? l10n.t("suspend") : l10n.t("resume"),
    endpointName,
    variantName,
  );
  return withAwsErrors({ action, region: clients.region }, async () => {
    await (await clients.autoscaling()).send(
      new RegisterScalableTargetCommand({
        ...SAGEMAKER,
        ResourceId: variantResourceId(endpointName, variantName),
        SuspendedState: {
          DynamicScalingInSuspended: suspended,
          DynamicScalingOutSuspended: suspended,
          ScheduledScalingSuspended: suspended,
        },
      }),
    );
  });
}

/** Everything of a variant's scaling, as it can be put again; JSON keeps it. */
export interface ScalingSnapshot {
  endpointName: string;
  variantName: string;
  target: RegisterScalableTargetCommandInput;
  policies: PutScalingPolicyCommandInput[];
  scheduledActions: PutScheduledActionCommandInput[];
  /** Alarms that step policies act on: a policy that is put anew has another ARN, which they have to name. */
  stepAlarms?: StepAlarm[];
}

/** What is registered for a variant; undefined when nothing is. */
export function readScalingSnapshot(
  clients: AwsClients,
  endpointName: string,
  variantName: string,
): Promise<ScalingSnapshot | undefined> {
  const action = l10n.t("read the scaling of {0}, variant {1}", endpointName, variantName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    const client = await clients.autoscaling();
    const ResourceId = variantResourceId(endpointName, variantName);
    const resource = { ...SAGEMAKER, ResourceId };
    const { ScalableTargets } = await client.send(
      new DescribeScalableTargetsCommand({ ...SAGEMAKER, ResourceIds: [ResourceId] }),
    );
    const found = ScalableTargets?.[0];
    if (!found) return undefined;
    const policies = await collect(
      (NextToken) => client.send(new DescribeScalingPoliciesCommand({ ...resource, NextToken })),
      (page) => page.ScalingPolicies,
      (page) => page.NextToken,
    );
    const actions = await collect(
      (NextToken) => client.send(new DescribeScheduledActionsCommand({ ...resource, NextToken })),
      (page) => page.ScheduledActions,
      (page) => page.NextToken,
    );
    const stepAlarms = await readStepAlarms(clients, policies);
    return {
      endpointName,
      variantName,
      stepAlarms,
      target: {
        ...resource,
        MinCapacity: found.MinCapacity,
        MaxCapacity: found.MaxCapacity,
        SuspendedState: found.SuspendedState,
      },
      policies: policies.map((policy) => ({
        ...resource,
        PolicyName: policy.PolicyName,
        PolicyType: policy.PolicyType,
        TargetTrackingScalingPolicyConfiguration: policy.TargetTrackingScalingPolicyConfiguration,
        StepScalingPolicyConfiguration: policy.StepScalingPolicyConfiguration,
      })),
      scheduledActions: actions.map((scheduled) => ({
        ...resource,
        ScheduledActionName: scheduled.ScheduledActionName,
        Schedule: scheduled.Schedule,
        Timezone: scheduled.Timezone,
        StartTime: scheduled.StartTime,
        EndTime: scheduled.EndTime,
        ScalableTargetAction: scheduled.ScalableTargetAction,
      })),
    };
  });
}

/** Takes a variant out of scaling; its policies and scheduled actions go with it (API reference). */
export function deregisterScaling(clients: AwsClients, endpointName: string, variantName: string): Promise<void> {
  const action = l10n.t("take {0}, variant {1}, out of scaling", endpointName, variantName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    const resource = { ...SAGEMAKER, ResourceId: variantResourceId(endpointName, variantName) };
    await (await clients.autoscaling()).send(new DeregisterScalableTargetCommand(resource));
  });
}

/** Puts back what a snapshot holds; may be repeated. */
export function restoreScaling(clients: AwsClients, snapshot: ScalingSnapshot): Promise<void> {
  const action = l10n.t("put back the scaling of {0}, variant {1}", snapshot.endpointName, snapshot.variantName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    const client = await clients.autoscaling();
    await client.send(new RegisterScalableTargetCommand(snapshot.target));
    for (const policy of snapshot.policies) {
      const { PolicyARN = "" } = await client.send(new PutScalingPolicyCommand(policy));
      await repointStepAlarms(clients, snapshot.stepAlarms ?? [], policy.PolicyName, PolicyARN);
    }
    for (const { StartTime, EndTime, ...scheduled } of snapshot.scheduledActions)
      await client.send(
        new PutScheduledActionCommand({ ...scheduled, StartTime: dateOf(StartTime), EndTime: dateOf(EndTime) }),
      );
  });
}

/** A date that went through JSON is a text. */
const dateOf = (value: Date | undefined) => (value === undefined ? undefined : new Date(value));
