// API Gateway itself gives up after 29 s.
const TIMEOUT_MS = 30_000;

/** Reads what the deployment wrote: {"apiUrl": "https://…", "needsApiKey": false}. */
export async function loadConfiguration() {
  let configuration;
  try {
    const response = await fetch("config.json", { cache: "no-cache" });
    configuration = response.ok ? await response.json() : undefined;
  } catch {
    configuration = undefined;
  }
  if (typeof configuration?.apiUrl !== "string" || configuration.apiUrl === "") {
    throw new Error(
      "This page does not know its prediction service yet (config.json has no apiUrl). Deploy the project.",
    );
  }
  return configuration;
}

/**
 * Asks for a prediction: {predictedClass, probabilities, classes}, without probabilities where the model names a class
 * only; {prediction} where there are no classes.
 * Throws an Error whose message is meant to be read; says nothing new when the signal aborts it.
 */
export async function predict(apiUrl, features, apiKey, signal) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  let answer;
  try {
    response = await fetch(apiUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(apiKey ? { "X-Api-Key": apiKey } : {}) },
      body: JSON.stringify({ features }),
      signal: AbortSignal.any([signal, timeout]),
    });
    answer = await response.json();
  } catch (error) {
    if (timeout.aborted)
      throw new Error("The prediction service did not answer in 30 seconds. Try again.", { cause: error });
    if (response)
      throw new Error(`The prediction service answered with something unreadable (${response.status}).`, {
        cause: error,
      });
    throw new Error("The prediction service cannot be reached. Check your connection and try again.", { cause: error });
  }
  if (!response.ok) throw new Error(reasonOf(response.status, answer, apiKey));
  if (answer.predictedClass === undefined && answer.prediction === undefined) {
    throw new Error("The prediction service answered without a prediction. Deploy the project again.");
  }
  return answer;
}

function reasonOf(status, answer, apiKey) {
  // The function's own errors are made to be read; those of the gateway in front of it are not.
  if (typeof answer?.error?.message === "string") return answer.error.message;
  if (status === 429) return "Too many requests at present. Try again in a moment.";
  if (status === 403 && apiKey !== undefined)
    return apiKey ? "The prediction service does not know this API key." : "Enter the API key first.";
  if (status === 403) return "The prediction service refuses this address. Deploy the project again.";
  if (status >= 500) return `The prediction service has a problem (${status}). Try again in a moment.`;
  return `The prediction service refused the request (${status}).`;
}
