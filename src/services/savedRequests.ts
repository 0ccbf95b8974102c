import { readFile } from "node:fs/promises";
import path from "node:path";
import * as l10n from "@vscode/l10n";
import { type FilePlace, OpsError } from "../domain/errors.ts";
import { headerKeys, MOST_BODY_BYTES } from "../domain/invocation.ts";
import type { SavedRequest } from "../domain/predictFile.ts";
import type { PredictionRequest, PredictionResponse } from "../domain/prediction.ts";
import { type AsyncPredictor, INPUT_PREFIX } from "./asyncPredictor.ts";
import type { Predictor } from "./predictor.ts";

/** What saved requests are sent by. */
export interface RequestSenders {
  predictor: Predictor;
  asyncPredictor: AsyncPredictor;
}

/** What belongs to a saved request's project. */
export interface RequestHome {
  /** Where a request goes that names no endpoint. */
  endpointName?: string;
  /** Bucket for the input of an asynchronous request that has a body and names no place for it. */
  bucket?: () => Promise<string | undefined>;
}

/** A saved request with what it was sent as. */
export interface SentRequest {
  request: PredictionRequest;
  response: PredictionResponse;
}

/**
 * Sends a request of a `*.predict.http` file.
 * @param file the file that holds it: bodies in files are relative to its folder
 * @param signal ends it: a stream with what came, the following of an asynchronous one with `cancelled`
 * @throws OpsError badInput naming the file and the line; what the predictors throw
 */
export async function sendSavedRequest(
  { predictor, asyncPredictor }: RequestSenders,
  saved: SavedRequest,
  file: string,
  home: RequestHome,
  signal?: AbortSignal,
): Promise<SentRequest> {
  const endpointName = saved.endpointName ?? home.endpointName;
  const place = { file, line: saved.line };
  if (endpointName === undefined)
    throw new OpsError(
      "badInput",
      l10n.t("Request {0} names no endpoint, and the project's stack is not deployed.", saved.name),
      {
        hint: l10n.t("Deploy the project, or write POST endpoint/NAME."),
        place,
      },
    );
  const { mode, contentType, bodyFile, targetVariant } = saved;
  const headers = Object.fromEntries(headerKeys.map((key) => [key, saved[key]]));
  const isInS3 = mode === "async" && bodyFile?.startsWith("s3://");
  const body = bodyFile === undefined || isInS3 ? saved.body : await readBody(bodyFile, file, saved.line);
  const request: PredictionRequest = { ...headers, endpointName, contentType, targetVariant, body };
  if (mode === "stream") return { request, response: await predictor.predictStream(request, { signal }) };
  if (mode !== "async") return { request, response: await predictor.predict(request, signal) };
  const input = isInS3 && bodyFile ? { inputLocation: bodyFile } : { uploadTo: await uploadPlace(saved, home, place) };
  return { request, response: await asyncPredictor.predict(request, input, { signal }) };
}

async function uploadPlace(saved: SavedRequest, home: RequestHome, place: FilePlace): Promise<string> {
  if (saved.uploadTo) return saved.uploadTo;
  const bucket = await home.bucket?.();
  if (bucket !== undefined) return `s3://${bucket}/${INPUT_PREFIX}`;
  throw new OpsError("badInput", l10n.t("Request {0} has a body, and there is no bucket to put it into.", saved.name), {
    hint: l10n.t("Name one with Upload-To: s3://BUCKET/FOLDER, or an input that is there with < s3://BUCKET/KEY."),
    place,
  });
}

async function readBody(name: string, file: string, line: number): Promise<Uint8Array> {
  const at = path.resolve(path.dirname(file), name);
  const bytes = await readFile(at).catch((cause: Error) => {
    throw new OpsError("badInput", l10n.t("The body {0} cannot be read: {1}", at, cause.message), {
      hint: l10n.t("It is looked for in the folder of the request's file."),
      place: { file, line },
    });
  });
  if (bytes.length <= MOST_BODY_BYTES) return bytes;
  throw new OpsError(
    "badInput",
    l10n.t("The body {0} has {1} bytes; SageMaker takes at most {2}.", at, bytes.length, MOST_BODY_BYTES),
    {
      place: { file, line },
    },
  );
}
