import type { Persistent } from "../engine/dataDir.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { registerAlarms } from "./alarmOperations.ts";
import { Alarms } from "./alarms.ts";
import { type Dashboard, registerDashboards } from "./dashboards.ts";
import { registerMetrics } from "./metrics.ts";

/** CloudWatch, with the door through which the other services hear of alarms. */
export interface CloudWatchModule extends ServiceModule {
  alarms: Alarms;
  /** Keeps what the services have measured: much, often changed, and nothing that a request has acknowledged. */
  measured: ServiceModule;
}

interface Saved {
  dashboards: Map<string, Map<string, Dashboard>>;
  alarms: ReturnType<Alarms["save"]>;
  metrics: Map<string, unknown>;
}

export function createCloudWatch(world: World): CloudWatchModule {
  const { metrics } = world;
  const alarms = new Alarms(world, metrics.of);
  const service = new ServiceBuilder(serviceInfo.cloudwatch);
  registerMetrics(service, world, metrics.of);
  registerAlarms(service, alarms);
  const dashboards = new Map<string, Map<string, Dashboard>>();
  registerDashboards(service, world, dashboards);
  const persist: Persistent = {
    name: "cloudwatch",
    save: (): Saved => ({
      dashboards,
      alarms: alarms.save(),
      metrics: metrics.save("clients"),
    }),
    load(saved) {
      const state = saved as Saved;
      for (const [region, own] of state.dashboards) dashboards.set(region, own);
      metrics.load(state.metrics);
      alarms.load(state.alarms);
    },
  };
  const measured: Persistent = {
    name: "metrics",
    lazy: true,
    save: () => metrics.save("services"),
    load: (saved) => metrics.load(saved as Map<string, unknown>),
  };
  return {
    services: [service],
    alarms,
    measured: { services: [], persist: measured },
    persist,
    close: async () => alarms.close(),
  };
}
