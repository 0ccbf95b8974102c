import type { Memento } from "vscode";
import type { Connections } from "../services/connections.ts";
import { Emitter } from "../services/emitter.ts";

const KEY = "sagemakerOps.favorites";

/** Endpoints that the user wants on top, by account and region; kept over windows. */
export class Favorites {
  readonly onDidChange = new Emitter<void>();

  constructor(
    private readonly memento: Memento,
    private readonly connections: Connections,
  ) {}

  /** Names on the current connection. */
  names(): string[] {
    const place = this.place();
    return place === undefined ? [] : (this.all()[place] ?? []);
  }

  has(name: string): boolean {
    return this.names().includes(name);
  }

  async set(name: string, wanted: boolean): Promise<void> {
    const place = this.place();
    if (place === undefined || this.has(name) === wanted) return;
    const names = wanted ? [...this.names(), name] : this.names().filter((other) => other !== name);
    await this.memento.update(KEY, { ...this.all(), [place]: names });
    this.onDidChange.fire();
  }

  private all(): Record<string, string[]> {
    return this.memento.get<Record<string, string[]>>(KEY, {});
  }

  private place(): string | undefined {
    const { current } = this.connections;
    return current && `${current.kind}/${current.accountId}/${current.region}`;
  }
}
