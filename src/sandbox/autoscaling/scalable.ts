import {
  DescribeEndpointCommand,
  DescribeInferenceComponentCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
  UpdateInferenceComponentRuntimeConfigCommand,
} from "@aws-sdk/client-sagemaker";
import type { World } from "../world.ts";

/** Capacity of a target as SageMaker tells it. */
export interface Capacity {
  current: number;
  desired: number;
  inService: boolean;
}

/** Something whose capacity Application Auto Scaling can set. */
export interface Scalable {
  /** `instance count` or `copy count`, for the activities' texts. */
  noun: string;
  /** Dimensions of its metrics in AWS/SageMaker. */
  dimensions: { Name: string; Value: string }[];
  /** Undefined when it does not exist. */
  read(world: World, region: string): Promise<Capacity | undefined>;
  write(world: World, region: string, count: number): Promise<void>;
}

const VARIANT = "sagemaker:variant:DesiredInstanceCount";
const COMPONENT = "sagemaker:inference-component:DesiredCopyCount";

/** The dimensions that the sandbox scales. */
export const DIMENSIONS: readonly string[] = [VARIANT, COMPONENT];

/** `endpoint/E/variant/V` by instances, `inference-component/C` by copies; undefined for anything else. */
export function scalableOf(resourceId: string, dimension: string): Scalable | undefined {
  const [, endpoint, variant] = /^endpoint\/([^/]+)\/variant\/([^/]+)$/.exec(resourceId) ?? [];
  if (dimension === VARIANT && endpoint && variant) return variantOf(endpoint, variant);
  const component = /^inference-component\/([^/]+)$/.exec(resourceId)?.[1];
  return dimension === COMPONENT && component ? componentOf(component) : undefined;
}

function variantOf(EndpointName: string, VariantName: string): Scalable {
  return {
    noun: "instance count",
    dimensions: [
      { Name: "EndpointName", Value: EndpointName },
      { Name: "VariantName", Value: VariantName },
    ],
    read: (world, region) =>
      orUndefined(async () => {
        const endpoint = await world.call(DescribeEndpointCommand, { EndpointName }, { region });
        const variant = endpoint.ProductionVariants?.find((v) => v.VariantName === VariantName);
        return (
          variant && {
            current: variant.CurrentInstanceCount ?? 0,
            desired: variant.DesiredInstanceCount ?? 0,
            inService: endpoint.EndpointStatus === "InService",
          }
        );
      }),
    async write(world, region, DesiredInstanceCount) {
      const DesiredWeightsAndCapacities = [{ VariantName, DesiredInstanceCount }];
      const input = { EndpointName, DesiredWeightsAndCapacities };
      await world.call(UpdateEndpointWeightsAndCapacitiesCommand, input, { region });
    },
  };
}

function componentOf(InferenceComponentName: string): Scalable {
  return {
    noun: "copy count",
    dimensions: [{ Name: "InferenceComponentName", Value: InferenceComponentName }],
    read: (world, region) =>
      orUndefined(async () => {
        const component = await world.call(DescribeInferenceComponentCommand, { InferenceComponentName }, { region });
        return {
          current: component.RuntimeConfig?.CurrentCopyCount ?? 0,
          desired: component.RuntimeConfig?.DesiredCopyCount ?? 0,
          inService: component.InferenceComponentStatus === "InService",
        };
      }),
    async write(world, region, CopyCount) {
      const input = { InferenceComponentName, DesiredRuntimeConfig: { CopyCount } };
      await world.call(UpdateInferenceComponentRuntimeConfigCommand, input, { region });
    },
  };
}

/** What does not exist has no capacity; SageMaker says so by an error. */
async function orUndefined<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
