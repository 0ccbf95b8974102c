import { apiKeyValue } from "../aws/apiGateway.ts";
import { invokeEndpoint } from "../aws/runtime.ts";
import { OpsError } from "../domain/errors.ts";
import type { PredictionRequest, PredictionResponse } from "../domain/prediction.ts";
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
  async predict(request: PredictionRequest): Promise<PredictionResponse> {
    if (!request.body)
      throw new OpsError("badInput", "The request has no body.", { hint: "Enter at least one value." });
    return invokeEndpoint(this.connections.clients(), request);
  }

  /**
   * POSTs `{"features": {…}}`; null is a missing value.
   * @param apiKeyId the stack's API key, where the API needs one
   * @throws OpsError unreachable; accessDenied when the key may not be read
   */
  async predictThroughApi(
    url: string,
    features: Record<string, number | null>,
    apiKeyId?: string,
  ): Promise<PredictionResponse> {
    const key = apiKeyId === undefined ? undefined : await apiKeyValue(this.connections.clients(), apiKeyId);
    const start = performance.now();
    let answer: Response;
    try {
      answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === undefined ? {} : { "x-api-key": key }) },
        body: JSON.stringify({ features }),
        signal: AbortSignal.timeout(API_TIMEOUT_MS),
      });
    } catch (e) {
      throw new OpsError("unreachable", `The API ${url} did not answer: ${(e as Error).message}`, {
        hint: "Check that the stack is deployed, and repeat.",
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
