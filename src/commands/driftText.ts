import * as l10n from "@vscode/l10n";
import { type Connection, describeConnection } from "../domain/connection.ts";
import { driftSentence, type ResourceDrift, type StackDrift } from "../domain/drift.ts";
import { formatTime } from "../ui/format.ts";
import { escapeMarkdown } from "./explanationText.ts";

/** Where a stack differs from its template, each property as it should be and as it is. @param nowMs for the time */
export function driftMarkdown(drift: StackDrift, connection: Connection, nowMs: number): string {
  const { stackName, drifts, atMs } = drift;
  const lines = [
    l10n.t("# Drift of stack {0}", code(stackName)),
    "",
    l10n.t(
      "{0}, account {1}, looked at {2}",
      describeConnection(connection),
      connection.accountId,
      formatTime(atMs, nowMs),
    ),
    "",
    escapeMarkdown(driftSentence(drift)),
    ...drifts.flatMap(resourceLines),
  ];
  if (drifts.length > 0)
    lines.push(
      "",
      l10n.t("## What now"),
      "",
      l10n.t(
        "- To keep how it is, write it into the template: otherwise the next deployment that touches the resource sets it back.",
      ),
      l10n.t(
        "- To have it as the template says, change it back in the account. Deploying an unchanged template does not: CloudFormation compares templates, not resources.",
      ),
    );
  return `${lines.join("\n")}\n`;
}

function resourceLines({ logicalId, physicalId, type, kind, differences }: ResourceDrift): string[] {
  const lines = ["", `## ${escapeMarkdown(logicalId)}`, "", `${type}${physicalId ? ` · ${code(physicalId)}` : ""}`];
  if (kind === "deleted") return [...lines, "", l10n.t("It was deleted outside of the stack.")];
  const rows = differences.map(
    ({ path, expected, actual }) => `| ${code(path)} | ${cell(expected)} | ${cell(actual)} |`,
  );
  return [...lines, "", l10n.t("| property | in the template | in the account |"), "|---|---|---|", ...rows];
}

const LONGEST = 400;
const code = (text: string) => `\`${text.replaceAll("`", "'").replace(/\s+/g, " ")}\``;
/** In code marks nothing of a value is markup; a bar would still end the cell. */
const cell = (value: string) =>
  value === "" ? "–" : code(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value).replaceAll("|", "\\|");
