import type { ApiStore, StoredApiKey, StoredPlan } from "./apiStore.ts";
import { TokenBucket } from "./throttle.ts";

/** What an API key gets a request: in, or an answer of the gateway. */
export type Admission = { key: StoredApiKey } | "INVALID_API_KEY" | "THROTTLED" | "QUOTA_EXCEEDED";

const DAY_MS = 24 * 3_600_000;
/** Lengths of quota periods; a month counts 30 days here. */
const PERIOD_MS = { DAY: DAY_MS, WEEK: 7 * DAY_MS, MONTH: 30 * DAY_MS };

/** Holds requests with API keys to the usage plans that the keys are in. */
export class KeyAdmission {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(private readonly store: ApiStore) {}

  /**
   * Takes a request of the key from its plan's rate and quota.
   * @param now epoch ms
   */
  admit(value: string | undefined, apiId: string, stage: string, now: number): Admission {
    const key = [...this.store.keys.values()].find((item) => item.value === value && item.enabled);
    const plan = key && this.planOf(key, apiId, stage);
    if (!key || (!plan && !key.stages.has(`${apiId}/${stage}`))) return "INVALID_API_KEY";
    if (!plan) return { key };
    const { rateLimit, burstLimit } = plan.throttle ?? {};
    if (rateLimit !== undefined || burstLimit !== undefined) {
      const id = `${plan.id}/${key.id}`;
      const bucket = this.buckets.get(id) ?? new TokenBucket();
      this.buckets.set(id, bucket);
      if (!bucket.take(rateLimit ?? Number.POSITIVE_INFINITY, burstLimit ?? rateLimit ?? 1, now)) return "THROTTLED";
    }
    return this.withinQuota(plan, key, now) ? { key } : "QUOTA_EXCEEDED";
  }

  private planOf(key: StoredApiKey, apiId: string, stage: string): StoredPlan | undefined {
    return [...this.store.plans.values()].find(
      (plan) => plan.keys.has(key.id) && plan.stages.some((item) => item.apiId === apiId && item.stage === stage),
    );
  }

  private withinQuota({ quota, used }: StoredPlan, key: StoredApiKey, now: number): boolean {
    const period = Math.floor(now / PERIOD_MS[quota?.period ?? "DAY"]);
    const before = used.get(key.id);
    const count = before?.period === period ? before.count : 0;
    if (quota?.limit !== undefined && count >= quota.limit) return false;
    used.set(key.id, { period, count: count + 1 });
    return true;
  }
}
