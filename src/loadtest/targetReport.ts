import * as l10n from "@vscode/l10n";
import { durationText } from "../domain/duration.ts";
import { numberLanguage } from "../domain/numberText.ts";
import { plural } from "../domain/plural.ts";
import {
  type KneeRule,
  quietMedian,
  TARGET_FORMULA_URL,
  type TargetReport,
  type TargetStep,
} from "../domain/targetSearch.ts";
import { formatMs, formatNumber, formatPercent } from "./format.ts";
import { chartSize, drawChart, escapeHtml, linePath, logScale, type Scale } from "./svg.ts";

/** What the search found, in one sentence. */
export function targetSentence({ knee, safetyFactor, targetPerMinute, connection }: TargetReport): string {
  if (!knee || targetPerMinute === undefined) return l10n.t("No rate was found that the instance does not hold.");
  const [most, low, high] = [knee.maxRps, knee.low, knee.high].map((rate) => formatNumber(rate));
  return l10n.t(
    "One instance{0} holds {1} requests/s (95 % confidence: {2} to {3}); target {4} invocations per instance and minute = {1} × {5} × 60",
    connection.sandbox ? l10n.t(" (simulated)") : "",
    ...[most ?? "", low ?? "", high ?? "", formatNumber(targetPerMinute), formatNumber(safetyFactor, 3)],
  );
}

/** Why the knee is where it is. */
export function kneeExplanation({ knee, steps, limits }: TargetReport): string {
  if (!knee) return l10n.t("No rule fired.");
  const count = steps.filter(({ broke, phase }) => broke !== undefined && phase === "knee").length;
  const turns = steps.filter(({ phase }) => phase === "knee").length;
  return l10n.t(
    "The rate rose from {0}/s until a rule fired, then went up after each step that held and down after each that did not: {1} of {2} steps around the knee did not hold, for example {3}. A rate does not hold when more than {4} fail, less than {5} are answered, {6}or the median is more than {7} times the {8} of light load.",
    ...[formatNumber(steps[0]?.rate ?? 0), count, turns, knee.text],
    ...[formatPercent(limits.errorShare), formatPercent(limits.achievedShare)],
    limits.p99Ms === undefined ? "" : l10n.t("p99 is above {0}, ", formatMs(limits.p99Ms)),
    ...[formatNumber(limits.latencyFactor, 2), formatMs(quietMedian(steps))],
  );
}

function stepRows({ steps }: TargetReport): string[][] {
  return steps.map((step) => [
    `${formatNumber(step.rate, 1)}/s`,
    `${formatNumber(step.achievedRate, 1)}/s`,
    formatMs(step.p50Ms),
    formatMs(step.p99Ms),
    formatPercent(step.errorShare),
    step.generatorLimited ? l10n.t("generator-limited") : step.broke ? `✗ ${ruleName(step.broke)}` : l10n.t("✓ held"),
  ]);
}

const head = () => [...[l10n.t("asked"), l10n.t("answered"), "p50", "p99", l10n.t("errors"), l10n.t("outcome")]];

/** A rule in a word. */
function ruleName(rule: KneeRule): string {
  const names: Record<KneeRule, string> = {
    errors: l10n.t("errors"),
    throughput: l10n.t("throughput"),
    limit: l10n.t("limit"),
    latency: l10n.t("latency"),
  };
  return names[rule];
}

/** The report as Markdown. */
export function targetMarkdown(report: TargetReport): string {
  const row = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const lines = [
    `## ${l10n.t("Target of {0}, variant {1}, {2}", report.endpointName, report.variantName, report.instanceType ?? l10n.t("unknown type"))}`,
    "",
    targetSentence(report),
    "",
    kneeExplanation(report),
    "",
    l10n.t(
      "Formula: {0}",
      `SageMakerVariantInvocationsPerInstance = MAX_RPS × SAFETY_FACTOR × 60, ${TARGET_FORMULA_URL}`,
    ),
    ...predictionLines(report).map((text) => `- ${text}`),
    "",
    row(head()),
    row(head().map(() => "---")),
    ...stepRows(report).map(row),
    ...report.warnings.flatMap((warning) => ["", `> ${warning}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** What the target means for the number of instances. */
export function predictionLines({ predictions, currentTargetPerMinute }: TargetReport): string[] {
  const now =
    currentTargetPerMinute === undefined
      ? []
      : [l10n.t("the policy's target is now {0}", formatNumber(currentTargetPerMinute))];
  return [
    ...now,
    ...predictions.map(({ ratePerSecond, instances }) =>
      l10n.t("{0} requests/s → {1}", formatNumber(ratePerSecond), plural(instances, "instance")),
    ),
  ];
}

const STYLE = `:root{color-scheme:light dark;--fg:#1f2328;--soft:#59636e;--bg:#fff;--rule:#d1d9e0;--green:#1a7f37;--orange:#bc4c00;--red:#cf222e}
@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--soft:#9198a1;--bg:#0d1117;--rule:#3d444d;--green:#3fb950;--orange:#f0883e;--red:#f85149}}
body{margin:0 auto;max-width:1000px;padding:24px;font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}h1{font-size:20px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:4px 10px 4px 0;border-bottom:1px solid var(--rule);text-align:left}
figure{margin:14px 0}figcaption{color:var(--soft);font-size:12px}svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.grid{stroke:var(--rule);stroke-width:.6}.line{fill:none;stroke-width:1.8}.p50{stroke:var(--green)}.p99{stroke:var(--orange)}svg text.end{stroke:none;fill:var(--fg)}.held{fill:var(--green)}.broke{fill:var(--red)}.mark line{stroke:var(--red);stroke-dasharray:3 3}.mark text{fill:var(--fg)}
@media print{body{max-width:none;padding:0}figure,tr{break-inside:avoid}}`;

/** The report as one HTML file without a script or a request to anywhere. */
export function targetHtml(report: TargetReport): string {
  const { endpointName, variantName, instanceType, connection, startedAtMs, endedAtMs, warnings } = report;
  const place = connection.sandbox
    ? l10n.t("sandbox, simulated instance")
    : `${l10n.t("account {0}", connection.accountId)}, ${connection.region}`;
  const cells = (tag: string, texts: string[]) => texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join("");
  return `<!doctype html>
<html lang="${numberLanguage().slice(0, 2)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(l10n.t("Target of {0}", endpointName))}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(`${endpointName} · ${variantName} · ${instanceType ?? ""}`)}</h1>
<p>${escapeHtml(`${place} · ${new Date(startedAtMs).toISOString()} · ${durationText((endedAtMs - startedAtMs) / 1000)}`)}</p>
<p><strong>${escapeHtml(targetSentence(report))}</strong></p>
${warnings.map((warning) => `<p>⚠ ${escapeHtml(warning)}</p>`).join("\n")}
<p>${escapeHtml(kneeExplanation(report))}</p>
<p>${escapeHtml(l10n.t("Formula: {0}", `MAX_RPS × SAFETY_FACTOR × 60 (${TARGET_FORMULA_URL})`))}</p>
<ul>${predictionLines(report)
    .map((text) => `<li>${escapeHtml(text)}</li>`)
    .join("")}</ul>
${latencyChart(report)}
<table><thead><tr>${cells("th", head())}</tr></thead><tbody>${stepRows(report)
    .map((row) => `<tr>${cells("td", row)}</tr>`)
    .join("\n")}</tbody></table>
</body></html>
`;
}

/** Latency over rate; the steps as dots, the knee as a line. */
function latencyChart({ steps, knee }: TargetReport): string {
  const sorted = [...steps].sort((a, b) => a.rate - b.rate);
  const most = Math.max(1, ...sorted.map(({ rate }) => rate));
  const { left, right, width } = chartSize;
  const x: Scale = {
    at: (rate) => left + (rate / most) * (width - left - right),
    ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => share * most),
  };
  const y = logScale(sorted.flatMap(({ p50Ms, p99Ms }) => [p50Ms, p99Ms].filter((ms) => ms !== null)));
  const line = (key: "p50Ms" | "p99Ms", name: string) =>
    `<path class="line ${name}" d="${linePath(
      sorted.map((step) => ({ atMs: step.rate, value: step[key] })),
      x,
      y,
    )}"><title>${name}</title></path>`;
  const dot = (step: TargetStep) =>
    step.p50Ms === null
      ? ""
      : `<circle class="${step.broke ? "broke" : "held"}" cx="${x.at(step.rate).toFixed(1)}" cy="${y.at(step.p50Ms).toFixed(1)}" r="3"><title>${escapeHtml(`${formatNumber(step.rate)}/s: ${step.broke ? ruleName(step.broke) : l10n.t("held")}`)}</title></circle>`;
  const last = sorted.at(-1);
  return drawChart({
    title: l10n.t("Latency over the rate, ms, logarithmic: p50 and p99; dots: green held, red did not"),
    x,
    y,
    layers: line("p50Ms", "p50") + line("p99Ms", "p99") + sorted.map(dot).join(""),
    formatX: (rate) => `${formatNumber(rate)}/s`,
    formatY: (value) => formatNumber(value, 2),
    ends: [
      { text: "p50", value: last?.p50Ms ?? null, className: "p50" },
      { text: "p99", value: last?.p99Ms ?? null, className: "p99" },
    ],
    marks: knee
      ? [{ atMs: knee.maxRps, sign: `MAX_RPS ${formatNumber(knee.maxRps)}`, text: knee.text, className: "at-alarm" }]
      : [],
    shaded: [],
  });
}
