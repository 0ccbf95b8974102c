import { env, l10n, ProgressLocation, Uri, window } from "vscode";
import type { SsoPrompt } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";

/** Asks for the code of the MFA device of a profile. @throws OpsError cancelled */
export async function askForMfaCode(serial: string, profile: string): Promise<string> {
  const code = await window.showInputBox({
    title: l10n.t("Multi-factor authentication of {0}", profile),
    prompt: l10n.t("Code of device {0}", serial),
    placeHolder: "123456",
    ignoreFocusOut: true,
    validateInput: (text) => (/^\d{6}$/.test(text.trim()) ? undefined : l10n.t("The code has six digits.")),
  });
  if (code === undefined) throw new OpsError("cancelled", l10n.t("No MFA code was entered."));
  return code.trim();
}

/** Runs a sign-in in the browser: opens the page, and shows the code that it must show, too, until it is done. */
export async function showSsoSignIn(
  profile: string,
  signIn: (show: (prompt: SsoPrompt) => void, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const options = {
    location: ProgressLocation.Notification,
    title: l10n.t("Signing in {0}", profile),
    cancellable: true,
  };
  await window.withProgress(options, async (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    await signIn(({ url, code }) => {
      progress.report({ message: l10n.t("confirm in the browser that it shows {0}", code) });
      // On a remote machine this opens the browser where the user sits.
      void env.openExternal(Uri.parse(url, true));
    }, stop.signal);
  });
}
