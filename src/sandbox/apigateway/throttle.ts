import { type ApiStage, settingKey } from "./apiStore.ts";

/** Limits of an account's region where a stage says nothing (AWS: API Gateway quotas). */
export const ACCOUNT_RATE = 10_000;
export const ACCOUNT_BURST = 5_000;

/** A token bucket that fills by real time; other limits than before start it anew. */
export class TokenBucket {
  private tokens = 0;
  private filledAt = 0;
  private rate = Number.NaN;
  private burst = Number.NaN;

  /**
   * Takes a token; false when there is none.
   * @param rate tokens per second
   * @param burst tokens that it holds
   * @param now epoch ms
   */
  take(rate: number, burst: number, now: number): boolean {
    if (this.rate !== rate || this.burst !== burst) Object.assign(this, { rate, burst, tokens: burst, filledAt: now });
    const filled = (Math.max(0, now - this.filledAt) / 1000) * rate;
    this.tokens = Math.min(burst, this.tokens + (Number.isNaN(filled) ? 0 : filled));
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

/** Token buckets of one stage, one for each method setting. */
export class Throttle {
  private readonly buckets = new Map<string, TokenBucket>();

  /** Takes a token; false when there is none. */
  admit(stage: ApiStage, resourcePath: string, verb: string, now: number): boolean {
    const key = settingKey(stage, resourcePath, verb);
    const setting = stage.methodSettings.get(key);
    let bucket = this.buckets.get(key);
    if (!bucket) {
      bucket = new TokenBucket();
      this.buckets.set(key, bucket);
    }
    return bucket.take(
      setting?.throttlingRateLimit ?? ACCOUNT_RATE,
      setting?.throttlingBurstLimit ?? ACCOUNT_BURST,
      now,
    );
  }
}
