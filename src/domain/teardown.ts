import * as l10n from "@vscode/l10n";
import type { Stack } from "./stack.ts";

/** Parameter of the templates that this product writes: when the stack deletes itself, in UTC; empty is never. */
export const TEARDOWN_PARAMETER = "TeardownAt";

/** When a stack deletes itself, epoch ms; undefined for one that does not, or has no such parameter. */
export function teardownAtMs({ parameters }: Pick<Stack, "parameters">): number | undefined {
  const at = Date.parse(`${parameters?.[TEARDOWN_PARAMETER] ?? ""}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** Whether the stack's template knows a timer. */
export const canTearDown = ({ parameters }: Pick<Stack, "parameters">): boolean =>
  parameters?.[TEARDOWN_PARAMETER] !== undefined;

/** `3 days 2 h`, `2 h 5 min`, `4 min`: a stretch of time from now on, as one plans with it. */
export function remainingText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 60) return l10n.t("{0} min", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48)
    return hours % 24 ? l10n.t("{0} days {1} h", Math.floor(hours / 24), hours % 24) : l10n.t("{0} days", hours / 24);
  return minutes % 60 ? l10n.t("{0} h {1} min", hours, minutes % 60) : l10n.t("{0} h", hours);
}
