import { env, l10n, Uri } from "vscode";
import { OpsError } from "../domain/errors.ts";
import type { Connections } from "../services/connections.ts";
import { requireConnection } from "./connection.ts";

/** Console hosts by partition, the second part of an ARN (AWS general reference, console links). */
const CONSOLES: Record<string, string> = {
  aws: "console.aws.amazon.com",
  "aws-us-gov": "console.amazonaws-us-gov.com",
  "aws-cn": "console.amazonaws.cn",
};

/**
 * Opens a resource of SageMaker in the AWS console.
 * @param page below the console's SageMaker pages: `endpoints/NAME`
 * @throws OpsError conflict in the sandbox, which the console does not know
 */
export async function openConsolePage(
  connections: Connections,
  name: string,
  arn: string,
  page: string,
): Promise<void> {
  const { kind, region } = requireConnection(connections);
  if (kind === "sandbox") {
    throw new OpsError("conflict", l10n.t("{0} lives in the sandbox, which the AWS console does not know.", name), {
      hint: l10n.t("Its state is shown here: in the tree and in its page."),
    });
  }
  const host = CONSOLES[arn.split(":")[1] ?? ""] ?? CONSOLES.aws;
  const at = page.split("/").map(encodeURIComponent).join("/");
  await env.openExternal(Uri.parse(`https://${region}.${host}/sagemaker/home?region=${region}#/${at}`, true));
}
