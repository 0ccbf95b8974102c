import { l10n, window } from "vscode";
import { viewIds } from "../contributions.ts";
import { describeConnection } from "../domain/connection.ts";
import type { Endpoint } from "../domain/endpoint.ts";
import type { EndpointChanges } from "../services/endpointChanges.ts";
import type { ProposedChange } from "../services/projectEdits.ts";
import type { ScalingPause } from "../services/scalingPause.ts";
import type { ScalingRules } from "../services/scalingRules.ts";
import { previewEdits } from "../ui/previewEdits.ts";
import { pickOne } from "../ui/prompts.ts";
import { requireConnection } from "./connection.ts";
import type { EndpointCommandServices } from "./endpoint.ts";

/** What the commands that change an endpoint work with. */
export interface ChangeServices extends EndpointCommandServices {
  changes: EndpointChanges;
  scalingPause: ScalingPause;
  scalingRules: ScalingRules;
}

/**
 * Where a change is made: what belongs to the project's stack is better changed in its files, so that nothing drifts.
 * @returns "account" when it is to be made there
 */
export async function chooseWhere(
  services: ChangeServices,
  endpoint: Endpoint,
  propose: (project: NonNullable<ChangeServices["project"]["project"]>) => Promise<ProposedChange[]>,
): Promise<"account" | "files" | undefined> {
  const { project, endpointName, stack } = services.project;
  if (!project || endpointName !== endpoint.name) return "account";
  const connection = requireConnection(services.connections);
  const where = await pickOne<"account" | "files">(
    l10n.t("{0} belongs to stack {1}", endpoint.name, stack?.name ?? ""),
    [
      {
        label: `$(diff) ${l10n.t("Show the change of the project's files…")}`,
        detail: l10n.t("Nothing is written before you accept it; the next deployment puts it in force"),
        value: "files",
      },
      {
        label: `$(zap) ${l10n.t("Change it in the account now")}`,
        description: describeConnection(connection),
        detail: l10n.t("The template does not know of it: the next deployment may set it back"),
        value: "account",
      },
    ],
  );
  if (where === "files") await previewEdits(await propose(project));
  return where;
}

/** Shows work in the Endpoints view, and reads the endpoints anew when it is done. */
export async function inView(services: ChangeServices, title: string, work: () => Promise<unknown>): Promise<void> {
  const running = work().finally(() => services.endpoints.refresh());
  // The list follows what is in transition while the work goes on.
  void services.endpoints.refresh();
  await window.withProgress({ location: { viewId: viewIds.endpoints }, title }, () => running);
}
