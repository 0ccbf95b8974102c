import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/**
 * The value of an API key, which opens the API: it stays in memory and is never shown.
 * @throws OpsError notFound, accessDenied (`apigateway:GET` on the key)
 */
export async function apiKeyValue(clients: AwsClients, keyId: string): Promise<string | undefined> {
  const client = await clients.apiGateway();
  const { GetApiKeyCommand } = await import("@aws-sdk/client-api-gateway");
  const context = { action: `read API key ${keyId}`, region: clients.region };
  const { value } = await withAwsErrors(context, () =>
    client.send(new GetApiKeyCommand({ apiKey: keyId, includeValue: true })),
  );
  return value;
}
