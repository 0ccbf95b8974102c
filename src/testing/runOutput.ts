import * as l10n from "@vscode/l10n";
import { errorCount, type LoadRunPoint } from "../domain/loadRun.ts";
import type { RunProgress } from "../services/loadTests.ts";
import { formatNumber } from "../ui/format.ts";

/** The part of a run that its output tells. */
type Told = Pick<
  RunProgress,
  "plan" | "target" | "phase" | "startedAtMs" | "points" | "marks" | "instances" | "report" | "reportFiles"
>;

/** Writes a run as lines while it goes: each second, each event of the scaling, and the verdict; each of them once. */
export function runOutput(say: (line: string) => void): (run: Told) => void {
  let points = 0;
  let marks = 0;
  let phase: RunProgress["phase"] | undefined;
  return (run) => {
    if (phase === undefined) say(`${run.plan.name} → ${run.target.name}`);
    for (const point of run.points.slice(points)) say(secondLine(point, run));
    points = Math.max(points, run.points.length);
    for (const { atMs, text } of run.marks.slice(marks)) say(`${offset((atMs - run.startedAtMs) / 1000)}  ${text}`);
    marks = Math.max(marks, run.marks.length);
    if (phase !== run.phase && run.phase === "watching")
      say(l10n.t("The last request is answered; watching the scaling."));
    if (phase !== run.phase && run.report) {
      say(`${run.report.verdict.passed ? l10n.t("PASSED") : l10n.t("FAILED")}: ${run.report.verdict.sentence}`);
      for (const warning of run.report.warnings) say(l10n.t("Warning: {0}", warning));
      if (run.reportFiles) say(l10n.t("Report: {0}", run.reportFiles.html));
    }
    phase = run.phase;
  };
}

function secondLine(point: LoadRunPoint, { instances }: Told): string {
  const { second, asked, sent, p50Ms, p99Ms, byKind, generatorLimited } = point;
  const serving = instances.findLast(({ atMs }) => atMs <= point.atMs + 1000)?.current;
  const errors = errorCount(byKind);
  const parts = [
    l10n.t("asked {0}/s", formatNumber(asked)),
    l10n.t("sent {0}/s", formatNumber(sent)),
    p50Ms !== null && `p50 ${ms(p50Ms)}`,
    p99Ms !== null && `p99 ${ms(p99Ms)}`,
    errors > 0 && l10n.t("errors {0}", formatNumber(errors)),
    serving !== undefined && l10n.t("instances {0}", serving),
    generatorLimited && l10n.t("generator-limited"),
  ];
  return `${offset(second)}  ${parts.filter(Boolean).join("  ")}`;
}

const ms = (value: number) => `${formatNumber(value, value < 10 ? 1 : 0)} ms`;

/** `01:07` */
function offset(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}
