import * as l10n from "@vscode/l10n";
import { apiKeyValue } from "../aws/apiGateway.ts";
import { invokeEndpoint, invokeStream } from "../aws/runtime.ts";
import { OpsError } from "../domain/errors.ts";
import type { PredictionProgress, PredictionRequest, PredictionResponse } from "../domain/prediction.ts";
import type { Connections } from "./connections.ts";

const API_TIMEOUT_MS = 30_000;

interface ApiAnswer {
  probabilities?: unknown;
  error?: { code?: unknown; message?: unknown };
}

/** Sends one prediction, to the endpoint itself or through the project's API. */
export class Predictor {
  constructor(private readonly connections: Connections) {}

  /** @throws OpsError when the endpoint could not be asked; a refusing container is part of the answer */
  async predict(request: PredictionRequest, signal?: AbortSignal): Promise<PredictionResponse> {
    assertBody(request);
    return invokeEndpoint(this.connections.clients(), request, signal);
  }

  /**
   * Asks for an answer in parts, and tells all that has come whenever a part comes.
   * @param options.signal ends it; what came until then is the answer
   * @throws OpsError like `predict`
   */
  async predictStream(
    request: PredictionRequest,
    options: { onProgress?: (progress: PredictionProgress) => void; signal?: AbortSignal } = {},
  ): Promise<PredictionResponse> {
    assertBody(request);
    const start = performance.now();
    // A character may be cut in two by the parts.
    const decoder = new TextDecoder();
    const progress = { kind: "stream" as const, text: "", bytes: 0, parts: 0, firstPartMs: 0 };
    const onPart = (part: Uint8Array) => {
      const elapsedMs = performance.now() - start;
      if (progress.parts++ === 0) progress.firstPartMs = elapsedMs;
      progress.text += decoder.decode(part, { stream: true });
      progress.bytes += part.byteLength;
      options.onProgress?.({ ...progress, elapsedMs });
    };
    return invokeStream(this.connections.clients(), request, onPart, options.signal);
  }

  /**
   * POSTs `{"features": {…}}`; null is a missing value.
   * @param apiKeyId the stack's API key, where the API needs one
   * @param signal ends the waiting
   * @throws OpsError unreachable; cancelled; accessDenied when the key may not be read
   */
  async predictThroughApi(
    url: string,
    features: Record<string, number | null>,
    apiKeyId?: string,
    signal?: AbortSignal,
  ): Promise<PredictionResponse> {
    const key = apiKeyId === undefined ? undefined : await apiKeyValue(this.connections.clients(), apiKeyId);
    const start = performance.now();
    let answer: Response;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === undefined ? {} : { "x-api-key": key }) },
        body: JSON.stringify({ features }),
        signal: AbortSignal.any([AbortSignal.timeout(API_TIMEOUT_MS), ...(signal ? [signal] : [])]),
      });
    } catch (e) {
      if (signal?.aborted) throw new OpsError("cancelled", l10n.t("The answer of {0} is no longer waited for.", url));
      throw new OpsError("unreachable", l10n.t("The API {0} did not answer: {1}", url, (e as Error).message), {
        hint: l10n.t("Check that the stack is deployed, and repeat."),
        cause: e,
      });
    }
    const body = await answer.text();
    const latencyMs = performance.now() - start;
    const parsed = parseAnswer(body);
    const { probabilities, error } = parsed;
    return {
      status: answer.status,
      contentType: answer.headers.get("content-type") ?? undefined,
      body,
      latencyMs,
      headers: Object.fromEntries(answer.headers),
      probabilities: Array.isArray(probabilities) ? probabilities.map(Number) : undefined,
      error: answer.ok
        ? undefined
        : {
            code: String(error?.code ?? `HTTP ${answer.status}`),
            message: String(error?.message ?? body.slice(0, 300)),
          },
    };
  }
}

function parseAnswer(body: string): ApiAnswer {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as ApiAnswer) : {};
  } catch {
    return {};
  }
}

function assertBody({ body }: PredictionRequest): void {
  if (body.length === 0)
    throw new OpsError("badInput", l10n.t("The request has no body."), { hint: l10n.t("Enter at least one value.") });
}
