import {
  CreateEndpointConfigCommand,
  DeleteEndpointConfigCommand,
  DescribeEndpointConfigCommand,
  type EndpointConfigSummary,
  ListEndpointConfigsCommand,
} from "@aws-sdk/client-sagemaker";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { sortSummaries } from "./listing.ts";
import { assertServerless } from "./serverless.ts";
import { alreadyExists, type ConfigRecord, couldNotFind, type RegionState, sagemakerArn } from "./state.ts";

/** Registers the four operations of endpoint configurations. */
export function registerEndpointConfigs(
  service: ServiceBuilder,
  world: World,
  stateOf: (region: string) => RegionState,
): ServiceBuilder {
  const find = (ctx: CallContext, name: string): ConfigRecord => {
    const config = stateOf(ctx.region).configs.get(name);
    if (!config)
      throw couldNotFind("endpoint-config", sagemakerArn(ctx.region, ctx.accountId, "endpoint-config", name));
    return config;
  };

  return service
    .on(CreateEndpointConfigCommand)((input, ctx) => {
      const state = stateOf(ctx.region);
      const name = input.EndpointConfigName ?? "";
      const arn = sagemakerArn(ctx.region, ctx.accountId, "endpoint-config", name);
      if (state.configs.has(name)) throw alreadyExists("endpoint-config", arn);
      const names = new Set<string>();
      for (const variant of input.ProductionVariants ?? []) {
        if (names.has(variant.VariantName ?? ""))
          throw new WireError("ValidationException", `Duplicate variant name: ${variant.VariantName}.`);
        names.add(variant.VariantName ?? "");
        if (variant.ModelName && !state.models.has(variant.ModelName))
          throw couldNotFind("model", sagemakerArn(ctx.region, ctx.accountId, "model", variant.ModelName));
        if (variant.ServerlessConfig) assertServerless(variant.VariantName, variant.ServerlessConfig);
        if (!variant.InstanceType && !variant.ServerlessConfig)
          throw new WireError(
            "ValidationException",
            `Variant ${variant.VariantName} must specify either InstanceType or ServerlessConfig.`,
          );
      }
      const { Tags, ...rest } = input;
      state.configs.set(name, { name, arn, createdMs: world.clock.now(), input: rest });
      if (Tags?.length) state.tags.set(arn, Tags);
      return { EndpointConfigArn: arn };
    })
    .on(DescribeEndpointConfigCommand)((input, ctx) => {
      const config = find(ctx, input.EndpointConfigName ?? "");
      return {
        ...config.input,
        ProductionVariants: config.input.ProductionVariants?.map((v) => ({ InitialVariantWeight: 1, ...v })),
        EndpointConfigName: config.name,
        EndpointConfigArn: config.arn,
        EnableNetworkIsolation: config.input.EnableNetworkIsolation ?? false,
        CreationTime: new Date(config.createdMs),
      };
    })
    .on(ListEndpointConfigsCommand)((input, ctx) => {
      const records = [...stateOf(ctx.region).configs.values()].map(
        (c): EndpointConfigSummary => ({
          EndpointConfigName: c.name,
          EndpointConfigArn: c.arn,
          CreationTime: new Date(c.createdMs),
        }),
      );
      const sorted = sortSummaries(
        records,
        {
          name: (c) => c.EndpointConfigName ?? "",
          created: (c) => c.CreationTime,
          modified: (c) => c.CreationTime,
        },
        input,
      );
      const page = pageOf(sorted, input.MaxResults ?? 10, input.NextToken);
      return { EndpointConfigs: page.items, NextToken: page.nextToken };
    })
    .on(DeleteEndpointConfigCommand)((input, ctx) => {
    const config = find(ctx, input.EndpointConfigName ?? "");
    const state = stateOf(ctx.region);
    state.configs.delete(config.name);
    state.tags.delete(config.arn);
    return {};
  });
}
