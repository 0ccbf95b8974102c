import type { ApiStage } from "./apiStore.ts";

/** Limits of an account's region where a stage says nothing (AWS: API Gateway quotas). */
const ACCOUNT_RATE = 10_000;
const ACCOUNT_BURST = 5_000;

interface Bucket {
  tokens: number;
  filledAt: number;
  rate: number;
  burst: number;
}

/** Token buckets of one stage, one for each method setting; they fill by real time. */
export class Throttle {
  private readonly buckets = new Map<string, Bucket>();

  /** Takes a token; false when there is none. */
  admit(stage: ApiStage, resourcePath: string, verb: string, now: number): boolean {
    const keys = [`${resourcePath}/${verb}`, `${resourcePath}/*`, `*/${verb}`, "*/*"];
    const key = keys.find((candidate) => stage.methodSettings.has(candidate)) ?? "";
    const setting = stage.methodSettings.get(key);
    const rate = setting?.throttlingRateLimit ?? ACCOUNT_RATE;
    const burst = setting?.throttlingBurstLimit ?? ACCOUNT_BURST;
    let bucket = this.buckets.get(key);
    if (!bucket || bucket.rate !== rate || bucket.burst !== burst) {
      bucket = { tokens: burst, filledAt: now, rate, burst };
      this.buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.filledAt) / 1000) * rate);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
