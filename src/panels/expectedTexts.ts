import * as l10n from "@vscode/l10n";
import type { LoadExpectations } from "../domain/loadPlan.ts";
import { numberText, usdText } from "../domain/numberText.ts";
import type { ExpectedText } from "../protocol/loadRunPage.ts";

const percent = (ratio: number) => `${numberText(ratio * 100, 2)} %`;
const within = (stage: number | undefined) => (stage === undefined ? "" : l10n.t(" in stage {0}", stage));
const latencies = { p50Ms: "p50", p90Ms: "p90", p95Ms: "p95", p99Ms: "p99", p999Ms: "p99.9", maxMs: "max" } as const;

/** What a plan expects, in words, in the order in which it is judged. */
export function expectedTexts(expect: LoadExpectations): ExpectedText[] {
  const texts: ExpectedText[] = [];
  const { achievedRatio, errorRate, instances, firstCapacitySeconds, scaleIn, costUsd } = expect;
  if (achievedRatio)
    texts.push({
      name: l10n.t("achieved ratio{0}", within(achievedRatio.stage)),
      asked: `≥ ${percent(achievedRatio.min)}`,
    });
  if (errorRate)
    texts.push({ name: l10n.t("error rate{0}", within(errorRate.stage)), asked: `≤ ${percent(errorRate.max)}` });
  for (const key of Object.keys(latencies) as (keyof typeof latencies)[]) {
    const limit = expect[key];
    if (limit)
      texts.push({ name: `${latencies[key]}${within(limit.stage)}`, asked: `≤ ${numberText(limit.max, 3)} ms` });
  }
  if (instances) texts.push({ name: l10n.t("instances"), asked: `≥ ${instances.min}` });
  if (firstCapacitySeconds)
    texts.push({ name: l10n.t("first new capacity"), asked: `≤ ${firstCapacitySeconds.max} s` });
  if (scaleIn) {
    const to = scaleIn.to === undefined ? "" : l10n.t(" to {0}", scaleIn.to);
    texts.push({ name: l10n.t("scale-in{0}", to), asked: `≤ ${scaleIn.withinSeconds} s` });
  }
  if (costUsd) texts.push({ name: l10n.t("cost"), asked: `≤ ${usdText(costUsd.max)}` });
  return texts;
}
