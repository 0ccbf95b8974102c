import { l10n } from "vscode";
import { formatHourly, hourlyText } from "../domain/cost.ts";
import { plural } from "../domain/plural.ts";
import { formatNumber } from "../ui/format.ts";
import type { FactRow } from "../ui/prompts.ts";
import type { FormField } from "../ui/quickForm.ts";

/** Rates at which it is told what settings mean, requests per second. */
export const TOLD_RATES = [10, 100, 1000];

/** What a cost goes by. */
export interface PricedBy {
  instanceType: string | undefined;
  region: string;
}

/** What a rate means, in a row: instances, cost, and what limits them. */
export function meaningRow(
  ratePerSecond: number,
  { instances, hourlyUsd }: { instances: number; hourlyUsd?: number },
  limited: string | undefined,
  { instanceType, region }: PricedBy,
): FactRow {
  const cost = hourlyUsd === undefined ? hourlyText(instanceType, region) : formatHourly(hourlyUsd);
  return {
    label: `$(pulse) ${l10n.t("At {0} requests/s", formatNumber(ratePerSecond))}`,
    description: `${plural(instances, "instance")} · ${cost}`,
    detail: limited,
  };
}

/** Said in every form of numbers. */
export const formPlaceholder = () =>
  l10n.t("Pick a value to change it, the first row to go on; Escape changes nothing");

/** A field that takes a number, with thousands separated or not. */
export function numberField(label: string, detail: string, get: () => number, set: (value: number) => void): FormField {
  const numberOf = (text: string) => Number(text.replaceAll(",", ""));
  return {
    label,
    detail,
    get value() {
      return formatNumber(get(), 2);
    },
    check: (text) =>
      Number.isFinite(numberOf(text)) && text !== "" ? undefined : l10n.t('"{0}" is not a number.', text),
    set: (text) => set(numberOf(text)),
  };
}
