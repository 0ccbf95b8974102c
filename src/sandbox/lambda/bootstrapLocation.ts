import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Where the parts of the Lambda runtime are: in the sources, or beside the bundle that holds this module. */
export interface RuntimeLocation {
  /** Script that a function's process runs. */
  bootstrap: string;
  /** Arguments of Node before the script. */
  execArgv: string[];
  /** Directory of the packages that user code is offered as `@aws-sdk/NAME`. */
  sdk: string;
  /** It is a build's, which may be replaced while functions run. */
  isBuild: boolean;
}

/**
 * The one place that knows the layout.
 * In the sources: `bootstrap.ts` beside this file, run by tsx, with the SDK of `node_modules`.
 * In a build: `lambda-bootstrap.mjs` and the packages in `lambda-runtime`, both beside the bundle.
 * @throws Error when neither is there
 */
export function locateRuntime(): RuntimeLocation {
  // A CommonJS bundle has no import.meta.url; there the script that was started is the bundle.
  const here = import.meta.url ? dirname(fileURLToPath(import.meta.url)) : dirname(process.argv[1] ?? ".");
  const source = join(here, "bootstrap.ts");
  if (existsSync(source)) {
    const require = createRequire(source);
    const client = require.resolve("@aws-sdk/client-sagemaker-runtime/package.json");
    return {
      bootstrap: source,
      execArgv: ["--import", pathToFileURL(require.resolve("tsx")).href],
      sdk: dirname(dirname(client)),
      isBuild: false,
    };
  }
  const bundled = join(here, "lambda-bootstrap.mjs");
  const runtime = join(here, "lambda-runtime");
  if (!existsSync(bundled) || !existsSync(runtime))
    throw new Error(
      `The Lambda runtime is missing: neither ${source} nor ${bundled} with ${runtime} is there. Build again.`,
    );
  return { bootstrap: bundled, execArgv: [], sdk: runtime, isBuild: true };
}
