import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  DeleteEndpointConfigCommand,
  type DeploymentConfig,
  DescribeEndpointConfigCommand,
  ListEndpointConfigsCommand,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from "@aws-sdk/client-sagemaker";
import * as l10n from "@vscode/l10n";
import type { Guardrail, VariantChange } from "../domain/endpointChange.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/**
 * Makes a configuration like another one with one variant changed: configurations themselves cannot be changed (API
 * reference, UpdateEndpoint). Tags of AWS's own (`aws:`) cannot be given.
 */
export function copyEndpointConfig(
  clients: AwsClients,
  from: string,
  to: string,
  change: VariantChange,
): Promise<void> {
  return withAwsErrors({ action: l10n.t("make a configuration from {0}", from), region: clients.region }, async () => {
    const client = await clients.sagemaker();
    const { EndpointConfigName, EndpointConfigArn, CreationTime, ...kept } = await client.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: from }),
    );
    const ProductionVariants = (kept.ProductionVariants ?? []).map((variant) =>
      variant.VariantName === change.variantName
        ? {
            ...variant,
            InstanceType: (change.instanceType as typeof variant.InstanceType) ?? variant.InstanceType,
            InitialInstanceCount: change.instanceCount ?? variant.InitialInstanceCount,
            ModelName: change.modelName ?? variant.ModelName,
          }
        : variant,
    );
    const { $metadata, ...input } = kept;
    await client.send(new CreateEndpointConfigCommand({ ...input, ProductionVariants, EndpointConfigName: to }));
  });
}

export function deleteEndpointConfig(clients: AwsClients, name: string): Promise<void> {
  return withAwsErrors({ action: l10n.t("delete configuration {0}", name), region: clients.region }, async () => {
    await (await clients.sagemaker()).send(new DeleteEndpointConfigCommand({ EndpointConfigName: name }));
  });
}

/** Begins to move an endpoint to another configuration. @param keepsCapacity RetainAllVariantProperties */
export function updateEndpoint(
  clients: AwsClients,
  name: string,
  configName: string,
  keepsCapacity: boolean,
  guardrail?: Guardrail,
): Promise<void> {
  return withAwsErrors({ action: l10n.t("update endpoint {0}", name), region: clients.region }, async () => {
    await (await clients.sagemaker()).send(
      new UpdateEndpointCommand({
        EndpointName: name,
        EndpointConfigName: configName,
        RetainAllVariantProperties: keepsCapacity,
        DeploymentConfig: guardrail && deploymentConfig(guardrail),
      }),
    );
  });
}

/** How long an update may take in all: AWS allows up to eight hours. */
const MOST_SECONDS = 14_400;

function deploymentConfig(guardrail: Guardrail): DeploymentConfig {
  const { waitSeconds, alarms } = guardrail;
  const capacity = (Value: number) => ({ Type: "CAPACITY_PERCENT" as const, Value });
  return {
    BlueGreenUpdatePolicy: {
      TrafficRoutingConfiguration: {
        Type: ({ allAtOnce: "ALL_AT_ONCE", canary: "CANARY", linear: "LINEAR" } as const)[guardrail.type],
        WaitIntervalInSeconds: waitSeconds,
        CanarySize: guardrail.type === "canary" ? capacity(guardrail.percent) : undefined,
        LinearStepSize: guardrail.type === "linear" ? capacity(guardrail.stepPercent) : undefined,
      },
      TerminationWaitInSeconds: 0,
      MaximumExecutionTimeoutInSeconds: MOST_SECONDS,
    },
    AutoRollbackConfiguration: alarms.length > 0 ? { Alarms: alarms.map((AlarmName) => ({ AlarmName })) } : undefined,
  };
}

/** Begins to shift traffic among variants; weights are relative. */
export function updateWeights(
  clients: AwsClients,
  name: string,
  weights: Readonly<Record<string, number>>,
): Promise<void> {
  return withAwsErrors(
    { action: l10n.t("shift the traffic of endpoint {0}", name), region: clients.region },
    async () => {
      const DesiredWeightsAndCapacities = Object.entries(weights).map(([VariantName, DesiredWeight]) => ({
        VariantName,
        DesiredWeight,
      }));
      const client = await clients.sagemaker();
      await client.send(
        new UpdateEndpointWeightsAndCapacitiesCommand({ EndpointName: name, DesiredWeightsAndCapacities }),
      );
    },
  );
}

/** Begins to start or end instances of a variant. */
export function updateCapacity(
  clients: AwsClients,
  name: string,
  variantName: string,
  instances: number,
): Promise<void> {
  return withAwsErrors(
    { action: l10n.t("set the instances of endpoint {0}", name), region: clients.region },
    async () => {
      const client = await clients.sagemaker();
      await client.send(
        new UpdateEndpointWeightsAndCapacitiesCommand({
          EndpointName: name,
          DesiredWeightsAndCapacities: [{ VariantName: variantName, DesiredInstanceCount: instances }],
        }),
      );
    },
  );
}

/** Configurations of the account, the newest first; one page of at most 100. */
export function newestEndpointConfigs(clients: AwsClients): Promise<{ name: string; createdAtMs?: number }[]> {
  return withAwsErrors({ action: l10n.t("list the endpoint configurations"), region: clients.region }, async () => {
    const client = await clients.sagemaker();
    const page = await client.send(
      new ListEndpointConfigsCommand({ SortBy: "CreationTime", SortOrder: "Descending", MaxResults: 100 }),
    );
    return (page.EndpointConfigs ?? []).map(({ EndpointConfigName, CreationTime }) => ({
      name: EndpointConfigName ?? "",
      createdAtMs: CreationTime?.getTime(),
    }));
  });
}

/** Begins to make an endpoint from a configuration that is there. */
export function createEndpoint(clients: AwsClients, name: string, configName: string): Promise<void> {
  return withAwsErrors({ action: l10n.t("create endpoint {0}", name), region: clients.region }, async () => {
    const client = await clients.sagemaker();
    await client.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: configName }));
  });
}
