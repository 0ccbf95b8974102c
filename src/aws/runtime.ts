import { InvokeEndpointCommand, ModelError } from "@aws-sdk/client-sagemaker-runtime";
import { type PredictionRequest, type PredictionResponse, parseProbabilities } from "../domain/prediction.ts";
import { toAwsOpsError } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/**
 * One real-time invocation. A container that refuses is an answer (with `error`), not a failure: the tester shows both.
 * @throws OpsError when the endpoint could not be asked at all
 */
export async function invokeEndpoint(clients: AwsClients, request: PredictionRequest): Promise<PredictionResponse> {
  const client = await clients.runtime();
  const start = performance.now();
  try {
    const answer = await client.send(
      new InvokeEndpointCommand({
        EndpointName: request.endpointName,
        ContentType: request.contentType,
        Accept: request.accept,
        Body: request.body,
        TargetVariant: request.targetVariant,
        TargetModel: request.targetModel,
        InferenceComponentName: request.inferenceComponent,
        CustomAttributes: request.customAttributes,
        SessionId: request.sessionId,
      }),
    );
    const latencyMs = performance.now() - start;
    const body = new TextDecoder().decode(answer.Body);
    return {
      status: answer.$metadata.httpStatusCode ?? 200,
      contentType: answer.ContentType,
      body,
      latencyMs,
      variant: answer.InvokedProductionVariant,
      probabilities: parseProbabilities(body),
    };
  } catch (e) {
    if (!(e instanceof ModelError))
      throw toAwsOpsError(e, { action: `invoke endpoint ${request.endpointName}`, region: clients.region });
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
}

/** Where InvokeEndpoint is POSTed to, by the SDK's own endpoint rules: the load engine signs and sends by itself. */
export async function invocationUrl(clients: AwsClients, endpointName: string): Promise<string> {
  const { config } = await clients.runtime();
  const resolved = config.endpointProvider({ Region: clients.region, Endpoint: clients.settings.endpointUrl });
  return `${resolved.url.href.replace(/\/$/, "")}/endpoints/${encodeURIComponent(endpointName)}/invocations`;
}
