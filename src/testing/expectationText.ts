import * as l10n from "@vscode/l10n";
import { durationText } from "../domain/duration.ts";
import { figureName } from "../domain/figureName.ts";
import type { ExpectationResult } from "../domain/loadRun.ts";
import { usdText } from "../domain/numberText.ts";
import { formatNumber } from "../ui/format.ts";

/** An expectation in words: `p99 in stage 1`, `≤ 250 ms`, `960 ms`. */
export function expectationWords(result: ExpectationResult): { name: string; asked: string; measured: string } {
  const { name, stage, comparison, asked, measured, unit, reason } = result;
  return {
    name: stage === undefined ? figureName(name) : l10n.t("{0} in stage {1}", figureName(name), stage),
    asked: `${comparison === "atLeast" ? "≥" : "≤"} ${valueText(asked, unit)}`,
    measured: measured === null ? l10n.t("not measured: {0}", reason ?? l10n.t("no data")) : valueText(measured, unit),
  };
}

function valueText(value: number, unit: ExpectationResult["unit"]): string {
  if (unit === "ratio") return `${formatNumber(value * 100, 2)} %`;
  if (unit === "ms") return `${formatNumber(value, value < 10 ? 1 : 0)} ms`;
  if (unit === "usd") return usdText(value, value < 0.1 ? 4 : 2);
  if (unit === "seconds") return durationText(value);
  return formatNumber(value);
}
