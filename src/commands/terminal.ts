import { l10n, window } from "vscode";
import { type Connection, describeConnection } from "../domain/connection.ts";
import type { Connections } from "../services/connections.ts";
import { givenSandbox, type SandboxProcess } from "../services/sandboxProcess.ts";
import { requireConnection } from "./connection.ts";

/**
 * A terminal whose tools work where the window does, so that a copied request runs as it is. The sandbox's keys are in
 * its environment only: VS Code keeps a transient terminal's nowhere.
 */
export function openTerminal(connections: Connections, sandbox: SandboxProcess): void {
  const connection = requireConnection(connections);
  const name = describeConnection(connection);
  const env = { AWS_REGION: connection.region, AWS_DEFAULT_REGION: connection.region, ...access(connection, sandbox) };
  const message =
    connection.kind === "sandbox"
      ? l10n.t("The AWS CLI, boto3 and the SDKs reach the sandbox in this terminal, and nothing else.")
      : l10n.t("The AWS CLI, boto3 and the SDKs find {0} in this terminal.", name);
  window.createTerminal({ name, env, message, isTransient: true }).show();
}

/** null takes a variable away that would go before. */
function access(connection: Connection, sandbox: SandboxProcess): Record<string, string | null> {
  const { kind, profile, endpointUrl } = connection;
  const known = [sandbox.info, givenSandbox()].find((each) => each?.endpoint === endpointUrl);
  if (kind === "sandbox" && known) {
    const { endpoint, accessKeyId, secretAccessKey } = known;
    return {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: null,
      AWS_PROFILE: null,
    };
  }
  return {
    ...(profile === undefined
      ? {}
      : // Keys of the environment would go before the profile's.
        { AWS_PROFILE: profile, AWS_ACCESS_KEY_ID: null, AWS_SECRET_ACCESS_KEY: null, AWS_SESSION_TOKEN: null }),
    ...(endpointUrl === undefined ? {} : { AWS_ENDPOINT_URL: endpointUrl }),
  };
}
