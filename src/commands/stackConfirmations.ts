import * as l10n from "@vscode/l10n";
import { consequence } from "../domain/changeSet.ts";
import { changeSetCostText, mostCostText, priceNote } from "../domain/changeSetCostText.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import { plural } from "../domain/plural.ts";
import type { ResourceChange, Stack } from "../domain/stack.ts";
import type { PreparedDeployment } from "../services/stackDeployer.ts";
import { shortType } from "../tree/presentStack.ts";

import type { MarkdownDocuments } from "../ui/markdownDocument.ts";
import { confirmWithFacts, type FactRow } from "../ui/prompts.ts";
import { changeSetMarkdown, changeText } from "./changeSetText.ts";

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
    {
      label: `$(account) ${l10n.t("Account")}`,
      description: `${connection.accountId}${sandbox ? l10n.t(" (sandbox)") : ""}`,
    },
    { label: `$(globe) ${l10n.t("Region")}`, description: connection.region },
    { label: `$(layers) ${l10n.t("Stack")}`, description: isNew ? l10n.t("{0} (new)", stackName) : stackName },
    {
      label: `$(credit-card) ${l10n.t("Endpoint")}`,
      description: sandbox
        ? l10n.t("nothing in the sandbox; on AWS {0}", changeSetCostText(cost))
        : changeSetCostText(cost),
      detail: [mostCostText(cost), cost && priceNote(cost.region)].filter(Boolean).join(" · ") || undefined,
    },
  ];
  return confirmWithFacts({
    title: l10n.t("Deploy {0} to {1}", stackName, describeConnection(connection)),
    placeholder: l10n.t("Read what changes, then pick the first row to deploy; Escape changes nothing"),
    confirm: {
      label: `$(rocket) ${l10n.t("Deploy {0}", plural(changes.length, "change"))}`,
      description: describeConnection(connection),
    },
    sections: [
      { name: l10n.t("where"), rows: facts },
      { name: l10n.t("changes"), rows: changes.map(changeRow) },
    ],
    readAll: () => documents.show(l10n.t("Changes of {0}", stackName), changeSetMarkdown(prepared, connection)),
  });
}

const ACTION_ICONS: Record<ResourceChange["action"], string> = {
  Add: "$(diff-added)",
  Modify: "$(diff-modified)",
  Remove: "$(diff-removed)",
  Import: "$(arrow-down)",
  Dynamic: "$(question)",
};

function actionText(action: ResourceChange["action"]): string {
  const texts: Record<ResourceChange["action"], string> = {
    Add: l10n.t("Add"),
    Modify: l10n.t("Modify"),
    Remove: l10n.t("Remove"),
    Import: l10n.t("Import"),
    Dynamic: l10n.t("Dynamic"),
  };
  return texts[action];
}

/** Changes of properties that a row has room for. */
const SHOWN_DETAILS = 3;

function changeRow(change: ResourceChange): FactRow {
  const { action, logicalId, type, replacement, details } = change;
  const replaced =
    replacement === "True"
      ? l10n.t("IS REPLACED")
      : replacement === "Conditional"
        ? l10n.t("may be replaced")
        : undefined;
  const values = details.slice(0, SHOWN_DETAILS).map((detail) => changeText(detail));
  if (details.length > SHOWN_DETAILS) values.push(l10n.t("and {0} more", details.length - SHOWN_DETAILS));
  const texts = [consequence(change), action === "Modify" ? values.join("; ") : undefined];
  return {
    label: `${replacement === "True" ? "$(warning)" : ACTION_ICONS[action]} ${logicalId}`,
    description: [actionText(action), shortType(type), replaced].filter(Boolean).join(" · "),
    detail: texts.filter(Boolean).join(" ") || undefined,
  };
}

/** Shows what would be deleted, and asks. @param loadedBy a load test that runs against it */
export function confirmRemoval(stack: Stack, connection: Connection, loadedBy: string | undefined): Promise<boolean> {
  const { name, resources } = stack;
  return confirmWithFacts({
    title: l10n.t("Delete stack {0} from {1}", name, describeConnection(connection)),
    placeholder: l10n.t("All of this goes, with the artifacts that were uploaded for it. Escape deletes nothing"),
    confirm: {
      label: `$(trash) ${l10n.t("Delete {0} of stack {1}", plural(resources.length, "resource"), name)}`,
      description: l10n.t("account {0} · {1}", connection.accountId, connection.region),
    },
    sections: [
      ...(loadedBy === undefined ? [] : [{ name: l10n.t("mind"), rows: [loadedRow(loadedBy)] }]),
      {
        name: l10n.t("deleted"),
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
  label: `$(warning) ${l10n.t("Load test {0} is running against it", planName)}`,
  detail: l10n.t("It is stopped first; what was measured is kept as an interrupted run"),
});
