import { type Dependencies, reversed } from "../template/graph.ts";
import { runGraph } from "./graphRunner.ts";
import { deleteResource, type Run } from "./resourceWork.ts";
import type { StackResource } from "./stack.ts";

/** A resource to let go of, and whether its policy leaves the physical one alone. */
export interface Leftover {
  resource: StackResource;
  retain: boolean;
}

/**
 * Deletes resources, each after those that need it; a failure stops only what the failed one needs.
 * @returns logical ids that could not be deleted
 */
export async function removeResources(run: Run, leftovers: readonly Leftover[]): Promise<string[]> {
  const byId = new Map(leftovers.map((leftover) => [leftover.resource.logicalId, leftover]));
  const needs: Dependencies = new Map(
    leftovers.map(({ resource }) => [resource.logicalId, new Set([...resource.needs].filter((id) => byId.has(id)))]),
  );
  const { failed } = await runGraph(
    reversed(needs),
    (id) => {
      const { resource, retain } = byId.get(id)!;
      return deleteResource(run, resource, retain);
    },
    { keepGoing: true },
  );
  return [...failed.keys()];
}

/** A run whose waits nobody cancels, for what cleans up. */
export function patient(run: Run): Run {
  return { ...run, signal: new AbortController().signal };
}

/** CloudFormation's words for what went wrong with several resources. */
export function failedTo(verb: "create" | "update" | "delete", ids: readonly string[]): string {
  return ids.length ? `The following resource(s) failed to ${verb}: [${ids.join(", ")}]. ` : "";
}
