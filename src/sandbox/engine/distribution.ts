/** Relative error of a percentile, 1 %: neighbouring buckets differ by this factor. */
const GAMMA = 1.02;
const LOG_GAMMA = Math.log(GAMMA);

/** The content of a Distribution. */
export interface PlainDistribution {
  count: number;
  sum: number;
  min: number;
  max: number;
  nonPositive: number;
  buckets: Map<number, number>;
}

/**
 * What CloudWatch keeps of a metric in one period: count, sum, extremes, and a logarithmic histogram from which
 * percentiles are read within 1 % (as CloudWatch's own percentiles are estimates over a distribution).
 */
export class Distribution {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Bucket index → count; created with the first positive value that differs from the others. */
  private readonly buckets = new Map<number, number>();
  private nonPositive = 0;

  /** Histogram bucket of a positive value. Its logarithm is the dear part of `add`: take it once for several. */
  static bucketOf(value: number): number {
    return value > 0 ? Math.ceil(Math.log(value) / LOG_GAMMA) : 0;
  }

  /** @param bucket what `bucketOf` gives for the value */
  add(value: number, times = 1, bucket = Distribution.bucketOf(value)): void {
    this.count += times;
    this.sum += value * times;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (value <= 0) this.nonPositive += times;
    else this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + times);
  }

  /** As plain data, to be kept on disk. */
  toPlain(): PlainDistribution {
    const { count, sum, min, max, nonPositive, buckets } = this;
    return { count, sum, min, max, nonPositive, buckets };
  }

  static fromPlain({ buckets, nonPositive, ...figures }: PlainDistribution): Distribution {
    const distribution = Object.assign(new Distribution(), figures);
    distribution.nonPositive = nonPositive;
    for (const [bucket, n] of buckets) distribution.buckets.set(bucket, n);
    return distribution;
  }

  merge(other: Distribution): void {
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.nonPositive += other.nonPositive;
    for (const [bucket, n] of other.buckets) this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + n);
  }

  /** A statistic set of PutMetricData knows only these four figures; percentiles read its mean. */
  addStatisticSet(count: number, sum: number, min: number, max: number): void {
    if (count <= 0) return;
    const mean = sum / count;
    this.add(mean, count);
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
  }

  /** @param p 0–100 */
  percentile(p: number): number {
    if (this.count === 0) return Number.NaN;
    if (p >= 100) return this.max;
    const rank = (p / 100) * this.count;
    let seen = this.nonPositive;
    if (seen > 0 && rank <= seen) return Math.min(this.min, 0);
    for (const bucket of [...this.buckets.keys()].sort((a, b) => a - b)) {
      seen += this.buckets.get(bucket) ?? 0;
      if (seen >= rank) {
        const middle = (GAMMA ** bucket * 2) / (1 + GAMMA);
        return Math.min(this.max, Math.max(this.min, middle));
      }
    }
    return this.max;
  }

  /**
   * One of CloudWatch's statistics: SampleCount, Average, Sum, Minimum, Maximum, p0–p100.
   * @returns undefined for a statistic that the sandbox does not know
   */
  statistic(name: string): number | undefined {
    switch (name) {
      case "SampleCount":
        return this.count;
      case "Sum":
        return this.sum;
      case "Average":
        return this.sum / this.count;
      case "Minimum":
        return this.min;
      case "Maximum":
        return this.max;
      default: {
        const p = /^p(\d{1,2}(?:\.\d{0,10})?|100)$/.exec(name)?.[1];
        return p === undefined ? undefined : this.percentile(Number(p));
      }
    }
  }
}
