import { env, l10n, Uri } from "vscode";
import { consoleUrl } from "../domain/consolePage.ts";
import { OpsError } from "../domain/errors.ts";
import type { Connections } from "../services/connections.ts";
import { requireConnection } from "./connection.ts";

/**
 * Opens a resource in the AWS console.
 * @param page of `domain/consolePage.ts`
 * @throws OpsError conflict in the sandbox, which the console does not know
 */
export async function openConsolePage(connections: Connections, name: string, page: string): Promise<void> {
  const { kind, region } = requireConnection(connections);
  if (kind === "sandbox") {
    throw new OpsError("conflict", l10n.t("{0} lives in the sandbox, which the AWS console does not know.", name), {
      hint: l10n.t("Its state is shown here: in the tree and in its page."),
    });
  }
  await env.openExternal(Uri.parse(consoleUrl(page, region), true));
}
