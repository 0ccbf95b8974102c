import { readFile } from "node:fs/promises";
import { OpsError } from "../domain/errors.ts";
import type { FeatureFile, PredictionResponse } from "../domain/prediction.ts";
import { loadProject } from "../services/projects.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import type { Output } from "./output.ts";
import { deployedStack } from "./stackCommands.ts";

const options = {
  ...connectionOptions,
  project: { type: "string", default: "." },
  env: { type: "string" },
  endpoint: { type: "string" },
  api: { type: "boolean", default: false },
  "content-type": { type: "string", default: "text/csv" },
  accept: { type: "string" },
  body: { type: "string" },
  file: { type: "string" },
} as const;

async function readBody(body: string | undefined, file: string | undefined): Promise<string> {
  if ((body === undefined) === (file === undefined))
    throw new OpsError("badInput", "predict takes either --body TEXT or --file FILE.");
  if (body !== undefined) return body;
  return readFile(file ?? "", "utf8").catch((e: Error) => {
    throw new OpsError("badInput", `--file ${file} cannot be read: ${e.message}`);
  });
}

/** A CSV row as the API takes it; an empty cell is a missing value. */
function featuresOf(row: string, features: FeatureFile | undefined, file: string): Record<string, number | null> {
  if (!features) throw new OpsError("badInput", `Project file ${file} names no features file, which --api needs.`);
  const cells = row.trim().split(",");
  const wanted = features.features.length;
  if (cells.length !== wanted)
    throw new OpsError("badInput", `The row has ${cells.length} values, the model takes ${wanted}.`, {
      hint: `Give ${features.features.map((f) => f.name).join(", ")}.`,
    });
  return Object.fromEntries(
    features.features.map((f, i) => {
      const text = cells[i]?.trim() ?? "";
      const value = text === "" ? null : Number(text);
      if (Number.isNaN(value)) throw new OpsError("badInput", `The value "${text}" of ${f.name} is not a number.`);
      return [f.name, value];
    }),
  );
}

/** `predict`: one prediction, by InvokeEndpoint or through the project's API. */
export async function runPredict(args: string[], services: CliServices, output: Output): Promise<number> {
  const { values } = parseArguments(args, options);
  const body = await readBody(values.body, values.file);
  let response: PredictionResponse;
  let target: string;
  if (values.api) {
    const project = await loadProject(values.project, values.env);
    const features = featuresOf(body, project.features, project.file);
    await services.connect(values, project.project);
    const stack = await deployedStack(services, project.project.stackName);
    const url = services.deployer.apiUrl(stack);
    if (!url) throw new OpsError("notFound", `Stack ${project.project.stackName} has no output ApiUrl.`);
    target = url;
    response = await services.predictor.predictThroughApi(url, features, stack.outputs.ApiKeyId);
  } else {
    const project = values.endpoint === undefined ? await loadProject(values.project, values.env) : undefined;
    await services.connect(values, project?.project);
    const stack = project && (await deployedStack(services, project.project.stackName));
    const endpointName = values.endpoint ?? stack?.outputs.EndpointName;
    if (!endpointName)
      throw new OpsError("badInput", "No --endpoint was given, and the stack has no output EndpointName.");
    target = endpointName;
    const contentType = values["content-type"];
    response = await services.predictor.predict({ endpointName, contentType, accept: values.accept, body });
  }
  output.line(`${response.status} from ${target} in ${response.latencyMs.toFixed(1)} ms`);
  output.line(response.error ? `${response.error.code}: ${response.error.message}` : response.body.trim());
  output.document({ target, ...response });
  return response.error ? 1 : 0;
}
