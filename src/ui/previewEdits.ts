import { l10n, Range, WorkspaceEdit, window, workspace } from "vscode";

/** A new text of a file, and what changes in it, in words. */
export interface TextChange {
  file: string;
  text: string;
  label: string;
  description?: string;
}

/**
 * VS Code's own preview of changed files, with what changes marked, to accept or to discard. Its changes come unticked,
 * and its Apply leaves out what is not ticked without a word: that nothing was written is said here.
 */
export async function previewEdits(changes: readonly TextChange[]): Promise<void> {
  if (changes.length === 0) {
    void window.showInformationMessage(l10n.t("The project's files say this already: there is nothing to change."));
    return;
  }
  const edit = new WorkspaceEdit();
  for (const { file, text: after, label, description } of changes) {
    const document = await workspace.openTextDocument(file);
    const before = document.getText();
    // Only what differs: the whole file as one change could not be read.
    let start = 0;
    while (start < before.length && before[start] === after[start]) start++;
    let tail = 0;
    const most = Math.min(before.length, after.length) - start;
    while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
    const range = new Range(document.positionAt(start), document.positionAt(before.length - tail));
    const metadata = { needsConfirmation: true, label, description };
    edit.replace(document.uri, range, after.slice(start, after.length - tail), metadata);
  }
  if (await workspace.applyEdit(edit)) return;
  const again = l10n.t("Show Again");
  const names = changes.map(({ file }) => workspace.asRelativePath(file)).join(", ");
  const said = l10n.t("{0} was not changed: the preview applies only what is ticked in it.", names);
  void window.showInformationMessage(said, again).then((answer) => (answer ? previewEdits(changes) : undefined));
}
