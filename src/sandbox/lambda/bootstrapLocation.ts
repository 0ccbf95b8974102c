import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Where the parts of the Lambda runtime are: in the sources, or beside the bundle that holds this module. */
export interface RuntimeLocation {
  /** Script that a function's process runs. */
  bootstrap: string;
  /** Arguments of Node before the script. */
  execArgv: string[];
  /** Packages offered to user code as `@aws-sdk/NAME`: a directory that holds them, or single files by name. */
  sdk: { directory: string } | { files: Map<string, string> };
}

/**
 * The one place that knows the layout.
 * In the sources: `bootstrap.ts` beside this file, run by tsx, with the SDK of `node_modules`.
 * In a build: `lambda-bootstrap.mjs` and `lambda-runtime/<package>.cjs` (`lambda-runtime/client-sagemaker-runtime.cjs`
 * is offered as `@aws-sdk/client-sagemaker-runtime`), both beside the bundle.
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
      sdk: { directory: dirname(dirname(client)) },
    };
  }
  const bundled = join(here, "lambda-bootstrap.mjs");
  const runtime = join(here, "lambda-runtime");
  if (!existsSync(bundled) || !existsSync(runtime))
    throw new Error(
      `The Lambda runtime is missing: neither ${source} nor ${bundled} with ${runtime} is there. Build again.`,
    );
  const files = readdirSync(runtime).filter((name) => name.endsWith(".cjs"));
  return {
    bootstrap: bundled,
    execArgv: [],
    sdk: { files: new Map(files.map((name) => [name.slice(0, -".cjs".length), join(runtime, name)])) },
  };
}
