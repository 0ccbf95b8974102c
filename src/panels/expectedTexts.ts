import type { LoadExpectations } from "../domain/loadPlan.ts";
import type { ExpectedText } from "../protocol/loadRunPage.ts";

const percent = (ratio: number) => `${Number((ratio * 100).toFixed(2))} %`;
const within = (stage: number | undefined) => (stage === undefined ? "" : ` in stage ${stage}`);
const latencies = { p50Ms: "p50", p90Ms: "p90", p95Ms: "p95", p99Ms: "p99", p999Ms: "p99.9", maxMs: "max" } as const;

/** What a plan expects, in words, in the order in which it is judged. */
export function expectedTexts(expect: LoadExpectations): ExpectedText[] {
  const texts: ExpectedText[] = [];
  const { achievedRatio, errorRate, instances, firstCapacitySeconds, scaleIn, costUsd } = expect;
  if (achievedRatio)
    texts.push({ name: `achieved ratio${within(achievedRatio.stage)}`, asked: `≥ ${percent(achievedRatio.min)}` });
  if (errorRate) texts.push({ name: `error rate${within(errorRate.stage)}`, asked: `≤ ${percent(errorRate.max)}` });
  for (const key of Object.keys(latencies) as (keyof typeof latencies)[]) {
    const limit = expect[key];
    if (limit) texts.push({ name: `${latencies[key]}${within(limit.stage)}`, asked: `≤ ${limit.max} ms` });
  }
  if (instances) texts.push({ name: "instances", asked: `≥ ${instances.min}` });
  if (firstCapacitySeconds) texts.push({ name: "first new capacity", asked: `≤ ${firstCapacitySeconds.max} s` });
  if (scaleIn) {
    const to = scaleIn.to === undefined ? "" : ` to ${scaleIn.to}`;
    texts.push({ name: `scale-in${to}`, asked: `≤ ${scaleIn.withinSeconds} s` });
  }
  if (costUsd) texts.push({ name: "cost", asked: `≤ $${costUsd.max}` });
  return texts;
}
