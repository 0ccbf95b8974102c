import { randomUUID } from "node:crypto";
import * as l10n from "@vscode/l10n";
import { describeStack } from "../aws/cloudformation.ts";
import { type AcceptedAsync, decoded, invokeAsync } from "../aws/runtime.ts";
import { findObject, putObject } from "../aws/s3.ts";
import { OpsError } from "../domain/errors.ts";
import { parseS3Uri } from "../domain/invocation.ts";
import type { PredictionProgress, PredictionRequest, PredictionResponse } from "../domain/prediction.ts";
import type { Project } from "../domain/project.ts";
import type { Connections } from "./connections.ts";
import { BOOTSTRAP_STACK } from "./stackPreparation.ts";

/** Folder of the artifacts' bucket that inputs are put into. */
export const INPUT_PREFIX = "async-inputs";
const SANDBOX_POLL_MS = 200;
const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 10_000;
const BACK_OFF = 1.3;

/** Where the input of an asynchronous invocation comes from. */
export type AsyncInput =
  /** An object that is there already. */
  | { inputLocation: string }
  /** What the request carries is put below this place first: `s3://bucket/prefix`. */
  | { uploadTo: string };

/** The bucket that inputs are put into: the project's own, else that of the artifacts in this region; undefined without one. */
export async function asyncBucket(connections: Connections, project: Project | undefined): Promise<string | undefined> {
  const own = project?.parameters.ArtifactBucket;
  if (own !== undefined) return String(own);
  return (await describeStack(connections.clients(), BOOTSTRAP_STACK))?.outputs.BucketName;
}

/** Asks asynchronous endpoints, and follows what became of it in S3. */
export class AsyncPredictor {
  constructor(private readonly connections: Connections) {}

  /**
   * Uploads the body where that is wanted, invokes, and waits for the result's or the failure's object. The answer's
   * latency is the whole time from the invocation to the object.
   * @param options.signal ends the following; the invocation itself goes on in SageMaker
   * @throws OpsError badInput for a place that is not in S3, cancelled, and what AWS refuses
   */
  async predict(
    request: PredictionRequest,
    input: AsyncInput,
    options: { onProgress?: (progress: PredictionProgress) => void; signal?: AbortSignal } = {},
  ): Promise<PredictionResponse> {
    const clients = this.connections.clients();
    const { onProgress = () => {}, signal } = options;
    const start = performance.now();
    const elapsedMs = () => performance.now() - start;
    let inputLocation: string;
    if ("inputLocation" in input) {
      inputLocation = uriOf(input.inputLocation, "input").uri;
    } else {
      if (request.body.length === 0)
        throw new OpsError("badInput", l10n.t("The request has no body."), {
          hint: l10n.t("Enter one, or name an object of S3."),
        });
      const { bucket, key } = uriOf(input.uploadTo, l10n.t("place for the input"));
      const target = `${key && !key.endsWith("/") ? `${key}/` : key}${randomUUID()}`;
      inputLocation = `s3://${bucket}/${target}`;
      onProgress({ kind: "async", state: "uploading", inputLocation, elapsedMs: elapsedMs() });
      await putObject(clients, bucket, target, Buffer.from(request.body), { contentType: request.contentType });
    }
    if (signal?.aborted)
      throw new OpsError("cancelled", l10n.t("{0} was not invoked.", request.endpointName), {
        hint: l10n.t("The input stays at {0}.", inputLocation),
      });
    const invokedAt = performance.now();
    const accepted = await invokeAsync(clients, request, inputLocation);
    const places = { inputLocation, ...accepted };
    const found = await this.follow(accepted, signal, () =>
      onProgress({ kind: "async", state: "waiting", ...places, elapsedMs: elapsedMs() }),
    );
    const latencyMs = performance.now() - invokedAt;
    const { bytes } = found;
    // S3's word for an object whose type nobody said.
    const contentType = found.contentType === "binary/octet-stream" ? undefined : found.contentType;
    const answer = { ...decoded(bytes, contentType), contentType, latencyMs, async: places };
    if (found.kind === "result") return { status: 200, ...answer };
    const message = answer.body.trim() || l10n.t("The failure's object is empty.");
    return { status: 424, ...answer, error: { code: "ModelError", message, ...containerSaid(message) } };
  }

  private async follow(
    { outputLocation, failureLocation, inferenceId }: AcceptedAsync,
    signal: AbortSignal | undefined,
    tell: () => void,
  ): Promise<{ kind: "result" | "failure"; bytes: Uint8Array; contentType?: string }> {
    const clients = this.connections.clients();
    const isSandbox = this.connections.current?.kind === "sandbox";
    let waitMs = FIRST_POLL_MS;
    const look = async (kind: "result" | "failure", uri: string | undefined) => {
      const place = uri === undefined ? undefined : parseS3Uri(uri);
      const object = place && (await findObject(clients, place.bucket, place.key));
      return object && { kind, ...object };
    };
    for (;;) {
      tell();
      const found = (await look("result", outputLocation)) ?? (await look("failure", failureLocation));
      if (found) return found;
      await until(isSandbox ? SANDBOX_POLL_MS : waitMs, signal);
      if (signal?.aborted) {
        throw new OpsError(
          "cancelled",
          l10n.t("The answer to {0} is no longer waited for.", inferenceId ?? l10n.t("the invocation")),
          {
            hint: l10n.t("It will still be written to {0}.", outputLocation ?? l10n.t("the endpoint's output path")),
          },
        );
      }
      waitMs = Math.min(LONGEST_POLL_MS, waitMs * BACK_OFF);
    }
  }
}

/** What the container answered, out of the sentence that SageMaker writes about it; nothing out of any other. */
function containerSaid(message: string): { originalStatus?: number; originalMessage?: string } {
  const found = /^Received (?:client|server) error \((\d{3})\) from \S+ with message "([\s\S]*)"\. See /.exec(message);
  return found ? { originalStatus: Number(found[1]), originalMessage: found[2] } : {};
}

function uriOf(text: string, what: string): { uri: string; bucket: string; key: string } {
  const place = parseS3Uri(text);
  if (place) return { uri: text.trim(), ...place };
  throw new OpsError("badInput", l10n.t('The {0} "{1}" is not a place in S3.', what, text), {
    hint: l10n.t("It looks like s3://bucket/folder/file."),
  });
}

/** Waits, or until the signal fires. */
function until(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
