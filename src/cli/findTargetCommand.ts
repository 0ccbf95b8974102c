import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describeConnection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import type { TargetReport, TargetStep } from "../domain/targetSearch.ts";
import type { PreparedRun } from "../services/loadPreparation.ts";
import type { ProjectContext } from "../services/projects.ts";
import { proposeTargetEdit, saveTargetReport, targetTexts } from "../services/targetFiles.ts";
import type { FindTargetOptions } from "../services/targetFinder.ts";
import { connectionOptions, numberOption, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { projectFor } from "./rampCommand.ts";

const options = {
  ...connectionOptions,
  project: { type: "string" },
  env: { type: "string" },
  report: { type: "string" },
  start: { type: "string" },
  max: { type: "string" },
  "step-seconds": { type: "string" },
  repeats: { type: "string" },
  p99: { type: "string" },
  safety: { type: "string" },
  rate: { type: "string", multiple: true },
  "suspend-scaling": { type: "boolean", default: false },
  apply: { type: "string" },
  yes: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parseArguments<typeof options>>["values"];

function searchOptions(values: Values): FindTargetOptions {
  const given = (name: "start" | "max" | "step-seconds" | "repeats" | "p99" | "safety", min: number, max: number) =>
    values[name] === undefined ? undefined : numberOption(name, values[name], min, max);
  return {
    startRate: given("start", 1, 50_000),
    maxRate: given("max", 1, 50_000),
    stepSeconds: given("step-seconds", 1, 600),
    repeats: given("repeats", 2, 100),
    p99Ms: given("p99", 0.1, 900_000),
    safetyFactor: given("safety", 0.05, 1),
    rates: values.rate?.map((text) => numberOption("rate", text, 1, 10_000_000)),
    suspendScaling: values["suspend-scaling"],
  };
}

function question({ endpoint, connection }: PreparedRun, { maxRate, suspendScaling }: FindTargetOptions): string {
  const scaling = suspendScaling ? " Its scale-out is suspended meanwhile and resumed afterwards." : "";
  return `Raise the load on endpoint ${endpoint?.name} in account ${connection.accountId}, ${connection.region}, until its instance does not hold it${maxRate ? ` or ${maxRate} requests/s are reached` : ""}? Its users will feel it.${scaling}`;
}

function stepLine({ rate, achievedRate, p50Ms, p99Ms, errorShare, broke, generatorLimited }: TargetStep): string {
  const ms = (value: number | null) => (value === null ? "–" : `${value.toFixed(value < 10 ? 1 : 0)} ms`).padStart(8);
  const outcome = generatorLimited ? "generator-limited" : broke ? `✗ ${broke}` : "✓ held";
  return `  asked ${rate.toFixed(0).padStart(6)}/s  answered ${achievedRate.toFixed(0).padStart(6)}/s  p50 ${ms(p50Ms)}  p99 ${ms(p99Ms)}  errors ${(errorShare * 100).toFixed(1)} %  ${outcome}`;
}

/** `find-target`: how much one instance holds, and the scaling policy's target that follows. */
export async function runFindTarget(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values, positionals } = parseArguments(args, options, 1);
  const planFile = positionals[0];
  if (!planFile)
    throw new OpsError("badInput", "find-target takes a plan for its target and payloads: find-target PLAN.ramp.json");
  const { apply } = values;
  if (apply !== undefined && apply !== "policy" && apply !== "template")
    throw new OpsError("badInput", `--apply takes policy or template, not "${apply}".`);
  const search = searchOptions(values);
  const project = await projectFor(values.project, values.env);
  if (apply === "template" && !project)
    throw new OpsError("badInput", "--apply template needs a project.", { hint: "Give it with --project." });
  const connection = await services.connect(values);
  const { targetFinder, loadTests } = services;
  const prepared = await loadTests.prepare(planFile, project);
  targetFinder.check(prepared, search);
  output.line(
    `Searching what one instance of ${prepared.endpoint?.name} holds (${describeConnection(connection)}${connection.kind === "sandbox" ? ", simulated instances" : ""})`,
  );
  await output.confirm(question(prepared, search), values.yes || connection.kind === "sandbox");
  abortOnInterrupt().addEventListener("abort", () => void targetFinder.stop());
  const report = await targetFinder.find(prepared, search, (step) => output.line(stepLine(step)));
  const { sentence, explanation, predictions } = targetTexts(report);
  output.line(`${sentence}\n${explanation}`);
  for (const text of predictions) output.line(`  ${text}`);
  for (const warning of report.warnings) output.line(`warning: ${warning}`);
  const files = await saveTargetReport(
    report,
    path.resolve(values.report ?? path.join(prepared.runsFolder, "..", "targets")),
  );
  output.line(`Report: ${files.html}`);
  if (report.knee && apply === "policy") await applyToPolicy(report, services, output, values.yes);
  if (report.knee && apply === "template" && project) await applyToTemplate(report, project, output, values.yes);
  output.document({ report, files });
  return report.knee ? 0 : 1;
}

async function applyToPolicy(report: TargetReport, services: CliServices, output: Output, yes: boolean): Promise<void> {
  const { endpointName, currentTargetPerMinute, targetPerMinute } = report;
  const { accountId, region } = services.connections.required();
  await output.confirm(
    `Change the target of the scaling policy of ${endpointName} in account ${accountId}, ${region}, from ${currentTargetPerMinute ?? "none"} to ${targetPerMinute}?`,
    yes,
  );
  await services.targetFinder.applyToPolicy(report);
  output.line(`The policy's target is now ${targetPerMinute}.`);
}

async function applyToTemplate(
  report: TargetReport,
  project: ProjectContext,
  output: Output,
  yes: boolean,
): Promise<void> {
  const { file, before, after, edit } = await proposeTargetEdit(report, project);
  output.line(`${file}:`);
  const old = before.split("\n");
  for (const [index, line] of after.split("\n").entries()) {
    if (line === old[index]) continue;
    output.line(`- ${old[index] ?? ""}\n+ ${line}`);
  }
  const what = edit.file === "project" ? `parameter ${edit.parameter}` : "TargetValue";
  await output.confirm(
    `Change ${what} from ${edit.before} to ${report.targetPerMinute} in ${path.basename(file)}?`,
    yes,
  );
  await writeFile(file, after);
  output.line("Deploy the project to put it in force.");
}
