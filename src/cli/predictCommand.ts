import { readFile, writeFile } from "node:fs/promises";
import { readCsv } from "../domain/csv.ts";
import { OpsError } from "../domain/errors.ts";
import { contentTypeOf, headerKeys, headerNames, type InvocationHeaders, takesHeader } from "../domain/invocation.ts";
import type { FeatureFile, PredictionProgress, PredictionRequest, PredictionResponse } from "../domain/prediction.ts";
import { AsyncPredictor, asyncBucket, INPUT_PREFIX } from "../services/asyncPredictor.ts";
import { loadProject, type ProjectContext } from "../services/projects.ts";
import { connectionOptions, parseArguments } from "./arguments.ts";
import type { CliServices } from "./cliServices.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { deployedStack } from "./stackCommands.ts";

const options = {
  ...connectionOptions,
  project: { type: "string", default: "." },
  env: { type: "string" },
  endpoint: { type: "string" },
  api: { type: "boolean", default: false },
  "content-type": { type: "string" },
  accept: { type: "string" },
  body: { type: "string" },
  file: { type: "string" },
  stream: { type: "boolean", default: false },
  async: { type: "boolean", default: false },
  "input-location": { type: "string" },
  "upload-to": { type: "string" },
  out: { type: "string" },
  "target-variant": { type: "string" },
  "target-model": { type: "string" },
  "target-container-hostname": { type: "string" },
  "inference-component-name": { type: "string" },
  "custom-attributes": { type: "string" },
  "session-id": { type: "string" },
  "inference-id": { type: "string" },
} as const;

type Values = ReturnType<typeof parseArguments<typeof options>>["values"];

/** A file is sent as it is: it may be a picture. */
async function readBody({ body, file, async: isAsync, ...values }: Values): Promise<string | Uint8Array> {
  if (isAsync && values["input-location"] !== undefined && body === undefined && file === undefined) return "";
  if ((body === undefined) === (file === undefined))
    throw new OpsError("badInput", "predict takes either --body TEXT or --file FILE.");
  if (body !== undefined) return body;
  return readFile(file ?? "").catch((e: Error) => {
    throw new OpsError("badInput", `--file ${file} cannot be read: ${e.message}`);
  });
}

function cellsOf(row: string): string[] {
  try {
    return readCsv(row, 1)[0]?.cells ?? [];
  } catch (error) {
    throw new OpsError("badInput", `The row is no CSV: ${(error as Error).message}.`);
  }
}

/** A CSV row as the API takes it; an empty cell is a missing value. */
function featuresOf(row: string, features: FeatureFile | undefined, file: string): Record<string, number | null> {
  if (!features) throw new OpsError("badInput", `Project file ${file} names no features file, which --api needs.`);
  const cells = cellsOf(row);
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
  const body = await readBody(values);
  assertOneWay(values);
  let response: PredictionResponse;
  let target: string;
  if (values.api) {
    const project = await loadProject(values.project, values.env);
    const features = featuresOf(Buffer.from(body).toString(), project.features, project.file);
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
    const contentType = values["content-type"] ?? typeOf(values.file);
    response = await ask(services, output, { endpointName, contentType, body, ...headersOf(values) }, values, project);
  }
  output.line(`${response.status} from ${target} in ${response.latencyMs.toFixed(1)} ms`);
  const { bytes, ...told } = response;
  if (values.out !== undefined) await writeFile(values.out, bytes ?? response.body);
  const said = bytes ? binaryText(bytes, values.out) : response.body.trim();
  // What was streamed has been printed already.
  if (response.error) output.line(`${response.error.code}: ${response.error.message}`);
  else if (!values.stream || output.json) output.line(said);
  output.document({ target, ...told, ...(bytes ? { binaryBytes: bytes.length } : {}) });
  return response.error ? 1 : 0;
}

/** By the file's name, where that says it; else rows. */
function typeOf(file: string | undefined): string {
  const type = file === undefined ? "text/csv" : contentTypeOf(file);
  return type === "application/octet-stream" ? "text/csv" : type;
}

const binaryText = (bytes: Uint8Array, out: string | undefined) =>
  out === undefined
    ? `${bytes.length} bytes that are not text; --out FILE saves them`
    : `${bytes.length} bytes in ${out}`;

/** @throws OpsError badInput for options that exclude each other */
function assertOneWay({ api, stream, async: isAsync, ...values }: Values): void {
  if ([api, stream, isAsync].filter(Boolean).length > 1)
    throw new OpsError("badInput", "predict takes one of --api, --stream and --async.");
  if (!isAsync && (values["input-location"] !== undefined || values["upload-to"] !== undefined))
    throw new OpsError("badInput", "--input-location and --upload-to are for --async only.");
}

/** The headers by their options: those of the AWS CLI. @throws OpsError badInput for one that the way of asking lacks */
function headersOf(values: Values): InvocationHeaders & { targetVariant?: string } {
  const mode = values.async ? "async" : values.stream ? "stream" : "now";
  const given = headerKeys.flatMap((key) => {
    const option = headerNames[key].cli.slice(2);
    const value = (values as Record<string, unknown>)[option];
    if (typeof value !== "string") return [];
    if (!takesHeader(mode, key)) throw new OpsError("badInput", `--${option} does not go with --${mode}.`);
    return [[key, value]];
  });
  return Object.fromEntries(given);
}

async function ask(
  { connections, predictor }: CliServices,
  output: Output,
  request: PredictionRequest,
  values: Values,
  project: ProjectContext | undefined,
): Promise<PredictionResponse> {
  const signal = abortOnInterrupt();
  if (values.stream) {
    let printed = 0;
    const onProgress = (progress: PredictionProgress) => {
      if (progress.kind !== "stream" || output.json) return;
      process.stdout.write(progress.text.slice(printed));
      printed = progress.text.length;
    };
    const response = await predictor.predictStream(request, { onProgress, signal });
    if (!output.json && !response.body.endsWith("\n")) process.stdout.write("\n");
    return response;
  }
  if (!values.async) return predictor.predict(request, signal);
  const inputLocation = values["input-location"];
  const input =
    inputLocation === undefined ? { uploadTo: await uploadPlace(connections, values, project) } : { inputLocation };
  const onProgress = (progress: PredictionProgress) => {
    if (progress.kind === "async" && progress.state === "uploading") output.line(`Uploading ${progress.inputLocation}`);
  };
  return new AsyncPredictor(connections).predict(request, input, { onProgress, signal });
}

async function uploadPlace(
  connections: CliServices["connections"],
  values: Values,
  project: ProjectContext | undefined,
): Promise<string> {
  if (values["upload-to"] !== undefined) return values["upload-to"];
  const bucket = await asyncBucket(connections, project?.project);
  if (bucket !== undefined) return `s3://${bucket}/${INPUT_PREFIX}`;
  throw new OpsError("badInput", "There is no bucket to put the input into.", {
    hint: "Name one with --upload-to s3://BUCKET/FOLDER, or an input that is there with --input-location s3://BUCKET/KEY.",
  });
}
