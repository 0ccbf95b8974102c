import { randomUUID } from "node:crypto";
import {
  type Alarm,
  DeleteScalingPolicyCommand,
  DescribeScalingPoliciesCommand,
  ObjectNotFoundException,
  PutScalingPolicyCommand,
  type ScalableDimension,
  type ScalingPolicy,
  type ServiceNamespace,
  ValidationException,
} from "@aws-sdk/client-application-auto-scaling";
import {
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type Statistic,
} from "@aws-sdk/client-cloudwatch";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { World } from "../world.ts";
import { type Scalable, scalableOf } from "./scalable.ts";
import { type PolicyRecord, type ScalingState, type TargetRecord, targetKey } from "./state.ts";
import { invalidToken, noTarget } from "./targets.ts";

const META = { $metadata: {} };

interface PredefinedMetric {
  dimension: string;
  name: string;
  statistic: Statistic;
  periodS: number;
}

const VARIANT = "sagemaker:variant:DesiredInstanceCount";
const COMPONENT = "sagemaker:inference-component:DesiredCopyCount";

/** The predefined metrics of SageMaker's targets (Application Auto Scaling API reference). */
const PREDEFINED: Record<string, PredefinedMetric> = {
  SageMakerVariantInvocationsPerInstance: {
    dimension: VARIANT,
    name: "InvocationsPerInstance",
    statistic: "Sum",
    periodS: 60,
  },
  SageMakerVariantConcurrentRequestsPerModelHighResolution: {
    dimension: VARIANT,
    name: "ConcurrentRequestsPerModel",
    statistic: "Maximum",
    periodS: 10,
  },
  SageMakerInferenceComponentInvocationsPerCopy: {
    dimension: COMPONENT,
    name: "InvocationsPerCopy",
    statistic: "Sum",
    periodS: 60,
  },
  SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution: {
    dimension: COMPONENT,
    name: "ConcurrentRequestsPerCopy",
    statistic: "Maximum",
    periodS: 10,
  },
};

const predefinedFor = (dimension: string) =>
  Object.keys(PREDEFINED).filter((type) => PREDEFINED[type]?.dimension === dimension);

/** Alarms that target tracking creates: 3 of 3 minutes above the target, 15 of 15 below 90 % of it (seen on AWS). */
const HIGH_PERIODS = 3;
const LOW_PERIODS = 15;
const LOW_FACTOR = 0.9;

/** Registers PutScalingPolicy, DescribeScalingPolicies and DeleteScalingPolicy. */
export function registerPolicies(
  service: ServiceBuilder,
  world: World,
  stateOf: (region: string) => ScalingState,
): ServiceBuilder {
  return service
    .on(PutScalingPolicyCommand)(async (input, ctx) => {
      const {
        ServiceNamespace: namespace = "",
        ResourceId: resourceId = "",
        ScalableDimension: dimension = "",
        PolicyName: name = "",
      } = input;
      const state = stateOf(ctx.region);
      const target = state.targets.get(targetKey(namespace, resourceId, dimension));
      if (!target) throw noTarget(namespace, resourceId, dimension);
      const known = findPolicy(state, target, name);
      const type = input.PolicyType ?? known?.input.PolicyType ?? "StepScaling";
      const config = input.TargetTrackingScalingPolicyConfiguration;
      if (type === "TargetTrackingScaling" && !config)
        throw new ValidationException({
          ...META,
          message: "Target tracking configuration is required for TargetTrackingScaling.",
        });
      if (type === "StepScaling" && !input.StepScalingPolicyConfiguration)
        throw new ValidationException({
          ...META,
          message: "StepScalingPolicyConfiguration is required for StepScaling.",
        });
      if (config && (config.TargetValue ?? 0) <= 0)
        throw new ValidationException({ ...META, message: "Target value must be greater than 0." });
      const policy: PolicyRecord = known ?? {
        name,
        arn: `arn:aws:autoscaling:${ctx.region}:${ctx.accountId}:scalingPolicy:${randomUUID()}:resource/${namespace}/${resourceId}:policyName/${name}`,
        input,
        createdMs: world.clock.now(),
        alarms: [],
      };
      policy.input = { ...input, PolicyType: type };
      if (type === "TargetTrackingScaling") policy.alarms = await putAlarms(world, ctx.accountId, target, policy);
      if (!known) state.policies.push(policy);
      return { PolicyARN: policy.arn, Alarms: policy.alarms };
    })
    .on(DescribeScalingPoliciesCommand)(async (input, ctx) => {
      const found = stateOf(ctx.region).policies.filter(
        ({ input: p, name }) =>
          p.ServiceNamespace === input.ServiceNamespace &&
          (!input.ResourceId || p.ResourceId === input.ResourceId) &&
          (!input.ScalableDimension || p.ScalableDimension === input.ScalableDimension) &&
          (!input.PolicyNames?.length || input.PolicyNames.includes(name)),
      );
      const page = pageOf(found, input.MaxResults ?? 50, input.NextToken, invalidToken);
      const policies = page.items.map((policy) => describePolicy(world, ctx.region, policy));
      return { ScalingPolicies: await Promise.all(policies), NextToken: page.nextToken };
    })
    .on(DeleteScalingPolicyCommand)(async (input, ctx) => {
    const state = stateOf(ctx.region);
    const {
      ServiceNamespace: namespace = "",
      ResourceId: resourceId = "",
      ScalableDimension: dimension = "",
      PolicyName: name = "",
    } = input;
    const target = state.targets.get(targetKey(namespace, resourceId, dimension));
    const policy = target && findPolicy(state, target, name);
    if (!target || !policy)
      throw new ObjectNotFoundException({
        ...META,
        message: `No scaling policy found for service namespace: ${namespace}, resource ID: ${resourceId}, scalable dimension: ${dimension}, policy name: ${name}`,
      });
    await removePolicy(world, state, ctx.region, policy);
    return {};
  });
}

function findPolicy(state: ScalingState, target: TargetRecord, name: string): PolicyRecord | undefined {
  return state.policies.find(
    (p) =>
      p.name === name && p.input.ResourceId === target.resourceId && p.input.ScalableDimension === target.dimension,
  );
}

/** Deletes a policy with the alarms that it owns. */
export async function removePolicy(
  world: World,
  state: ScalingState,
  region: string,
  policy: PolicyRecord,
): Promise<void> {
  state.policies.splice(state.policies.indexOf(policy), 1);
  const names = policy.alarms.map((a) => a.AlarmName ?? "");
  if (names.length) await world.call(DeleteAlarmsCommand, { AlarmNames: names }, { region });
}

async function putAlarms(
  world: World,
  accountId: string,
  target: TargetRecord,
  policy: PolicyRecord,
): Promise<Alarm[]> {
  const config = policy.input.TargetTrackingScalingPolicyConfiguration;
  const scalable = scalableOf(target.resourceId, target.dimension);
  if (!config || !scalable) return [];
  const metric = metricOf(config, scalable, target.dimension);
  const goal = config.TargetValue ?? 0;
  const wanted = [
    {
      kind: "AlarmHigh",
      ComparisonOperator: "GreaterThanThreshold" as const,
      EvaluationPeriods: HIGH_PERIODS,
      Threshold: goal,
    },
    ...(config.DisableScaleIn
      ? []
      : [
          {
            kind: "AlarmLow",
            ComparisonOperator: "LessThanThreshold" as const,
            EvaluationPeriods: LOW_PERIODS,
            Threshold: goal * LOW_FACTOR,
          },
        ]),
  ];
  const alarms: Alarm[] = [];
  for (const { kind, ...rest } of wanted) {
    const known = policy.alarms.find((a) => a.AlarmName?.includes(`-${kind}-`));
    const name = known?.AlarmName ?? `TargetTracking-${target.resourceId}-${kind}-${randomUUID()}`;
    await world.call(
      PutMetricAlarmCommand,
      {
        AlarmName: name,
        AlarmDescription: `DO NOT EDIT OR DELETE. For TargetTrackingScaling policy ${policy.arn}.`,
        AlarmActions: [policy.arn],
        ...metric,
        ...rest,
      },
      { region: target.region },
    );
    alarms.push({ AlarmName: name, AlarmARN: `arn:aws:cloudwatch:${target.region}:${accountId}:alarm:${name}` });
  }
  const kept = new Set(alarms.map((a) => a.AlarmName));
  const gone = policy.alarms.flatMap((a) => (a.AlarmName && !kept.has(a.AlarmName) ? [a.AlarmName] : []));
  if (gone.length) await world.call(DeleteAlarmsCommand, { AlarmNames: gone }, { region: target.region });
  return alarms;
}

type Configuration = NonNullable<PolicyRecord["input"]["TargetTrackingScalingPolicyConfiguration"]>;

function metricOf(config: Configuration, scalable: Scalable, dimension: string) {
  const custom = config.CustomizedMetricSpecification;
  if (custom) {
    if (custom.Metrics?.length)
      throw new ValidationException({ ...META, message: "The sandbox does not track metric math (Metrics) yet." });
    return {
      Namespace: custom.Namespace,
      MetricName: custom.MetricName,
      Dimensions: custom.Dimensions,
      Statistic: custom.Statistic,
      Unit: undefined,
      Period: 60,
    };
  }
  const type = config.PredefinedMetricSpecification?.PredefinedMetricType ?? "";
  const known = PREDEFINED[type];
  if (known?.dimension !== dimension)
    throw new ValidationException({
      ...META,
      message: `The predefined metric type ${type || "(none)"} cannot be used for ${dimension}. Use ${predefinedFor(dimension).join(" or ")}.`,
    });
  return {
    Namespace: "AWS/SageMaker",
    MetricName: known.name,
    Dimensions: scalable.dimensions,
    Statistic: known.statistic,
    Period: known.periodS,
  };
}

/** With the alarms that act on it: of a step policy those that somebody has made (API reference, ScalingPolicy). */
async function describePolicy(
  world: World,
  region: string,
  { arn, name, input, createdMs, alarms }: PolicyRecord,
): Promise<ScalingPolicy> {
  const { MetricAlarms = [] } =
    input.PolicyType === "StepScaling"
      ? await world.call(DescribeAlarmsCommand, { ActionPrefix: arn }, { region })
      : {};
  const own = MetricAlarms.map(({ AlarmName, AlarmArn }) => ({ AlarmName, AlarmARN: AlarmArn }));
  return {
    PolicyARN: arn,
    PolicyName: name,
    ServiceNamespace: input.ServiceNamespace as ServiceNamespace,
    ResourceId: input.ResourceId,
    ScalableDimension: input.ScalableDimension as ScalableDimension,
    PolicyType: input.PolicyType,
    StepScalingPolicyConfiguration: input.StepScalingPolicyConfiguration,
    TargetTrackingScalingPolicyConfiguration: input.TargetTrackingScalingPolicyConfiguration,
    Alarms: input.PolicyType === "StepScaling" ? own : alarms,
    CreationTime: new Date(createdMs),
  };
}
