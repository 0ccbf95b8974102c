import { commands } from "vscode";
import type { ContextKey, ContextKeys } from "../contributions.ts";

const known = new Map<ContextKey, unknown>();

/** Sets a key that `when` clauses of package.json read; says it to VS Code only when it changes. */
export function setContext<K extends ContextKey>(key: K, value: ContextKeys[K]): void {
  if (known.get(key) === value) return;
  known.set(key, value);
  void commands.executeCommand("setContext", key, value);
}
