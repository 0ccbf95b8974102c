import { l10n, type Memento, window, workspace } from "vscode";
import { viewIds } from "../contributions.ts";
import { OpsError } from "../domain/errors.ts";
import type { Connections } from "../services/connections.ts";
import { readSetting } from "./settings.ts";

const KEY = "sagemakerOps.connection";

/** By what a workspace finds its account again: no credential is among it. */
interface Place {
  profile?: string;
  region: string;
}

/** The AWS account that a workspace was last connected to. */
export class LastConnection {
  private isTried = false;
  private readonly forget: () => void;

  constructor(
    private readonly connections: Connections,
    private readonly memento: Memento,
  ) {
    this.forget = connections.onDidChange.on((connection) => {
      this.isTried = true;
      if (!connection) return;
      const { kind, profile, region } = connection;
      // A sandbox is another one each time.
      void memento.update(KEY, kind === "aws" ? { profile, region } : undefined);
    });
  }

  /**
   * Connects to it again, once in a window, when somebody looks. Nothing is asked for: a profile that wants a code or a
   * new sign-in waits for its user.
   * @throws OpsError as `Connections.connect`
   */
  async restore(): Promise<void> {
    const place = this.memento.get<Place>(KEY);
    if (this.isTried || !place || !workspace.isTrusted || !readSetting("sagemakerOps.connection.reconnect")) return;
    this.isTried = true;
    const title = l10n.t("Connecting to {0}", place.profile ?? "AWS");
    const mfaCode = () => Promise.reject(new OpsError("credentials", l10n.t("No MFA code was entered.")));
    await window.withProgress({ location: { viewId: viewIds.endpoints }, title }, () =>
      this.connections.connect({ kind: "aws", ...place }, { mfaCode }),
    );
  }

  dispose(): void {
    this.forget();
  }
}
