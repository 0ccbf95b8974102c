import { QuickPickItemKind, window } from "vscode";
import type { FactRow } from "./prompts.ts";

/** A value that can be entered. */
export interface FormField {
  label: string;
  /** The value as it is shown. */
  value: string;
  detail?: string;
  /** What is wrong with an entry, in a sentence; undefined when it may be taken. */
  check?(text: string): string | undefined;
  /** Takes an entry. */
  set(text: string): void;
  /** In place of an input box, for values that are picked. */
  pick?(): Promise<string | undefined>;
}

/** A small form of native parts. */
export interface QuickForm {
  title: string;
  placeholder: string;
  /** The word for doing it; asked for anew after each change. */
  apply(): { label: string; description?: string; problem?: string };
  fields: FormField[];
  /** What the values mean; asked for anew after each change. */
  facts(): { name: string; rows: FactRow[] }[];
}

/**
 * A form in a quick pick: a row per value, which opens its input box, rows that tell what the values mean, and a first
 * row that does it. Escape changes nothing; nothing that was entered is lost by a look at another window.
 * @returns whether it was applied
 */
export async function showQuickForm({ title, placeholder, apply, fields, facts }: QuickForm): Promise<boolean> {
  for (let activeAt = 0; ; ) {
    const { label, description, problem } = apply();
    const first = { label: problem ? `$(error) ${problem}` : label, description: problem ? undefined : description };
    const fieldItems = fields.map((field) => ({
      label: `$(edit) ${field.label}`,
      description: field.value,
      detail: field.detail,
    }));
    const factItems = facts().flatMap(({ name, rows }) => [
      { label: name, kind: QuickPickItemKind.Separator },
      ...rows,
    ]);
    const picked = await pickRow(title, placeholder, [first, ...fieldItems, ...factItems], activeAt);
    if (picked === undefined) return false;
    if (picked === 0 && !problem) return true;
    const field = fields[picked - 1];
    activeAt = picked;
    if (!field) continue;
    const text = await enter(title, field);
    if (text !== undefined) field.set(text.trim());
  }
}

function pickRow(title: string, placeholder: string, items: FactRow[], activeAt: number): Promise<number | undefined> {
  const picker = window.createQuickPick();
  picker.title = title;
  picker.placeholder = placeholder;
  picker.ignoreFocusOut = true;
  picker.items = items;
  const active = picker.items[activeAt];
  if (active) picker.activeItems = [active];
  return new Promise((resolve) => {
    let answer: number | undefined;
    picker.onDidAccept(() => {
      const [selected] = picker.selectedItems;
      if (!selected) return;
      answer = picker.items.indexOf(selected);
      picker.hide();
    });
    picker.onDidHide(() => {
      picker.dispose();
      resolve(answer);
    });
    picker.show();
  });
}

async function enter(title: string, { label, value, detail, check, pick }: FormField): Promise<string | undefined> {
  if (pick) return pick();
  return window.showInputBox({
    title: `${title} · ${label}`,
    value,
    prompt: detail,
    ignoreFocusOut: true,
    validateInput: (text) => check?.(text.trim()),
  });
}
