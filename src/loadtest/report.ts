import { availableParallelism, cpus } from "node:os";
import * as l10n from "@vscode/l10n";
import { durationText } from "../domain/duration.ts";
import type { LoadPlan } from "../domain/loadPlan.ts";
import { instancesUsd } from "../domain/loadPlanCost.ts";
import type {
  InstancePoint,
  LoadErrorKind,
  LoadRunConnection,
  LoadRunEnvironment,
  LoadRunPolicy,
  LoadRunReport,
  LoadRunTarget,
  ScalingMark,
} from "../domain/loadRun.ts";
import { loadErrorKinds, runPlace } from "../domain/loadRun.ts";
import { runScaling } from "../domain/loadRunScaling.ts";
import { autocannonVersion } from "./autocannonVersion.ts";
import type { RampResult } from "./engine.ts";
import { achievedRatio, errorRate, evaluateExpectations } from "./expectations.ts";
import {
  errorKindName,
  expectationTexts,
  formatMs,
  formatNumber,
  formatOffset,
  formatPercent,
  formatUsd,
  markdownCell,
} from "./format.ts";
import { findShortfall } from "./shortfall.ts";
import { findVerdict } from "./verdict.ts";

/** What is known of a run when it is over. */
export type ReportInput = {
  id: string;
  plan: LoadPlan;
  target: LoadRunTarget;
  connection: LoadRunConnection;
  result: RampResult;
  /** When watching ended, which may be after the last request; epoch ms. */
  endedAtMs?: number;
  instances: InstancePoint[];
  marks: ScalingMark[];
  environment?: Omit<LoadRunEnvironment, "node" | "platform" | "cpu" | "processes" | "seed" | "autocannonVersion">;
  /** Warnings from before or during the run, beside those found here. */
  warnings?: string[];
};

/** Puts a run's facts together, holds its expectations against it and finds the verdict. */
export function buildReport(input: ReportInput): LoadRunReport {
  const { id, plan, target, connection, result } = input;
  const { startedAtMs, totals, latency, errorSamples, points, interrupted } = result;
  const instances = [...input.instances].sort((a, b) => a.atMs - b.atMs);
  const marks = [...input.marks].sort((a, b) => a.atMs - b.atMs);
  const endedAtMs = Math.max(result.endedAtMs, input.endedAtMs ?? 0);
  const environment: LoadRunEnvironment = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? process.arch}`,
    processes: result.processes ?? 1,
    autocannonVersion,
    ...(plan.seed === undefined ? {} : { seed: plan.seed }),
    ...input.environment,
  };
  const { policy, instanceType } = environment;
  const scaling = runScaling({ plan, startedAtMs, points, instances, marks, policy });
  const costUsd = instancesUsd(instances, instanceType, startedAtMs, endedAtMs);
  const measured = { totals, latency, instances, points, stages: plan.stages, scaling, costUsd };
  const expectations = evaluateExpectations(plan.expect, measured);
  const run = {
    plan,
    startedAtMs,
    endedAtMs,
    interrupted,
    points,
    latency,
    instances,
    marks,
    expectations,
    policy,
    totals,
  };
  const processes = result.processes ?? 1;
  const shortfall = findShortfall({ plan, points, totals, processes });
  return {
    reportVersion: 1,
    id,
    plan,
    target,
    connection,
    startedAtMs,
    endedAtMs,
    interrupted,
    totals,
    latency,
    errorSamples,
    points,
    instances,
    marks,
    expectations,
    verdict: findVerdict(run),
    warnings: [...(input.warnings ?? []), ...(shortfall ? [shortfall.text] : []), ...findWarnings(result)],
    ...(shortfall && { shortfall }),
    ...(costUsd === undefined ? {} : { costUsd }),
    environment,
  };
}

function findWarnings({ points, totals, failure, interrupted }: RampResult): string[] {
  const warnings: string[] = [];
  const limited = points.filter(({ generatorLimited }) => generatorLimited).length;
  if (limited > 0) {
    warnings.push(
      l10n.t(
        "In {0} of {1} seconds this machine was too busy to send in time (generator-limited). They are marked in the charts and left out of the latency expectations. Close other programs or send from another machine.",
        limited,
        points.length,
      ),
    );
  }
  if (failure) warnings.push(l10n.t("The load engine broke off: {0}. What it measured until then is kept.", failure));
  else if (interrupted)
    warnings.push(l10n.t("The run was stopped before its end. What it measured until then is kept."));
  if (totals.abandoned > 0)
    warnings.push(l10n.t("{0} requests were still in flight when the run was cut off.", totals.abandoned));
  return warnings;
}

/** The report as the text of its JSON file. */
export function reportJson(report: LoadRunReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** A summary to paste into an issue or a pull request. */
export function reportMarkdown(report: LoadRunReport): string {
  const { totals, latency, verdict, connection, target } = report;
  const place = connection.sandbox ? l10n.t("sandbox, simulated instances") : runPlace(report);
  const clean = latency.clean ?? latency.whole;
  const lines = [
    `## ${markdownCell(report.plan.name)} → ${markdownCell(target.name)} (${place})`,
    "",
    `${verdict.passed ? l10n.t("✓ **Passed**") : l10n.t("✗ **Failed**")}${verdict.proven ? l10n.t(", scale-out proven") : ""}: ${markdownCell(verdict.sentence)}`,
    "",
    `| ${l10n.t("figure")} | ${l10n.t("value")} |`,
    "|---|---|",
    `| ${l10n.t("started")} | ${new Date(report.startedAtMs).toISOString()} |`,
    `| ${l10n.t("length")} | ${durationText((report.endedAtMs - report.startedAtMs) / 1000)} |`,
    `| ${l10n.t("requests asked, sent, answered with 2xx")} | ${[totals.planned, totals.sent, totals.ok].map((n) => formatNumber(n)).join(", ")} |`,
    `| ${l10n.t("achieved / asked")} | ${formatPercent(achievedRatio(totals))} |`,
    `| ${l10n.t("errors")} | ${formatPercent(errorRate(totals))} |`,
    `| p50, p95, p99, max | ${[clean?.p50Ms, clean?.p95Ms, clean?.p99Ms, clean?.maxMs].map((ms) => formatMs(ms ?? null)).join(", ")} |`,
    ...environmentRows(report).map(([name, value]) => `| ${name} | ${markdownCell(value)} |`),
    ...table([l10n.t("expectation"), l10n.t("asked"), l10n.t("measured"), ""], expectationRows(report)),
    ...table([l10n.t("error"), l10n.t("count"), l10n.t("first message")], errorRows(report)),
    ...table([l10n.t("at"), l10n.t("event")], timelineRows(report)),
    ...report.warnings.flatMap((warning) => ["", `> ${markdownCell(warning)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** What ran where: what a reader of a pull request needs to repeat it. */
function environmentRows({ environment, plan, costUsd }: LoadRunReport): [string, string][] {
  const { policy, instanceType, variant, extensionVersion, processes, seed } = environment;
  const rows: [string, string | undefined][] = [
    [l10n.t("variant, instance type"), [variant, instanceType].filter(Boolean).join(", ") || undefined],
    [l10n.t("policy"), policy && policyText(policy)],
    [l10n.t("cost of the instances"), costUsd === undefined ? undefined : l10n.t("{0} (estimate)", formatUsd(costUsd))],
    [
      l10n.t("generator"),
      [
        l10n.t("extension {0}", extensionVersion ?? "?"),
        `Node ${environment.node}`,
        (processes ?? 1) === 1 ? l10n.t("1 process") : l10n.t("{0} processes", processes ?? 1),
        l10n.t("at most {0} connections", plan.maxConnections),
        ...(seed === undefined ? [] : [l10n.t("seed {0}", seed)]),
      ].join(", "),
    ],
  ];
  return rows.flatMap(([name, value]) => (value ? [[name, value] as [string, string]] : []));
}

/** A target tracking policy in words. */
export function policyText({ targetPerMinute, minInstances, maxInstances }: LoadRunPolicy): string {
  return l10n.t(
    "target {0} invocations per instance and minute, {1} to {2} instances",
    ...[formatNumber(targetPerMinute), minInstances, maxInstances],
  );
}

/** Rows of the expectations' table: name, asked, measured, outcome. */
export function expectationRows({ expectations }: LoadRunReport): string[][] {
  return expectations.map((result) => {
    const { name, asked, measured } = expectationTexts(result);
    return [name, asked, measured, result.passed ? l10n.t("✓ passed") : l10n.t("✗ failed")];
  });
}

/** Rows of the errors' table: kind, count, first message. */
export function errorRows({ totals, errorSamples }: LoadRunReport): string[][] {
  const kinds: LoadErrorKind[] = loadErrorKinds.filter((kind) => totals.byKind[kind] > 0);
  return kinds.map((kind) => [errorKindName(kind), formatNumber(totals.byKind[kind]), errorSamples[kind] ?? ""]);
}

/** Rows of the timeline: offset from the start, event. */
export function timelineRows({ marks, startedAtMs }: LoadRunReport): string[][] {
  return marks.map(({ atMs, text }) => [formatOffset(atMs - startedAtMs), text]);
}

function table(head: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: string[]) => `| ${cells.map(markdownCell).join(" | ")} |`;
  return ["", line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)];
}
