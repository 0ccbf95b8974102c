import * as l10n from "@vscode/l10n";
import { durationText } from "../domain/duration.ts";
import { figureName } from "../domain/figureName.ts";
import type { ExpectationResult, LoadErrorKind } from "../domain/loadRun.ts";
import { numberText, usdText } from "../domain/numberText.ts";

/** The name of a kind of errors as reports show it. */
export function errorKindName(kind: LoadErrorKind): string {
  const names: Record<LoadErrorKind, string> = {
    clientError: l10n.t("client error (3xx, 4xx)"),
    throttled: l10n.t("throttled (429)"),
    modelError: l10n.t("model error (424)"),
    serverError: l10n.t("server error (5xx)"),
    timeout: l10n.t("timeout"),
    connection: l10n.t("connection"),
  };
  return names[kind];
}

/** 12,345.6: thousands grouped, at most `digits` decimals. */
export function formatNumber(value: number, digits = 0): string {
  return numberText(value, digits);
}

/** A latency in ms: two significant steps below 10, whole above. */
export function formatMs(value: number | null): string {
  return value === null ? "–" : `${formatNumber(value, value < 10 ? 1 : 0)} ms`;
}

/** A share as percent. It never rounds up to 100 % or down to 0 %, which would hide what is missing. */
export function formatPercent(value: number | null): string {
  if (value === null) return "–";
  const percent = value * 100;
  if (percent > 0 && percent < 0.01) return `< ${numberText(0.01, 2)} %`;
  return `${formatNumber(percent < 100 ? Math.min(percent, 99.99) : percent, 2)} %`;
}

/** A cost in US dollars, with more digits where it is small. */
export function formatUsd(value: number): string {
  return usdText(value, value < 0.1 ? 4 : 2);
}

/** A moment of a run as minutes and seconds: 01:07. */
export function formatOffset(milliseconds: number): string {
  const sign = milliseconds < 0 ? "−" : "";
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  return `${sign}${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** An expectation in words: `p99 in stage 1`, `≤ 250 ms`, `84 ms`. */
export function expectationTexts(result: ExpectationResult): { name: string; asked: string; measured: string } {
  const show = (value: number) => {
    if (result.unit === "ms") return formatMs(value);
    if (result.unit === "seconds") return durationText(value);
    if (result.unit === "usd") return formatUsd(value);
    return result.unit === "ratio" ? formatPercent(value) : formatNumber(value);
  };
  return {
    name:
      result.stage === undefined
        ? figureName(result.name)
        : l10n.t("{0} in stage {1}", figureName(result.name), result.stage),
    asked: `${result.comparison === "atLeast" ? "≥" : "≤"} ${show(result.asked)}`,
    measured:
      result.measured === null
        ? l10n.t("not measured: {0}", result.reason ?? l10n.t("no data"))
        : show(result.measured),
  };
}

/** Text that comes from elsewhere must not end a cell or start markup. */
export function markdownCell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|`*_<>[\]]/g, (char) => `\\${char}`);
}
