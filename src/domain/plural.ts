import * as l10n from "@vscode/l10n";
import { numberText } from "./numberText.ts";

/**
 * `1 instance`, `3,000 instances`. Translations have both forms as texts of their own: `{0} instance`, `{0} instances`.
 * @param noun one that takes an s
 */
export function plural(count: number, noun: string): string {
  return l10n.t(`{0} ${noun}${count === 1 ? "" : "s"}`, numberText(count));
}
