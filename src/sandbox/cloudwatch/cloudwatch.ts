import type { Persistent } from "../engine/dataDir.ts";
import { MetricStore } from "../engine/metricStore.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { registerAlarms } from "./alarmOperations.ts";
import { Alarms } from "./alarms.ts";
import { type Dashboard, registerDashboards } from "./dashboards.ts";
import { registerMetrics } from "./metrics.ts";

/** CloudWatch, with the doors through which the other services record metrics and hear of alarms. */
export interface CloudWatchModule extends ServiceModule {
  metricsOf(region: string): MetricStore;
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
  const stores = new Map<string, MetricStore>();
  const metricsOf = (region: string): MetricStore => {
    let store = stores.get(region);
    if (!store) {
      store = new MetricStore(world.clock);
      stores.set(region, store);
    }
    return store;
  };
  const alarms = new Alarms(world, metricsOf);
  const service = new ServiceBuilder(serviceInfo.cloudwatch);
  registerMetrics(service, world, metricsOf);
  registerAlarms(service, alarms);
  const dashboards = new Map<string, Map<string, Dashboard>>();
  registerDashboards(service, world, dashboards);
  const persist: Persistent = {
    name: "cloudwatch",
    save: (): Saved => ({
      dashboards,
      alarms: alarms.save(),
      metrics: new Map([...stores].map(([region, store]) => [region, store.save("clients")])),
    }),
    load(saved) {
      const state = saved as Saved;
      for (const [region, own] of state.dashboards) dashboards.set(region, own);
      for (const [region, series] of state.metrics) metricsOf(region).load(series);
      alarms.load(state.alarms);
    },
  };
  const measured: Persistent = {
    name: "metrics",
    lazy: true,
    save: () => new Map([...stores].map(([region, store]) => [region, store.save("services")])),
    load(saved) {
      for (const [region, series] of saved as Map<string, unknown>) metricsOf(region).load(series);
    },
  };
  return {
    services: [service],
    metricsOf,
    alarms,
    measured: { services: [], persist: measured },
    persist,
    close: async () => alarms.close(),
  };
}
