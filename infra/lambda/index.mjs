import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { errorAnswer, jsonAnswer, RequestError } from "./answer.mjs";
import { classes, readFeatures } from "./features.mjs";
import { readPrediction } from "./prediction.mjs";

// Under API Gateway's 29 s and the function's own 20 s, so that a slow endpoint still gets a proper answer.
const ENDPOINT_TIMEOUT_MS = 15_000;

// One client for all requests that this process serves; region, credentials and endpoint come from the environment.
const runtime = new SageMakerRuntimeClient({ maxAttempts: 2 });

/**
 * POST {"features": {"alcohol": 13.2, …}} or {"features": [13.2, …]} → {"predictedClass", "probabilities", "classes"},
 * or {"prediction"} where there are no classes. A feature that is null is a missing value. Errors are {"error": {"code", "message"}} with a fitting status.
 */
export async function handler(event) {
  try {
    const values = readFeatures(event);
    return jsonAnswer(event, 200, await predict(values));
  } catch (error) {
    return errorAnswer(event, error);
  }
}

async function predict(values) {
  const endpointName = process.env.ENDPOINT_NAME;
  if (!endpointName) {
    throw new RequestError(
      500,
      "NotConfigured",
      "The function's environment has no ENDPOINT_NAME. Deploy the stack again.",
    );
  }
  const response = await runtime.send(
    new InvokeEndpointCommand({
      EndpointName: endpointName,
      ContentType: "text/csv",
      Accept: "text/csv",
      // The model reads an empty cell as a missing value.
      Body: Buffer.from(values.map((value) => value ?? "").join(",")),
    }),
    { abortSignal: AbortSignal.timeout(ENDPOINT_TIMEOUT_MS) },
  );
  const text = Buffer.from(response.Body).toString("utf8").trim();
  return readPrediction(text, classes, endpointName);
}
