import type { ComparedFigure, RunComparison } from "../../domain/runComparison.ts";
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
    outcome: outcomes[figure.outcome],
  };
}

const outcomes = {
  regression: "✗ regression",
  improvement: "✓ improvement",
  same: "within noise",
  unknown: "too little data",
} as const;

function changeText({ change, unit }: ComparedFigure): string {
  if (!change) return "–";
  const points = unit === "ratio" ? " points" : " %";
  const show = (value: number) => `${value > 0 ? "+" : ""}${(value * 100).toFixed(unit === "ratio" ? 2 : 1)}`;
  return `${show(change.value)}${points} (${show(change.low)} to ${show(change.high)})`;
}

/** A comparison as a table to paste into a pull request. */
export function comparisonMarkdown({ baselineId, candidateId, figures, facts, warnings }: RunComparison): string {
  const lines = [
    `### ${candidateId} against ${baselineId}`,
    "",
    "| figure | baseline | candidate | change, 95 % interval | |",
    "|---|---|---|---|---|",
    ...figures.map((figure) => {
      const { baseline, candidate, change, outcome } = figureTexts(figure);
      return `| ${figure.name} | ${baseline} | ${candidate} | ${change} | ${outcome} |`;
    }),
    ...facts.map(
      ({ name, baseline, candidate }) => `| ${name} | ${markdownCell(baseline)} | ${markdownCell(candidate)} | | |`,
    ),
    ...warnings.flatMap((warning) => ["", `> ${warning}`]),
  ];
  return `${lines.join("\n")}\n`;
}
