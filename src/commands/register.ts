import { commands, Disposable, type LogOutputChannel, l10n, window } from "vscode";
import { type CommandId, type Commands, commandIds } from "../contributions.ts";
import { describeOpsError, type OpsError, toOpsError } from "../domain/errors.ts";
import { type NextStep, nextSteps, repeatOf } from "./nextSteps.ts";

/** What each command does; a table that lacks one does not compile. */
export type CommandTable = { [K in CommandId]: (...args: Commands[K]) => void | Promise<void> };

/**
 * Registers every command. This is the one place where a failure of a command is shown, once.
 * @param table gives what the commands do; it is asked when one is called, not before
 */
export function registerCommands(
  table: () => Promise<CommandTable>,
  log: LogOutputChannel,
  signInAgain: SignInAgain,
): Disposable {
  const registered = commandIds.map((id) =>
    commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        // VS Code passes what a menu or a caller gives; each command checks what it needs of it.
        await ((await table())[id] as (...args: unknown[]) => void | Promise<void>)(...args);
      } catch (error) {
        showFailure(id, error, log, {
          signInAgain,
          repeat: () => commands.executeCommand(id, ...args),
        });
      }
    }),
  );
  return Disposable.from(...registered);
}

/** How a call that failed for its credentials is led on. */
interface Recovery {
  signInAgain: SignInAgain;
  repeat(): Thenable<unknown>;
}

/** Gives the way to sign in anew where the profile in use has one. */
export type SignInAgain = () => Promise<{ run(): Promise<void> } | undefined>;

/** Cancelling is silent; anything else is said once, and written to the log with its cause. */
export function showFailure(id: CommandId, error: unknown, log: LogOutputChannel, recovery?: Recovery): void {
  const failure = toOpsError(error);
  if (failure.code === "cancelled") {
    log.info(`${id}: ${failure.message}`);
    return;
  }
  log.error(`${id}: ${describeOpsError(failure)}`);
  for (let cause = failure.cause; cause instanceof Error; cause = cause.cause) log.error(cause.stack ?? cause.message);
  void stepsFor(failure, recovery)
    .then((steps) => window.showErrorMessage(describeOpsError(failure), ...steps))
    .then((step) => step?.run())
    .then(undefined, (next: unknown) => showFailure(id, next, log));
}

/** An expired session is renewed where the call failed, and the call repeated. */
async function stepsFor(failure: OpsError, recovery: Recovery | undefined): Promise<NextStep[]> {
  const steps = nextSteps(failure);
  if (failure.code !== "credentials" || !recovery) return steps;
  const way = await recovery.signInAgain().catch(() => undefined);
  if (!way) return steps;
  const again = async () => {
    await way.run();
    await (repeatOf(failure) ?? recovery.repeat)();
  };
  return [{ title: l10n.t("Sign In Again"), run: again }, ...steps];
}
