import { type Disposable, MarkdownString, StatusBarAlignment, window } from "vscode";
import type { CommandId } from "../contributions.ts";
import { type Connection, describeConnection } from "../domain/connection.ts";
import type { Connections } from "../services/connections.ts";

const connectCommand: CommandId = "sagemakerOps.connection.connect";

/** Always says where one is: which account and region, or the sandbox. */
export function createStatusBar(connections: Connections): Disposable {
  const item = window.createStatusBarItem("sagemakerOps.connection", StatusBarAlignment.Left, 50);
  item.name = "SageMaker Ops Connection";
  item.command = connectCommand;
  const show = (connection: Connection | undefined) => {
    item.text = connection ? `${iconOf(connection)} SageMaker: ${describeConnection(connection)}` : NOT_CONNECTED;
    item.tooltip = tooltipOf(connection);
    item.accessibilityInformation = {
      label: connection ? `SageMaker Ops: ${describeConnection(connection)}` : "SageMaker Ops: not connected",
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

const NOT_CONNECTED = "$(debug-disconnect) SageMaker: not connected";
const iconOf = ({ kind }: Connection) => (kind === "sandbox" ? "$(beaker)" : "$(cloud)");

function tooltipOf(connection: Connection | undefined): MarkdownString | string {
  if (!connection) return "Connect to AWS or start the sandbox";
  const { kind, accountId, region, profile, principalArn, endpointUrl, timeScale } = connection;
  const rows: [string, string | undefined][] = [
    ["Where", kind === "sandbox" ? `sandbox on this machine, simulated durations ${timeScale} times faster` : "AWS"],
    ["Account", accountId],
    ["Region", region],
    ["Profile", profile],
    ["Signed in as", principalArn],
    ["Endpoint", endpointUrl],
  ];
  const text = new MarkdownString();
  for (const [name, value] of rows) {
    if (value) text.appendMarkdown(`**${name}:** `).appendText(value).appendMarkdown("  \n");
  }
  text.appendMarkdown("\nClick to connect to something else.");
  return text;
}
