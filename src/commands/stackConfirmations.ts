import { type Connection, describeConnection } from "../domain/connection.ts";
import { formatHourly, PRICES_AS_OF } from "../domain/cost.ts";
import type { ResourceChange, Stack } from "../domain/stack.ts";
import type { PreparedDeployment } from "../services/stackDeployer.ts";
import { shortType } from "../tree/presentStack.ts";
import { plural } from "../ui/format.ts";
import { confirmWithFacts, type FactRow } from "../ui/prompts.ts";

/** Shows the change set with where it goes and what it costs, and asks. */
export function confirmDeployment(prepared: PreparedDeployment, connection: Connection): Promise<boolean> {
  const { preview, endpointHourlyUsd } = prepared;
  const { stackName, changes, isNew } = preview;
  const sandbox = connection.kind === "sandbox";
  const cost =
    endpointHourlyUsd === undefined
      ? "unknown"
      : `about ${formatHourly(endpointHourlyUsd)} (prices of ${PRICES_AS_OF})`;
  const facts: FactRow[] = [
    { label: "$(account) Account", description: sandbox ? `${connection.accountId} (sandbox)` : connection.accountId },
    { label: "$(globe) Region", description: connection.region },
    { label: "$(layers) Stack", description: isNew ? `${stackName} (new)` : stackName },
    {
      label: "$(credit-card) Endpoint",
      description: sandbox ? `nothing in the sandbox; on AWS ${cost}` : `${cost}, as long as it stands`,
    },
  ];
  return confirmWithFacts({
    title: `Deploy ${stackName} to ${describeConnection(connection)}`,
    placeholder: "Read what changes, then pick the first row to deploy; Escape changes nothing",
    confirm: {
      label: `$(rocket) Deploy ${plural(changes.length, "change")}`,
      description: describeConnection(connection),
    },
    sections: [
      { name: "where", rows: facts },
      { name: "changes", rows: [...changes].sort(byWeight).map(changeRow) },
    ],
  });
}

const ACTION_ICONS: Record<ResourceChange["action"], string> = {
  Add: "$(diff-added)",
  Modify: "$(diff-modified)",
  Remove: "$(diff-removed)",
  Import: "$(arrow-down)",
  Dynamic: "$(question)",
};

/** What takes something away comes first. */
function byWeight(a: ResourceChange, b: ResourceChange): number {
  const weight = ({ action, replacement }: ResourceChange) =>
    action === "Remove"
      ? 0
      : replacement === "True"
        ? 1
        : replacement === "Conditional"
          ? 2
          : action === "Modify"
            ? 3
            : 4;
  return weight(a) - weight(b);
}

function changeRow({ action, logicalId, type, replacement, properties, physicalId }: ResourceChange): FactRow {
  const replaced =
    replacement === "True" ? "is replaced" : replacement === "Conditional" ? "may be replaced" : undefined;
  return {
    label: `${ACTION_ICONS[action]} ${logicalId}`,
    description: [action, shortType(type), replaced].filter(Boolean).join(" · "),
    detail: action === "Add" ? undefined : [physicalId, properties.join(", ")].filter(Boolean).join(" · ") || undefined,
  };
}

/** Shows what would be deleted, and asks. @param loadedBy a load test that runs against it */
export function confirmRemoval(stack: Stack, connection: Connection, loadedBy: string | undefined): Promise<boolean> {
  const { name, resources } = stack;
  return confirmWithFacts({
    title: `Delete stack ${name} from ${describeConnection(connection)}`,
    placeholder: "All of this goes, with the artifacts that were uploaded for it. Escape deletes nothing",
    confirm: {
      label: `$(trash) Delete ${plural(resources.length, "resource")} of stack ${name}`,
      description: `account ${connection.accountId} · ${connection.region}`,
    },
    sections: [
      ...(loadedBy === undefined ? [] : [{ name: "mind", rows: [loadedRow(loadedBy)] }]),
      {
        name: "deleted",
        rows: resources.map(({ logicalId, type, physicalId }) => ({
          label: `$(diff-removed) ${logicalId}`,
          description: shortType(type),
          detail: physicalId,
        })),
      },
    ],
  });
}

const loadedRow = (planName: string): FactRow => ({
  label: `$(warning) Load test ${planName} is running against it`,
  detail: "It is stopped first; what was measured is kept as an interrupted run",
});
