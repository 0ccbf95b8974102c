import { OpsError } from "../domain/errors.ts";
import { DataDirError } from "../sandbox/engine/dataDir.ts";
import { startSandbox } from "../sandbox/sandbox.ts";
import { numberOption, parseArguments } from "./arguments.ts";
import type { Output } from "./output.ts";

const options = {
  port: { type: "string", default: "4599" },
  "time-scale": { type: "string", default: "30" },
  auth: { type: "string", default: "sigv4" },
  "account-id": { type: "string", default: "123456789012" },
  region: { type: "string", default: "us-east-1" },
  "data-dir": { type: "string" },
  seed: { type: "string", default: "1" },
  "until-stdin-closes": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

/** Runs the sandbox until SIGINT or SIGTERM, or until its parent has gone. */
export async function runSandbox(args: string[], output: Output): Promise<number> {
  const { values } = parseArguments(args, options);
  const timeScale = numberOption("time-scale", values["time-scale"], 0, 10_000);
  const port = numberOption("port", values.port, 0, 65_535);
  const auth = values.auth;
  if (auth !== "sigv4" && auth !== "none") throw new OpsError("badInput", `--auth takes sigv4 or none, not "${auth}".`);
  if (!/^\d{12}$/.test(values["account-id"]))
    throw new OpsError("badInput", `--account-id takes 12 digits, not "${values["account-id"]}".`);
  if (auth === "none")
    process.stderr.write("warning: --auth none takes any credentials; anything on this machine can use the sandbox\n");

  const sandbox = await startSandbox({
    dataDir: values["data-dir"],
    seed: numberOption("seed", values.seed, 0, 4_294_967_295),
    port,
    timeScale,
    auth,
    accountId: values["account-id"],
    region: values.region,
  }).catch((e: NodeJS.ErrnoException) => {
    if (e.code === "EADDRINUSE")
      throw new OpsError("badInput", `Port ${port} is in use.`, {
        hint: "Choose another --port, or 0 for a free one.",
      });
    if (e instanceof DataDirError) throw new OpsError("badInput", e.message);
    throw e;
  });
  const { endpoint, region, accountId, accessKeyId, secretAccessKey, controlToken } = sandbox;
  if (values.json)
    output.document({ endpoint, region, accountId, accessKeyId, secretAccessKey, controlToken, timeScale });
  else
    output.line(
      [
        `The sandbox serves at ${endpoint} (account ${accountId}, ${region}, time scale ${timeScale}). Ctrl-C stops it.`,
        "",
        `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
        `  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
        "",
        `  control API: ${endpoint}/_sandbox/state with 'Authorization: Bearer ${controlToken}'`,
      ].join("\n"),
    );
  await untilAsked(values["until-stdin-closes"]);
  await sandbox.close();
  return 0;
}

function untilAsked(alsoStdin: boolean): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    if (!alsoStdin) return;
    process.stdin.on("end", () => resolve());
    process.stdin.on("error", () => resolve());
    process.stdin.resume();
  });
}
