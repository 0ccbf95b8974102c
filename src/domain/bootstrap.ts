import { seededRandom } from "./seededRandom.ts";

/** An estimate with the interval in which it lies with a confidence of 95 %. */
export type Estimate = { value: number; low: number; high: number };

/**
 * A circular block bootstrap (Politis and Romano 1992): neighbouring seconds of a run resemble each other, so they are
 * drawn in blocks; single seconds would make the interval too narrow. The series is closed to a ring, so that each
 * second is drawn as often as any other. `statistic` gets the indices of a resample and may give
 * NaN for one that says nothing.
 * @param count how many observations there are, in order of time
 * @returns null when no resample says anything
 */
export function blockBootstrap(
  count: number,
  blockLength: number,
  statistic: (indices: Uint32Array) => number,
  { resamples = 1000, seed = 1 } = {},
): Estimate | null {
  const everything = Uint32Array.from({ length: count }, (_, index) => index);
  const value = statistic(everything);
  if (count === 0 || !Number.isFinite(value)) return null;
  // Fewer than five blocks would resemble the series itself, and the interval would be too narrow again.
  const length = Math.max(1, Math.min(Math.round(blockLength), Math.floor(count / 5)));
  const random = seededRandom(seed);
  const drawn = new Uint32Array(count);
  const found: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    for (let at = 0; at < count; at += length) {
      const start = Math.floor(random() * count);
      for (let offset = 0; offset < length && at + offset < count; offset++)
        drawn[at + offset] = (start + offset) % count;
    }
    const result = statistic(drawn);
    if (Number.isFinite(result)) found.push(result);
  }
  if (found.length === 0) return null;
  found.sort((a, b) => a - b);
  const quantile = (share: number) => found[Math.round(share * (found.length - 1))] as number;
  return { value, low: quantile(0.025), high: quantile(0.975) };
}
