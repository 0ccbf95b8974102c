import { commands, l10n, Range, Uri } from "vscode";
import type { CommandId, Commands } from "../contributions.ts";
import type { FilePlace, OpsError, OpsErrorCode } from "../domain/errors.ts";

/** A button below an error. */
export interface NextStep {
  title: string;
  run(): unknown;
}

/** A step that is a command of ours. */
export function commandStep<K extends CommandId>(title: string, command: K, ...args: Commands[K]): NextStep {
  return { title, run: () => commands.executeCommand(command, ...args) };
}

const connect = commandStep(l10n.t("Connect…"), "sagemakerOps.connection.connect");
const BY_CODE: Partial<Record<OpsErrorCode, NextStep[]>> = {
  notConnected: [commandStep(l10n.t("Start Sandbox"), "sagemakerOps.sandbox.start"), connect],
  credentials: [connect],
  accessDenied: [connect],
  unreachable: [connect],
  notFound: [commandStep(l10n.t("Refresh"), "sagemakerOps.explorer.refresh")],
};

const offered = new WeakMap<OpsError, NextStep[]>();

/** Gives an error the steps that fit where it came up, in place of those of its kind. */
export function withSteps(error: OpsError, ...steps: NextStep[]): OpsError {
  offered.set(error, steps);
  return error;
}

const repeated = new WeakMap<OpsError, () => Promise<unknown>>();

/** Says what is to be done again after a sign-in, in place of the whole command with its questions. */
export function withRepeat(error: OpsError, repeat: () => Promise<unknown>): OpsError {
  repeated.set(error, repeat);
  return error;
}

export const repeatOf = (error: OpsError): (() => Promise<unknown>) | undefined => repeated.get(error);

/**
 * What can be done about an error, best first. The log helps only where the message does not say everything, or where
 * there is nothing else: VS Code cuts a notification without a button off after its first line.
 */
export function nextSteps(error: OpsError): NextStep[] {
  const steps = offered.get(error) ?? BY_CODE[error.code] ?? [];
  const file = error.place ? [{ title: l10n.t("Open File"), run: () => openPlace(error.place as FilePlace) }] : [];
  const isPlain = error.code === "badInput" || error.code === "conflict" || error.code === "notConnected";
  const log =
    isPlain && error.cause === undefined && steps.length > 0
      ? []
      : [commandStep(l10n.t("Show Log"), "sagemakerOps.log.show")];
  return [...file, ...steps, ...(file.length ? [] : log)];
}

/** Opens a file with the cursor on what is wrong. */
async function openPlace({ file, line = 1, column = 1 }: FilePlace): Promise<void> {
  const at = new Range(line - 1, column - 1, line - 1, column - 1);
  await commands.executeCommand("vscode.open", Uri.file(file), { selection: at });
}

/** Opens the settings at one of ours. */
export function settingStep(title: string, id: string): NextStep {
  return { title, run: () => commands.executeCommand("workbench.action.openSettings", `@id:${id}`) };
}

/** Where a workspace is trusted. */
export const trustStep: NextStep = {
  title: l10n.t("Manage Trust"),
  run: () => commands.executeCommand("workbench.trust.manage"),
};

/** A folder is opened. */
export const openFolderStep: NextStep = {
  title: l10n.t("Open Folder…"),
  run: () => commands.executeCommand("vscode.openFolder"),
};
