import path from "node:path";
import * as l10n from "@vscode/l10n";
import type { LoadRunReport } from "../domain/loadRun.ts";
import { scaledOut } from "../domain/runExplanation.ts";
import { formatNumber, formatTime } from "../ui/format.ts";
import { type Presentation, tooltipRows } from "./present.ts";

/** A plan by the name of its file. */
export function presentPlan(planFile: string): Presentation {
  return { label: path.basename(planFile), tooltip: planFile, icon: "graph-line", contextValue: "plan" };
}

/** `today 14:01` with what came of it. */
export function presentRun(report: LoadRunReport, nowMs: number): Presentation {
  const { verdict, plan, target } = report;
  return {
    label: `${formatTime(report.startedAtMs, nowMs)} ${plan.name}`,
    description: [
      report.source?.tool,
      report.interrupted && l10n.t("interrupted"),
      scaleText(report),
      rateText(report),
      latencyText(report),
    ]
      .filter(Boolean)
      .join(" · "),
    tooltip: tooltipRows([
      [
        l10n.t("Verdict"),
        `${verdict.passed ? l10n.t("passed") : l10n.t("failed")}${verdict.proven ? l10n.t(", scale-out proven") : ""}`,
      ],
      [l10n.t("Load run"), verdict.sentence],
      [l10n.t("Target"), `${target.name}${report.connection.sandbox ? l10n.t(" (sandbox, simulated instances)") : ""}`],
    ]),
    icon: verdict.passed ? "pass" : report.interrupted ? "circle-slash" : "error",
    color: verdict.passed ? "charts.green" : report.interrupted ? undefined : "charts.red",
    contextValue: ["run", verdict.passed ? "passed" : "failed", !report.source && !scaledOut(report) && "unscaled"]
      .filter(Boolean)
      .join("+"),
  };
}

function scaleText({ instances }: LoadRunReport): string {
  const first = instances[0]?.current;
  if (first === undefined) return "";
  const most = Math.max(...instances.map(({ current }) => current));
  if (most > first) return `${first} → ${most}`;
  const last = instances.at(-1)?.current ?? first;
  return last < first ? `${first} → ${last}` : l10n.t("stayed at {0}", first);
}

/** Mean rate of the seconds in which about the highest rate was asked: single seconds also make up for late ones. */
function rateText({ points, totals }: LoadRunReport): string {
  if (points.length === 0 && totals.sent > 0) return `${formatNumber(totals.sent / Math.max(1, totals.seconds))}/s`;
  const most = points.reduce((max, { asked }) => Math.max(max, asked), 0);
  const highest = points.filter(({ asked }) => asked >= most * 0.95);
  if (most === 0) return "";
  return `${formatNumber(highest.reduce((sum, { sent }) => sum + sent, 0) / highest.length)}/s`;
}

function latencyText({ latency }: LoadRunReport): string {
  const summary = latency.clean ?? latency.whole;
  return summary ? `p99 ${formatNumber(summary.p99Ms, summary.p99Ms < 10 ? 1 : 0)} ms` : "";
}
