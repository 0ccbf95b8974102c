import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { World } from "../world.ts";
import { locateRuntime, type RuntimeLocation } from "./bootstrapLocation.ts";
import type { LambdaFunction } from "./functionStore.ts";
import { layerEnvironment } from "./layers.ts";
import { ProcessPool } from "./processPool.ts";
import { findPython, PYTHON_BOOTSTRAP } from "./pythonRuntime.ts";

/** Keys of a function's processes live this long, real seconds; a process is replaced before they expire. */
const KEY_SECONDS = 12 * 3600;

let location: RuntimeLocation | undefined;
const runtime = (): RuntimeLocation => {
  location ??= locateRuntime();
  return location;
};

/**
 * A private directory for the code of functions. Node looks for packages upwards from user code, so the AWS SDK that
 * Lambda's runtime brings along stands beside them; a package's own copy comes first, as on AWS.
 */
export function createCodeRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "sagemaker-ops-lambda-"));
  const { sdk, isBuild } = runtime();
  const scope = join(root, "node_modules", "@aws-sdk");
  mkdirSync(join(root, "functions"));
  mkdirSync(join(root, "node_modules"));
  if (isBuild) cpSync(sdk, scope, { recursive: true });
  else symlinkSync(sdk, scope, "junction");
  return root;
}

/** The pool of a function, which reads the function's present configuration at each start of a process. */
export function createPool(world: World, functionOf: () => LambdaFunction): ProcessPool {
  return new ProcessPool((day) => {
    const fn = functionOf();
    const logStream = `${day}/[${fn.version}]${randomBytes(16).toString("hex")}`;
    const roleName = fn.role.slice(fn.role.lastIndexOf("/") + 1);
    const keys = world.issueCredentials(
      `arn:aws:sts::${world.accountId}:assumed-role/${roleName}/${fn.name}`,
      KEY_SECONDS,
    );
    return {
      logStream,
      credentialsExpireAt: keys.expiresAt,
      options: {
        ...interpreterOf(fn),
        cwd: fn.code.directory,
        env: {
          ...platformEnvironment(),
          // The user's own come before Lambda's, which are reserved; only the endpoint may be set by the user.
          AWS_ENDPOINT_URL: world.baseUrl(),
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
          LANG: "en_US.UTF-8",
          TZ: ":UTC",
          ...layerEnvironment(fn.layers, fn.runtime),
          ...fn.environment,
          AWS_REGION: fn.region,
          AWS_DEFAULT_REGION: fn.region,
          AWS_ACCESS_KEY_ID: keys.accessKeyId,
          AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
          AWS_SESSION_TOKEN: keys.sessionToken,
          AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}`,
          AWS_LAMBDA_FUNCTION_NAME: fn.name,
          AWS_LAMBDA_FUNCTION_VERSION: fn.version,
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
          AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
          AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(fn),
          AWS_LAMBDA_LOG_STREAM_NAME: logStream,
          LAMBDA_TASK_ROOT: fn.code.directory,
          _HANDLER: fn.handler,
        },
      },
    };
  });
}

/** @throws Error for a Python function where there is no Python; `invoke` has looked before */
function interpreterOf(fn: LambdaFunction): { file: string; args: string[] } {
  if (fn.runtime?.startsWith("python")) {
    const file = findPython();
    if (file === undefined) throw new Error(`There is no python3 to run ${fn.name}.`);
    return { file, args: ["-u", "-c", PYTHON_BOOTSTRAP] };
  }
  const { bootstrap, execArgv } = runtime();
  return { file: process.execPath, args: [...execArgv, `--max-old-space-size=${fn.memoryMb}`, bootstrap] };
}

/** Log group that a function writes to. */
export function logGroupOf(fn: LambdaFunction): string {
  return fn.logging.LogGroup ?? `/aws/lambda/${fn.name}`;
}

/** What a process cannot start without: Electron must behave as Node, and Windows needs its system directory. */
function platformEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  if (process.versions.electron) env.ELECTRON_RUN_AS_NODE = "1";
  if (process.platform === "win32" && process.env.SystemRoot) env.SystemRoot = process.env.SystemRoot;
  return env;
}
