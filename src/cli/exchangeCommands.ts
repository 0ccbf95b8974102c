import path from "node:path";
import { OpsError } from "../domain/errors.ts";
import { peakRate } from "../domain/loadPlan.ts";
import { compareRunFiles, exportPlan, exportTools, importResults, suggestedWorkers } from "../services/loadExchange.ts";
import { comparisonsMarkdown } from "../services/runExports.ts";
import { RUNS_FOLDER } from "../services/runsFolder.ts";
import { connectionOptions, numberOption, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import type { Output } from "./output.ts";
import { projectFor } from "./rampCommand.ts";

const exportOptions = {
  ...connectionOptions,
  project: { type: "string" },
  env: { type: "string" },
  to: { type: "string" },
  out: { type: "string" },
  workers: { type: "string" },
} as const;

/** `export`: a plan as an Artillery project or a k6 script. */
export async function runExport(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values, positionals } = parseArguments(args, exportOptions, 1);
  const [planFile] = positionals;
  const tool = exportTools.find((name) => name === values.to);
  if (!planFile || !tool || !values.out)
    throw new OpsError(
      "badInput",
      `export takes a plan, a tool and a folder: export PLAN --to ${exportTools.join("|")} --out FOLDER`,
    );
  await services.connect(values);
  const prepared = await services.loadTests.prepare(planFile, await projectFor(values.project, values.env));
  const needed = tool === "k6" ? 1 : suggestedWorkers(peakRate(prepared.plan.stages));
  const workers = values.workers === undefined ? needed : numberOption("workers", values.workers, 1, 1000);
  const files = await exportPlan(prepared, tool, path.resolve(values.out), workers);
  output.line(`Wrote ${files.length} files to ${path.resolve(values.out)}; README.md there says how to run it.`);
  output.document({ tool, workers, files });
  return 0;
}

const importOptions = {
  json: { type: "boolean", default: false },
  plan: { type: "string" },
  report: { type: "string" },
} as const;

/** `import`: another tool's results as a run of ours; exit code 1 when an expectation of the plan fails. */
export async function runImport(args: string[], output: Output): Promise<number> {
  const { values, positionals } = parseArguments(args, importOptions, 1);
  const [file] = positionals;
  if (!file) throw new OpsError("badInput", "import takes a results file: import report.json [--plan PLAN]");
  const { report, files } = await importResults(file, path.resolve(values.report ?? RUNS_FOLDER), values.plan);
  output.line(`${report.verdict.passed ? "PASSED" : "FAILED"}: ${report.verdict.sentence}`);
  for (const warning of report.warnings) output.line(`warning: ${warning}`);
  output.line(`Report: ${files.html}`);
  output.document({ report, files });
  return report.verdict.passed ? 0 : 1;
}

/** `compare`: runs against the first one; exit code 1 when one is worse beyond noise. */
export async function runCompare(args: string[], output: Output): Promise<number> {
  const { positionals } = parseArguments(args, { json: { type: "boolean", default: false } } as const, 20);
  const { comparisons } = await compareRunFiles(positionals);
  output.line(comparisonsMarkdown(comparisons));
  output.document({ comparisons });
  return comparisons.some(({ regressed }) => regressed) ? 1 : 0;
}
