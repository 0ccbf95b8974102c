import { randomUUID } from "node:crypto";
import {
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  InvalidNextTokenException,
  ListTagsForResourceCommand,
  ObjectNotFoundException,
  RegisterScalableTargetCommand,
  ResourceNotFoundException,
  type ScalableDimension,
  type ScalingActivity,
  type ServiceNamespace,
  TagResourceCommand,
  UntagResourceCommand,
  ValidationException,
} from "@aws-sdk/client-application-auto-scaling";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { CallContext } from "../wire/types.ts";
import type { World } from "../world.ts";
import { DIMENSIONS, scalableOf } from "./scalable.ts";
import type { Scaler } from "./scaler.ts";
import { type ActivityRecord, type ScalingState, type TargetRecord, targetKey } from "./state.ts";

const META = { $metadata: {} };

export const invalidToken = () => new InvalidNextTokenException({ ...META, message: "The next token is invalid." });

export const noTarget = (namespace: string, resourceId: string, dimension: string) =>
  new ObjectNotFoundException({
    ...META,
    message: `No scalable target registered for service namespace: ${namespace}, resource ID: ${resourceId}, scalable dimension: ${dimension}`,
  });

/** Registers the operations of scalable targets, their tags and their activities. */
export function registerTargets(
  service: ServiceBuilder,
  world: World,
  scaler: Scaler,
  stateOf: (region: string) => ScalingState,
  removePolicies: (state: ScalingState, target: TargetRecord) => Promise<void>,
): ServiceBuilder {
  const tagged = (ctx: CallContext, arn: string): TargetRecord => {
    const target = [...stateOf(ctx.region).targets.values()].find((t) => t.arn === arn);
    if (!target)
      throw new ResourceNotFoundException({
        ...META,
        message: `No scalable target found with ARN ${arn}`,
        ResourceName: arn,
      });
    return target;
  };

  return service
    .on(RegisterScalableTargetCommand)(async (input, ctx) => {
      const {
        ServiceNamespace: namespace = "",
        ResourceId: resourceId = "",
        ScalableDimension: dimension = "",
      } = input;
      assertSupported(namespace, resourceId, dimension);
      const state = stateOf(ctx.region);
      const key = targetKey(namespace, resourceId, dimension);
      const known = state.targets.get(key);
      const min = input.MinCapacity ?? known?.min;
      const max = input.MaxCapacity ?? known?.max;
      if (min === undefined || max === undefined)
        throw new ValidationException({
          ...META,
          message: "MinCapacity and MaxCapacity are required when a scalable target is registered for the first time.",
        });
      if (min > max)
        throw new ValidationException({ ...META, message: "Maximum capacity cannot be less than minimum capacity" });
      const target: TargetRecord = known ?? {
        id: randomUUID().replaceAll("-", "").slice(0, 32),
        arn: "",
        region: ctx.region,
        resourceId,
        dimension,
        namespace,
        min,
        max,
        roleArn: `arn:aws:iam::${ctx.accountId}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint`,
        createdMs: world.clock.now(),
        suspended: {
          DynamicScalingInSuspended: false,
          DynamicScalingOutSuspended: false,
          ScheduledScalingSuspended: false,
        },
        tags: {},
        busy: false,
        lastOutMs: 0,
        lastInMs: 0,
      };
      target.arn = `arn:aws:application-autoscaling:${ctx.region}:${ctx.accountId}:scalable-target/${target.id}`;
      if (!known && !(await scaler.exists(target)))
        throw new ValidationException({
          ...META,
          message: `The resource ${resourceId} does not exist: SageMaker has no such endpoint variant or inference component in ${ctx.region}.`,
        });
      target.min = min;
      target.max = max;
      target.suspended = { ...target.suspended, ...input.SuspendedState };
      target.tags = { ...target.tags, ...input.Tags };
      state.targets.set(key, target);
      const enforced = scaler.enforceLimits(state, target);
      if (world.timeScale === 0) await enforced;
      return { ScalableTargetARN: target.arn };
    })
    .on(DescribeScalableTargetsCommand)((input, ctx) => {
      const found = [...stateOf(ctx.region).targets.values()].filter(
        (t) =>
          t.namespace === input.ServiceNamespace &&
          (!input.ResourceIds?.length || input.ResourceIds.includes(t.resourceId)) &&
          (!input.ScalableDimension || t.dimension === input.ScalableDimension),
      );
      const page = pageOf(found, input.MaxResults ?? 50, input.NextToken, invalidToken);
      return {
        ScalableTargets: page.items.map((t) => ({
          ServiceNamespace: t.namespace as ServiceNamespace,
          ResourceId: t.resourceId,
          ScalableDimension: t.dimension as ScalableDimension,
          MinCapacity: t.min,
          MaxCapacity: t.max,
          RoleARN: t.roleArn,
          CreationTime: new Date(t.createdMs),
          SuspendedState: t.suspended,
          ScalableTargetARN: t.arn,
        })),
        NextToken: page.nextToken,
      };
    })
    .on(DeregisterScalableTargetCommand)(async (input, ctx) => {
      const {
        ServiceNamespace: namespace = "",
        ResourceId: resourceId = "",
        ScalableDimension: dimension = "",
      } = input;
      const state = stateOf(ctx.region);
      const key = targetKey(namespace, resourceId, dimension);
      const target = state.targets.get(key);
      if (!target) throw noTarget(namespace, resourceId, dimension);
      state.targets.delete(key);
      await removePolicies(state, target);
      return {};
    })
    .on(DescribeScalingActivitiesCommand)((input, ctx) => {
      const found = stateOf(ctx.region)
        .activities.filter(
          (a) =>
            a.namespace === input.ServiceNamespace &&
            (!input.ResourceId || a.resourceId === input.ResourceId) &&
            (!input.ScalableDimension || a.dimension === input.ScalableDimension) &&
            (a.status !== "NotScaled" || input.IncludeNotScaledActivities),
        )
        .reverse();
      const page = pageOf(found, input.MaxResults ?? 50, input.NextToken, invalidToken);
      return { ScalingActivities: page.items.map(describeActivity), NextToken: page.nextToken };
    })
    .on(TagResourceCommand)((input, ctx) => {
      Object.assign(tagged(ctx, input.ResourceARN ?? "").tags, input.Tags);
      return {};
    })
    .on(UntagResourceCommand)((input, ctx) => {
      const target = tagged(ctx, input.ResourceARN ?? "");
      for (const key of input.TagKeys ?? []) delete target.tags[key];
      return {};
    })
    .on(ListTagsForResourceCommand)((input, ctx) => ({ Tags: tagged(ctx, input.ResourceARN ?? "").tags }));
}

function assertSupported(namespace: string, resourceId: string, dimension: string): void {
  if (namespace !== "sagemaker" || !DIMENSIONS.includes(dimension))
    throw new ValidationException({
      ...META,
      message: `The sandbox scales sagemaker targets on ${DIMENSIONS.join(" or ")} only, not ${namespace} on ${dimension}.`,
    });
  if (!scalableOf(resourceId, dimension))
    throw new ValidationException({
      ...META,
      message: `Unsupported service namespace, resource type or scalable dimension: the resource ID '${resourceId}' is neither of the form endpoint/<name>/variant/<name> nor inference-component/<name>.`,
    });
}

function describeActivity(a: ActivityRecord): ScalingActivity {
  return {
    ActivityId: a.id,
    ServiceNamespace: a.namespace as ServiceNamespace,
    ResourceId: a.resourceId,
    ScalableDimension: a.dimension as ScalableDimension,
    Description: a.description,
    Cause: a.cause,
    StartTime: new Date(a.startMs),
    EndTime: a.endMs === undefined ? undefined : new Date(a.endMs),
    StatusCode: a.status === "NotScaled" ? "Failed" : a.status,
    StatusMessage: a.status === "NotScaled" ? "The scaling action did not result in a change of capacity." : a.message,
    NotScaledReasons: a.notScaled,
  };
}
