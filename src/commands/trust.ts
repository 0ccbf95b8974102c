import { l10n, workspace } from "vscode";
import { OpsError } from "../domain/errors.ts";
import { trustStep, withSteps } from "./nextSteps.ts";

/** The project file and the plans decide what is touched: those of strangers are not followed. */
export function assertTrusted(what: string): void {
  if (workspace.isTrusted) return;
  const error = new OpsError("accessDenied", l10n.t("{0} is not done in an untrusted workspace.", what), {
    hint: l10n.t("Trust this workspace first."),
  });
  throw withSteps(error, trustStep);
}
