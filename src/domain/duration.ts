import * as l10n from "@vscode/l10n";
import { numberText } from "./numberText.ts";

/** `1.4 s`, `90 s`, `4 min`, `4 min 30 s`: a length of time that people compute with, so that nothing is rounded away. */
export function durationText(seconds: number): string {
  const tenths = Math.round(seconds * 10) / 10;
  if (tenths < 10) return `${numberText(tenths, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  return whole % 60 === 0 ? `${whole / 60} min` : l10n.t("{0} min {1} s", Math.floor(whole / 60), whole % 60);
}
