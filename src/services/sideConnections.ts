import * as l10n from "@vscode/l10n";
import type { CredentialPrompts } from "../aws/credentials.ts";
import { type Connection, describeConnection, placeId } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import { Connections, type ConnectRequest } from "./connections.ts";
import { Emitter } from "./emitter.ts";
import { Endpoints } from "./endpoints.ts";

/** Another account or region that is looked at beside the current connection. Nothing is changed or sent through it. */
export interface SideConnection {
  /** Kind, account, region and address: the same place is looked at once. */
  id: string;
  connection: Connection;
  endpoints: Endpoints;
}

type Held = SideConnection & { connections: Connections; forget(): void };

/** The connections beside the current one, in the order in which they were added. */
export class SideConnections {
  readonly onDidChange = new Emitter<void>();
  private readonly held = new Map<string, Held>();
  private visible = false;

  /** @param main the current connection, which is no side */
  constructor(
    private readonly main: Connections,
    private readonly prompts: CredentialPrompts = {},
  ) {}

  list(): readonly SideConnection[] {
    return [...this.held.values()];
  }

  /**
   * Signs in to another place and looks at it, too.
   * @param prompts in place of those of all sides, for this sign-in
   * @throws OpsError conflict for a place that is looked at already; credentials, unreachable, badInput as `Connections.connect`
   */
  async add(request: ConnectRequest, prompts: CredentialPrompts = this.prompts): Promise<SideConnection> {
    const connections = new Connections(this.prompts);
    const connection = await connections.connect(request, prompts);
    const id = placeId(connection);
    if (this.held.has(id) || (this.main.current && placeId(this.main.current) === id)) {
      connections.disconnect();
      throw new OpsError("conflict", l10n.t("{0} is in the explorer already.", describeConnection(connection)), {
        hint: l10n.t("Choose another profile or region."),
      });
    }
    const endpoints = new Endpoints(connections);
    const forget = endpoints.onDidChange.on(() => this.onDidChange.fire());
    const side: Held = { id, connection, endpoints, connections, forget };
    this.held.set(id, side);
    endpoints.setVisible(this.visible);
    this.onDidChange.fire();
    return side;
  }

  remove(id: string): void {
    const side = this.held.get(id);
    if (!side) return;
    this.held.delete(id);
    release(side);
    this.onDidChange.fire();
  }

  /** Reads all of them anew. */
  async refresh(): Promise<void> {
    await Promise.all([...this.held.values()].map(({ endpoints }) => endpoints.refresh()));
  }

  /** Nothing is polled while the view is hidden. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    for (const { endpoints } of this.held.values()) endpoints.setVisible(visible);
  }

  dispose(): void {
    for (const side of this.held.values()) release(side);
    this.held.clear();
  }
}

function release({ forget, endpoints, connections }: Held): void {
  forget();
  endpoints.dispose();
  connections.disconnect();
}
