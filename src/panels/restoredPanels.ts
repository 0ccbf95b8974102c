import { Disposable, type WebviewPanel, window } from "vscode";

/** Kinds of panels that come back when the window is reloaded. */
export const ENDPOINT_VIEW = "sagemakerOps.endpoint";
export const LOAD_RUN_VIEW = "sagemakerOps.loadRun";

/** Takes a panel that VS Code kept; `state` is what its page remembered, and is not to be believed. */
interface Restoring {
  restore(panel: WebviewPanel, state: unknown): void | Promise<void>;
}

/** Tells VS Code who takes panels back. @param panels gives them; it is asked when there is one to take back */
export function restorePanels(panels: () => Promise<{ endpointPanels: Restoring; runPanels: Restoring }>): Disposable {
  const restore = (viewType: string, kind: "endpointPanels" | "runPanels") =>
    window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel, state: unknown) => (await panels())[kind].restore(panel, state),
    });
  return Disposable.from(restore(ENDPOINT_VIEW, "endpointPanels"), restore(LOAD_RUN_VIEW, "runPanels"));
}
