import * as l10n from "@vscode/l10n";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/**
 * The value of an API key, which opens the API: it stays in memory and is never shown.
 * @throws OpsError notFound, accessDenied (`apigateway:GET` on the key)
 */
export async function apiKeyValue(clients: AwsClients, keyId: string): Promise<string | undefined> {
  const client = await clients.apiGateway();
  const { GetApiKeyCommand } = await import("@aws-sdk/client-api-gateway");
  const context = { action: l10n.t("read API key {0}", keyId), region: clients.region };
  const { value } = await withAwsErrors(context, () =>
    client.send(new GetApiKeyCommand({ apiKey: keyId, includeValue: true })),
  );
  return value;
}

/**
 * The value of `ApiName` under which a REST API's metrics are filed: its name without what is not ASCII, its id when
 * nothing is left (AWS: "Amazon API Gateway dimensions and metrics").
 */
export function apiNameOfMetrics(clients: AwsClients, restApiId: string): Promise<string> {
  return withAwsErrors({ action: l10n.t("read API {0}", restApiId), region: clients.region }, async () => {
    const client = await clients.apiGateway();
    const { GetRestApiCommand } = await import("@aws-sdk/client-api-gateway");
    const { name = "" } = await client.send(new GetRestApiCommand({ restApiId }));
    return name.replace(/[^\0-\x7f]/g, "") || restApiId;
  });
}
