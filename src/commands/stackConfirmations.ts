import { consequence } from "../domain/changeSet.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import { formatHourlyAndMonthly } from "../domain/cost.ts";
import type { ResourceChange, Stack } from "../domain/stack.ts";
import type { PreparedDeployment } from "../services/stackDeployer.ts";
import { shortType } from "../tree/presentStack.ts";
import { plural } from "../ui/format.ts";
import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { confirmWithFacts, type FactRow } from "../ui/prompts.ts";
import { changeSetMarkdown, changeText, costText } from "./changeSetText.ts";

/** Shows the change set with where it goes and what it costs, and asks. */
export function confirmDeployment(
  prepared: PreparedDeployment,
  connection: Connection,
  documents: MarkdownDocuments,
): Promise<boolean> {
  const { preview, cost } = prepared;
  const { stackName, changes, isNew } = preview;
  const sandbox = connection.kind === "sandbox";
  const facts: FactRow[] = [
    { label: "$(account) Account", description: sandbox ? `${connection.accountId} (sandbox)` : connection.accountId },
    { label: "$(globe) Region", description: connection.region },
    { label: "$(layers) Stack", description: isNew ? `${stackName} (new)` : stackName },
    {
      label: "$(credit-card) Endpoint",
      description: sandbox ? `nothing in the sandbox; on AWS ${costText(cost)}` : costText(cost),
      detail:
        cost?.afterMostUsd === undefined
          ? undefined
          : `At most ${formatHourlyAndMonthly(cost.afterMostUsd)} when scaled out`,
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
      { name: "changes", rows: changes.map(changeRow) },
    ],
    readAll: () => documents.show(`Changes of ${stackName}`, changeSetMarkdown(prepared, connection)),
  });
}

const ACTION_ICONS: Record<ResourceChange["action"], string> = {
  Add: "$(diff-added)",
  Modify: "$(diff-modified)",
  Remove: "$(diff-removed)",
  Import: "$(arrow-down)",
  Dynamic: "$(question)",
};

/** Changes of properties that a row has room for. */
const SHOWN_DETAILS = 3;

function changeRow(change: ResourceChange): FactRow {
  const { action, logicalId, type, replacement, details } = change;
  const replaced =
    replacement === "True" ? "IS REPLACED" : replacement === "Conditional" ? "may be replaced" : undefined;
  const values = details.slice(0, SHOWN_DETAILS).map((detail) => changeText(detail));
  if (details.length > SHOWN_DETAILS) values.push(`and ${details.length - SHOWN_DETAILS} more`);
  const texts = [consequence(change), action === "Modify" ? values.join("; ") : undefined];
  return {
    label: `${replacement === "True" ? "$(warning)" : ACTION_ICONS[action]} ${logicalId}`,
    description: [action, shortType(type), replaced].filter(Boolean).join(" · "),
    detail: texts.filter(Boolean).join(" ") || undefined,
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
