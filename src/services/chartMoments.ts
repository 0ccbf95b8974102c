import { alarmStateChanges } from "../aws/cloudwatch.ts";
import type { PastDeployment } from "../domain/deploymentHistory.ts";
import type { Stack } from "../domain/stack.ts";
import type { Connections } from "./connections.ts";
import { readDeployments } from "./deploymentHistory.ts";
import type { EndpointDetail } from "./endpoints.ts";

/** What happened in the time of some charts, beside what the endpoint itself tells. */
export interface ChartMoments {
  /** When alarms of the scaling policies went off; absent when they could not be read. */
  alarms?: { name: string; atMs: number }[];
  /** Operations on the stack that the endpoint belongs to. */
  deployments: (Pick<PastDeployment, "kind" | "status"> & { stackName: string; atMs: number })[];
}

/** Reads what charts mark, and only when something has changed that they would mark: what rests costs no calls. */
export class ChartMomentReader {
  private key: string | undefined;

  constructor(private readonly connections: Connections) {}

  /**
   * @param rangeMinutes of the charts
   * @returns undefined when nothing can have changed since it was last asked
   */
  async read(
    { endpoint, targets }: Pick<EndpointDetail, "endpoint" | "targets">,
    stack: Stack | undefined,
    rangeMinutes: number,
  ): Promise<ChartMoments | undefined> {
    const clients = this.connections.clients();
    const alarms = targets.flatMap(({ policies }) => policies.flatMap((policy) => policy.alarms));
    const states = alarms.map(({ name, state, stateAtMs }) => [name, state, stateAtMs]);
    const key = JSON.stringify([rangeMinutes, states, endpoint.configName, stack?.id, stack?.status]);
    if (key === this.key) return undefined;
    this.key = key;
    const fromMs = Date.now() - rangeMinutes * 60_000;
    const [alarmed, deployed] = await Promise.all([
      // Who may not read them sees the alarm that is on now.
      Promise.all(alarms.map(({ name }) => alarmStateChanges(clients, name, fromMs))).catch(() => undefined),
      stack ? readDeployments(this.connections, stack).catch(() => []) : [],
    ]);
    return {
      alarms: alarmed?.flatMap((changes, i) =>
        changes.filter(({ state }) => state === "ALARM").map(({ atMs }) => ({ name: alarms[i]?.name ?? "", atMs })),
      ),
      deployments: deployed.map((each) => ({
        kind: each.kind,
        status: each.status,
        stackName: stack?.name ?? "",
        atMs: each.endedAtMs ?? each.startedAtMs,
      })),
    };
  }

  /** Another account has others. */
  forget(): void {
    this.key = undefined;
  }
}
