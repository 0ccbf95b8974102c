import * as l10n from "@vscode/l10n";
import { html, nothing, type TemplateResult } from "lit";
import type { EndpointMetrics } from "../../src/domain/metric.ts";
import type { PredictionAnswer } from "../../src/protocol/endpointPage.ts";
import { formatMs } from "../ui/format.ts";

/** Where the time of an answer went. SageMaker tells it of no single request, but CloudWatch of all in a period. */
export interface LatencySplit {
  modelMs: number;
  overheadMs: number;
  /** What is left of the time that was waited: network, this machine and, through the API, API and function. */
  restMs: number;
  /** Of the period whose medians these are. */
  periodSeconds: number;
}

/**
 * The split of an answer by the metrics of the period that it came in.
 * @param atMs when it came, epoch ms
 * @returns undefined while CloudWatch has not measured that period, or where its medians are those of other requests
 */
export function latencySplit(
  { latencyMs, variant, async }: PredictionAnswer,
  atMs: number,
  metrics: EndpointMetrics | undefined,
): LatencySplit | undefined {
  // An asynchronous request waits in a queue of its own length.
  if (!metrics || async) return undefined;
  const { periodSeconds, variants, series: all } = metrics;
  const series = variants?.find(({ name }) => name === variant)?.series ?? all;
  // The container measures when it is done: that is a moment before the answer is here, at times in the period before.
  for (const measuredMs of [atMs, atMs - latencyMs]) {
    const at = (id: string) =>
      series
        .find((each) => each.id === id)
        ?.points.find((point) => point.atMs <= measuredMs && measuredMs < point.atMs + periodSeconds * 1000)?.value;
    const modelMs = at("modelLatencyP50Ms");
    const overheadMs = at("overheadP50Ms");
    if (modelMs === undefined || overheadMs === undefined) continue;
    const restMs = latencyMs - modelMs - overheadMs;
    if (restMs >= 0) return { modelMs, overheadMs, restMs, periodSeconds };
  }
  return undefined;
}

/** The split as a bar with its figures. @param isApi the rest holds API and function, too */
export function latencySplitView(split: LatencySplit | undefined, isApi: boolean): TemplateResult {
  if (!split) return html`${nothing}`;
  const { modelMs, overheadMs, restMs, periodSeconds } = split;
  const total = modelMs + overheadMs + restMs || 1;
  const rest = isApi
    ? l10n.t("API, function and network {0}", formatMs(restMs))
    : l10n.t("network {0}", formatMs(restMs));
  const parts: [string, number, string][] = [
    ["model", modelMs, l10n.t("model {0}", formatMs(modelMs))],
    ["overhead", overheadMs, l10n.t("overhead {0}", formatMs(overheadMs))],
    ["rest", restMs, rest],
  ];
  return html`<div
    class="split"
    title="${l10n.t("Model and overhead: CloudWatch's medians of the {0} s around this answer; the network is what is left of the time waited.", periodSeconds)}"
  >
    <span class="split-bar" aria-hidden="true"
      >${parts.map(([kind, ms]) => html`<span class=${kind} style="flex-grow: ${ms / total}"></span>`)}</span
    >
    <span class="soft numbers split-figures"
      >${parts.map(([kind, , text]) => html`<span class=${kind}>${text}</span>`)}</span
    >
  </div>`;
}
