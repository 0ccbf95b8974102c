import { commands, Disposable, type LogOutputChannel, window } from "vscode";
import { type CommandId, type Commands, commandIds } from "../contributions.ts";
import { describeOpsError, toOpsError } from "../domain/errors.ts";
import { nextSteps } from "./nextSteps.ts";

/** What each command does; a table that lacks one does not compile. */
export type CommandTable = { [K in CommandId]: (...args: Commands[K]) => void | Promise<void> };

/** Registers every command. This is the one place where a failure of a command is shown, once. */
export function registerCommands(table: CommandTable, log: LogOutputChannel): Disposable {
  const registered = commandIds.map((id) =>
    commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        // VS Code passes what a menu or a caller gives; each command checks what it needs of it.
        await (table[id] as (...args: unknown[]) => void | Promise<void>)(...args);
      } catch (error) {
        showFailure(id, error, log);
      }
    }),
  );
  return Disposable.from(...registered);
}

/** Cancelling is silent; anything else is said once, and written to the log with its cause. */
export function showFailure(id: CommandId, error: unknown, log: LogOutputChannel): void {
  const failure = toOpsError(error);
  if (failure.code === "cancelled") {
    log.info(`${id}: ${failure.message}`);
    return;
  }
  log.error(`${id}: ${describeOpsError(failure)}`);
  for (let cause = failure.cause; cause instanceof Error; cause = cause.cause) log.error(cause.stack ?? cause.message);
  void window
    .showErrorMessage(describeOpsError(failure), ...nextSteps(failure))
    .then((step) => step?.run())
    .then(undefined, (next: unknown) => showFailure(id, next, log));
}
