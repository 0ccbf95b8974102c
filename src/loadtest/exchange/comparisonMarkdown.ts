import * as l10n from "@vscode/l10n";
import { figureName } from "../../domain/figureName.ts";
import { fixedText } from "../../domain/numberText.ts";
import type { ComparedFigure, ComparisonOutcome, RunComparison } from "../../domain/runComparison.ts";
import { formatMs, formatPercent, markdownCell } from "../format.ts";

/** A figure's texts: both values, the change with its interval, and the outcome in a word with its sign. */
export function figureTexts(figure: ComparedFigure): {
  baseline: string;
  candidate: string;
  change: string;
  outcome: string;
} {
  const show = figure.unit === "ms" ? formatMs : formatPercent;
  return {
    baseline: show(figure.baseline),
    candidate: show(figure.candidate),
    change: changeText(figure),
    outcome: outcomeText(figure.outcome),
  };
}

function outcomeText(outcome: ComparisonOutcome): string {
  const texts: Record<ComparisonOutcome, string> = {
    regression: l10n.t("✗ regression"),
    improvement: l10n.t("✓ improvement"),
    same: l10n.t("within noise"),
    unknown: l10n.t("too little data"),
  };
  return texts[outcome];
}

function changeText({ change, unit }: ComparedFigure): string {
  if (!change) return "–";
  const points = unit === "ratio" ? l10n.t("points") : "%";
  const show = (value: number) => `${value > 0 ? "+" : ""}${fixedText(value * 100, unit === "ratio" ? 2 : 1)}`;
  return l10n.t("{0} {1} ({2} to {3})", show(change.value), points, show(change.low), show(change.high));
}

/** A comparison as a table to paste into a pull request. */
export function comparisonMarkdown({ baselineId, candidateId, figures, facts, warnings }: RunComparison): string {
  const lines = [
    `### ${l10n.t("{0} against {1}", candidateId, baselineId)}`,
    "",
    `| ${l10n.t("figure")} | ${l10n.t("baseline")} | ${l10n.t("candidate")} | ${l10n.t("change, 95 % interval")} | |`,
    "|---|---|---|---|---|",
    ...figures.map((figure) => {
      const { baseline, candidate, change, outcome } = figureTexts(figure);
      return `| ${figureName(figure.name)} | ${baseline} | ${candidate} | ${change} | ${outcome} |`;
    }),
    ...facts.map(
      ({ name, baseline, candidate }) => `| ${name} | ${markdownCell(baseline)} | ${markdownCell(candidate)} | | |`,
    ),
    ...warnings.flatMap((warning) => ["", `> ${warning}`]),
  ];
  return `${lines.join("\n")}\n`;
}
