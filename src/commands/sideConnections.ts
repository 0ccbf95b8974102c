import { l10n, window } from "vscode";
import { viewIds } from "../contributions.ts";
import type { ConnectRequest } from "../services/connections.ts";
import { givenSandbox, type SandboxProcess } from "../services/sandboxProcess.ts";
import type { SideConnections } from "../services/sideConnections.ts";
import { noSandboxRuns, pickPlace, pickRegion } from "./connection.ts";
import type { CommandTable } from "./register.ts";

/** Commands of the connections beside the current one. */
export function sideConnectionCommands(
  sides: SideConnections,
  sandbox: SandboxProcess,
): Pick<CommandTable, "sagemakerOps.explorer.addConnection" | "sagemakerOps.explorer.removeConnection"> {
  return {
    "sagemakerOps.explorer.addConnection": async () => {
      const request = await askRequest(sandbox);
      if (!request) return;
      const title = l10n.t("Connecting");
      await window.withProgress({ location: { viewId: viewIds.endpoints }, title }, () => sides.add(request));
    },
    "sagemakerOps.explorer.removeConnection": async (node) => {
      if (node?.sideId !== undefined) sides.remove(node.sideId);
    },
  };
}

/** A place of AWS, or the sandbox that runs already: none is started for it. */
async function askRequest(sandbox: SandboxProcess): Promise<ConnectRequest | undefined> {
  const place = await pickPlace(undefined);
  if (!place) return undefined;
  const region = await pickRegion(place.kind === "profile" ? place.region : undefined);
  if (!region) return undefined;
  if (place.kind !== "sandbox")
    return { kind: "aws", profile: place.kind === "profile" ? place.name : undefined, region };
  const info = sandbox.info ?? givenSandbox();
  if (info) return { kind: "sandbox", sandbox: { ...info, region } };
  throw noSandboxRuns();
}
