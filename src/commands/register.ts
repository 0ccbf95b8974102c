import { commands, Disposable, type LogOutputChannel, window } from "vscode";
import { type CommandId, type Commands, commandIds } from "../contributions.ts";
import { describeOpsError, type OpsErrorCode, toOpsError } from "../domain/errors.ts";

/** What each command does; a table that lacks one does not compile. */
export type CommandTable = { [K in CommandId]: (...args: Commands[K]) => void | Promise<void> };

/** The next step after a failure, as buttons. */
const NEXT_STEPS: Partial<Record<OpsErrorCode, { title: string; command: CommandId }[]>> = {
  notConnected: [
    { title: "Start Sandbox", command: "sagemakerOps.sandbox.start" },
    { title: "Connect…", command: "sagemakerOps.connection.connect" },
  ],
  credentials: [{ title: "Connect…", command: "sagemakerOps.connection.connect" }],
  accessDenied: [{ title: "Connect…", command: "sagemakerOps.connection.connect" }],
  notFound: [{ title: "Refresh", command: "sagemakerOps.explorer.refresh" }],
  unreachable: [{ title: "Connect…", command: "sagemakerOps.connection.connect" }],
  deploymentFailed: [{ title: "Deploy Again…", command: "sagemakerOps.stack.deploy" }],
};

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
function showFailure(id: CommandId, error: unknown, log: LogOutputChannel): void {
  const failure = toOpsError(error);
  if (failure.code === "cancelled") {
    log.info(`${id}: ${failure.message}`);
    return;
  }
  log.error(`${id}: ${describeOpsError(failure)}`);
  for (let cause = failure.cause; cause instanceof Error; cause = cause.cause) log.error(cause.stack ?? cause.message);
  const steps = [...(NEXT_STEPS[failure.code] ?? []), { title: "Show Log", command: "sagemakerOps.log.show" as const }];
  void window.showErrorMessage(describeOpsError(failure), ...steps).then((step) => {
    if (step) void commands.executeCommand(step.command);
  });
}
