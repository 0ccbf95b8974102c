import { ListInferenceComponentsCommand } from "@aws-sdk/client-sagemaker";
import * as l10n from "@vscode/l10n";
import type { InferenceComponent } from "../domain/endpoint.ts";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";
import { collect } from "./paginate.ts";

/** The inference components that an endpoint hosts, by name. @throws OpsError accessDenied, throttled */
export function listInferenceComponents(clients: AwsClients, endpointName: string): Promise<InferenceComponent[]> {
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
    return found
      .map((c) => ({
        name: c.InferenceComponentName ?? "",
        arn: c.InferenceComponentArn ?? "",
        status: c.InferenceComponentStatus ?? "",
        variantName: c.VariantName ?? "",
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
  });
}

/** Their names only. @throws OpsError accessDenied, throttled */
export async function inferenceComponentNames(clients: AwsClients, endpointName: string): Promise<string[]> {
  return (await listInferenceComponents(clients, endpointName)).map(({ name }) => name);
}
