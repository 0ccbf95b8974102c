import {
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  PutScalingPolicyCommand,
  RegisterScalableTargetCommand,
  type ScalingPolicy as SdkPolicy,
} from "@aws-sdk/client-application-auto-scaling";
import * as l10n from "@vscode/l10n";
import type { ScalableTarget, ScalingActivity, ScalingPolicy } from "../domain/scaling.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { describeAlarms } from "./cloudwatch.ts";
import { collect } from "./paginate.ts";

/** What Application Auto Scaling calls the instances of a variant. */
export const SAGEMAKER = {
  ServiceNamespace: "sagemaker",
  ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
} as const;

/** Name of a variant at Application Auto Scaling. */
export const variantResourceId = (endpoint: string, variant: string) => `endpoint/${endpoint}/variant/${variant}`;

/** What is registered for the variants of an endpoint, with policies and the state of their alarms. */
export function describeScaling(
  clients: AwsClients,
  endpointName: string,
  variants: readonly string[],
): Promise<ScalableTarget[]> {
  const action = l10n.t("describe the scaling of endpoint {0}", endpointName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    if (!variants.length) return [];
    const client = await clients.autoscaling();
    const ids = variants.map((v) => variantResourceId(endpointName, v));
    const { ScalableTargets = [] } = await client.send(
      new DescribeScalableTargetsCommand({ ...SAGEMAKER, ResourceIds: ids }),
    );
    return Promise.all(
      ScalableTargets.map(async (t) => {
        const policies = await collect(
          (NextToken) =>
            client.send(new DescribeScalingPoliciesCommand({ ...SAGEMAKER, ResourceId: t.ResourceId, NextToken })),
          (page) => page.ScalingPolicies,
          (page) => page.NextToken,
        );
        const { DynamicScalingInSuspended, DynamicScalingOutSuspended } = t.SuspendedState ?? {};
        return {
          endpointName,
          variantName: variants[ids.indexOf(t.ResourceId ?? "")] ?? "",
          minInstances: t.MinCapacity ?? 0,
          maxInstances: t.MaxCapacity ?? 0,
          suspended: Boolean(DynamicScalingInSuspended || DynamicScalingOutSuspended),
          scaleOutSuspended: DynamicScalingOutSuspended ?? false,
          scaleInSuspended: DynamicScalingInSuspended ?? false,
          policies: await Promise.all(policies.map((p) => toPolicy(clients, p))),
        };
      }),
    );
  });
}

async function toPolicy(clients: AwsClients, p: SdkPolicy): Promise<ScalingPolicy> {
  const tracking = p.TargetTrackingScalingPolicyConfiguration;
  const custom = tracking?.CustomizedMetricSpecification;
  return {
    name: p.PolicyName ?? "",
    arn: p.PolicyARN ?? "",
    type:
      p.PolicyType === "TargetTrackingScaling" ? "targetTracking" : p.PolicyType === "StepScaling" ? "step" : "other",
    metric:
      tracking?.PredefinedMetricSpecification?.PredefinedMetricType ??
      (custom && `${custom.Namespace}/${custom.MetricName}`),
    target: tracking?.TargetValue,
    adjustments: p.StepScalingPolicyConfiguration?.StepAdjustments?.map(
      ({ ScalingAdjustment = 0 }) => ScalingAdjustment,
    ),
    scaleOutCooldownSeconds: tracking?.ScaleOutCooldown ?? p.StepScalingPolicyConfiguration?.Cooldown,
    scaleInCooldownSeconds: tracking?.ScaleInCooldown ?? p.StepScalingPolicyConfiguration?.Cooldown,
    alarms: await describeAlarms(
      clients,
      (p.Alarms ?? []).map((a) => a.AlarmName ?? ""),
    ),
  };
}

/** The newest scaling activities of a variant, newest first. */
export function describeActivities(
  clients: AwsClients,
  endpointName: string,
  variantName: string,
  options: { includeNotScaled?: boolean; most?: number } = {},
): Promise<ScalingActivity[]> {
  const action = l10n.t("describe the scaling activities of endpoint {0}", endpointName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    const answer = await (await clients.autoscaling()).send(
      new DescribeScalingActivitiesCommand({
        ...SAGEMAKER,
        ResourceId: variantResourceId(endpointName, variantName),
        IncludeNotScaledActivities: options.includeNotScaled,
        MaxResults: options.most ?? 50,
      }),
    );
    return (answer.ScalingActivities ?? []).map((a) => ({
      id: a.ActivityId ?? "",
      description: a.Description ?? "",
      cause: a.Cause ?? "",
      status: a.StatusCode ?? "",
      message: a.StatusMessage,
      startedAtMs: a.StartTime?.getTime() ?? 0,
      endedAtMs: a.EndTime?.getTime(),
      notScaledReasons: (a.NotScaledReasons ?? []).map((r) => r.Code ?? ""),
    }));
  });
}

/** Stops a target's policies from adding capacity, or lets them again; scale-in and limits stay as they are. */
export function suspendScaleOut(clients: AwsClients, target: ScalableTarget, suspended: boolean): Promise<void> {
  const action = l10n.t(
    "{0} the scale-out of endpoint {1}",
    suspended ? l10n.t("suspend") : l10n.t("resume"),
    target.endpointName,
  );
  return withAwsErrors({ action, region: clients.region }, async () => {
    await (await clients.autoscaling()).send(
      new RegisterScalableTargetCommand({
        ...SAGEMAKER,
        ResourceId: variantResourceId(target.endpointName, target.variantName),
        SuspendedState: { DynamicScalingOutSuspended: suspended },
      }),
    );
  });
}

/** Changes the target value of a target-tracking policy; PutScalingPolicy replaces all, so all else is put as it was. */
export function putPolicyTarget(
  clients: AwsClients,
  endpointName: string,
  variantName: string,
  policyName: string,
  targetValue: number,
): Promise<void> {
  const action = l10n.t("change policy {0} of endpoint {1}", policyName, endpointName);
  return withAwsErrors({ action, region: clients.region }, async () => {
    const client = await clients.autoscaling();
    const resource = { ...SAGEMAKER, ResourceId: variantResourceId(endpointName, variantName) };
    const { ScalingPolicies } = await client.send(
      new DescribeScalingPoliciesCommand({ ...resource, PolicyNames: [policyName] }),
    );
    const configuration = ScalingPolicies?.[0]?.TargetTrackingScalingPolicyConfiguration;
    await client.send(
      new PutScalingPolicyCommand({
        ...resource,
        PolicyName: policyName,
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: { ...configuration, TargetValue: targetValue },
      }),
    );
  });
}
