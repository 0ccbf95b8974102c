import type { LoadErrorKind } from "../domain/loadRun.ts";

/** How a response counts; `message` only for failures, at most 300 characters. */
export type Classified = { kind: "ok" | LoadErrorKind; message?: string };

const throttlingCodes =
  /^(Throttling|ThrottlingException|ThrottledException|TooManyRequestsException|RequestLimitExceeded|RequestThrottled|RequestThrottledException|SlowDown|ProvisionedThroughputExceededException|LimitExceededException)$/;

/** Longest sample message kept of an error. */
const sampleLength = 300;

/**
 * Counts a response. 424 is ModelError of InvokeEndpoint; 429 (also ModelNotReadyException) and AWS's throttling codes,
 * which older services send with 400, are throttling. Source: SageMaker Runtime API reference, InvokeEndpoint errors.
 * @param rawHeaders names and values in turn
 */
export function classifyResponse(status: number, rawHeaders: readonly string[], body: string): Classified {
  if (status >= 200 && status < 300) return { kind: "ok" };
  return { kind: kindOf(status, errorCode(rawHeaders)), message: sampleMessage(`HTTP ${status}`, body) };
}

/** One line of at most 300 characters. */
export function sampleMessage(prefix: string, text: string): string {
  const line = text
    .slice(0, 4 * sampleLength)
    .replace(/\s+/g, " ")
    .trim();
  const whole = line ? `${prefix}: ${line}` : prefix;
  return whole.length > sampleLength ? `${whole.slice(0, sampleLength - 1)}…` : whole;
}

function kindOf(status: number, code: string | undefined): LoadErrorKind {
  if (status === 429 || (code !== undefined && throttlingCodes.test(code))) return "throttled";
  if (status === 424) return "modelError";
  return status >= 500 ? "serverError" : "clientError";
}

function errorCode(rawHeaders: readonly string[]): string | undefined {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === "x-amzn-errortype") return rawHeaders[index + 1]?.split(":")[0]?.trim();
  }
  return undefined;
}
