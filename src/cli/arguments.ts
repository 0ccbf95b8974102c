import { type ParseArgsConfig, parseArgs } from "node:util";
import { OpsError } from "../domain/errors.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Options that every command but `sandbox` takes. */
export const connectionOptions = {
  profile: { type: "string" },
  region: { type: "string" },
  "endpoint-url": { type: "string" },
  json: { type: "boolean", default: false },
} as const satisfies Options;

export const USAGE = `SageMaker Endpoint Ops

  sandbox [--port N] [--time-scale N] [--auth sigv4|none] [--account-id N] [--region R] [--data-dir DIR] [--seed N] [--json]
                        the local AWS in the foreground; --port 0 takes a free port, --time-scale 0 is instant
  deploy [--project FILE] [--yes]
                        change set, preview, execute, outputs
  predict [--endpoint NAME] [--content-type T] [--accept T] (--body TEXT | --file FILE) [--project FILE]
  predict --api (--body ROW) [--project FILE]
                        one prediction, by InvokeEndpoint or through the project's API
  ramp PLAN.ramp.json [--report DIR] [--project FILE] [--yes]
                        runs a load plan and writes its report; exit code 1 when an expectation fails
  explain-scaling --endpoint NAME
                        why an endpoint did or did not scale
  delete [--project FILE] --yes
                        deletes the stack and the artifacts uploaded for it

All but sandbox take --profile, --region, --endpoint-url and --json, and otherwise follow the ordinary AWS rules.
Exit codes: 0 success, 1 the job failed, 2 bad usage or bad input.
`;

/**
 * Parses one command's arguments.
 * @throws OpsError badInput for an unknown option or a missing value
 */
export function parseArguments<T extends Options>(args: string[], options: T, positionals = 0) {
  try {
    const parsed = parseArgs({ args, options, allowPositionals: positionals > 0, strict: true });
    if (parsed.positionals.length > positionals)
      throw new Error(`Unexpected argument '${parsed.positionals[positionals]}'`);
    return parsed;
  } catch (e) {
    throw new OpsError("badInput", (e as Error).message, { hint: "Run without arguments to see the usage." });
  }
}

/** A number within limits. @throws OpsError badInput that names the option */
export function numberOption(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!text.trim() || !Number.isFinite(value) || value < min || value > max)
    throw new OpsError("badInput", `--${name} takes a number from ${min} to ${max}, not "${text}".`);
  return value;
}
