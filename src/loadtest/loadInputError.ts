import * as l10n from "@vscode/l10n";

/** The engine itself failed: nothing that a plan could be corrected for. */
export class LoadEngineError extends Error {
  readonly hint = l10n.t("Run it again; if this repeats, build or reinstall the extension.");

  constructor(message: string) {
    super(message);
    this.name = "LoadEngineError";
  }
}

/** Input that a run cannot start from: `message` names the thing, `hint` the way out. */
export class LoadInputError extends Error {
  readonly code = "LoadInput";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = "LoadInputError";
    this.hint = hint;
  }
}
