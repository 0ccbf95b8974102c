import * as l10n from "@vscode/l10n";
import type { ChangeSetCost } from "./changeSet.ts";
import { formatHourlyAndMonthly, noPriceText, PRICES_AS_OF, PRICING_URL } from "./cost.ts";

/** What the endpoints of a change set cost before and after, or that this stays; what is not known says of what. */
export function changeSetCostText(cost: ChangeSetCost | undefined): string {
  if (!cost) return l10n.t("costs what it did");
  const { beforeUsd, afterUsd, unpriced, region } = cost;
  const show = (usd: number | undefined) => (usd === undefined ? l10n.t("unknown") : formatHourlyAndMonthly(usd));
  const both = beforeUsd === 0 ? show(afterUsd) : `${show(beforeUsd)} → ${show(afterUsd)}`;
  return unpriced === undefined ? both : `${both}: ${noPriceText(unpriced, region)}`;
}

/** What they cost with the most instances that scaling may start; undefined where that is not known. */
export function mostCostText(cost: ChangeSetCost | undefined): string | undefined {
  return cost?.afterMostUsd === undefined
    ? undefined
    : l10n.t("at most {0} when scaled out", formatHourlyAndMonthly(cost.afterMostUsd));
}

/** What the figures are: of where, from when, and where to look them up. */
export const priceNote = (region: string): string =>
  l10n.t("on-demand prices of {0}, {1}, an estimate: {2}", region, PRICES_AS_OF, PRICING_URL);
