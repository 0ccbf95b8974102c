import {
  DeleteScalingPolicyCommand,
  DeleteScheduledActionCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  type ScalingPolicy,
} from "@aws-sdk/client-application-auto-scaling";
import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  type MetricAlarm,
  PutMetricAlarmCommand,
} from "@aws-sdk/client-cloudwatch";
import * as l10n from "@vscode/l10n";
import type { ScheduledCapacity } from "../domain/scheduledScaling.ts";
import type { StepSettings } from "../domain/stepScaling.ts";
import { SAGEMAKER, variantResourceId } from "./autoscaling.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

interface VariantAddress {
  endpointName: string;
  variantName: string;
}

const target = ({ endpointName, variantName }: VariantAddress) => ({
  ...SAGEMAKER,
  ResourceId: variantResourceId(endpointName, variantName),
});

const does = (what: string, { endpointName, variantName }: VariantAddress, { region }: AwsClients) => ({
  action: l10n.t("{0} of {1}, variant {2}", what, endpointName, variantName),
  region,
});

const rises = (policy: ScalingPolicy) =>
  policy.StepScalingPolicyConfiguration?.StepAdjustments?.some(({ ScalingAdjustment = 0 }) => ScalingAdjustment > 0);

async function stepPolicies(clients: AwsClients, variant: VariantAddress): Promise<ScalingPolicy[]> {
  const client = await clients.autoscaling();
  const all = await collect(
    (NextToken) => client.send(new DescribeScalingPoliciesCommand({ ...target(variant), NextToken })),
    (page) => page.ScalingPolicies,
    (page) => page.NextToken,
  );
  return all.filter(({ PolicyType }) => PolicyType === "StepScaling");
}

async function alarmOf(clients: AwsClients, policy: ScalingPolicy | undefined): Promise<MetricAlarm | undefined> {
  if (!policy?.PolicyARN) return undefined;
  const client = await clients.cloudwatch();
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ ActionPrefix: policy.PolicyARN }));
  return MetricAlarms?.[0];
}

/** The steps of a variant, whoever made them; undefined when it has none, or such that go by another metric. */
export function readSteps(clients: AwsClients, variant: VariantAddress): Promise<StepSettings | undefined> {
  return withAwsErrors(does(l10n.t("read the scaling steps"), variant, clients), async () => {
    const policies = await stepPolicies(clients, variant);
    const out = policies.find(rises);
    const high = await alarmOf(clients, out);
    if (!out || high?.MetricName !== METRIC) return undefined;
    const low = await alarmOf(
      clients,
      policies.find((policy) => policy !== out),
    );
    const { StepAdjustments = [], Cooldown = 0 } = out.StepScalingPolicyConfiguration ?? {};
    const threshold = high.Threshold ?? 0;
    return {
      // Bounds are relative to the alarm's threshold.
      steps: StepAdjustments.map(({ MetricIntervalLowerBound = 0, ScalingAdjustment = 0 }) => ({
        fromPerMinute: threshold + MetricIntervalLowerBound,
        add: ScalingAdjustment,
      })),
      removeBelowPerMinute: low?.Threshold ?? 0,
      minutes: high.EvaluationPeriods ?? 1,
      cooldownSeconds: Cooldown,
    };
  });
}

const METRIC = "InvocationsPerInstance";

/** Minutes in a row of little load before an instance goes; target tracking waits as long (seen on AWS). */
const QUIET_MINUTES = 15;

/** Puts the steps of a registered variant: a policy and an alarm for each direction. May be repeated. */
export function putSteps(clients: AwsClients, variant: VariantAddress, settings: StepSettings): Promise<void> {
  return withAwsErrors(does(l10n.t("change the scaling steps"), variant, clients), async () => {
    const existing = await stepPolicies(clients, variant);
    const { steps, removeBelowPerMinute, minutes, cooldownSeconds } = settings;
    const threshold = steps[0]?.fromPerMinute ?? 0;
    const StepAdjustments = steps.map(({ fromPerMinute, add }, index) => ({
      MetricIntervalLowerBound: fromPerMinute - threshold,
      MetricIntervalUpperBound: steps[index + 1] && (steps[index + 1]?.fromPerMinute ?? 0) - threshold,
      ScalingAdjustment: add,
    }));
    const outName = existing.find(rises)?.PolicyName ?? `${variant.endpointName}-steps-out`;
    const out = await putPolicy(clients, variant, outName, StepAdjustments, cooldownSeconds);
    await putAlarm(clients, variant, out, "GreaterThanOrEqualToThreshold", threshold, minutes);
    const known = existing.find((policy) => !rises(policy));
    if (removeBelowPerMinute > 0) {
      const less = [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -1 }];
      const inName = known?.PolicyName ?? `${variant.endpointName}-steps-in`;
      const policy = await putPolicy(clients, variant, inName, less, cooldownSeconds);
      await putAlarm(clients, variant, policy, "LessThanThreshold", removeBelowPerMinute, QUIET_MINUTES);
    } else if (known) await removePolicy(clients, variant, known);
  });
}

/** Takes the steps of a variant away with their alarms; target tracking and schedules stay. */
export function removeSteps(clients: AwsClients, variant: VariantAddress): Promise<void> {
  return withAwsErrors(does(l10n.t("remove the scaling steps"), variant, clients), async () => {
    for (const policy of await stepPolicies(clients, variant)) await removePolicy(clients, variant, policy);
  });
}

async function removePolicy(clients: AwsClients, variant: VariantAddress, policy: ScalingPolicy): Promise<void> {
  const alarm = await alarmOf(clients, policy);
  const { PolicyName } = policy;
  await (await clients.autoscaling()).send(new DeleteScalingPolicyCommand({ ...target(variant), PolicyName }));
  if (alarm?.AlarmName)
    await (await clients.cloudwatch()).send(new DeleteAlarmsCommand({ AlarmNames: [alarm.AlarmName] }));
}

async function putPolicy(
  clients: AwsClients,
  variant: VariantAddress,
  PolicyName: string,
  StepAdjustments: { ScalingAdjustment: number }[],
  Cooldown: number,
): Promise<ScalingPolicy> {
  const { PolicyARN } = await (await clients.autoscaling()).send(
    new PutScalingPolicyCommand({
      ...target(variant),
      PolicyName,
      PolicyType: "StepScaling",
      StepScalingPolicyConfiguration: { AdjustmentType: "ChangeInCapacity", StepAdjustments, Cooldown },
    }),
  );
  return { ...target(variant), PolicyName, PolicyARN, PolicyType: "StepScaling", CreationTime: undefined };
}

async function putAlarm(
  clients: AwsClients,
  variant: VariantAddress,
  policy: ScalingPolicy,
  ComparisonOperator: "GreaterThanOrEqualToThreshold" | "LessThanThreshold",
  Threshold: number,
  EvaluationPeriods: number,
): Promise<void> {
  const known = await alarmOf(clients, policy);
  await (await clients.cloudwatch()).send(
    new PutMetricAlarmCommand({
      AlarmName: known?.AlarmName ?? `${policy.PolicyName}-${variant.variantName}`,
      AlarmDescription: l10n.t("Scales {0} by steps", variant.endpointName),
      AlarmActions: [policy.PolicyARN ?? ""],
      Namespace: "AWS/SageMaker",
      MetricName: METRIC,
      Dimensions: [
        { Name: "EndpointName", Value: variant.endpointName },
        { Name: "VariantName", Value: variant.variantName },
      ],
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods,
      Threshold,
      ComparisonOperator,
      // An endpoint that nobody asks has no datapoints; that is little load, and never much.
      TreatMissingData: ComparisonOperator === "LessThanThreshold" ? "breaching" : "notBreaching",
    }),
  );
}

/** The scheduled actions of a variant, by name. */
export function readSchedules(clients: AwsClients, variant: VariantAddress): Promise<ScheduledCapacity[]> {
  return withAwsErrors(does(l10n.t("read the scheduled scaling"), variant, clients), async () => {
    const client = await clients.autoscaling();
    const all = await collect(
      (NextToken) => client.send(new DescribeScheduledActionsCommand({ ...target(variant), NextToken })),
      (page) => page.ScheduledActions,
      (page) => page.NextToken,
    );
    return all
      .map(({ ScheduledActionName = "", Schedule = "", Timezone, ScalableTargetAction }) => ({
        name: ScheduledActionName,
        schedule: Schedule,
        ...(Timezone === undefined ? {} : { timezone: Timezone }),
        minInstances: ScalableTargetAction?.MinCapacity ?? 0,
        maxInstances: ScalableTargetAction?.MaxCapacity ?? 0,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

/** Puts a scheduled action; one of the same name is replaced. */
export function putSchedule(clients: AwsClients, variant: VariantAddress, wanted: ScheduledCapacity): Promise<void> {
  return withAwsErrors(does(l10n.t("put scheduled action {0}", wanted.name), variant, clients), async () => {
    await (await clients.autoscaling()).send(
      new PutScheduledActionCommand({
        ...target(variant),
        ScheduledActionName: wanted.name,
        Schedule: wanted.schedule,
        Timezone: wanted.timezone,
        ScalableTargetAction: { MinCapacity: wanted.minInstances, MaxCapacity: wanted.maxInstances },
      }),
    );
  });
}

export function removeSchedule(clients: AwsClients, variant: VariantAddress, name: string): Promise<void> {
  return withAwsErrors(does(l10n.t("remove scheduled action {0}", name), variant, clients), async () => {
    const input = { ...target(variant), ScheduledActionName: name };
    await (await clients.autoscaling()).send(new DeleteScheduledActionCommand(input));
  });
}
