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
  create-project --framework xgboost|sklearn|pytorch|tensorflow|huggingface|image --model FILE|FOLDER|s3://… --out FOLDER
                 [--data CSV] [--label COLUMN] [--classes A,B,…] [--image URI] [--name STACK] [--region R] [--json]
                        a project from a model of your own
  adopt --endpoint NAME --out FOLDER [--name STACK]
                        a project out of an endpoint that exists, for another like it
  deploy [--project FILE] [--teardown-after HOURS] [--yes]
                        change set, preview, execute, outputs; the stack can delete itself after a time
  train [--project FILE] [--yes]
                        a training job of SageMaker's XGBoost on the project's data; its model becomes the project's
  predict [--endpoint NAME] [--content-type T] [--accept T] (--body TEXT | --file FILE) [--project FILE]
          [--stream | --async [--input-location s3://…] [--upload-to s3://…]] [--out FILE] [--target-variant V] [--session-id S] …
                        one prediction: whole, streamed, or followed to its result in S3; headers as the AWS CLI has them
  predict --api (--body ROW) [--project FILE]
                        one prediction through the project's API
  test-requests [FILE.predict.http…] [--endpoint NAME] [--junit FILE] [--project FILE]
                        sends saved requests, without files all of the project's; exit code 1 when an expectation fails
  ramp PLAN.ramp.json [--report DIR] [--junit FILE] [--project FILE] [--yes]
                        runs a load plan and writes its report; exit code 1 when an expectation fails
  export PLAN.ramp.json --to artillery|k6 --out FOLDER [--workers N] [--project FILE]
                        the plan as a project of another tool, for load past one machine
  import RESULTS.json [--plan PLAN.ramp.json] [--report DIR]
                        results of Artillery or k6 as a run; exit code 1 when an expectation of the plan fails
  compare BASELINE.json RUN.json…
                        kept runs against the first one; exit code 1 when one is worse beyond noise
  find-target PLAN.ramp.json [--start N] [--max N] [--step-seconds N] [--repeats N] [--p99 MS] [--safety 0.5] [--rate N]…
              [--suspend-scaling] [--apply policy|template] [--report DIR] [--project FILE] [--yes]
                        how much one instance holds, and the scaling policy's target that follows
  what-if PLAN.ramp.json|RUN.json [--target N]… [--min N]… [--max N]… [--instance-type T]… [--out-cooldown S]…
          [--in-cooldown S]… [--max-rps N] [--time-scale N] [--seed N] [--report DIR] [--json]
                        the same load with other policies and instances, simulated; repeat an option to compare
  explain-scaling --endpoint NAME
                        why an endpoint did or did not scale
  sign-in --profile NAME
                        a new session of a profile that uses IAM Identity Center (SSO)
  mcp [--project FILE]
                        the tools of language models as a server of the Model Context Protocol, on stdin and stdout
  delete [--project FILE] [--empty-buckets] [--retain ID]… --yes
                        deletes the stack and the artifacts uploaded for it
  teardown [--project FILE] [--after HOURS | --cancel] [--yes]
                        when the deployed stack deletes itself; sets, moves or cancels that
  drift [--project FILE]
                        where the stack differs from its template; exit code 1 when it does
  continue-rollback [--project FILE] [--skip ID]… [--yes]
                        leads a stack out of UPDATE_ROLLBACK_FAILED

Where a command takes --project, --env NAME takes one of the project's environments.
All but sandbox, create-project, import, compare and what-if take --profile, --region and --endpoint-url, and otherwise follow AWS's rules.
All take --json. Exit codes: 0 success, 1 the job failed, 2 bad usage or bad input.
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
