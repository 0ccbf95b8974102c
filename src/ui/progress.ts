import { l10n, ProgressLocation, window } from "vscode";

/**
 * Runs work under a notification with a Cancel button. The signal fires when the button is pressed; the work decides
 * how it ends.
 */
export async function withCancellableProgress<T>(
  title: string,
  work: (say: (message: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => {
        progress.report({ message: l10n.t("cancelling…") });
        controller.abort();
      });
      const say = (message: string) => {
        if (!controller.signal.aborted) progress.report({ message });
      };
      return work(say, controller.signal);
    },
  );
}
