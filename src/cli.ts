import { readFileSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { USAGE } from "./cli/arguments.ts";
import { Output, reportError } from "./cli/output.ts";
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

/** The wine project and the parts of others: beside the sources and beside the bundle it is one folder up. */
const examples = () => fileURLToPath(new URL("../infra", import.meta.url));

// Each command loads what it needs when it runs: the sandbox nothing of the others, and they nothing of it.
const services = async () => new (await import("./cli/cliServices.ts")).CliServices(engineEntry(), version());

async function main([command, ...args]: string[], output: Output): Promise<number> {
  switch (command) {
    case "sandbox":
      return (await import("./cli/sandboxCommand.ts")).runSandbox(args, output);
    case "create-project":
      return (await import("./cli/projectCommands.ts")).runCreateProject(args, examples(), output);
    case "adopt":
      return (await import("./cli/projectCommands.ts")).runAdopt(args, await services(), examples(), output);
    case "deploy":
      return (await import("./cli/stackCommands.ts")).runDeploy(args, await services(), output);
    case "train":
      return (await import("./cli/trainCommand.ts")).runTrain(args, await services(), examples(), output);
    case "predict":
      return (await import("./cli/predictCommand.ts")).runPredict(args, await services(), output);
    case "test-requests":
      return (await import("./cli/testRequestsCommand.ts")).runTestRequests(args, await services(), output);
    case "ramp":
      return (await import("./cli/rampCommand.ts")).runRamp(args, await services(), output);
    case "export":
      return (await import("./cli/exchangeCommands.ts")).runExport(args, await services(), output);
    case "import":
      return (await import("./cli/exchangeCommands.ts")).runImport(args, output);
    case "compare":
      return (await import("./cli/exchangeCommands.ts")).runCompare(args, output);
    case "find-target":
      return (await import("./cli/findTargetCommand.ts")).runFindTarget(args, await services(), output);
    case "what-if":
      return (await import("./cli/whatIfCommand.ts")).runWhatIf(args, ownProgram(), output);
    case "explain-scaling":
      return (await import("./cli/explainCommand.ts")).runExplainScaling(args, await services(), output);
    case "teardown":
      return (await import("./cli/stackCommands.ts")).runTeardown(args, await services(), output);
    case "drift":
      return (await import("./cli/stackCommands.ts")).runDrift(args, await services(), output);
    case "continue-rollback":
      return (await import("./cli/stackCommands.ts")).runContinueRollback(args, await services(), output);
    case "sign-in":
      return (await import("./cli/signInCommand.ts")).runSignIn(args, await services(), output);
    case "delete":
      return (await import("./cli/stackCommands.ts")).runDelete(args, await services(), output);
    case "mcp":
      return (await import("./cli/mcpCommand.ts")).runMcp(args, await services(), version());
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
// Node 22 keeps what it has compiled from one start to the next; it has to be asked before the commands are loaded.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const args = process.argv.slice(2);
const output = new Output(args.includes("--json"));
process.exitCode = await main(args, output).catch((e: unknown) => reportError(toOpsError(e), output));
// A keep-alive connection of an SDK client must not hold the process for its idle time.
process.stdout.write("", () => process.exit());
