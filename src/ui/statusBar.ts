import { type Disposable, l10n, MarkdownString, StatusBarAlignment, window } from "vscode";
import type { CommandId } from "../contributions.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import type { Connections } from "../services/connections.ts";

const connectCommand: CommandId = "sagemakerOps.connection.connect";

/** Always says where one is: which account and region, or the sandbox. */
export function createStatusBar(connections: Connections): Disposable {
  const item = window.createStatusBarItem("sagemakerOps.connection", StatusBarAlignment.Left, 50);
  item.name = l10n.t("SageMaker Ops Connection");
  item.command = connectCommand;
  const show = (connection: Connection | undefined) => {
    item.text = connection
      ? l10n.t("{0} SageMaker: {1}", iconOf(connection), describeConnection(connection))
      : NOT_CONNECTED;
    item.tooltip = tooltipOf(connection);
    item.accessibilityInformation = {
      label: connection
        ? l10n.t("SageMaker Ops: {0}", describeConnection(connection))
        : l10n.t("SageMaker Ops: not connected"),
    };
  };
  show(connections.current);
  item.show();
  const forget = connections.onDidChange.on(show);
  return {
    dispose() {
      forget();
      item.dispose();
    },
  };
}

const NOT_CONNECTED = `$(debug-disconnect) ${l10n.t("SageMaker: not connected")}`;
const iconOf = ({ kind }: Connection) => (kind === "sandbox" ? "$(beaker)" : "$(cloud)");

function tooltipOf(connection: Connection | undefined): MarkdownString | string {
  if (!connection) return l10n.t("Connect to AWS or start the sandbox");
  const { kind, accountId, region, profile, principalArn, endpointUrl, timeScale } = connection;
  const rows: [string, string | undefined][] = [
    [
      l10n.t("Where"),
      kind === "sandbox" ? l10n.t("sandbox on this machine, simulated durations {0} times faster", timeScale) : "AWS",
    ],
    [l10n.t("Account"), accountId],
    [l10n.t("Region"), region],
    [l10n.t("Profile"), profile],
    [l10n.t("Signed in as"), principalArn],
    [l10n.t("Endpoint"), endpointUrl],
  ];
  const text = new MarkdownString();
  for (const [name, value] of rows) {
    if (value) text.appendMarkdown(`**${name}:** `).appendText(value).appendMarkdown("  \n");
  }
  text.appendMarkdown(l10n.t("\nClick to connect to something else."));
  return text;
}
