import { planSeconds } from "../domain/loadPlan.ts";
import { errorCount, type LoadRunReport, runPlace } from "../domain/loadRun.ts";
import type { LoadRunPageSnapshot, RunWithoutCourse } from "../protocol/loadRunPage.ts";
import { runColumns } from "../protocol/runColumns.ts";
import { toWireError } from "../protocol/transport.ts";
import type { RunProgress } from "../services/loadTests.ts";
import { expectedTexts } from "./expectedTexts.ts";

/** A run that is read back from its file, as it was when it ended. */
export function runOfReport(report: LoadRunReport, reportFile: string): RunProgress {
  const { id, plan, target, connection, startedAtMs, points, instances, marks, environment } = report;
  return {
    id,
    plan,
    target,
    connection,
    startedAtMs,
    points,
    instances,
    marks,
    phase: "done",
    report,
    reportFiles: { json: reportFile, html: reportFile.replace(/\.json$/, ".html") },
    policyTargetPerMinute: environment.policy?.targetPerMinute,
  };
}

/** Everything that the page of a run shows. */
export function runSnapshot(run: RunProgress): LoadRunPageSnapshot {
  const { id, plan, target, connection, phase, startedAtMs, points, instances, marks, report } = run;
  return {
    id,
    planName: plan.name,
    target,
    place: runPlace({ connection, source: report?.source }),
    importedFrom: report?.source?.tool,
    withoutCourse: report && withoutCourse(report),
    simulated: connection.sandbox,
    phase,
    startedAtMs: report?.startedAtMs ?? startedAtMs,
    planSeconds: planSeconds(plan.stages),
    columns: runColumns(points),
    instances,
    marks,
    policyTargetPerMinute: run.policyTargetPerMinute,
    expected: expectedTexts(plan.expect),
    expectations: report?.expectations,
    verdict: report?.verdict,
    interrupted: report?.interrupted,
    warnings: report?.warnings ?? [],
    costUsd: report?.costUsd,
    hasReport: run.reportFiles !== undefined,
    error: run.error && toWireError(run.error),
  };
}

/** Another tool's summary has figures of the whole run only. */
function withoutCourse({ points, totals, latency }: LoadRunReport): RunWithoutCourse | undefined {
  if (points.length > 0 || totals.sent === 0) return undefined;
  const { p50Ms, p99Ms } = latency.whole ?? {};
  return {
    sent: totals.sent,
    seconds: totals.seconds,
    p50Ms,
    p99Ms,
    errorShare: errorCount(totals.byKind) / totals.sent,
  };
}
