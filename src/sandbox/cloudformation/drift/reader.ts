import type { ResourceContext } from "../resources/handler.ts";
import { isNotFound } from "../resources/handler.ts";
import type { ValueMap } from "../template/value.ts";

/** A resource as its service describes it, by property names whose case may differ from the template's. */
export type Live = object;

/**
 * Asks the service what a resource is like now.
 * @returns undefined (or throws a NotFound error) when it is gone
 */
export type Reader = (
  id: string,
  call: ResourceContext["call"],
  properties: ValueMap,
  attributes: Readonly<Record<string, string>>,
) => Promise<Live | undefined>;

/** The answer, or undefined when there is nothing of the kind. */
export async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isGone(error as Error)) return undefined;
    throw error;
  }
}

/** True for the answers that services give about what does not exist. */
export function isGone(error: Error): boolean {
  return isNotFound(error) || /^Could not find/.test(error.message);
}
