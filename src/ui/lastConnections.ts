import { commands, l10n, type Memento, window, workspace } from "vscode";
import { viewIds } from "../contributions.ts";
import type { Connection } from "../domain/connection.ts";
import { OpsError } from "../domain/errors.ts";
import type { Connections } from "../services/connections.ts";
import type { SideConnections } from "../services/sideConnections.ts";
import { readSetting } from "./settings.ts";

const CURRENT = "sagemakerOps.connection";
const BESIDE = "sagemakerOps.sideConnections";

/** By what a workspace finds an account again: no credential is among it. */
interface Place {
  profile?: string;
  region: string;
}

/** The current connection was the window's own sandbox. */
const SANDBOX = "sandbox";

const placeOf = ({ kind, profile, region }: Connection): Place | undefined =>
  kind === "aws" ? { profile, region } : undefined;
const isSame = (a: Place, b: Place) => a.profile === b.profile && a.region === b.region;

/**
 * The AWS accounts that a workspace was last connected to: the current one, or its sandbox, and those beside it in the
 * explorer.
 */
export class LastConnections {
  private isTried = false;
  private areSidesTried = false;
  /** Those that could not be reached this time; they are tried again in the next window. */
  private unreached: Place[] = [];
  private readonly forget: (() => void)[];

  constructor(
    private readonly connections: Connections,
    private readonly sides: SideConnections,
    private readonly memento: Memento,
  ) {
    this.forget = [
      connections.onDidChange.on((connection) => {
        this.isTried = true;
        // A sandbox that was stopped is not started again.
        if (connection) void memento.update(CURRENT, placeOf(connection) ?? SANDBOX);
        else if (memento.get(CURRENT) === SANDBOX) void memento.update(CURRENT, undefined);
      }),
      sides.onDidChange.on(() => this.keepSides()),
    ];
  }

  /**
   * Connects to them again, once in a window, when somebody looks. Nothing is asked for: a profile that wants a code or
   * a new sign-in waits for its user.
   * @throws OpsError as `Connections.connect`, of the first that failed, when all have been tried
   */
  async restore(): Promise<void> {
    if (!workspace.isTrusted || !readSetting("sagemakerOps.connection.reconnect")) return;
    const current = await Promise.allSettled([this.restoreCurrent()]);
    const outcomes = [...current, ...(await Promise.allSettled(this.restoreSides()))];
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  private async restoreCurrent(): Promise<void> {
    const place = this.memento.get<Place | typeof SANDBOX>(CURRENT);
    if (this.isTried || !place) return;
    this.isTried = true;
    if (place === SANDBOX) {
      await commands.executeCommand("sagemakerOps.sandbox.start");
      return;
    }
    await inView(place, () => this.connections.connect({ kind: "aws", ...place }, UNASKED));
  }

  private restoreSides(): Promise<unknown>[] {
    if (this.areSidesTried) return [];
    this.areSidesTried = true;
    this.unreached = this.memento.get<Place[]>(BESIDE) ?? [];
    return this.unreached.map((place) => inView(place, () => this.sides.add({ kind: "aws", ...place }, UNASKED)));
  }

  /** Also fires when their endpoints change, so it writes only what is new. */
  private keepSides(): void {
    const held = this.sides.list().flatMap(({ connection }) => placeOf(connection) ?? []);
    this.unreached = this.unreached.filter((place) => !held.some((other) => isSame(place, other)));
    const places = [...held, ...this.unreached];
    const kept = this.memento.get<Place[]>(BESIDE) ?? [];
    if (places.length === kept.length && places.every((place) => kept.some((other) => isSame(place, other)))) return;
    void this.memento.update(BESIDE, places);
  }

  dispose(): void {
    for (const forget of this.forget) forget();
  }
}

const UNASKED = { mfaCode: () => Promise.reject(new OpsError("credentials", l10n.t("No MFA code was entered."))) };

function inView<T>({ profile }: Place, work: () => Promise<T>): Promise<T> {
  const title = l10n.t("Connecting to {0}", profile ?? "AWS");
  return Promise.resolve(window.withProgress({ location: { viewId: viewIds.endpoints }, title }, work));
}
