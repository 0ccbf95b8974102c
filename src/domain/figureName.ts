import * as l10n from "@vscode/l10n";

/**
 * What a figure of a run is called where people read it. In files it has its English name, by which programs know it.
 * @param name of an expectation's result or of a compared figure: `p99`, `error rate`, `scale-in to 1`
 */
export function figureName(name: string): string {
  const scaledInTo = /^scale-in to (\d+)$/.exec(name)?.[1];
  if (scaledInTo !== undefined) return l10n.t("scale-in to {0}", scaledInTo);
  const names: Record<string, string> = {
    "achieved ratio": l10n.t("achieved ratio"),
    "error rate": l10n.t("error rate"),
    instances: l10n.t("instances"),
    "first new capacity": l10n.t("first new capacity"),
    cost: l10n.t("cost"),
  };
  return names[name] ?? name;
}
