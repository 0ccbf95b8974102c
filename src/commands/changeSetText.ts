import * as l10n from "@vscode/l10n";
import { changedValueText, consequence } from "../domain/changeSet.ts";
import { changeSetCostText, mostCostText, priceNote } from "../domain/changeSetCostText.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import type { PropertyChange, ResourceChange } from "../domain/stack.ts";
import type { PreparedDeployment } from "../services/stackDeployer.ts";

/** `InstanceType: ml.m5.large → ml.m5.xlarge`, with long values cut. */
export function changeText({ path, before, after }: PropertyChange): string {
  return `${path}: ${changedValueText(before, LONGEST)} → ${changedValueText(after, LONGEST)}`;
}

const LONGEST = 60;

const GROUPS: { title(): string; has(change: ResourceChange): boolean }[] = [
  { title: () => l10n.t("Removed"), has: ({ action }) => action === "Remove" },
  { title: () => l10n.t("Replaced"), has: ({ action, replacement }) => action === "Modify" && replacement === "True" },
  {
    title: () => l10n.t("Perhaps replaced"),
    has: ({ action, replacement }) => action === "Modify" && replacement === "Conditional",
  },
  {
    title: () => l10n.t("Changed"),
    has: ({ action, replacement }) => action === "Modify" && replacement !== "True" && replacement !== "Conditional",
  },
  { title: () => l10n.t("Added"), has: ({ action }) => action === "Add" },
  {
    title: () => l10n.t("Imported, or not known yet"),
    has: ({ action }) => action === "Import" || action === "Dynamic",
  },
];

/** A change set to be read at leisure: what is taken away first, each value before and after, and what it means. */
export function changeSetMarkdown({ preview, cost }: PreparedDeployment, connection: Connection): string {
  const { stackName, changes, isNew } = preview;
  const lines = [
    `# ${isNew ? l10n.t("New stack") : l10n.t("Changes of stack")} ${code(stackName)}`,
    "",
    l10n.t("{0}, account {1}", describeConnection(connection), connection.accountId),
    "",
    l10n.t(
      "**Cost of the endpoint{0}:** {1}",
      connection.kind === "sandbox" ? l10n.t(" on AWS; nothing in the sandbox") : "",
      [changeSetCostText(cost), mostCostText(cost)].filter(Boolean).join("; "),
    ),
    ...(cost ? ["", priceNote(cost.region)] : []),
  ];
  for (const { title, has } of GROUPS) {
    const found = changes.filter((change) => has(change));
    if (found.length > 0) lines.push("", `## ${title()} (${found.length})`, ...found.flatMap(changeLines));
  }
  return `${lines.join("\n")}\n`;
}

function changeLines(change: ResourceChange): string[] {
  const { logicalId, type, physicalId, details, action } = change;
  const lines = ["", `### ${logicalId}`, "", `${type}${physicalId ? ` · ${code(physicalId)}` : ""}`];
  const mind = consequence(change);
  if (mind) lines.push("", `> ${mind}`);
  if (action === "Modify" && details.length > 0) {
    lines.push("", l10n.t("| property | before | after | |"), "|---|---|---|---|");
    for (const { path, before, after, replaces } of details) {
      const note =
        replaces === "yes"
          ? l10n.t("needs a replacement")
          : replaces === "maybe"
            ? l10n.t("may need a replacement")
            : "";
      lines.push(`| ${path} | ${cell(before)} | ${cell(after)} | ${note} |`);
    }
  }
  return lines;
}

const code = (text: string) => `\`${text.replaceAll("`", "'")}\``;
const LONGEST_CELL = 400;
/** In code marks nothing of a value is markup; a bar would still end the cell. */
const cell = (value: string | undefined) =>
  value === undefined ? "–" : code(changedValueText(value, LONGEST_CELL)).replaceAll("|", "\\|");
