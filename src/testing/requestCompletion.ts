import {
  CompletionItem,
  CompletionItemKind,
  type Disposable,
  type DocumentSelector,
  languages,
  Position,
  Range,
  SnippetString,
} from "vscode";
import { type PredictSuggestion, predictSuggestions } from "../domain/predictSuggestions.ts";

const KINDS: Record<PredictSuggestion["kind"], CompletionItemKind> = {
  keyword: CompletionItemKind.Keyword,
  header: CompletionItemKind.Field,
  value: CompletionItemKind.Value,
};

/** Proposes expectations, headers and their values in files of saved requests. */
export function createRequestCompletion(selector: DocumentSelector): Disposable {
  const provider = {
    provideCompletionItems: (document: Parameters<typeof itemsAt>[0], position: Position) =>
      itemsAt(document, position),
  };
  return languages.registerCompletionItemProvider(selector, provider, " ", ":", "#");
}

function itemsAt(document: { getText(range: Range): string }, position: Position): CompletionItem[] {
  const before = document.getText(new Range(new Position(0, 0), position));
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return predictSuggestions(before).map(({ label, insert, kind }, i) => {
    const item = new CompletionItem(label, KINDS[kind]);
    item.insertText = snippet(insert ?? label);
    // All of a header's value, which has slashes, or of a name with dashes, is taken for the word that is typed.
    const typed =
      kind === "value" ? /\S*$/.exec(line) : insert?.startsWith("#") ? /^#.*$|\S*$/.exec(line) : /[\w-]*$/.exec(line);
    item.range = new Range(position.translate(0, -(typed?.[0].length ?? 0)), position);
    item.sortText = String(i).padStart(2, "0");
    // After a header's name its values come next.
    if (kind === "header" || label === "# expect")
      item.command = { command: "editor.action.triggerSuggest", title: "" };
    return item;
  });
}

function snippet(text: string): SnippetString {
  const result = new SnippetString();
  for (const [, plain = "", filled] of text.matchAll(/([^‹]*)(?:‹([^›]*)›)?/g)) {
    result.appendText(plain);
    if (filled === undefined) continue;
    if (filled.includes("|")) result.appendChoice(filled.split("|"));
    else result.appendPlaceholder(filled);
  }
  return result;
}
