import { l10n, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from "vscode";

/** A line of a confirmation that only tells something. */
export interface FactRow {
  label: string;
  description?: string;
  detail?: string;
}

/** What is asked, what one should know before answering, and the word for yes. */
export interface Confirmation {
  title: string;
  placeholder: string;
  confirm: { label: string; description?: string };
  sections: { name: string; rows: FactRow[] }[];
  /** Shows all of it at length beside the question, which stays open. */
  readAll?(): Promise<void>;
}

/**
 * Asks in a quick pick instead of a dialog: the first row does it, the others are facts to read and to search. Picking
 * a fact changes nothing; Escape is no.
 */
export function confirmWithFacts(confirmation: Confirmation): Promise<boolean> {
  const { title, placeholder, confirm, sections, readAll } = confirmation;
  const picker = window.createQuickPick();
  const yes: QuickPickItem = { label: confirm.label, description: confirm.description, alwaysShow: true };
  const items = sections.flatMap(({ name, rows }): QuickPickItem[] => [
    { label: name, kind: QuickPickItemKind.Separator },
    ...rows,
  ]);
  picker.title = title;
  picker.placeholder = placeholder;
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  // A look at another window must not throw away what was computed.
  picker.ignoreFocusOut = true;
  picker.items = [yes, ...items];
  if (readAll) {
    picker.buttons = [{ iconPath: new ThemeIcon("open-preview"), tooltip: l10n.t("Read as a Document") }];
    picker.onDidTriggerButton(() => void readAll());
  }
  return new Promise((resolve) => {
    let answer = false;
    picker.onDidAccept(() => {
      if (picker.selectedItems[0] !== yes) return;
      answer = true;
      picker.hide();
    });
    picker.onDidHide(() => {
      picker.dispose();
      resolve(answer);
    });
    picker.show();
  });
}

/** A choice with a value behind it. */
export interface Choice<T> extends QuickPickItem {
  value: T;
}

/** Lets the user pick one; undefined when that was cancelled. */
export async function pickOne<T>(title: string, choices: Choice<T>[], placeHolder?: string): Promise<T | undefined> {
  // A page that finishes loading takes the focus, which must not take the question away.
  const options = { title, placeHolder, matchOnDescription: true, ignoreFocusOut: true };
  const picked = await window.showQuickPick(choices, options);
  return picked?.value;
}
