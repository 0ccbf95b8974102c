import { randomUUID } from "node:crypto";
import {
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DetectStackDriftCommand,
  DetectStackResourceDriftCommand,
} from "@aws-sdk/client-cloudformation";
import type { ServiceBuilder } from "../../wire/serviceBuilder.ts";
import type { World } from "../../world.ts";
import { type Detection, detectResource, detectStack, type ResourceDrift } from "../drift/detection.ts";
import type { Stack, StackResource, StackStore } from "../stacks/stack.ts";
import { invalid } from "../template/value.ts";
import { pageOf, stackOf } from "./finding.ts";

/** Simulated duration of a detection. */
const DETECT_MS = 5_000;
/** Detections that are remembered. */
const MAX_DETECTIONS = 500;
/** States in which drift can be detected (AWS: "Detect drift on an entire stack"). */
const DETECTABLE = /^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE|UPDATE_ROLLBACK_FAILED)$/;

/** Drift of stacks and of their resources. */
export function addDriftOperations(service: ServiceBuilder, world: World, store: StackStore): void {
  const detections = new Map<string, Detection>();
  const detectable = (name: string | undefined, region: string): Stack => {
    const stack = stackOf(store, name, region);
    if (!DETECTABLE.test(stack.status))
      invalid(`Drift detection cannot be performed on stack [${stack.name}] while it is in ${stack.status} state.`);
    return stack;
  };

  service
    .on(DetectStackDriftCommand)(async (input, ctx) => {
      const stack = detectable(input.StackName, ctx.region);
      for (const id of input.LogicalResourceIds ?? [])
        if (!stack.resources.has(id)) invalid(`Resource ${id} does not exist for stack ${stack.name}`);
      const detection: Detection = {
        id: randomUUID(),
        stackId: stack.id,
        startedAt: world.clock.now(),
        status: "DETECTION_IN_PROGRESS",
      };
      detections.set(detection.id, detection);
      if (detections.size > MAX_DETECTIONS) detections.delete(detections.keys().next().value as string);
      const detect = () => detectStack(world, stack, detection, ctx.principalArn, input.LogicalResourceIds);
      if (world.timeScale === 0) await detect();
      else world.clock.schedule(DETECT_MS, () => void detect());
      return { StackDriftDetectionId: detection.id };
    })
    .on(DescribeStackDriftDetectionStatusCommand)((input) => {
      const id = input.StackDriftDetectionId!;
      const detection = detections.get(id) ?? invalid(`Drift detection operation with id [${id}] does not exist.`);
      return {
        StackId: detection.stackId,
        StackDriftDetectionId: id,
        StackDriftStatus: detection.driftStatus,
        DetectionStatus: detection.status,
        DetectionStatusReason: detection.reason,
        DriftedStackResourceCount: detection.driftedCount,
        Timestamp: new Date(detection.startedAt),
      };
    })
    .on(DetectStackResourceDriftCommand)(async (input, ctx) => {
      const stack = detectable(input.StackName, ctx.region);
      const resource = stack.resources.get(input.LogicalResourceId!);
      if (!resource) return invalid(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.name}`);
      const drift = await detectResource(world, stack, resource, ctx.principalArn);
      if (!drift) return invalid(`Drift detection is not supported for resource type ${resource.type}.`);
      return { StackResourceDrift: describe(stack, resource, drift) };
    })
    .on(DescribeStackResourceDriftsCommand)((input, ctx) => {
    const stack = stackOf(store, input.StackName, ctx.region);
    const wanted = input.StackResourceDriftStatusFilters;
    const all = [...stack.resources.values()].flatMap((resource) =>
      resource.drift && (!wanted?.length || wanted.includes(resource.drift.status))
        ? [describe(stack, resource, resource.drift)]
        : [],
    );
    const { page, NextToken } = pageOf(all, input.NextToken, input.MaxResults ?? 100);
    return { StackResourceDrifts: page, NextToken };
  });
}

function describe(stack: Stack, resource: StackResource, drift: ResourceDrift) {
  return {
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    ExpectedProperties: drift.expected,
    ActualProperties: drift.actual,
    PropertyDifferences: drift.differences,
    StackResourceDriftStatus: drift.status,
    Timestamp: new Date(drift.at),
  };
}
