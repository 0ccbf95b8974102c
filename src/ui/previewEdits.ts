import { Range, WorkspaceEdit, workspace } from "vscode";

/** A new text of a file, and what changes in it, in words. */
export interface TextChange {
  file: string;
  text: string;
  label: string;
  description?: string;
}

/** VS Code's own preview of changed files, with what changes marked, to accept or to discard. */
export async function previewEdits(changes: readonly TextChange[]): Promise<void> {
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
  await workspace.applyEdit(edit);
}
