import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { OpsError, toOpsError } from "../domain/errors.ts";
import { failedExpectations, PREDICT_FILE_ENDING, parsePredictFile, type SavedRequest } from "../domain/predictFile.ts";
import { AsyncPredictor, asyncBucket } from "../services/asyncPredictor.ts";
import { PROJECT_FILE } from "../services/projectFile.ts";
import { loadProject, type ProjectContext } from "../services/projects.ts";
import { failureText, type RequestResult, requestsJunit } from "../services/requestJunit.ts";
import { sendSavedRequest } from "../services/savedRequests.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { deployedStack } from "./stackCommands.ts";

const options = {
  ...connectionOptions,
  project: { type: "string" },
  env: { type: "string" },
  endpoint: { type: "string" },
  junit: { type: "string" },
} as const;

const MOST_FILES = 500;

/**
 * `test-requests`: sends saved requests and holds their answers against what is expected of them, as the editor's Test
 * Explorer does. Without files all of the project's are sent.
 * @returns 1 when an expectation fails
 */
export async function runTestRequests(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values, positionals } = parseArguments(args, options, MOST_FILES);
  // A project is needed only for what the files do not say themselves.
  const isWanted = values.project !== undefined || values.env !== undefined || positionals.length === 0;
  const project = isWanted ? await loadProject(values.project ?? ".", values.env) : await projectAround(positionals);
  const files = positionals.length > 0 ? positionals : await filesBelow(project?.folder ?? ".");
  const requests = (await Promise.all(files.map(readRequests))).flat();
  await services.connect(values, project?.project);
  const home = await homeOf(services, project, requests, values.endpoint);
  const senders = { predictor: services.predictor, asyncPredictor: new AsyncPredictor(services.connections) };
  const signal = abortOnInterrupt();
  const results: RequestResult[] = [];
  for (const { file, saved } of requests) {
    if (signal.aborted) break;
    const base = { file: shown(file), line: saved.line, name: saved.name };
    const startedAt = performance.now();
    const result = await sendSavedRequest(senders, saved, file, home, signal).then(
      ({ response }): RequestResult => {
        const { latencyMs, probabilities, status, error, body } = response;
        const failed = failedExpectations(saved, { status, body, latencyMs, values: probabilities, error });
        return { ...base, latencyMs, status, failed };
      },
      (reason): RequestResult => {
        const { message, hint } = toOpsError(reason);
        const error = [message, hint].filter(Boolean).join(" ");
        return { ...base, latencyMs: performance.now() - startedAt, failed: [], error };
      },
    );
    results.push(result);
    tell(output, result);
  }
  if (values.junit !== undefined) {
    await mkdir(path.dirname(path.resolve(values.junit)), { recursive: true });
    await writeFile(values.junit, requestsJunit(results));
  }
  const bad = results.filter(({ failed, error }) => error !== undefined || failed.length > 0).length;
  const skipped = requests.length - results.length;
  output.line(`${results.length - bad} passed, ${bad} failed${skipped ? `, ${skipped} not sent` : ""}`);
  output.document({ passed: results.length - bad, failed: bad, skipped, results });
  return bad + skipped > 0 ? 1 : 0;
}

/** A CI finds a file by its path from the working directory. */
function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
}

/** The project in whose folder the first file lies, or undefined: a file may name its endpoints itself. */
async function projectAround([first = "."]: readonly string[]): Promise<ProjectContext | undefined> {
  for (let folder = path.dirname(path.resolve(first)); ; folder = path.dirname(folder)) {
    const names = await readdir(folder).catch((): string[] => []);
    if (names.includes(PROJECT_FILE)) return loadProject(folder);
    if (path.dirname(folder) === folder) return undefined;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names
    .filter((name) => name.endsWith(PREDICT_FILE_ENDING) && !/(^|[\\/])node_modules[\\/]/.test(name))
    .sort();
  if (files.length > 0) return files.slice(0, MOST_FILES).map((name) => path.join(folder, name));
  throw new OpsError("badInput", `There are no files *${PREDICT_FILE_ENDING} below ${path.resolve(folder)}.`, {
    hint: "Save a request in the editor's tester, or write one: ### NAME, POST endpoint, an empty line, the body.",
  });
}

/** @throws OpsError badInput naming the first line that cannot be read: a misspelt expectation must not pass */
async function readRequests(file: string): Promise<{ file: string; saved: SavedRequest }[]> {
  const text = await readFile(file, "utf8").catch((e: Error) => {
    throw new OpsError("badInput", `${file} cannot be read: ${e.message}`);
  });
  const { requests, problems } = parsePredictFile(text);
  const [problem] = problems;
  if (problem) throw new OpsError("badInput", `${shown(file)}:${problem.line}: ${problem.message}`);
  if (requests.length === 0)
    throw new OpsError("badInput", `${file} has no request.`, { hint: "Begin one with ### NAME." });
  return requests.map((saved) => ({ file, saved }));
}

/** Where requests go that do not say it; the stack is asked only when one does not. */
async function homeOf(
  services: CliServices,
  project: ProjectContext | undefined,
  requests: readonly { saved: SavedRequest }[],
  endpointName: string | undefined,
) {
  const bucket = () => asyncBucket(services.connections, project?.project);
  if (endpointName !== undefined || !project || requests.every(({ saved }) => saved.endpointName !== undefined))
    return { endpointName, bucket };
  const stack = await deployedStack(services, project.project.stackName);
  return { endpointName: stack.outputs.EndpointName, bucket };
}

function tell(output: Output, { name, file, line, latencyMs, status, failed, error }: RequestResult): void {
  const passed = failed.length === 0 && error === undefined;
  const facts = [status === undefined ? "no answer" : `HTTP ${status}`, `${latencyMs.toFixed(1)} ms`].join(", ");
  output.line(`${passed ? "✓" : "✗"} ${name} (${facts})`);
  if (error !== undefined) output.line(`    ${file}:${line}: ${error}`);
  for (const each of failed) output.line(`    ${failureText(file, line, each)}`);
}
