import type { Memento } from "vscode";
import { placeId } from "../domain/connection.ts";
import type { Connections } from "../services/connections.ts";

const KEY = "sagemakerOps.deployment";

/** A deployment that was confirmed and begun. */
export interface BegunDeployment {
  stackName: string;
  isNew: boolean;
  /** Of the change set. */
  changes: number;
}

/** The deployment of this workspace that is under way, kept so that a window that was reloaded finds it again. */
export class DeploymentMemory {
  private isOurs = false;

  constructor(
    private readonly memento: Memento,
    private readonly connections: Connections,
  ) {}

  /** Remembers a deployment while the work on it goes on. */
  async keep(begun: BegunDeployment, work: (begun: BegunDeployment) => Promise<void>): Promise<void> {
    this.isOurs = true;
    await this.memento.update(KEY, { ...begun, place: this.place() });
    try {
      await work(begun);
    } finally {
      this.isOurs = false;
      await this.memento.update(KEY, undefined);
    }
  }

  /** What was begun before this window was loaded, in the account and region that it is connected to. */
  begunBefore(): BegunDeployment | undefined {
    const kept = this.memento.get<BegunDeployment & { place: string | undefined }>(KEY);
    return kept && !this.isOurs && kept.place === this.place() ? kept : undefined;
  }

  private place(): string | undefined {
    const { current } = this.connections;
    return current && placeId(current);
  }
}
