import { MetricStore } from "../engine/metricStore.ts";
import { ServiceBuilder } from "../wire/serviceBuilder.ts";
import { serviceInfo } from "../wire/serviceInfo.ts";
import type { ServiceModule, World } from "../world.ts";
import { Alarms } from "./alarms.ts";
import { registerDashboards } from "./dashboards.ts";
import { registerMetrics } from "./metrics.ts";

/** CloudWatch, with the doors through which the other services record metrics and hear of alarms. */
export interface CloudWatchModule extends ServiceModule {
  metricsOf(region: string): MetricStore;
  alarms: Alarms;
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
  alarms.register(service);
  registerDashboards(service, world);
  return { services: [service], metricsOf, alarms, close: async () => alarms.close() };
}
