import { ResourceLimitExceeded } from "@aws-sdk/client-sagemaker";
import type { RegionState } from "./state.ts";

/**
 * Instances of one type that endpoints of an account may use. AWS's defaults differ by account and type; the large GPU
 * types begin at 0 nearly everywhere, which is what makes the first deployment on one fail.
 */
const DEFAULT_LIMIT = 20;
const LARGE_GPU = /^ml\.p\d/;

/** Instances by type that something asks for. */
export type Demand = ReadonlyMap<string, number>;

/** Sums up instances by type. */
export function demandOf(parts: readonly { type: string | undefined; count: number }[]): Map<string, number> {
  const demand = new Map<string, number>();
  for (const { type, count } of parts) if (type) demand.set(type, (demand.get(type) ?? 0) + count);
  return demand;
}

/**
 * Refuses more instances than the account may have.
 * @param delta instances by type beyond those in use
 * @throws ResourceLimitExceeded in the words of the developer guide
 */
export function assertWithinQuota(state: RegionState, delta: Demand): void {
  const used = demandOf(
    [...state.endpoints.values()].flatMap((e) =>
      e.variants.map((v) => ({ type: v.config.InstanceType, count: v.desiredCount })),
    ),
  );
  for (const [type, more] of delta) {
    if (more <= 0) continue;
    const limit = LARGE_GPU.test(type) ? 0 : DEFAULT_LIMIT;
    const now = used.get(type) ?? 0;
    if (now + more > limit)
      throw new ResourceLimitExceeded({
        $metadata: {},
        message: `The account-level service limit '${type} for endpoint usage' is ${limit} Instances, with current utilization of ${now} Instances and a request delta of ${more} Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.`,
      });
  }
}
