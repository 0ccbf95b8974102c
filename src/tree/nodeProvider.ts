import { type Event, EventEmitter, l10n, Position, Range, type TreeDataProvider, type TreeItem, Uri } from "vscode";
import { toOpsError } from "../domain/errors.ts";
import { presentError } from "./present.ts";
import { click, resolveTreeItem, type TreeNode, toTreeItem } from "./treeNode.ts";

/** Feeds a tree view from functions that make nodes. A branch that cannot be read becomes an error row with Retry. */
export class NodeProvider implements TreeDataProvider<TreeNode> {
  private readonly changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData: Event<undefined> = this.changed.event;
  private pending: NodeJS.Timeout | undefined;

  constructor(private readonly roots: () => TreeNode[] | Promise<TreeNode[]>) {}

  /** Draws anew soon: several changes of the same moment are one. */
  refresh(): void {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.changed.fire(undefined);
    }, 50);
  }

  getTreeItem(node: TreeNode): TreeItem {
    return toTreeItem(node);
  }

  resolveTreeItem(item: TreeItem, node: TreeNode): TreeItem {
    return resolveTreeItem(item, node);
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    try {
      return await (node ? (node.children?.() ?? []) : this.roots());
    } catch (error) {
      return [errorNode(`${node?.id ?? "root"}/error`, error)];
    }
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.changed.dispose();
  }
}

/** A row that names the cause; a click opens the file that is broken, or reads everything again. */
export function errorNode(id: string, error: unknown): TreeNode {
  const failure = toOpsError(error);
  const { place } = failure;
  if (!place) {
    return {
      id,
      presentation: presentError(failure, l10n.t("Retry")),
      click: click("sagemakerOps.explorer.refresh", l10n.t("Retry")),
    };
  }
  const at = new Position((place.line ?? 1) - 1, (place.column ?? 1) - 1);
  const options = { selection: new Range(at, at) };
  return {
    id,
    presentation: presentError(failure, l10n.t("Open file")),
    click: { command: "vscode.open", title: l10n.t("Open File"), arguments: [Uri.file(place.file), options] },
  };
}
