import {
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
} from "@aws-sdk/client-application-auto-scaling";
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
} from "@aws-sdk/client-sagemaker";
import * as l10n from "@vscode/l10n";
import type { EndpointBlueprint, ResourceProperties, ScalingBlueprint } from "../domain/endpointBlueprint.ts";
import { SAGEMAKER, variantResourceId } from "./autoscaling.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";
import { listTags } from "./sagemaker.ts";

/*
 * What Describe… answers is named as the resource types' properties are (CloudFormation's resource reference for
 * AWS::SageMaker and AWS::ApplicationAutoScaling); the lists name those that both have.
 */
const MODEL = [
  "PrimaryContainer",
  "Containers",
  "ExecutionRoleArn",
  "EnableNetworkIsolation",
  "VpcConfig",
  "InferenceExecutionConfig",
] as const;
const CONFIG = [
  "ProductionVariants",
  "ShadowProductionVariants",
  "DataCaptureConfig",
  "AsyncInferenceConfig",
  "ExplainerConfig",
  "KmsKeyId",
  "ExecutionRoleArn",
  "VpcConfig",
  "EnableNetworkIsolation",
] as const;
const TARGET = ["MinCapacity", "MaxCapacity", "SuspendedState"] as const;
const POLICY = [
  "PolicyName",
  "PolicyType",
  "TargetTrackingScalingPolicyConfiguration",
  "StepScalingPolicyConfiguration",
] as const;
const ACTION = ["ScheduledActionName", "Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction"] as const;

/** Members that say nothing are left out: an empty object in a template is not the same as none. */
function take<T extends object>(from: T, names: readonly (keyof T & string)[]): ResourceProperties {
  const said = names.map((name) => [name, cleaned(from[name])] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said);
}

function cleaned(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.length ? value.map(cleaned) : undefined;
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const members = Object.entries(value)
    .map(([name, member]) => [name, cleaned(member)] as const)
    .filter(([, member]) => member !== undefined);
  return members.length ? Object.fromEntries(members) : undefined;
}

/**
 * Reads an endpoint with its configuration, models and scaling.
 * @throws OpsError notFound when there is no such endpoint
 */
export function readBlueprint(clients: AwsClients, endpointName: string): Promise<EndpointBlueprint> {
  return withAwsErrors({ action: l10n.t("read endpoint {0}", endpointName), region: clients.region }, async () => {
    const client = await clients.sagemaker();
    const endpoint = await client.send(new DescribeEndpointCommand({ EndpointName: endpointName }));
    const config = await client.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: endpoint.EndpointConfigName }),
    );
    const variants = [...(config.ProductionVariants ?? []), ...(config.ShadowProductionVariants ?? [])];
    const names = [...new Set(variants.flatMap(({ ModelName }) => ModelName ?? []))];
    const models = await Promise.all(
      names.map(async (ModelName) => take(await client.send(new DescribeModelCommand({ ModelName })), MODEL)),
    );
    return {
      endpointName: endpoint.EndpointName ?? endpointName,
      models: Object.fromEntries(names.map((name, at) => [name, models[at] ?? {}])),
      config: take(config, CONFIG),
      scaling: await readScaling(
        clients,
        endpointName,
        variants.flatMap(({ VariantName }) => VariantName ?? []),
      ),
      tags: Object.fromEntries(
        Object.entries(await listTags(clients, endpoint.EndpointArn ?? "")).filter(([key]) => !key.startsWith("aws:")),
      ),
    };
  });
}

async function readScaling(
  clients: AwsClients,
  endpointName: string,
  variants: readonly string[],
): Promise<ScalingBlueprint[]> {
  const client = await clients.autoscaling();
  const found = await Promise.all(
    variants.map(async (variantName): Promise<ScalingBlueprint | undefined> => {
      const ResourceId = variantResourceId(endpointName, variantName);
      const { ScalableTargets: [target] = [] } = await client.send(
        new DescribeScalableTargetsCommand({ ...SAGEMAKER, ResourceIds: [ResourceId] }),
      );
      if (!target) return undefined;
      const [policies, actions] = await Promise.all([
        collect(
          (NextToken) => client.send(new DescribeScalingPoliciesCommand({ ...SAGEMAKER, ResourceId, NextToken })),
          (page) => page.ScalingPolicies,
          (page) => page.NextToken,
        ),
        collect(
          (NextToken) => client.send(new DescribeScheduledActionsCommand({ ...SAGEMAKER, ResourceId, NextToken })),
          (page) => page.ScheduledActions,
          (page) => page.NextToken,
        ),
      ]);
      return {
        variantName,
        target: {
          ...take(target, TARGET),
          ...(actions.length ? { ScheduledActions: actions.map((action) => take(action, ACTION)) } : {}),
        },
        policies: policies.map((policy) => take(policy, POLICY)),
      };
    }),
  );
  return found.filter((scaling) => scaling !== undefined);
}
