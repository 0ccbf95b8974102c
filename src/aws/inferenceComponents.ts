import { ListInferenceComponentsCommand } from "@aws-sdk/client-sagemaker";
import * as l10n from "@vscode/l10n";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** Names of the inference components that an endpoint hosts, by name. @throws OpsError accessDenied, throttled */
export function inferenceComponentNames(clients: AwsClients, endpointName: string): Promise<string[]> {
  const context = {
    action: l10n.t("list the inference components of {0}", endpointName),
    region: clients.region,
  };
  return withAwsErrors(context, async () => {
    const client = await clients.sagemaker();
    const found = await collect(
      (NextToken) =>
        client.send(
          new ListInferenceComponentsCommand({ EndpointNameEquals: endpointName, NextToken, MaxResults: 100 }),
        ),
      (page) => page.InferenceComponents,
      (page) => page.NextToken,
    );
    return found.flatMap(({ InferenceComponentName }) => InferenceComponentName ?? []).sort();
  });
}
