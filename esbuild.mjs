import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, transform } from "esbuild";

/**
 * Bundles everything that is shipped into dist/: the extension, the command line with the sandbox, the ramp engine, the
 * Lambda runtime of the sandbox, the pages and the JSON schemas. Prints what it made and how large it is.
 */
const ROOT = import.meta.dirname;
const DIST = path.join(ROOT, "dist");
const NODE_TARGET = "node20";

/** zod brings its messages in some fifty languages, which no bundler can shake off; the product speaks English. */
const englishZod = {
  name: "english-zod",
  setup({ onResolve }) {
    onResolve({ filter: /locales\/index\.js$/ }, ({ importer, path: request }) => {
      if (!importer.includes(`${path.sep}zod${path.sep}`)) return undefined;
      return { path: path.join(path.dirname(importer), request, "../en.js") };
    });
  },
};

/** The SDK ships both forms; its ES modules can be shaken. */
const node = {
  bundle: true,
  platform: "node",
  target: NODE_TARGET,
  mainFields: ["module", "main"],
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  absWorkingDir: ROOT,
  plugins: [englishZod],
};

/** CommonJS packages that are bundled into an ES module still call require() for Node's own modules. */
const REQUIRE =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/**
 * VS Code loads the extension by require(), and esbuild splits ES modules only. So: split first, then turn each chunk
 * into CommonJS, where import() becomes a require() at the moment of the call. A window that shows a tree never loads
 * the CloudFormation client.
 */
async function buildExtension() {
  const result = await build({
    ...node,
    entryPoints: { extension: "src/extension.ts" },
    format: "esm",
    splitting: true,
    external: ["vscode"],
    outdir: DIST,
    outExtension: { ".js": ".cjs" },
    chunkNames: "extension-[hash]",
    minify: false,
    write: false,
  });
  await Promise.all(
    result.outputFiles.map(async ({ path: file, text }) => {
      const { code } = await transform(text, {
        format: "cjs",
        platform: "node",
        target: NODE_TARGET,
        minify: true,
        legalComments: "none",
        supported: { "dynamic-import": false },
      });
      writeFileSync(file, code);
    }),
  );
  return result.metafile;
}

/** The chunks lie beside cli.js: the sandbox finds its Lambda runtime beside the module that looks for it. */
async function buildCli() {
  const { metafile } = await build({
    ...node,
    entryPoints: { cli: "src/cli.ts" },
    format: "esm",
    splitting: true,
    outdir: DIST,
    chunkNames: "cli-[hash]",
    banner: { js: REQUIRE },
  });
  const cli = path.join(DIST, "cli.js");
  writeFileSync(cli, `#!/usr/bin/env node\n${readFileSync(cli, "utf8").replace(/^#!.*\n/, "")}`, { mode: 0o755 });
  return metafile;
}

/** Programs that run in a process of their own. */
async function buildProcesses() {
  const engine = build({
    ...node,
    entryPoints: ["src/loadtest/engineProcess.ts"],
    format: "cjs",
    outfile: path.join(DIST, "engine.cjs"),
  });
  const bootstrap = build({
    ...node,
    entryPoints: ["src/sandbox/lambda/bootstrap.ts"],
    format: "esm",
    outfile: path.join(DIST, "lambda-bootstrap.mjs"),
    banner: { js: REQUIRE },
  });
  // What Lambda's own runtime offers to a function's code.
  const sdk = build({
    ...node,
    stdin: { contents: 'export * from "@aws-sdk/client-sagemaker-runtime"', resolveDir: ROOT },
    format: "cjs",
    outfile: path.join(DIST, "lambda-runtime/client-sagemaker-runtime.cjs"),
  });
  return (await Promise.all([engine, bootstrap, sdk])).map(({ metafile }) => metafile);
}

async function buildPages() {
  const { metafile } = await build({
    entryPoints: { endpoint: "webview/endpoint/page.ts", loadRun: "webview/loadRun/page.ts" },
    outdir: path.join(DIST, "webview"),
    bundle: true,
    platform: "browser",
    target: "es2022",
    format: "iife",
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    absWorkingDir: ROOT,
    // lit's production build
    conditions: ["production"],
  });
  return metafile;
}

/** The schemas of the project file and of the load plans, from the very code that checks them. */
async function buildSchemas() {
  const { outputFiles } = await build({
    ...node,
    stdin: {
      contents: `export { projectJsonSchema } from "./src/domain/project.ts";
        export { loadPlanJsonSchema } from "./src/domain/loadPlan.ts";`,
      resolveDir: ROOT,
    },
    format: "esm",
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const { projectJsonSchema, loadPlanJsonSchema } = await import(`data:text/javascript;base64,${code}`);
  const folder = path.join(DIST, "schemas");
  mkdirSync(folder, { recursive: true });
  const schemas = { project: projectJsonSchema(), ramp: loadPlanJsonSchema() };
  for (const [name, schema] of Object.entries(schemas)) {
    writeFileSync(path.join(folder, `${name}.schema.json`), JSON.stringify(schema));
  }
}

function printSizes(metafiles) {
  const kib = (bytes) => `${(bytes / 1024).toFixed(0).padStart(6)} KiB`;
  const outputs = metafiles.flatMap(({ outputs }) => Object.entries(outputs));
  const chunks = { "extension's lazy chunks": 0, "cli's lazy chunks": 0 };
  for (const [name] of outputs) {
    const file = path.join(ROOT, name);
    const bytes = existsSync(file) ? statSync(file).size : 0;
    if (path.basename(name).startsWith("extension-")) chunks["extension's lazy chunks"] += bytes;
    else if (path.basename(name).startsWith("cli-")) chunks["cli's lazy chunks"] += bytes;
    else console.log(kib(bytes), name);
  }
  for (const [name, bytes] of Object.entries(chunks)) console.log(kib(bytes), name);
}

/** What an earlier build left, apart from packages that somebody may be installing. */
function clean() {
  if (!existsSync(DIST)) return;
  for (const name of readdirSync(DIST)) {
    if (!name.endsWith(".vsix")) rmSync(path.join(DIST, name), { recursive: true });
  }
}

clean();
const [extension, cli, processes, pages] = await Promise.all([
  buildExtension(),
  buildCli(),
  buildProcesses(),
  buildPages(),
  buildSchemas(),
]);
printSizes([extension, cli, ...processes, pages]);
