import {
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListEndpointsCommand,
  ListTagsCommand,
  type ProductionVariantServerlessConfig,
} from "@aws-sdk/client-sagemaker";
import * as l10n from "@vscode/l10n";
import type {
  Endpoint,
  EndpointConfig,
  EndpointFilter,
  EndpointStatus,
  EndpointSummary,
  Model,
  Serverless,
} from "../domain/endpoint.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

const ms = (d: Date | undefined) => d?.getTime() ?? 0;

/** One page of the account's endpoints, newest first. ListEndpoints itself knows no tags: `filter.tag` is not looked at. */
export function listEndpoints(
  clients: AwsClients,
  token?: string,
  pageSize = 100,
  filter: EndpointFilter = {},
): Promise<{ endpoints: EndpointSummary[]; nextToken?: string }> {
  return withAwsErrors({ action: l10n.t("list the endpoints"), region: clients.region }, async () => {
    const page = await (await clients.sagemaker()).send(
      new ListEndpointsCommand({
        MaxResults: pageSize,
        NextToken: token,
        NameContains: filter.name || undefined,
        StatusEquals: filter.status,
      }),
    );
    const endpoints = (page.Endpoints ?? []).map((e) => ({
      name: e.EndpointName ?? "",
      arn: e.EndpointArn ?? "",
      status: e.EndpointStatus as EndpointStatus,
      createdAtMs: ms(e.CreationTime),
      modifiedAtMs: ms(e.LastModifiedTime),
    }));
    return { endpoints, nextToken: page.NextToken };
  });
}

/** Tags of a resource, by key. */
export function listTags(clients: AwsClients, arn: string): Promise<Record<string, string>> {
  return withAwsErrors({ action: l10n.t("list the tags of {0}", arn), region: clients.region }, async () => {
    const client = await clients.sagemaker();
    const tags = await collect(
      (NextToken) => client.send(new ListTagsCommand({ ResourceArn: arn, NextToken })),
      (page) => page.Tags,
      (page) => page.NextToken,
    );
    return Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
  });
}

/** Begins the deletion of an endpoint; its configuration and models stay (API reference, DeleteEndpoint). */
export function deleteEndpoint(clients: AwsClients, name: string): Promise<void> {
  return withAwsErrors({ action: l10n.t("delete endpoint {0}", name), region: clients.region }, async () => {
    await (await clients.sagemaker()).send(new DeleteEndpointCommand({ EndpointName: name }));
  });
}

/** Reads an endpoint; instance types and models of its variants come with `withConfig`. */
export function describeEndpoint(clients: AwsClients, name: string): Promise<Endpoint> {
  return withAwsErrors({ action: l10n.t("describe endpoint {0}", name), region: clients.region }, async () => {
    const e = await (await clients.sagemaker()).send(new DescribeEndpointCommand({ EndpointName: name }));
    return {
      name: e.EndpointName ?? name,
      arn: e.EndpointArn ?? "",
      status: e.EndpointStatus as EndpointStatus,
      createdAtMs: ms(e.CreationTime),
      modifiedAtMs: ms(e.LastModifiedTime),
      configName: e.EndpointConfigName ?? "",
      failureReason: e.FailureReason,
      variants: (e.ProductionVariants ?? []).map((v) => ({
        name: v.VariantName ?? "",
        currentInstances: v.CurrentInstanceCount ?? 0,
        desiredInstances: v.DesiredInstanceCount ?? v.CurrentInstanceCount ?? 0,
        currentWeight: v.CurrentWeight ?? 1,
        desiredWeight: v.DesiredWeight ?? v.CurrentWeight ?? 1,
        image: v.DeployedImages?.[0]?.SpecifiedImage,
        serverless: serverlessOf(v.CurrentServerlessConfig),
      })),
      isAsync: e.AsyncInferenceConfig ? true : undefined,
    };
  });
}

const serverlessOf = (config: ProductionVariantServerlessConfig | undefined): Serverless | undefined =>
  config && {
    memoryMb: config.MemorySizeInMB ?? 0,
    maxConcurrency: config.MaxConcurrency ?? 0,
    provisionedConcurrency: config.ProvisionedConcurrency,
  };

export function describeEndpointConfig(clients: AwsClients, name: string): Promise<EndpointConfig> {
  return withAwsErrors(
    { action: l10n.t("describe endpoint configuration {0}", name), region: clients.region },
    async () => {
      const c = await (await clients.sagemaker()).send(new DescribeEndpointConfigCommand({ EndpointConfigName: name }));
      return {
        name,
        arn: c.EndpointConfigArn ?? "",
        createdAtMs: ms(c.CreationTime),
        variants: (c.ProductionVariants ?? []).map((v) => ({
          name: v.VariantName ?? "",
          modelName: v.ModelName,
          instanceType: v.InstanceType,
          initialInstances: v.InitialInstanceCount,
          serverless: serverlessOf(v.ServerlessConfig),
        })),
        dataCapture: c.DataCaptureConfig?.EnableCapture ?? false,
        capture: c.DataCaptureConfig && {
          destination: c.DataCaptureConfig.DestinationS3Uri,
          percent: c.DataCaptureConfig.InitialSamplingPercentage,
        },
        async: c.AsyncInferenceConfig && {
          output: c.AsyncInferenceConfig.OutputConfig?.S3OutputPath,
          maxConcurrentPerInstance: c.AsyncInferenceConfig.ClientConfig?.MaxConcurrentInvocationsPerInstance,
        },
      };
    },
  );
}

export function describeModel(clients: AwsClients, name: string): Promise<Model> {
  return withAwsErrors({ action: l10n.t("describe model {0}", name), region: clients.region }, async () => {
    const m = await (await clients.sagemaker()).send(new DescribeModelCommand({ ModelName: name }));
    const container = m.PrimaryContainer ?? m.Containers?.[0];
    return {
      name,
      arn: m.ModelArn ?? "",
      image: container?.Image,
      artifact: container?.ModelDataUrl,
      roleArn: m.ExecutionRoleArn,
      environment: container?.Environment,
      createdAtMs: ms(m.CreationTime),
    };
  });
}

/** The endpoint's variants completed with what only its configuration knows. */
export function withConfig(endpoint: Endpoint, config: EndpointConfig): Endpoint {
  return {
    ...endpoint,
    variants: endpoint.variants.map((v) => {
      const c = config.variants.find((other) => other.name === v.name);
      return { ...v, instanceType: c?.instanceType, modelName: c?.modelName };
    }),
  };
}
