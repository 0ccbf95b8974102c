import * as l10n from "@vscode/l10n";
import { type LoadPlan, plannedRequests } from "../../domain/loadPlan.ts";
import {
  errorCount,
  type LatencySummary,
  type LoadErrorCounts,
  type LoadErrorKind,
  type LoadRunPoint,
  type LoadRunReport,
  type LoadRunSource,
} from "../../domain/loadRun.ts";
import { buildReport } from "../report.ts";

/** What another tool's file tells of a run. */
export type ImportedRun = {
  source: LoadRunSource;
  startedAtMs: number;
  endedAtMs: number;
  sent: number;
  byKind: LoadErrorCounts;
  errorSamples: Partial<Record<LoadErrorKind, string>>;
  latency: LatencySummary | null;
  points: LoadRunPoint[];
  warnings: string[];
};

/** What the file cannot tell: the plan it ran, or at least a name and a target; and where it ran. */
export type ImportContext = {
  name: string;
  plan?: LoadPlan;
  target?: LoadRunReport["target"];
  connection?: LoadRunReport["connection"];
};

/** Another tool's run as one of ours, so that it can be listed, shown and compared. */
export function importedReport(id: string, run: ImportedRun, context: ImportContext): LoadRunReport {
  const seconds = Math.max(1, Math.round((run.endedAtMs - run.startedAtMs) / 1000));
  const plan = context.plan ?? unknownPlan(context.name, run.sent / seconds, seconds);
  const planned = context.plan ? plannedRequests(context.plan.stages) : run.sent;
  const whole = run.latency;
  const report = buildReport({
    id,
    plan,
    target: context.target ?? { type: "api", name: l10n.t("unknown target") },
    connection: context.connection ?? { accountId: "unknown", region: "unknown", sandbox: false, timeScale: 1 },
    result: {
      startedAtMs: run.startedAtMs,
      endedAtMs: run.endedAtMs,
      interrupted: false,
      points: run.points,
      totals: {
        planned,
        asked: planned,
        sent: run.sent,
        sentInTime: run.sent,
        done: run.sent,
        ok: run.sent - errorCount(run.byKind),
        byKind: run.byKind,
        abandoned: 0,
        seconds,
      },
      latency: { whole, clean: whole, service: whole, stages: plan.stages.map(() => ({ all: null, clean: null })) },
      errorSamples: run.errorSamples,
    },
    instances: [],
    marks: [],
    warnings: [
      l10n.t(
        "Measured by {0} and read from {1}: latencies are counted from the send, not from the intended start.",
        run.source.tool,
        run.source.file,
      ),
      ...run.warnings,
    ],
  });
  return { ...report, source: run.source, environment: { node: "unknown", platform: "unknown" } };
}

/** A plan that says no more than what is known: the mean rate over the length. */
function unknownPlan(name: string, rate: number, seconds: number): LoadPlan {
  return {
    version: 1,
    name,
    target: { type: "api" },
    payloads: { inline: ["unknown"] },
    contentType: "unknown",
    stages: [{ type: "hold", rate: Math.round(rate * 10) / 10, seconds }],
    maxConnections: 256,
    timeoutSeconds: 70,
    expect: {},
  };
}
