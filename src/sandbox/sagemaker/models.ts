import { GetRoleCommand } from "@aws-sdk/client-iam";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import {
  CreateModelCommand,
  DeleteModelCommand,
  DescribeModelCommand,
  ListModelsCommand,
  type ModelSummary,
} from "@aws-sdk/client-sagemaker";
import { pageOf } from "../paging.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { type CallContext, WireError } from "../wire/types.ts";
import type { World } from "../world.ts";
import { sortSummaries } from "./listing.ts";
import { alreadyExists, couldNotFind, type ModelRecord, type RegionState, sagemakerArn } from "./state.ts";

/** Splits `s3://bucket/key`; undefined for anything else. */
export function parseS3Uri(uri: string): { bucket: string; key: string } | undefined {
  const m = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri);
  return m?.[1] && m[2] ? { bucket: m[1], key: m[2] } : undefined;
}

/** CreateModel looks for the artifact, by the rights of the model's role: it must exist before the model does. */
async function assertArtifactExists(
  world: World,
  { region }: CallContext,
  uri: string,
  roleArn: string | undefined,
): Promise<void> {
  const at = parseS3Uri(uri);
  try {
    if (!at) throw new Error("not an S3 URI");
    await world.call(HeadObjectCommand, { Bucket: at.bucket, Key: at.key }, { region, principalArn: roleArn });
  } catch {
    throw new WireError("ValidationException", `Could not find model data at ${uri}.`);
  }
}

/** Whoever gives SageMaker a role: it must exist and trust SageMaker. @throws WireError ValidationException */
export async function assertRoleAssumable(world: World, ctx: CallContext, roleArn: string): Promise<void> {
  try {
    const { Role } = await world.call(
      GetRoleCommand,
      { RoleName: roleArn.split("/").at(-1) ?? "" },
      { region: ctx.region },
    );
    const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "");
    if (trust.includes("sagemaker.amazonaws.com") && trust.includes("sts:AssumeRole")) return;
  } catch {
    // worded below, as a role that exists but does not trust SageMaker
  }
  throw new WireError(
    "ValidationException",
    `Could not assume role ${roleArn}. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.`,
  );
}

/** Registers CreateModel, DescribeModel, ListModels and DeleteModel. */
export function registerModels(
  service: ServiceBuilder,
  world: World,
  stateOf: (region: string) => RegionState,
): ServiceBuilder {
  const find = (ctx: CallContext, name: string): ModelRecord => {
    const model = stateOf(ctx.region).models.get(name);
    if (!model) throw couldNotFind("model", sagemakerArn(ctx.region, ctx.accountId, "model", name));
    return model;
  };

  return service
    .on(CreateModelCommand)(async (input, ctx) => {
      const state = stateOf(ctx.region);
      const name = input.ModelName ?? "";
      const arn = sagemakerArn(ctx.region, ctx.accountId, "model", name);
      if (state.models.has(name)) throw alreadyExists("model", arn);
      if (input.PrimaryContainer && input.Containers?.length)
        throw new WireError("ValidationException", "Cannot specify both PrimaryContainer and Containers.");
      if (!input.ExecutionRoleArn)
        throw new WireError(
          "ValidationException",
          "1 validation error detected: Value null at 'executionRoleArn' failed to satisfy constraint: Member must not be null",
        );
      await assertRoleAssumable(world, ctx, input.ExecutionRoleArn);
      for (const c of [input.PrimaryContainer, ...(input.Containers ?? [])])
        if (c?.ModelDataUrl) await assertArtifactExists(world, ctx, c.ModelDataUrl, input.ExecutionRoleArn);
      const { Tags, ...rest } = input;
      state.models.set(name, { name, arn, createdMs: world.clock.now(), input: rest });
      if (Tags?.length) state.tags.set(arn, Tags);
      return { ModelArn: arn };
    })
    .on(DescribeModelCommand)((input, ctx) => {
      const model = find(ctx, input.ModelName ?? "");
      const { PrimaryContainer, Containers, ExecutionRoleArn, VpcConfig, InferenceExecutionConfig } = model.input;
      return {
        ModelName: model.name,
        ModelArn: model.arn,
        PrimaryContainer: PrimaryContainer && { Mode: "SingleModel" as const, Environment: {}, ...PrimaryContainer },
        Containers,
        ExecutionRoleArn,
        VpcConfig,
        InferenceExecutionConfig,
        EnableNetworkIsolation: model.input.EnableNetworkIsolation ?? false,
        CreationTime: new Date(model.createdMs),
      };
    })
    .on(ListModelsCommand)((input, ctx) => {
      const records = [...stateOf(ctx.region).models.values()].map(
        (m): ModelSummary => ({
          ModelName: m.name,
          ModelArn: m.arn,
          CreationTime: new Date(m.createdMs),
        }),
      );
      const sorted = sortSummaries(
        records,
        {
          name: (m) => m.ModelName ?? "",
          created: (m) => m.CreationTime,
          modified: (m) => m.CreationTime,
        },
        input,
      );
      const page = pageOf(sorted, input.MaxResults ?? 10, input.NextToken);
      return { Models: page.items, NextToken: page.nextToken };
    })
    .on(DeleteModelCommand)((input, ctx) => {
    const model = find(ctx, input.ModelName ?? "");
    const state = stateOf(ctx.region);
    state.models.delete(model.name);
    state.tags.delete(model.arn);
    return {};
  });
}
