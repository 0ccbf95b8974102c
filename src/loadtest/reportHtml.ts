import * as l10n from "@vscode/l10n";
import { PRICES_AS_OF, PRICES_REGION } from "../domain/cost.ts";
import { durationText } from "../domain/duration.ts";
import { type LatencySummary, type LoadRunReport, runPlace } from "../domain/loadRun.ts";
import { numberLanguage } from "../domain/numberText.ts";
import { achievedRatio, errorRate } from "./expectations.ts";
import { formatMs, formatNumber, formatPercent, formatUsd } from "./format.ts";
import { errorRows, expectationRows, policyText, timelineRows } from "./report.ts";
import { runCharts } from "./reportCharts.ts";
import { escapeHtml } from "./svg.ts";

/** Colours carry meaning only beside a dash, a weight or a sign; both schemes keep text above a contrast of 4.5. */
const style = `
:root{color-scheme:light dark;--fg:#1f2328;--soft:#59636e;--bg:#fff;--card:#f6f8fa;--rule:#d1d9e0;--blue:#0969da;--green:#1a7f37;--yellow:#9a6700;--orange:#bc4c00;--red:#cf222e;--purple:#8250df;--teal:#0f766e;--pink:#bf3989}
@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--soft:#9198a1;--bg:#0d1117;--card:#161b22;--rule:#3d444d;--blue:#4493f8;--green:#3fb950;--yellow:#d29922;--orange:#f0883e;--red:#f85149;--purple:#ab7df8;--teal:#2dd4bf;--pink:#f778ba}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1040px;padding:24px;font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg)}
h1{font-size:20px;margin:0}h2{font-size:15px;margin:28px 0 8px}p{margin:4px 0}.soft{color:var(--soft)}
.verdict{margin:16px 0;padding:12px 16px;border:1px solid var(--rule);border-left-width:6px;border-radius:6px;background:var(--card);font-size:16px}
.verdict.passed{border-left-color:var(--green)}.verdict.failed{border-left-color:var(--red)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:8px;margin:0}dl div{padding:8px 12px;border:1px solid var(--rule);border-radius:6px}dt{color:var(--soft);font-size:12px}dd{margin:0;font-size:18px;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{padding:4px 10px 4px 0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top;overflow-wrap:anywhere}th{color:var(--soft);font-weight:600;white-space:nowrap}.ok{color:var(--green)}.bad{color:var(--red)}
.warning{padding:6px 12px;border-left:4px solid var(--yellow);background:var(--card);margin:6px 0}
figure{margin:14px 0 0}figcaption{color:var(--soft);font-size:12px}svg{display:block;width:100%;height:auto}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:.6}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}.asked,.target{stroke:var(--fg);stroke-dasharray:5 4}.sent{stroke:var(--blue)}.p50{stroke:var(--green)}.p95{stroke:var(--yellow);stroke-dasharray:5 3}.p99{stroke:var(--orange);stroke-width:2.2}.current{stroke:var(--purple);stroke-width:2.2}.desired{stroke:var(--purple);stroke-dasharray:5 4}
svg text.end{stroke:none;fill:var(--fg)}.band{stroke:var(--bg);stroke-width:.5}.clientError{fill:var(--yellow)}.throttled{fill:var(--orange)}.modelError{fill:var(--pink)}.serverError{fill:var(--red)}.timeout{fill:var(--purple)}.connection{fill:var(--teal)}
.limited{fill:var(--soft);opacity:.22}.mark line{stroke:var(--soft);stroke-dasharray:2 3}.mark.at-alarm line{stroke:var(--red)}.mark text{fill:var(--fg);font-size:13px}
@page{margin:14mm}@media print{:root{color-scheme:light;--fg:#1f2328;--soft:#59636e;--bg:#fff;--card:#fff;--rule:#d1d9e0;--blue:#0969da;--green:#1a7f37;--yellow:#9a6700;--orange:#bc4c00;--red:#cf222e;--purple:#8250df;--teal:#0f766e;--pink:#bf3989}body{max-width:none;padding:0;font-size:11px;print-color-adjust:exact;-webkit-print-color-adjust:exact}figure,dl,.verdict,tr,.warning{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group}}
`;

/**
 * The report as one HTML file: no script, no request to anywhere, readable offline and on paper. All text that comes
 * from the plan or from the target is escaped.
 */
export function reportHtml(report: LoadRunReport): string {
  const { plan, target, connection, verdict, expectations } = report;
  const place = connection.sandbox
    ? l10n.t("sandbox, simulated instances, scaling {0} times faster than on AWS", formatNumber(connection.timeScale))
    : runPlace(report);
  const outcomes = expectations.map(({ passed }) => passed);
  const outcome = `${verdict.passed ? l10n.t("✓ Passed") : l10n.t("✗ Failed")}${verdict.proven ? l10n.t(" · scale-out proven") : ""}`;
  return `<!doctype html>
<html lang="${numberLanguage().slice(0, 2)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(`${plan.name} · ${outcome}`)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(plan.name)} → ${escapeHtml(target.name)}</h1>
<p class="soft">${escapeHtml(place)} · ${escapeHtml(new Date(report.startedAtMs).toISOString())} · ${escapeHtml(durationText((report.endedAtMs - report.startedAtMs) / 1000))}${report.interrupted ? escapeHtml(l10n.t(" · interrupted")) : ""}</p>
<div class="verdict ${verdict.passed ? "passed" : "failed"}"><strong>${escapeHtml(outcome)}</strong><br>${escapeHtml(verdict.sentence)}</div>
${report.warnings.map((warning) => `<p class="warning">⚠ ${escapeHtml(warning)}</p>`).join("\n")}
${figures(report)}
${heading(l10n.t("Expectations"))}
${table([l10n.t("expectation"), l10n.t("asked"), l10n.t("measured"), l10n.t("outcome")], expectationRows(report), l10n.t("The plan has none."), outcomes)}
${heading(l10n.t("Course of the run"))}
${runCharts(report)}
${heading(l10n.t("Scaling timeline"))}
${table([l10n.t("at (min:s)"), l10n.t("event")], timelineRows(report), l10n.t("Nothing was seen to scale."))}
${heading(l10n.t("Errors"))}
${table([l10n.t("kind"), l10n.t("count"), l10n.t("first message")], errorRows(report), l10n.t("None."))}
${heading(l10n.t("Latency"))}
${table([l10n.t("part"), l10n.t("answered"), "p50", "p90", "p95", "p99", "p99.9", "max"], latencyRows(report), l10n.t("Nothing was answered."))}
${heading(l10n.t("Run"))}
${table([l10n.t("fact"), l10n.t("value")], factRows(report), "")}
</body>
</html>
`;
}

function figures({ totals, latency }: LoadRunReport): string {
  const clean = latency.clean ?? latency.whole;
  const facts = [
    [l10n.t("requests asked"), formatNumber(totals.planned)],
    [l10n.t("achieved / asked"), formatPercent(achievedRatio(totals))],
    [l10n.t("errors"), formatPercent(errorRate(totals))],
    ["p50", formatMs(clean?.p50Ms ?? null)],
    ["p99", formatMs(clean?.p99Ms ?? null)],
    ["max", formatMs(latency.whole?.maxMs ?? null)],
  ];
  const items = facts.map(
    ([name = "", value = ""]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl>${items.join("")}</dl>`;
}

function latencyRows({ latency, plan }: LoadRunReport): string[][] {
  const row = (name: string, summary: LatencySummary | null): string[][] => {
    if (!summary) return [];
    const { count, p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs } = summary;
    return [[name, formatNumber(count), ...[p50Ms, p90Ms, p95Ms, p99Ms, p999Ms, maxMs].map(formatMs)]];
  };
  return [
    ...row(l10n.t("whole run, from the intended start"), latency.whole),
    ...row(l10n.t("whole run without generator-limited parts"), latency.clean),
    ...row(l10n.t("whole run, from the actual start"), latency.service),
    ...latency.stages.flatMap(({ clean }, index) =>
      row(l10n.t("stage {0} ({1})", index, plan.stages[index]?.type ?? ""), clean),
    ),
  ];
}

function factRows(report: LoadRunReport): string[][] {
  const { id, environment, connection, target, totals, plan, source } = report;
  const { policy } = environment;
  const cooldowns =
    policy?.scaleOutCooldownSeconds === undefined
      ? ""
      : l10n.t(
          ", cooldowns {0} out and {1} in",
          durationText(policy.scaleOutCooldownSeconds),
          durationText(policy.scaleInCooldownSeconds ?? 0),
        );
  const rows: [string, string | undefined][] = [
    [l10n.t("run"), id],
    [
      l10n.t("target"),
      [
        target.type === "endpoint" ? l10n.t("endpoint {0}", target.name) : `${target.type} ${target.name}`,
        ...(target.variant ? [l10n.t("variant {0}", target.variant)] : []),
        ...(target.inferenceComponent ? [l10n.t("inference component {0}", target.inferenceComponent)] : []),
      ].join(", "),
    ],
    source
      ? [l10n.t("measured by"), runPlace(report)]
      : [
          l10n.t("connection"),
          `${connection.sandbox ? l10n.t("sandbox") : "AWS"}, ${l10n.t("account {0}", connection.accountId)}, ${connection.region}`,
        ],
    [l10n.t("endpoint"), environment.endpoint],
    [l10n.t("endpoint configuration, model"), both(environment.endpointConfig, environment.model)],
    [l10n.t("image"), environment.image],
    [l10n.t("instance type"), environment.instanceType],
    [l10n.t("cost of the instances"), cost(report)],
    [l10n.t("scaling policy"), policy && `${policy.name ? `${policy.name}: ` : ""}${policyText(policy)}${cooldowns}`],
    [l10n.t("requests sent, answered with 2xx"), `${formatNumber(totals.sent)}, ${formatNumber(totals.ok)}`],
    [l10n.t("connections at most, timeout"), `${plan.maxConnections}, ${durationText(plan.timeoutSeconds)}`],
    [l10n.t("processes that sent"), environment.processes?.toString()],
    [l10n.t("seed"), environment.seed?.toString()],
    [
      l10n.t("generator"),
      `Node ${environment.node}, autocannon ${environment.autocannonVersion ?? ""}, ${environment.platform}${environment.cpu ? `, ${environment.cpu}` : ""}`,
    ],
    [l10n.t("extension"), environment.extensionVersion],
  ];
  return rows.flatMap(([name, value]) => (value ? [[name, value]] : []));
}

const both = (one: string | undefined, other: string | undefined) =>
  [one, other].filter((text) => text !== undefined).join(", ") || undefined;

function cost({ costUsd, connection }: LoadRunReport): string | undefined {
  if (costUsd === undefined) return undefined;
  const place = connection.sandbox ? l10n.t("it would cost this on AWS for the same time") : l10n.t("estimate");
  return l10n.t("{0} ({1}; prices of {2}, {3})", formatUsd(costUsd), place, PRICES_REGION, PRICES_AS_OF);
}

const heading = (text: string) => `<h2>${escapeHtml(text)}</h2>`;

/** @param passed of each row, whose last cell says so */
function table(head: string[], rows: string[][], empty: string, passed: readonly boolean[] = []): string {
  if (rows.length === 0) return `<p class="soft">${escapeHtml(empty)}</p>`;
  const cells = (row: string[], index: number) =>
    row.map((text, column) => {
      const outcome = column === row.length - 1 ? passed[index] : undefined;
      const look = outcome === undefined ? "" : ` class="${outcome ? "ok" : "bad"}"`;
      return `<td${look}>${escapeHtml(text)}</td>`;
    });
  const body = rows.map((row, index) => `<tr>${cells(row, index).join("")}</tr>`).join("\n");
  const heads = head.map((text) => `<th>${escapeHtml(text)}</th>`).join("");
  return `<table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
}
