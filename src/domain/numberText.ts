import * as l10n from "@vscode/l10n";

/**
 * The language that numbers and dates are written in. A translation names it as the text of "en-US", so that figures
 * never speak another language than the words around them: `1,000` is a thousand to one reader and one to another.
 */
export const numberLanguage = () => l10n.t("en-US");

/** `12,345.6`: thousands grouped, at most `digits` decimals. */
export function numberText(value: number, digits = 0): string {
  // What rounds to nothing has no sign.
  return value.toLocaleString(numberLanguage(), { maximumFractionDigits: digits, signDisplay: "negative" });
}

/** `14.0`: with just so many decimals. */
export function fixedText(value: number, digits: number): string {
  return value.toLocaleString(numberLanguage(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `$0.23`: an amount in US dollars. */
export function usdText(usd: number, digits = 2): string {
  const form = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return usd.toLocaleString(numberLanguage(), { style: "currency", currency: "USD", ...form });
}

/** `14:02` or, with `seconds`, `14:02:05`; local time. */
export function clockText(atMs: number, seconds = false): string {
  const second = seconds ? "2-digit" : undefined;
  const form = { hour: "2-digit", minute: "2-digit", second, hourCycle: "h23" } as const;
  return new Date(atMs).toLocaleTimeString(numberLanguage(), form);
}

/** `Nov 22`; local time. */
export function dayText(atMs: number): string {
  return new Date(atMs).toLocaleDateString(numberLanguage(), { month: "short", day: "numeric" });
}

/** `Nov 22, 2026, 14:02:05`: a moment in full; local time. */
export function momentText(atMs: number): string {
  const at = new Date(atMs);
  return at.toLocaleString(numberLanguage(), { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
}
