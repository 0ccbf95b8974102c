import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { OpsError } from "../domain/errors.ts";
import {
  choicesOf,
  plannedPerSecond,
  recordedLoad,
  scenariosOf,
  type WhatIfChoices,
  type WhatIfLoad,
} from "../domain/whatIf.ts";
import { readPlan } from "../services/loadPlanFiles.ts";
import { readReport } from "../services/runStore.ts";
import type { SandboxProgram } from "../services/sandboxProcess.ts";
import { WhatIf, whatIfTexts } from "../services/whatIf.ts";
import { numberOption, parseArguments } from "./arguments.ts";
import type { Output } from "./output.ts";

const several = { type: "string", multiple: true } as const;
const options = {
  target: several,
  min: several,
  max: several,
  "instance-type": several,
  "out-cooldown": several,
  "in-cooldown": several,
  "max-rps": { type: "string" },
  "time-scale": { type: "string" },
  seed: { type: "string" },
  report: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parseArguments<typeof options>>["values"];

/** A plan's load passes in AWS's time unless told otherwise; a run's as it was recorded. */
async function loadFrom(
  file: string,
  timeScale: number | undefined,
): Promise<{ load: WhatIfLoad; choices: WhatIfChoices }> {
  if (file.endsWith(".ramp.json")) {
    const plan = await readPlan(file);
    const load = { name: plan.name, ratesPerSecond: plannedPerSecond(plan.stages), timeScale: timeScale ?? 1 };
    return { load, choices: choicesOf(undefined, undefined) };
  }
  const report = await readReport(file);
  const load = recordedLoad(report);
  const { policy, instanceType } = report.environment;
  return { load: { ...load, timeScale: timeScale ?? load.timeScale }, choices: choicesOf(policy, instanceType) };
}

/** What is given takes the place of what the run had. */
function chosen(base: WhatIfChoices, values: Values): WhatIfChoices {
  const numbers = (name: "target" | "min" | "max" | "out-cooldown" | "in-cooldown", least: number, most: number) =>
    values[name]?.map((text) => numberOption(name, text, least, most));
  return {
    targets: numbers("target", 1, 1e9) ?? base.targets,
    minInstances: numbers("min", 1, 1000) ?? base.minInstances,
    maxInstances: numbers("max", 1, 1000) ?? base.maxInstances,
    instanceTypes: values["instance-type"] ?? base.instanceTypes,
    scaleOutCooldowns: numbers("out-cooldown", 0, 86_400) ?? base.scaleOutCooldowns,
    scaleInCooldowns: numbers("in-cooldown", 0, 86_400) ?? base.scaleInCooldowns,
    maxRpsPerInstance:
      values["max-rps"] === undefined ? undefined : numberOption("max-rps", values["max-rps"], 0.01, 1_000_000),
  };
}

/** `what-if`: plays a plan's or a run's load against other policies and instances, in a private sandbox. */
export async function runWhatIf(args: string[], program: SandboxProgram, output: Output): Promise<number> {
  const { values, positionals } = parseArguments(args, options, 1);
  const file = positionals[0];
  if (!file)
    throw new OpsError(
      "badInput",
      "what-if takes a plan or a run: what-if PLAN.ramp.json --target N, or what-if RUN.json",
    );
  const timeScale =
    values["time-scale"] === undefined ? undefined : numberOption("time-scale", values["time-scale"], 1, 60);
  const seed = values.seed === undefined ? 1 : numberOption("seed", values.seed, 0, 4_294_967_295);
  const { load, choices } = await loadFrom(path.resolve(file), timeScale);
  const scenarios = scenariosOf(chosen(choices, values));
  if (scenarios.length === 0)
    throw new OpsError("badInput", `No policy is known for load ${load.name}.`, {
      hint: "Give at least one --target, in invocations per instance and minute.",
    });
  const report = await new WhatIf(program).run(load, scenarios, seed);
  const { html, markdown } = whatIfTexts(report);
  output.line(markdown.trimEnd());
  let saved: string | undefined;
  if (values.report !== undefined) {
    const folder = path.resolve(values.report);
    await mkdir(folder, { recursive: true });
    saved = path.join(folder, `${load.name.replace(/[^A-Za-z0-9._-]+/g, "-")}.what-if.html`);
    await writeFile(saved, html);
    output.line(`Report: ${saved}`);
  }
  output.document({ report, html: saved });
  return 0;
}
