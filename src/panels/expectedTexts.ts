import type { LoadExpectations } from "../domain/loadPlan.ts";
import type { ExpectedText } from "../protocol/loadRunPage.ts";

const percent = (ratio: number) => `${Number((ratio * 100).toFixed(2))} %`;

/** What a plan expects, in words, in the order in which it is judged. */
export function expectedTexts(expect: LoadExpectations): ExpectedText[] {
  const texts: ExpectedText[] = [];
  if (expect.achievedRatio) texts.push({ name: "achieved / asked", asked: `≥ ${percent(expect.achievedRatio.min)}` });
  if (expect.errorRate) texts.push({ name: "errors", asked: `≤ ${percent(expect.errorRate.max)}` });
  for (const name of ["p50Ms", "p95Ms", "p99Ms"] as const) {
    const limit = expect[name];
    if (!limit) continue;
    const where = limit.stage === undefined ? "" : ` in stage ${limit.stage}`;
    texts.push({ name: `${name.slice(0, -2)}${where}`, asked: `≤ ${limit.max} ms` });
  }
  if (expect.instances) texts.push({ name: "instances", asked: `≥ ${expect.instances.min}` });
  return texts;
}
