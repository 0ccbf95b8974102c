import { readFile } from "node:fs/promises";
import path from "node:path";
import { OpsError } from "../domain/errors.ts";
import type { SavedRequest } from "../domain/predictFile.ts";
import type { PredictionRequest, PredictionResponse } from "../domain/prediction.ts";
import type { Predictor } from "./predictor.ts";

/** SageMaker's limit on the body of InvokeEndpoint is 6 MB (API reference, InvokeEndpoint). */
const MOST_BODY = 6 * 1024 * 1024;

/** A saved request with what it was sent as. */
export interface SentRequest {
  request: PredictionRequest;
  response: PredictionResponse;
}

/**
 * Sends a request of a `*.predict.http` file.
 * @param file the file that holds it: bodies in files are relative to its folder
 * @param projectEndpoint where a request goes that names no endpoint
 * @throws OpsError badInput naming the file and the line; what `Predictor.predict` throws
 */
export async function sendSavedRequest(
  predictor: Predictor,
  saved: SavedRequest,
  file: string,
  projectEndpoint: string | undefined,
): Promise<SentRequest> {
  const endpointName = saved.endpointName ?? projectEndpoint;
  const place = { file, line: saved.line };
  if (endpointName === undefined)
    throw new OpsError(
      "badInput",
      `Request ${saved.name} names no endpoint, and the project's stack is not deployed.`,
      {
        hint: "Deploy the project, or write POST endpoint/NAME.",
        place,
      },
    );
  const { contentType, accept, targetVariant, targetModel, inferenceComponent, customAttributes, sessionId } = saved;
  const body = saved.bodyFile === undefined ? saved.body : await readBody(saved.bodyFile, file, saved.line);
  const request: PredictionRequest = {
    endpointName,
    contentType,
    accept,
    body,
    targetVariant,
    targetModel,
    inferenceComponent,
    customAttributes,
    sessionId,
  };
  return { request, response: await predictor.predict(request) };
}

async function readBody(name: string, file: string, line: number): Promise<Uint8Array> {
  const at = path.resolve(path.dirname(file), name);
  const bytes = await readFile(at).catch((cause: Error) => {
    throw new OpsError("badInput", `The body ${at} cannot be read: ${cause.message}`, {
      hint: "It is looked for in the folder of the request's file.",
      place: { file, line },
    });
  });
  if (bytes.length <= MOST_BODY) return bytes;
  throw new OpsError("badInput", `The body ${at} has ${bytes.length} bytes; SageMaker takes at most ${MOST_BODY}.`, {
    place: { file, line },
  });
}
