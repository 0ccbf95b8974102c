import { ResourceLimitExceeded } from "@aws-sdk/client-sagemaker";
import type { RegionState } from "./state.ts";

/**
 * AWS's quotas differ by account and type. The largest GPU types begin at 0 in nearly every account, which is what makes
 * a first deployment on one fail; the sandbox has that, and no other limit, so that large accounts can be tried.
 */
const LARGEST_GPU = /^ml\.p[4-9]/;
const limitOf = (type: string) => (LARGEST_GPU.test(type) ? 0 : Number.POSITIVE_INFINITY);

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
  for (const [type, more] of delta) {
    const limit = limitOf(type);
    if (more <= 0 || limit === Number.POSITIVE_INFINITY) continue;
    const now = [...state.endpoints.values()]
      .flatMap((e) => e.variants)
      .reduce((sum, v) => sum + (v.config.InstanceType === type ? v.desiredCount : 0), 0);
    if (now + more > limit)
      throw new ResourceLimitExceeded({
        $metadata: {},
        message: `The account-level service limit '${type} for endpoint usage' is ${limit} Instances, with current utilization of ${now} Instances and a request delta of ${more} Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.`,
      });
  }
}
