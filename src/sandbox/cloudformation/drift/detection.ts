import type {
  PropertyDifference,
  StackDriftDetectionStatus,
  StackDriftStatus,
  StackResourceDriftStatus,
} from "@aws-sdk/client-cloudformation";
import type { World } from "../../world.ts";
import type { Stack, StackResource } from "../stacks/stack.ts";
import { actualFor, differencesOf } from "./differences.ts";
import { isGone } from "./reader.ts";
import { plain, readerOf } from "./readers.ts";

/** What the last detection found about a resource. */
export interface ResourceDrift {
  status: StackResourceDriftStatus;
  /** Epoch ms. */
  at: number;
  /** JSON texts, as the API has them. */
  expected: string;
  actual?: string;
  differences: PropertyDifference[];
}

/** One detection on a stack. */
export interface Detection {
  readonly id: string;
  readonly stackId: string;
  readonly startedAt: number;
  status: StackDriftDetectionStatus;
  reason?: string;
  driftStatus?: StackDriftStatus;
  driftedCount?: number;
}

/** Compares one resource with what its service says; undefined for types whose drift cannot be detected. */
export async function detectResource(
  world: World,
  stack: Stack,
  resource: StackResource,
  principalArn: string,
): Promise<ResourceDrift | undefined> {
  const read = readerOf(resource.type);
  if (!read || resource.physicalId === undefined) return undefined;
  const expected = JSON.stringify(resource.properties);
  const at = world.clock.now();
  let live: object | undefined;
  try {
    live = await read(
      resource.physicalId,
      (command, input) => world.call(command, input, { region: stack.region, principalArn }),
      resource.properties,
      resource.attributes,
    );
  } catch (error) {
    if (!isGone(error as Error)) throw error;
  }
  if (live === undefined) resource.drift = { status: "DELETED", at, expected, differences: [] };
  else {
    const { Tags: _, ...compared } = resource.properties;
    const actual = plain(live);
    const differences = differencesOf(compared, actual);
    resource.drift = {
      status: differences.length ? "MODIFIED" : "IN_SYNC",
      at,
      expected,
      actual: JSON.stringify(actualFor(resource.properties, actual)),
      differences,
    };
  }
  return resource.drift;
}

/** Compares the resources of a stack (all, or those named) and notes the result in the stack. */
export async function detectStack(
  world: World,
  stack: Stack,
  detection: Detection,
  principalArn: string,
  logicalIds: readonly string[] | undefined,
): Promise<void> {
  try {
    let drifted = 0;
    for (const resource of stack.resources.values()) {
      if (logicalIds?.length && !logicalIds.includes(resource.logicalId)) continue;
      const drift = await detectResource(world, stack, resource, principalArn);
      if (drift && drift.status !== "IN_SYNC") drifted++;
    }
    detection.status = "DETECTION_COMPLETE";
    detection.driftedCount = drifted;
    detection.driftStatus = drifted ? "DRIFTED" : "IN_SYNC";
    stack.drift = { status: detection.driftStatus, at: world.clock.now() };
  } catch (error) {
    detection.status = "DETECTION_FAILED";
    detection.reason = (error as Error).message;
  }
}
