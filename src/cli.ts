import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { USAGE } from "./cli/arguments.ts";
import { CliServices } from "./cli/cliServices.ts";
import { runCompare, runExport, runImport } from "./cli/exchangeCommands.ts";
import { runExplainScaling } from "./cli/explainCommand.ts";
import { runFindTarget } from "./cli/findTargetCommand.ts";
import { Output, reportError } from "./cli/output.ts";
import { runPredict } from "./cli/predictCommand.ts";
import { runRamp } from "./cli/rampCommand.ts";
import { runSignIn } from "./cli/signInCommand.ts";
import { runContinueRollback, runDelete, runDeploy, runDrift } from "./cli/stackCommands.ts";
import { runWhatIf } from "./cli/whatIfCommand.ts";
import { OpsError, toOpsError } from "./domain/errors.ts";
import type { EngineEntry } from "./loadtest/engine.ts";
import type { SandboxProgram } from "./services/sandboxProcess.ts";

/** Beside the bundle lies the bundled engine; from the sources it is run as TypeScript. */
function engineEntry(): EngineEntry {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith(".ts"))
    return {
      path: fileURLToPath(new URL("loadtest/engineProcess.ts", import.meta.url)),
      // Resolved here: the engine would look for it in the working directory.
      execArgv: ["--import", import.meta.resolve("tsx")],
    };
  return { path: fileURLToPath(new URL("engine.cjs", import.meta.url)) };
}

/** This very program, to be started as a sandbox. */
function ownProgram(): SandboxProgram {
  const cliPath = fileURLToPath(import.meta.url);
  return cliPath.endsWith(".ts") ? { cliPath, execArgv: ["--import", import.meta.resolve("tsx")] } : { cliPath };
}

/** Of the package that the command line came with; beside the sources and beside the bundle it is one folder up. */
function version(): string {
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
}

const services = () => new CliServices(engineEntry(), version());

async function main([command, ...args]: string[], output: Output): Promise<number> {
  switch (command) {
    case "sandbox":
      // Loaded only here: the other commands need nothing of it.
      return (await import("./cli/sandboxCommand.ts")).runSandbox(args, output);
    case "deploy":
      return runDeploy(args, services(), output);
    case "predict":
      return runPredict(args, services(), output);
    case "ramp":
      return runRamp(args, services(), output);
    case "export":
      return runExport(args, services(), output);
    case "import":
      return runImport(args, output);
    case "compare":
      return runCompare(args, output);
    case "find-target":
      return runFindTarget(args, services(), output);
    case "what-if":
      return runWhatIf(args, ownProgram(), output);
    case "explain-scaling":
      return runExplainScaling(args, services(), output);
    case "drift":
      return runDrift(args, services(), output);
    case "continue-rollback":
      return runContinueRollback(args, services(), output);
    case "sign-in":
      return runSignIn(args, services(), output);
    case "delete":
      return runDelete(args, services(), output);
    case undefined:
    case "help":
    case "--help":
      process.stdout.write(USAGE);
      return command === undefined ? 2 : 0;
    default:
      throw new OpsError("badInput", `There is no command "${command}".`, {
        hint: "Run without arguments to see the usage.",
      });
  }
}

// Node 20 is what the oldest supported VS Code runs on; that the SDK will want more one day is no news for users.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
const args = process.argv.slice(2);
const output = new Output(args.includes("--json"));
process.exitCode = await main(args, output).catch((e: unknown) => reportError(toOpsError(e), output));
// A keep-alive connection of an SDK client must not hold the process for its idle time.
process.stdout.write("", () => process.exit());
