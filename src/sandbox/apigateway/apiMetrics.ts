import type { MetricId } from "../engine/metricStore.ts";
import type { World } from "../world.ts";
import { type ApiStage, type RestApi, settingKey } from "./apiStore.ts";
import type { GatewayCall } from "./proxyEvent.ts";

/** The metrics of one set of dimensions; kept, because a metric's identity is cached on the object. */
class Group {
  readonly count: MetricId;
  readonly clientErrors: MetricId;
  readonly serverErrors: MetricId;
  readonly latency: MetricId;
  readonly integrationLatency: MetricId;

  constructor(dimensions: Record<string, string>) {
    const id = (name: string): MetricId => ({ namespace: "AWS/ApiGateway", name, dimensions });
    this.count = id("Count");
    this.clientErrors = id("4XXError");
    this.serverErrors = id("5XXError");
    this.latency = id("Latency");
    this.integrationLatency = id("IntegrationLatency");
  }
}

/**
 * Namespace `AWS/ApiGateway` (AWS: "Amazon API Gateway dimensions and metrics"): by ApiName; with Stage; and with
 * Method and Resource where the stage has detailed metrics. As on AWS, APIs of the same name are counted together.
 */
export class ApiMetrics {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly world: World) {}

  /**
   * A request that a stage has answered.
   * @param call undefined when the API has no such method
   * @param status what the request counts as
   * @param latencyMs from its arrival to the answer
   */
  record(api: RestApi, stage: ApiStage, call: GatewayCall | undefined, status: number, latencyMs: number): void {
    const store = this.world.metrics.of(api.region);
    for (const group of this.groupsOf(api, stage, call)) {
      store.record(group.count, 1, "Count");
      // Of every request, so that the average is the share of errors.
      store.record(group.clientErrors, status >= 400 && status < 500 ? 1 : 0, "Count");
      store.record(group.serverErrors, status >= 500 ? 1 : 0, "Count");
      store.record(group.latency, latencyMs, "Milliseconds");
      if (call?.integrationMs !== undefined) store.record(group.integrationLatency, call.integrationMs, "Milliseconds");
    }
  }

  private groupsOf(api: RestApi, stage: ApiStage, call: GatewayCall | undefined): Group[] {
    const ApiName = apiNameOf(api);
    const Stage = stage.name;
    const groups = [this.group(ApiName, { ApiName }), this.group(`${ApiName}\n${Stage}`, { ApiName, Stage })];
    if (!call) return groups;
    const { resourcePath: Resource } = call;
    const Method = call.req.method;
    if (stage.methodSettings.get(settingKey(stage, Resource, Method))?.metricsEnabled)
      groups.push(this.group(`${ApiName}\n${Stage}\n${Method}\n${Resource}`, { ApiName, Method, Resource, Stage }));
    return groups;
  }

  private group(key: string, dimensions: Record<string, string>): Group {
    let group = this.groups.get(key);
    if (!group) {
      group = new Group(dimensions);
      this.groups.set(key, group);
    }
    return group;
  }
}

/** An API's name without what is not ASCII; its id when nothing is left (AWS: the same page). */
const apiNameOf = ({ name, id }: RestApi) => name.replace(/[^\0-\x7f]/g, "") || id;
