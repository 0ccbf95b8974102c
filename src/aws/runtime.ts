import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  ModelError,
} from "@aws-sdk/client-sagemaker-runtime";
import type { DeserializeMiddleware, MiddlewareStack } from "@smithy/types";
import * as l10n from "@vscode/l10n";
import { givenHeaders, headerNames, type InvocationMode } from "../domain/invocation.ts";
import { figuresOf, type PredictionRequest, type PredictionResponse } from "../domain/prediction.ts";
import { toAwsOpsError, withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/** The optional members that an operation has, as the SDK names them. */
function optionalMembers(mode: InvocationMode, request: Partial<PredictionRequest>): Record<string, string> {
  const { accept, targetVariant, targetModel, targetContainer, ...more } = request;
  const { inferenceComponent, customAttributes, sessionId, inferenceId } = more;
  const given = { accept, targetVariant, targetModel, targetContainer };
  const all = { ...given, inferenceComponent, customAttributes, sessionId, inferenceId };
  return Object.fromEntries(givenHeaders(mode, all).map(({ key, value }) => [headerNames[key].sdk, value]));
}

/** Keeps what the SDK leaves out of its answers and its errors: all headers, with the request's id. */
function keepHeaders<I extends object, O extends object>(stack: MiddlewareStack<I, O>): () => Record<string, string> {
  let headers: Record<string, string> = {};
  const keep: DeserializeMiddleware<I, O> = (next) => async (args) => {
    const result = await next(args);
    headers = { ...(result.response as { headers?: Record<string, string> }).headers };
    return result;
  };
  // Innermost, so that it sees the answer before it is read as an error.
  stack.add(keep, { step: "deserialize", priority: "low", name: "keepHeaders" });
  return () => headers;
}

/**
 * One real-time invocation. A container that refuses is an answer (with `error`), not a failure: the tester shows both.
 * @throws OpsError when the endpoint could not be asked at all
 */
export async function invokeEndpoint(
  clients: AwsClients,
  request: PredictionRequest,
  signal?: AbortSignal,
): Promise<PredictionResponse> {
  const { endpointName, contentType, body } = request;
  const client = await clients.runtime();
  const start = performance.now();
  const input = { EndpointName: endpointName, ContentType: contentType, Body: body };
  const command = new InvokeEndpointCommand({ ...input, ...optionalMembers("now", request) });
  const headers = keepHeaders(command.middlewareStack);
  try {
    const answer = await client.send(command, { abortSignal: signal });
    const latencyMs = performance.now() - start;
    return {
      status: answer.$metadata.httpStatusCode ?? 200,
      contentType: answer.ContentType,
      ...decoded(answer.Body, answer.ContentType),
      latencyMs,
      headers: headers(),
      variant: answer.InvokedProductionVariant,
      customAttributes: answer.CustomAttributes,
      newSessionId: answer.NewSessionId,
      closedSessionId: answer.ClosedSessionId,
    };
  } catch (e) {
    const context = { action: l10n.t("invoke endpoint {0}", endpointName), region: clients.region };
    return { ...refusal(e, start, context), headers: headers() };
  }
}

/**
 * An invocation whose answer comes in parts. The parts are told as they come.
 * @param signal ends it early; what came until then is the answer, with `stream.stopped`
 * @throws OpsError when the endpoint could not be asked, cancelled before anything came
 */
export async function invokeStream(
  clients: AwsClients,
  request: PredictionRequest,
  onPart: (bytes: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<PredictionResponse> {
  const { endpointName, contentType, body } = request;
  const client = await clients.runtime();
  const start = performance.now();
  const parts: Uint8Array[] = [];
  let firstPartMs: number | undefined;
  let head: Pick<PredictionResponse, "status" | "contentType" | "variant" | "customAttributes"> = { status: 200 };
  const input = { EndpointName: endpointName, ContentType: contentType, Body: body };
  const command = new InvokeEndpointWithResponseStreamCommand({ ...input, ...optionalMembers("stream", request) });
  const headers = keepHeaders(command.middlewareStack);
  const answer = (more: Partial<PredictionResponse> = {}): PredictionResponse => ({
    ...head,
    ...decoded(Buffer.concat(parts), head.contentType),
    latencyMs: performance.now() - start,
    headers: headers(),
    stream: { parts: parts.length, firstPartMs, stopped: signal?.aborted ?? false },
    ...more,
  });
  try {
    const response = await client.send(command, { abortSignal: signal });
    head = {
      status: response.$metadata.httpStatusCode ?? 200,
      contentType: response.ContentType,
      variant: response.InvokedProductionVariant,
      customAttributes: response.CustomAttributes,
    };
    for await (const event of response.Body ?? []) {
      const broken = event.ModelStreamError ?? event.InternalStreamFailure;
      // What came before is an answer all the same: a stream that breaks off has HTTP 200.
      if (broken) return answer({ error: { code: broken.name, message: broken.message } });
      if (signal?.aborted) break;
      const bytes = event.PayloadPart?.Bytes;
      if (!bytes) continue;
      firstPartMs ??= performance.now() - start;
      parts.push(bytes);
      onPart(bytes);
    }
    return answer();
  } catch (e) {
    if (signal?.aborted && parts.length > 0) return answer();
    const context = { action: l10n.t("invoke endpoint {0} with a stream", endpointName), region: clients.region };
    return { ...refusal(e, start, context), headers: headers() };
  }
}

/** What SageMaker promises of an asynchronous invocation: one of both objects will appear. */
export interface AcceptedAsync {
  inferenceId?: string;
  outputLocation?: string;
  failureLocation?: string;
}

/**
 * Puts an input of S3 in the queue of an asynchronous endpoint.
 * @throws OpsError notFound, failed when the endpoint is none of the asynchronous ones
 */
export function invokeAsync(
  clients: AwsClients,
  request: Omit<PredictionRequest, "body">,
  inputLocation: string,
): Promise<AcceptedAsync> {
  const { endpointName, contentType } = request;
  const context = { action: l10n.t("invoke endpoint {0} asynchronously", endpointName), region: clients.region };
  return withAwsErrors(context, async () => {
    const input = { EndpointName: endpointName, ContentType: contentType, InputLocation: inputLocation };
    const command = new InvokeEndpointAsyncCommand({ ...input, ...optionalMembers("async", request) });
    const answer = await (await clients.runtime()).send(command);
    return {
      inferenceId: answer.InferenceId,
      outputLocation: answer.OutputLocation,
      failureLocation: answer.FailureLocation,
    };
  });
}

/** Control characters other than white space and the escape of terminals' colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const NO_TEXT = /[\0-\x08\x0e-\x1a]/;

/** A body as text with the figures of its first row, or as bytes where it is no text. */
export function decoded(
  bytes: Uint8Array | undefined,
  contentType: string | undefined,
): Pick<PredictionResponse, "body" | "bytes" | "probabilities" | "labels"> {
  const whole = bytes ?? new Uint8Array();
  if (/^(image|audio|video)\//.test(contentType ?? "")) return { body: "", bytes: whole };
  try {
    const body = new TextDecoder("utf-8", { fatal: true }).decode(whole);
    // A container that writes control characters writes no text, though UTF-8 would have them.
    if (NO_TEXT.test(body)) return { body: "", bytes: whole };
    return { body, ...figuresOf(body) };
  } catch {
    return { body: "", bytes: whole };
  }
}

function refusal(e: unknown, start: number, context: { action: string; region: string }): PredictionResponse {
  if (!(e instanceof ModelError)) throw toAwsOpsError(e, context);
  return {
    status: e.$metadata.httpStatusCode ?? 424,
    body: e.OriginalMessage ?? e.message,
    latencyMs: performance.now() - start,
    error: {
      code: "ModelError",
      message: e.message,
      originalStatus: e.OriginalStatusCode,
      originalMessage: e.OriginalMessage,
    },
  };
}

/** Where InvokeEndpoint is POSTed to, by the SDK's own endpoint rules: the load engine signs and sends by itself. */
export async function invocationUrl(clients: AwsClients, endpointName: string): Promise<string> {
  const { config } = await clients.runtime();
  const resolved = config.endpointProvider({ Region: clients.region, Endpoint: clients.settings.endpointUrl });
  return `${resolved.url.href.replace(/\/$/, "")}/endpoints/${encodeURIComponent(endpointName)}/invocations`;
}
