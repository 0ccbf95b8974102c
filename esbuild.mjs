import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { build, transform } from "esbuild";

/**
 * Bundles everything that is shipped into dist/: the extension, the command line with the sandbox, the ramp engine, the
 * Lambda runtime of the sandbox, the pages and the JSON schemas. Prints what it made and how large it is, unless `--quiet`.
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
  // zod and others look at it to find out where they run; VS Code's extension host reports each look as a mistake.
  define: { navigator: "undefined" },
};

/** CommonJS packages that are bundled into an ES module still call require() for Node's own modules. */
const REQUIRE =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/**
 * Modules that a window does not need to show its sidebar: each in a chunk of its own, with what it brings along (zod,
 * the reports), so that it is loaded late, and that extension.cjs stays small.
 */
const LATE = [
  "src/domain/loadPlan.ts",
  "src/domain/loadPlanCheck.ts",
  "src/domain/predictFile.ts",
  "src/domain/project.ts",
  "src/domain/runExplanation.ts",
  "src/aws/apiGateway.ts",
  "src/aws/autoscaling.ts",
  "src/aws/cloudwatch.ts",
  "src/aws/runtime.ts",
  "src/aws/scalingUpdates.ts",
  "src/aws/ssoSignIn.ts",
  "src/panels/pageSchemas.ts",
  "src/loadtest/engine.ts",
  "src/loadtest/report.ts",
  "src/loadtest/reportHtml.ts",
  "src/loadtest/targetReport.ts",
  "src/loadtest/whatIfReport.ts",
  "src/services/adoptedTemplate.ts",
  "src/services/artifacts.ts",
  "src/services/deploymentCheck.ts",
  "src/services/loadExchange.ts",
  "src/services/loadPreparation.ts",
  "src/services/predictor.ts",
  "src/services/projectScaffold.ts",
  "src/services/runExports.ts",
  "src/services/scalingWatch.ts",
  "src/services/stackPreparation.ts",
  "src/services/stackRemoval.ts",
  "src/services/templateCheck.ts",
  "src/services/templateEdit.ts",
  "src/services/templateScaling.ts",
  "src/services/templateTarget.ts",
  "src/services/tools/table.ts",
  "src/services/trainer.ts",
  "src/services/webPublisher.ts",
  "src/testing/planLenses.ts",
  "src/testing/planProblems.ts",
  "src/testing/planTests.ts",
  "src/testing/requestFiles.ts",
  "src/tree/deploymentNodes.ts",
  "src/tree/presentParts.ts",
  "src/tree/presentRuns.ts",
  "src/tree/sideNodes.ts",
];
const MAIN = "extension.cjs";
/**
 * What every window needs beside src/extension.ts: a chunk that holds one of these goes into extension.cjs itself. Each
 * file more costs milliseconds while the window opens, as VS Code looks at every require(). In the order of their needs.
 */
const EAGER = [
  "node_modules/@vscode/l10n/dist/main.js",
  "src/domain/invocation.ts",
  "src/services/connections.ts",
  "src/tree/treeNode.ts",
];
const lateName = (file) => `extension-${path.basename(file, ".ts")}`;

/**
 * VS Code loads the extension by require(), and esbuild splits ES modules only. So: split first, then turn each chunk
 * into CommonJS, where import() becomes a require() at the moment of the call.
 */
async function buildExtension() {
  const result = await build({
    ...node,
    // Beside the extension itself, what a window does not need to show its sidebar: in chunks of their own, so that
    // they are loaded late.
    entryPoints: { extension: "src/extension.ts", ...Object.fromEntries(LATE.map((file) => [lateName(file), file])) },
    format: "esm",
    splitting: true,
    external: ["vscode"],
    outdir: DIST,
    outExtension: { ".js": ".cjs" },
    chunkNames: "extension-[hash]",
    minify: false,
    write: false,
  });
  const form = { format: "cjs", platform: "node", target: NODE_TARGET, legalComments: "none" };
  const chunks = await Promise.all(
    result.outputFiles.map(async ({ path: file, text }) => {
      const { code } = await transform(text, { ...form, supported: { "dynamic-import": false } });
      return { name: path.basename(file), code: requireLate(code) };
    }),
  );
  await Promise.all(
    withEager(chunks, result.metafile).map(async ({ name, code }) => {
      const { code: small } = await transform(code, { ...form, minify: true });
      writeFileSync(path.join(DIST, name), small);
    }),
  );
  return result.metafile;
}

/** Moves the chunks of EAGER, and esbuild's helpers, into extension.cjs, where the other chunks find them. */
function withEager(chunks, { outputs }) {
  const placeOf = ({ name }) => {
    const { inputs, imports } = outputs[`dist/${name}`];
    const isHelpers = Object.keys(inputs).length === 0 && imports.length === 0;
    return isHelpers ? 0 : EAGER.findIndex((file) => file in inputs) + 1 || undefined;
  };
  const inside = chunks.filter((chunk) => chunk.name !== MAIN && placeOf(chunk) !== undefined);
  inside.sort((a, b) => placeOf(a) - placeOf(b));
  const redirected = (code, parts) =>
    code.replace(/require\("\.\/(extension-\w+\.cjs)"\)/g, (call, name) =>
      inside.some((chunk) => chunk.name === name) ? `${parts}["${name}"]` : call,
    );
  // The same few modules are named by every source file; one look at each is enough.
  const once = (code) => redirected(code, "__parts").replace(/require\("((?:node:[\w/]+)|vscode)"\)/g, '__once("$1")');
  // Functions that are called where they stand are compiled at once, and not looked through for their end before.
  const parts = inside.map(
    ({ name, code }) =>
      `(function (module) {\n${once(code)}\n__parts["${name}"] = module.exports;\n})({ exports: {} });`,
  );
  const seen = "const __seen = {}, __parts = {}; const __once = (name) => (__seen[name] ??= require(name));";
  return chunks
    .filter((chunk) => !inside.includes(chunk))
    .map(({ name, code }) => {
      if (name !== MAIN) return { name, code: redirected(code, `require("./${MAIN}").__parts`) };
      return { name, code: `${seen}\n${parts.join("\n")}\n${once(code)}\nmodule.exports.__parts = __parts;` };
    });
}

/**
 * Puts off the require() of a chunk until something of it is used. A file of src/aws names the commands of its client
 * in a static import; a window that shows a tree should still not load the CloudFormation client. esbuild's CommonJS
 * reaches every import as a property of the required object, so an object that loads at the first look does.
 */
function requireLate(code) {
  const late = "const __late = (load) => { let m; return new Proxy({}, { get: (_, key) => (m ??= load())[key] }); };";
  let count = 0;
  const changed = code.replace(/^var (import_\w+) = (require\("\.\/extension-\w+\.cjs"\));$/gm, (_, name, load) => {
    count++;
    return `var ${name} = __late(() => ${load});`;
  });
  return count === 0 ? code : `${late}\n${changed}`;
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
  // What Lambda's own runtime offers to a function's code, laid out as the packages of @aws-sdk: in one file, as the
  // clients share most of theirs. A client is evaluated when it is first asked for.
  const clients = ["client-sagemaker-runtime", "client-s3"];
  const folder = path.join(DIST, "lambda-runtime");
  const loaders = clients.map((name) => `exports["${name}"] = () => require("@aws-sdk/${name}");`);
  const sdk = build({
    ...node,
    stdin: { contents: loaders.join("\n"), resolveDir: ROOT },
    format: "cjs",
    outfile: path.join(folder, "sdk.cjs"),
  });
  const metafiles = (await Promise.all([engine, bootstrap, sdk])).map(({ metafile }) => metafile);
  for (const name of clients) {
    const write = (file, text) => writeFileSync(path.join(folder, name, file), text);
    mkdirSync(path.join(folder, name));
    write("index.cjs", `module.exports = require("../sdk.cjs")["${name}"]();\n`);
    // Functions that are ES modules import by name, and Node finds no names behind that require().
    const names = Object.keys(createRequire(import.meta.url)(path.join(folder, name, "index.cjs")));
    write("index.mjs", `import sdk from "./index.cjs";\nexport const { ${names.join(", ")} } = sdk;\n`);
    const exports = { ".": { import: "./index.mjs", default: "./index.cjs" } };
    write("package.json", JSON.stringify({ name: `@aws-sdk/${name}`, exports }));
  }
  return metafiles;
}

async function buildPages() {
  const { metafile } = await build({
    entryPoints: ["endpoint", "loadRun", "compare", "whatIf", "batchCompare", "architecture"].flatMap((name) => [
      { in: `webview/${name}/page.ts`, out: name },
      { in: `webview/${name}/page.css`, out: name },
    ]),
    outdir: path.join(DIST, "webview"),
    bundle: true,
    inject: ["webview/translations.ts"],
    platform: "browser",
    target: "es2022",
    format: "iife",
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    absWorkingDir: ROOT,
  });
  return metafile;
}

/** The schemas of the project file, of the load plans and of the reports, from the very code that checks them. */
async function buildSchemas() {
  const { outputFiles } = await build({
    ...node,
    stdin: {
      contents: `export { projectJsonSchema } from "./src/domain/project.ts";
        export { loadPlanJsonSchema } from "./src/domain/loadPlan.ts";
        export { loadRunReportJsonSchema } from "./src/domain/loadRunSchema.ts";`,
      resolveDir: ROOT,
    },
    format: "cjs",
    write: false,
  });
  const made = { exports: {} };
  new Function("module", "require", outputFiles[0].text)(made, createRequire(import.meta.url));
  const { projectJsonSchema, loadPlanJsonSchema, loadRunReportJsonSchema } = made.exports;
  const folder = path.join(DIST, "schemas");
  mkdirSync(folder, { recursive: true });
  const schemas = { project: projectJsonSchema(), ramp: loadPlanJsonSchema(), report: loadRunReportJsonSchema() };
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

rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST);
const [extension, cli, processes, pages] = await Promise.all([
  buildExtension(),
  buildCli(),
  buildProcesses(),
  buildPages(),
  buildSchemas(),
]);
if (!process.argv.includes("--quiet")) printSizes([extension, cli, ...processes, pages]);
