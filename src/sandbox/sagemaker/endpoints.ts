import { DescribeScalableTargetsCommand } from "@aws-sdk/client-application-auto-scaling";
import {
  type AsyncInferenceConfig,
  CreateEndpointCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  type DescribeEndpointOutput,
  type EndpointSummary,
  ListEndpointsCommand,
  type PendingDeploymentSummary,
  type ProductionVariant,
  type ProductionVariantServerlessUpdateConfig,
  type ProductionVariantSummary,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from "@aws-sdk/client-sagemaker";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import type { EndpointLifecycle } from "./lifecycle.ts";
import { sortSummaries } from "./listing.ts";
import { assertWithinQuota, demandOf } from "./quota.ts";
import { assertServerless } from "./serverless.ts";
import {
  alreadyExists,
  asyncConfigOf,
  type ConfigRecord,
  couldNotFind,
  type EndpointRecord,
  type RegionState,
  type RunningVariant,
  sagemakerArn,
} from "./state.ts";

/** Registers the operations of endpoints. `onDeleted` lets Application Auto Scaling forget the targets, as AWS does. */
export function registerEndpoints(
  service: ServiceBuilder,
  world: World,
  lifecycle: EndpointLifecycle,
  stateOf: (region: string) => RegionState,
  onDeleted: (region: string, endpointName: string) => void,
): ServiceBuilder {
  const find = (ctx: CallContext, name: string): EndpointRecord => {
    const endpoint = stateOf(ctx.region).endpoints.get(name.toLowerCase());
    if (!endpoint) throw couldNotFind("endpoint", sagemakerArn(ctx.region, ctx.accountId, "endpoint", name));
    return endpoint;
  };
  const configOf = (ctx: CallContext, name: string): ConfigRecord => {
    const config = stateOf(ctx.region).configs.get(name);
    if (!config)
      throw couldNotFind("endpoint-config", sagemakerArn(ctx.region, ctx.accountId, "endpoint-config", name));
    return config;
  };
  const assertIdle = (endpoint: EndpointRecord): void => {
    if (endpoint.status !== "InService" && endpoint.status !== "Failed")
      throw new WireError("ValidationException", `Cannot update in-progress endpoint "${endpoint.arn}".`);
  };

  return service
    .on(CreateEndpointCommand)(async (input, ctx) => {
      const state = stateOf(ctx.region);
      const name = input.EndpointName ?? "";
      const arn = sagemakerArn(ctx.region, ctx.accountId, "endpoint", name);
      if (state.endpoints.has(name.toLowerCase())) throw alreadyExists("endpoint", arn);
      const config = configOf(ctx, input.EndpointConfigName ?? "");
      assertWithinQuota(state, variantDemand(config.input.ProductionVariants));
      const now = world.clock.now();
      const endpoint: EndpointRecord = {
        name,
        arn,
        configName: config.name,
        status: "Creating",
        createdMs: now,
        modifiedMs: now,
        variants: [],
        deploymentConfig: input.DeploymentConfig,
        generation: 0,
      };
      state.endpoints.set(name.toLowerCase(), endpoint);
      if (input.Tags?.length) state.tags.set(arn, input.Tags);
      await lifecycle.create(state, endpoint, config.input.ProductionVariants ?? []);
      return { EndpointArn: arn };
    })
    .on(DescribeEndpointCommand)((input, ctx) => {
      const endpoint = find(ctx, input.EndpointName ?? "");
      return describe(endpoint, asyncConfigOf(stateOf(ctx.region), endpoint));
    })
    .on(ListEndpointsCommand)((input, ctx) => {
      const records = [...stateOf(ctx.region).endpoints.values()]
        .filter((e) => !input.StatusEquals || e.status === input.StatusEquals)
        .map(
          (e): EndpointSummary => ({
            EndpointName: e.name,
            EndpointArn: e.arn,
            CreationTime: new Date(e.createdMs),
            LastModifiedTime: new Date(e.modifiedMs),
            EndpointStatus: e.status,
          }),
        );
      const sorted = sortSummaries(
        records,
        {
          name: (e) => e.EndpointName ?? "",
          created: (e) => e.CreationTime,
          modified: (e) => e.LastModifiedTime,
          status: (e) => e.EndpointStatus ?? "",
        },
        input,
      );
      const page = pageOf(sorted, input.MaxResults ?? 10, input.NextToken);
      return { Endpoints: page.items, NextToken: page.nextToken };
    })
    .on(UpdateEndpointCommand)(async (input, ctx) => {
      const endpoint = find(ctx, input.EndpointName ?? "");
      const config = configOf(ctx, input.EndpointConfigName ?? "");
      assertIdle(endpoint);
      // The new fleet stands beside the old one until it takes over.
      assertWithinQuota(stateOf(ctx.region), variantDemand(config.input.ProductionVariants));
      await assertTypesMayChange(world, ctx, endpoint, config);
      endpoint.deploymentConfig = input.DeploymentConfig ?? endpoint.deploymentConfig;
      await lifecycle.update(
        stateOf(ctx.region),
        endpoint,
        config.name,
        config.input.ProductionVariants ?? [],
        input.RetainAllVariantProperties ?? false,
      );
      return { EndpointArn: endpoint.arn };
    })
    .on(UpdateEndpointWeightsAndCapacitiesCommand)(async (input, ctx) => {
      const endpoint = find(ctx, input.EndpointName ?? "");
      if (endpoint.status !== "InService")
        throw new WireError("ValidationException", `Cannot update in-progress endpoint "${endpoint.arn}".`);
      const wanted = input.DesiredWeightsAndCapacities ?? [];
      const changed = wanted.map((w): RunningVariant => {
        const variant = endpoint.variants.find((v) => v.name === w.VariantName);
        if (!variant)
          throw new WireError(
            "ValidationException",
            `The variant name(s) "${w.VariantName}" is/are not present within endpoint configuration "${endpoint.configName}".`,
          );
        return variant;
      });
      const more = wanted.map((w, i) => ({
        type: changed[i]?.config.InstanceType,
        count: (w.DesiredInstanceCount ?? 0) - (changed[i]?.desiredCount ?? 0),
      }));
      assertWithinQuota(stateOf(ctx.region), demandOf(more));
      wanted.forEach((w, i) => {
        const variant = changed[i];
        if (!variant) return;
        variant.desiredCount = w.DesiredInstanceCount ?? variant.desiredCount;
        variant.desiredWeight = w.DesiredWeight ?? variant.desiredWeight;
        if (w.ServerlessUpdateConfig) changeServerless(variant, w.ServerlessUpdateConfig);
      });
      await lifecycle.changeCapacities(endpoint, changed);
      return { EndpointArn: endpoint.arn };
    })
    .on(DeleteEndpointCommand)(async (input, ctx) => {
    const endpoint = find(ctx, input.EndpointName ?? "");
    assertIdle(endpoint);
    onDeleted(ctx.region, endpoint.name);
    await lifecycle.remove(stateOf(ctx.region), endpoint);
    return {};
  });
}

/** @throws WireError ValidationException for a variant on instances, or more provisioned than there may be */
function changeServerless(variant: RunningVariant, update: ProductionVariantServerlessUpdateConfig): void {
  const { ServerlessConfig } = variant.config;
  if (!ServerlessConfig || !variant.serverless)
    throw new WireError(
      "ValidationException",
      `Variant ${variant.name} is not serverless: it has no ServerlessConfig.`,
    );
  const next = { ...ServerlessConfig, ...update };
  assertServerless(variant.name, next);
  variant.config = { ...variant.config, ServerlessConfig: next };
  variant.serverless.configure(next);
}

function variantDemand(variants: readonly ProductionVariant[] | undefined) {
  return demandOf((variants ?? []).map((v) => ({ type: v.InstanceType, count: v.InitialInstanceCount ?? 0 })));
}

/**
 * An autoscaled variant keeps its instance type until its scalable target is deregistered (SageMaker developer guide,
 * "Update or delete endpoints that use automatic scaling"). The text is not documented.
 */
async function assertTypesMayChange(
  world: World,
  ctx: CallContext,
  endpoint: EndpointRecord,
  config: ConfigRecord,
): Promise<void> {
  const changed = endpoint.variants.filter((v) => {
    const next = config.input.ProductionVariants?.find((p) => p.VariantName === v.name);
    return !next || next.InstanceType !== v.config.InstanceType;
  });
  if (!changed.length) return;
  const { ScalableTargets = [] } = await world.call(
    DescribeScalableTargetsCommand,
    {
      ServiceNamespace: "sagemaker",
      ResourceIds: changed.map((v) => `endpoint/${endpoint.name}/variant/${v.name}`),
    },
    { region: ctx.region },
  );
  const registered = new Set(ScalableTargets.map(({ ResourceId }) => ResourceId?.split("/").pop()));
  const names = changed.filter(({ name }) => registered.has(name)).map(({ name }) => `"${name}"`);
  // The rule: SageMaker developer guide, endpoint-scaling-update.
  if (names.length)
    throw new WireError(
      "ValidationException",
      `The variant(s) "[${names.join(",")}]" must be deregistered as scalable targets with AWS Auto Scaling before they can be removed or have their instance type updated.`,
    );
}

function describe(
  endpoint: EndpointRecord,
  asyncConfig: AsyncInferenceConfig | undefined,
): Omit<DescribeEndpointOutput, "$metadata"> {
  return {
    EndpointName: endpoint.name,
    EndpointArn: endpoint.arn,
    EndpointConfigName: endpoint.configName,
    ProductionVariants: endpoint.variants.length ? endpoint.variants.map(describeVariant) : undefined,
    EndpointStatus: endpoint.status,
    FailureReason: endpoint.failureReason,
    CreationTime: new Date(endpoint.createdMs),
    LastModifiedTime: new Date(endpoint.modifiedMs),
    LastDeploymentConfig: endpoint.deploymentConfig,
    PendingDeploymentSummary: pendingOf(endpoint),
    AsyncInferenceConfig: asyncConfig,
  };
}

/** What an update is about to put in place (SageMaker API reference, PendingDeploymentSummary). */
function pendingOf({ status, pending, green }: EndpointRecord): PendingDeploymentSummary | undefined {
  if (status !== "Updating" || !pending) return undefined;
  return {
    EndpointConfigName: pending.configName,
    StartTime: new Date(pending.startMs),
    ProductionVariants: green?.variants.map((v) => ({
      VariantName: v.name,
      CurrentWeight: v.currentWeight,
      DesiredWeight: v.desiredWeight,
      ...(v.serverless
        ? { CurrentServerlessConfig: v.config.ServerlessConfig }
        : {
            InstanceType: v.config.InstanceType,
            CurrentInstanceCount: v.instances.length,
            DesiredInstanceCount: v.desiredCount,
          }),
      VariantStatus: [{ Status: green.percent < 100 ? ("ActivatingTraffic" as const) : ("Baking" as const) }],
    })),
  };
}

function describeVariant(v: RunningVariant): ProductionVariantSummary {
  const image = v.container?.Image;
  const serverless = v.config.ServerlessConfig;
  return {
    VariantName: v.name,
    DeployedImages: image ? [{ SpecifiedImage: image, ResolvedImage: image }] : undefined,
    CurrentWeight: v.currentWeight,
    DesiredWeight: v.desiredWeight,
    ...(serverless
      ? { CurrentServerlessConfig: serverless }
      : { CurrentInstanceCount: v.instances.length, DesiredInstanceCount: v.desiredCount }),
    VariantStatus: v.phase && [{ Status: v.phase.status, StartTime: new Date(v.phase.startMs) }],
  };
}
