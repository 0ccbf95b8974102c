import * as l10n from "@vscode/l10n";
import { numberLanguage } from "../domain/numberText.ts";
import type { WhatIfOutcome, WhatIfPoint, WhatIfReport } from "../domain/whatIf.ts";
import { formatMs, formatNumber, formatOffset, formatPercent, formatUsd } from "./format.ts";
import { type Chart, drawChart, escapeHtml, linearScale, linePath, logScale, type Scale, timeScale } from "./svg.ts";

const head = () => [
  ...[l10n.t("scenario"), l10n.t("most instances"), l10n.t("first scaling"), "p50", "p99"],
  ...[l10n.t("failed"), l10n.t("instance-hours"), l10n.t("cost")],
];

function rows({ outcomes }: WhatIfReport): string[][] {
  return outcomes.map((outcome) => [
    outcome.name,
    formatNumber(outcome.mostInstances),
    firstScaling(outcome),
    formatMs(outcome.p50Ms),
    formatMs(outcome.p99Ms),
    formatPercent(outcome.requests > 0 ? outcome.failed / outcome.requests : null),
    formatNumber(outcome.instanceHours, 2),
    outcome.costUsd === undefined ? "–" : formatUsd(outcome.costUsd),
  ]);
}

function firstScaling({ activities }: WhatIfOutcome): string {
  const [first] = activities;
  if (!first) return l10n.t("never");
  const served = first.endSecond === undefined ? "" : l10n.t(", serving at {0}", formatOffset(first.endSecond * 1000));
  return `${formatOffset(first.second * 1000)}${served}`;
}

/** The scenarios as a table. */
export function whatIfMarkdown(report: WhatIfReport): string {
  const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    `## ${l10n.t("What if: {0} (simulated)", report.load.name)}`,
    "",
    row(head()),
    row(head().map(() => "---")),
    ...rows(report).map(row),
    "",
    l10n.t(
      "Every figure is simulated by the sandbox's autoscaler and instance model{0}; costs are of the load's length, by the price table.",
      report.load.timeScale > 1 ? l10n.t(", scaling {0} times faster than on AWS", report.load.timeScale) : "",
    ),
    "",
  ].join("\n");
}

const COLOURS = ["#0969da", "#bc4c00", "#1a7f37", "#8250df", "#cf222e", "#9a6700", "#0f766e", "#bf3989"];
const DASHES = ["", "6 4", "2 3", "8 3 2 3"];
const STYLE = `:root{color-scheme:light dark;--fg:#1f2328;--soft:#59636e;--bg:#fff;--rule:#d1d9e0}
@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--soft:#9198a1;--bg:#0d1117;--rule:#3d444d}}
body{margin:0 auto;max-width:1040px;padding:24px;font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}h1{font-size:20px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:4px 10px 4px 0;border-bottom:1px solid var(--rule);text-align:left}
figure{margin:14px 0 0}figcaption{color:var(--soft);font-size:12px}svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--soft)}svg text.end{fill:var(--fg)}
.grid{stroke:var(--rule);stroke-width:.6}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}.key{display:inline-block;width:26px;height:8px;margin-right:6px}
@media print{body{max-width:none;padding:0}figure,tr{break-inside:avoid}}`;

/** The scenarios as curves over one another, in one HTML file without a script or a request to anywhere. */
export function whatIfHtml(report: WhatIfReport): string {
  const { load } = report;
  const cells = (tag: string, texts: string[]) => texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join("");
  const body = rows(report).map(
    ([name = "", ...rest], index) =>
      `<tr><td><svg class="key" viewBox="0 0 26 8"><path class="line" style="${lineStyle(index)}" d="M0 4H26"/></svg>${escapeHtml(name)}</td>${cells("td", rest)}</tr>`,
  );
  return `<!doctype html>
<html lang="${numberLanguage().slice(0, 2)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(l10n.t("What if: {0}", load.name))}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(l10n.t("What if: {0}", load.name))}</h1>
<p>${escapeHtml(simulatedText(report))}</p>
<table><thead><tr>${cells("th", head())}</tr></thead><tbody>${body.join("\n")}</tbody></table>
${charts(report)}
</body></html>
`;
}

function simulatedText({ load, tookMs }: WhatIfReport): string {
  return l10n.t(
    "Simulated: {0} s of load by the sandbox's autoscaler and instance model in {1} s{2}. No endpoint was asked.",
    formatNumber(load.ratesPerSecond.length),
    formatNumber(tookMs / 1000, 1),
    load.timeScale > 1 ? l10n.t("; scaling passes {0} times faster than on AWS", load.timeScale) : "",
  );
}

const lineStyle = (index: number) =>
  `stroke:${COLOURS[index % COLOURS.length]};stroke-dasharray:${DASHES[Math.floor(index / COLOURS.length) % DASHES.length]}`;

function charts({ outcomes, load }: WhatIfReport): string {
  const x = timeScale(0, load.ratesPerSecond.length * 1000);
  const [first] = outcomes;
  if (!first) return "";
  const rate = (point: WhatIfPoint) => point.asked / point.seconds;
  const failing = (point: WhatIfPoint) => point.failed / point.seconds;
  return [
    overlay(l10n.t("Rate, requests/s"), [first], rate, x),
    overlay(l10n.t("Instances in service (simulated)"), outcomes, (point) => point.instances, x, { stepped: true }),
    overlay(l10n.t("Invocations per instance and minute (simulated)"), outcomes, (point) => point.perInstance, x),
    overlay(l10n.t("p99 latency, ms, logarithmic (simulated)"), outcomes, (point) => point.p99Ms, x, { log: true }),
    overlay(l10n.t("Failed requests/s (simulated)"), outcomes, failing, x),
  ].join("\n");
}

function overlay(
  title: string,
  outcomes: readonly WhatIfOutcome[],
  value: (point: WhatIfPoint) => number | null,
  x: Scale,
  form: { stepped?: boolean; log?: boolean } = {},
): string {
  const all = outcomes.flatMap(({ points }) => points.flatMap((point) => value(point) ?? []));
  const y = form.log
    ? logScale(all)
    : linearScale(
        all.reduce((a, b) => Math.max(a, b), 1),
        form.stepped,
      );
  const layers = outcomes.map(({ name, points }, index) => {
    const series = points.map((point) => ({ atMs: (point.second + point.seconds / 2) * 1000, value: value(point) }));
    return `<path class="line" style="${lineStyle(index)}" d="${linePath(series, x, y, form.stepped)}"><title>${escapeHtml(name)}</title></path>`;
  });
  const chart: Chart = {
    ...{ title, x, y, layers: layers.join(""), ends: [], marks: [], shaded: [] },
    formatX: formatOffset,
    formatY: (number) => formatNumber(number, 2),
  };
  return drawChart(chart);
}
