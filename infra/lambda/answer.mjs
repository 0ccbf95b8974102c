/** An error whose status, code and message are meant for the caller. */
export class RequestError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** An answer to an event of API Gateway's Lambda proxy integration. */
export function jsonAnswer(event, statusCode, body) {
  return {
    statusCode,
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "Access-Control-Allow-Origin": allowedOrigin(event),
      Vary: "Origin",
    },
    body: JSON.stringify(body),
  };
}

/** A header can name one origin only: the caller's, if it is one of ALLOWED_ORIGIN's, else the first of them. */
function allowedOrigin(event) {
  const allowed = (process.env.ALLOWED_ORIGIN ?? "*").split(" ");
  const [, origin] = Object.entries(event?.headers ?? {}).find(([name]) => name.toLowerCase() === "origin") ?? [];
  return allowed.includes(origin) ? origin : allowed[0];
}

/** {"error": {"code", "message"}}; what is not meant for the caller goes to the log instead. */
export function errorAnswer(event, error) {
  const { status, code, message } = error instanceof RequestError ? error : translated(error);
  if (status >= 500) console.error(error);
  return jsonAnswer(event, status, { error: { code, message } });
}

/** What the errors of InvokeEndpoint mean to a caller of the API. */
function translated(error) {
  const status = error?.$metadata?.httpStatusCode;
  switch (error?.name) {
    case "ModelError":
      return new RequestError(502, "ModelError", "The model could not evaluate the features.");
    case "ThrottlingException":
    case "ModelNotReadyException":
      return new RequestError(429, "Busy", "The endpoint is busy. Try again in a moment.");
    case "ServiceUnavailable":
    case "ServiceUnavailableException":
      return new RequestError(503, "Unavailable", "The endpoint is not available at present. Try again in a moment.");
    case "ValidationError":
    case "ValidationException":
      return new RequestError(503, "EndpointMissing", "The endpoint does not exist or is not in service.");
    case "AbortError":
    case "TimeoutError":
      return new RequestError(504, "Timeout", "The endpoint did not answer in time. Try again in a moment.");
    default:
      return status === 429
        ? new RequestError(429, "Busy", "The endpoint is busy. Try again in a moment.")
        : new RequestError(502, "EndpointFailure", "The endpoint could not be asked.");
  }
}
