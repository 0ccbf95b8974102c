import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { errorAnswer, jsonAnswer, RequestError } from "./answer.mjs";

// Under API Gateway's 29 s and the function's own 20 s, so that a slow endpoint still gets a proper answer.
const ENDPOINT_TIMEOUT_MS = 15_000;

// One client for all requests that this process serves; region, credentials and endpoint come from the environment.
const runtime = new SageMakerRuntimeClient({ maxAttempts: 2 });

/**
 * POST JSON → what the model answers: its JSON as it is, anything else as {"output": text}. Errors are
 * {"error": {"code", "message"}} with a fitting status.
 */
export async function handler(event) {
  try {
    return jsonAnswer(event, 200, await invoke(readBody(event)));
  } catch (error) {
    return errorAnswer(event, error);
  }
}

function readBody(event) {
  if (!event?.body) throw new RequestError(400, "InvalidInput", "The body is empty. Send JSON.");
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString("utf8") : event.body;
  try {
    JSON.parse(text);
  } catch {
    throw new RequestError(400, "InvalidJson", "The body is not valid JSON.");
  }
  return text;
}

async function invoke(body) {
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
      ContentType: "application/json",
      Accept: "application/json",
      Body: Buffer.from(body),
    }),
    { abortSignal: AbortSignal.timeout(ENDPOINT_TIMEOUT_MS) },
  );
  const text = Buffer.from(response.Body).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return { output: text };
  }
}
