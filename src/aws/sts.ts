import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import * as l10n from "@vscode/l10n";
import { withAwsErrors } from "./awsError.ts";
import type { AwsClients } from "./clients.ts";

/** Account and ARN behind the credentials. */
export function callerIdentity(clients: AwsClients): Promise<{ accountId: string; arn: string }> {
  return withAwsErrors({ action: l10n.t("sign in to AWS"), region: clients.region }, async () => {
    const identity = await (await clients.sts()).send(new GetCallerIdentityCommand({}));
    return { accountId: identity.Account ?? "", arn: identity.Arn ?? "" };
  });
}
