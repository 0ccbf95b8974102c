import { type Command, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from "vscode";
import type { CommandId, Commands, ResourceArgument } from "../contributions.ts";
import type { Presentation } from "./present.ts";

/** A row of a tree. `id` is stable over refreshes, so that what is open stays open. */
export interface TreeNode extends NodeArguments {
  id: string;
  presentation: Presentation;
  /** Instead of the presentation's tooltip: made when it is looked at, for rows that come by the thousand. */
  tooltip?: () => [string, string][];
  /** Absent for leaves. */
  children?: () => TreeNode[] | Promise<TreeNode[]>;
  /** Open at first. */
  expanded?: boolean;
  /** What a click does. */
  click?: Command;
}

/** What commands take from the node that they are called on. */
interface NodeArguments {
  endpointName?: string;
  outputName?: string;
  value?: string;
  planFile?: string;
  reportFile?: string;
  /** A resource of AWS that the row stands for. */
  resource?: ResourceArgument;
  /** S3 URI of a model's artifact. */
  artifact?: string;
  /** A connection beside the current one. */
  sideId?: string;
  /** Id of a stack's resource in the template. */
  logicalId?: string;
}

/** A click on a row, typed by the command's arguments. */
export function click<K extends CommandId>(command: K, title: string, ...args: Commands[K]): Command {
  return { command, title, arguments: args };
}

/** A row as VS Code takes it. */
export function toTreeItem(node: TreeNode): TreeItem {
  const { label, description, tooltip, icon, color, contextValue } = node.presentation;
  const item = new TreeItem(label, collapsibleState(node));
  item.id = node.id;
  item.description = description;
  if (!node.tooltip) item.tooltip = typeof tooltip === "object" ? tooltipText(tooltip) : (tooltip ?? label);
  item.iconPath = icon ? new ThemeIcon(icon, color ? new ThemeColor(color) : undefined) : undefined;
  item.contextValue = contextValue;
  item.command = node.click;
  // The name that a screen reader says: the tooltip would be read otherwise.
  item.accessibilityInformation = { label: [label, description].filter(Boolean).join(", ") };
  return item;
}

/** The row once the pointer rests on it. */
export function resolveTreeItem(item: TreeItem, { tooltip }: TreeNode): TreeItem {
  if (tooltip) item.tooltip = tooltipText(tooltip());
  return item;
}

function collapsibleState({ children, expanded }: TreeNode): TreeItemCollapsibleState {
  if (!children) return TreeItemCollapsibleState.None;
  return expanded ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

/** A table. Values come from an account, so they are text, never markup. */
function tooltipText(rows: [string, string][]): MarkdownString {
  const [head, ...others] = rows.map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`);
  return new MarkdownString([head, "|:--|:--|", ...others].join("\n"));
}

const cell = (text: string) => text.replace(/[\\`*_{}[\]()<>#+\-!|~&$]/g, "\\$&").replace(/\s+/g, " ");
