import path from "node:path";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { errorCount, type LoadRunReport } from "../domain/loadRun.ts";
import type { PreparedRun } from "../services/loadPreparation.ts";
import type { RunProgress } from "../services/loadTests.ts";
import { loadProject, type ProjectContext } from "../services/projects.ts";
import { writeJunit } from "../services/runExports.ts";
import { connectionOptions, numberOption, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";

const options = {
  ...connectionOptions,
  project: { type: "string" },
  env: { type: "string" },
  report: { type: "string" },
  processes: { type: "string" },
  junit: { type: "string" },
  yes: { type: "boolean", default: false },
} as const;

/** A plan that names its target needs no project; one beside it is used when there is one. */
export async function projectFor(
  given: string | undefined,
  environment: string | undefined,
): Promise<ProjectContext | undefined> {
  if (given !== undefined || environment !== undefined) return loadProject(given ?? ".", environment);
  return loadProject(".").catch((e: Error) => {
    if (/cannot be read/.test(e.message)) return undefined;
    throw e;
  });
}

/** @throws OpsError badInput */
function processCount(text: string): number {
  const count = numberOption("processes", text, 1, 64);
  if (Number.isInteger(count)) return count;
  throw new OpsError("badInput", `--processes takes a whole number, not "${text}".`);
}

function question({ target, requests, connection, estimatedUsd }: PreparedRun): string {
  const cost = estimatedUsd === undefined ? "" : ` Estimated cost: $${estimatedUsd.toFixed(2)}.`;
  return `Send ${requests.toLocaleString("en")} requests to ${target.name} in account ${connection.accountId}, ${connection.region}?${cost}`;
}

const ms = (v: number | null | undefined) => (v == null ? "–" : `${v.toFixed(v < 10 ? 1 : 0)} ms`);

function progressLine(run: RunProgress): string | undefined {
  const p = run.points.at(-1);
  if (!p || (p.asked === 0 && p.sent === 0)) return undefined;
  const i = run.instances.at(-1);
  const errors = run.points.reduce((sum, q) => sum + errorCount(q.byKind), 0);
  const limited = p.generatorLimited ? "  generator-limited" : "";
  const instances = i ? `${i.current}${i.desired === i.current ? "" : ` → ${i.desired}`}` : "–";
  return `  ${String(p.second + 1).padStart(4)} s  asked ${String(p.asked).padStart(5)}/s  sent ${String(p.sent).padStart(5)}/s  p50 ${ms(p.p50Ms).padStart(7)}  p99 ${ms(p.p99Ms).padStart(7)}  errors ${errors}  instances ${instances}${limited}`;
}

function printReport(output: Output, report: LoadRunReport): void {
  for (const e of report.expectations)
    output.line(
      `  ${e.passed ? "✓" : "✗"} ${e.name} ${e.comparison === "atLeast" ? "≥" : "≤"} ${e.asked}: measured ${e.measured === null ? "nothing" : Number(e.measured.toFixed(4))}${e.reason ? ` (${e.reason})` : ""}`,
    );
  for (const mark of report.marks)
    output.line(`  ${((mark.atMs - report.startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${mark.text}`);
  for (const warning of report.warnings) output.line(`warning: ${warning}`);
  const { passed, proven, sentence } = report.verdict;
  output.line(`${passed ? "PASSED" : "FAILED"}${proven ? ", scale-out proven" : ""}: ${sentence}`);
}

/** `ramp`: runs a plan, writes the report, exits 1 when an expectation fails. */
export async function runRamp(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values, positionals } = parseArguments(args, options, 1);
  const planFile = positionals[0];
  if (!planFile) throw new OpsError("badInput", "ramp takes a plan: ramp PLAN.ramp.json");
  const project = await projectFor(values.project, values.env);
  const connection = await services.connect(values);
  const prepared = await services.loadTests.prepare(planFile, project);
  if (values.processes !== undefined) prepared.plan.processes = processCount(values.processes);
  const { plan, target, requests, warnings } = prepared;
  output.line(
    `Plan ${plan.name}: ${requests.toLocaleString("en")} requests to ${target.name} (${describeConnection(connection)}${connection.kind === "sandbox" ? ", simulated instances" : ""})`,
  );
  for (const warning of warnings) output.line(`warning: ${warning}`);
  // The sandbox costs nothing and is nobody else's.
  await output.confirm(question(prepared), values.yes || connection.kind === "sandbox");

  let printed = 0;
  let phase = "";
  services.loadTests.onDidChange.on((run) => {
    if (run.phase === "watching" && phase !== run.phase) output.line("  watching the scaling");
    phase = run.phase;
    if (run.points.length === printed) return;
    printed = run.points.length;
    const line = progressLine(run);
    if (line) output.line(line);
  });
  abortOnInterrupt().addEventListener("abort", () => {
    output.line("  stopping: nothing more is sent, answers are awaited for 5 s");
    void services.loadTests.stop();
  });
  const run = await services.loadTests.start(prepared, { reportFolder: values.report && path.resolve(values.report) });
  if (run.report) printReport(output, run.report);
  if (run.error || !run.report) throw run.error ?? new OpsError("failed", "The run ended without a report.");
  output.line(`Report: ${run.reportFiles?.html}`);
  output.line(`        ${run.reportFiles?.json}`);
  if (values.junit !== undefined) await writeJunit(path.resolve(values.junit), run.report, planFile);
  output.document({ report: run.report, files: run.reportFiles });
  return run.report.verdict.passed ? 0 : 1;
}
