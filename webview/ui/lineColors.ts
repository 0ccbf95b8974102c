const COLORS = [
  "--vscode-charts-blue",
  "--chart-orange",
  "--vscode-charts-green",
  "--vscode-charts-purple",
  "--vscode-charts-red",
  "--vscode-charts-yellow",
];

/** The colour of a run, or of a scenario, in all charts of a page; every second one is dashed besides. */
export const runColor = (index: number): string => COLORS[index % COLORS.length] ?? "--vscode-charts-foreground";
