import { describeActivities, describeScaling } from "../aws/autoscaling.ts";
import {
  deleteEndpoint,
  describeEndpoint,
  describeEndpointConfig,
  describeModel,
  listEndpoints,
  withConfig,
} from "../aws/sagemaker.ts";
import { endpointHourlyCost } from "../domain/cost.ts";
import {
  type Endpoint,
  type EndpointConfig,
  type EndpointSummary,
  isInTransition,
  type Model,
} from "../domain/endpoint.ts";
import { type OpsError, toOpsError } from "../domain/errors.ts";
import type { ScalableTarget, ScalingActivity } from "../domain/scaling.ts";
import type { Connections } from "./connections.ts";
import { Emitter } from "./emitter.ts";

/** Everything that the tree shows of one endpoint. */
export interface EndpointDetail {
  endpoint: Endpoint;
  config?: EndpointConfig;
  models: Model[];
  targets: ScalableTarget[];
  /** Newest first, over all variants. */
  activities: ScalingActivity[];
  hourlyUsd?: number;
}

/** The account's list as it is known now. */
export interface EndpointsSnapshot {
  state: "loading" | "loaded" | "failed";
  error?: OpsError;
  endpoints: EndpointSummary[];
  hasMore: boolean;
  readAtMs?: number;
}

const EMPTY: EndpointsSnapshot = { state: "loading", endpoints: [], hasMore: false };
const FIRST_POLL_MS = 2_000;
const LONGEST_POLL_MS = 30_000;
const SANDBOX_POLL_MS = 700;
const ACTIVITIES_SHOWN = 10;

/**
 * The endpoints of the connection. Keeps a snapshot; refreshes by itself only what is in transition, with back-off,
 * and nothing while nobody looks.
 */
export class Endpoints {
  /** Names of the endpoints that changed; an empty list means the list itself. */
  readonly onDidChange = new Emitter<string[]>();
  private current = EMPTY;
  private nextToken: string | undefined;
  private readonly details = new Map<string, Promise<EndpointDetail>>();
  private timer: NodeJS.Timeout | undefined;
  private waitMs = FIRST_POLL_MS;
  private visible = false;
  /** Bumped when the connection changes, so that late answers of the old one are dropped. */
  private generation = 0;
  private readonly forget: () => void;

  constructor(private readonly connections: Connections) {
    this.forget = connections.onDidChange.on(() => {
      this.generation++;
      this.current = EMPTY;
      this.nextToken = undefined;
      this.details.clear();
      this.onDidChange.fire([]);
      if (this.visible && connections.current) void this.refresh();
    });
  }

  snapshot(): EndpointsSnapshot {
    return this.current;
  }

  /** Reads the first page anew; a failure becomes part of the snapshot. */
  async refresh(): Promise<void> {
    const generation = this.generation;
    this.details.clear();
    try {
      const { endpoints, nextToken } = await listEndpoints(this.connections.clients());
      if (generation !== this.generation) return;
      this.nextToken = nextToken;
      this.current = { state: "loaded", endpoints, hasMore: nextToken !== undefined, readAtMs: Date.now() };
    } catch (e) {
      if (generation !== this.generation) return;
      this.current = { ...this.current, state: "failed", error: toOpsError(e) };
    }
    this.onDidChange.fire([]);
    this.watch();
  }

  /** Appends the next page. */
  async loadMore(): Promise<void> {
    if (!this.nextToken) return;
    const generation = this.generation;
    const page = await listEndpoints(this.connections.clients(), this.nextToken);
    if (generation !== this.generation) return;
    this.nextToken = page.nextToken;
    const endpoints = [...this.current.endpoints, ...page.endpoints];
    this.current = { ...this.current, endpoints, hasMore: page.nextToken !== undefined };
    this.onDidChange.fire([]);
  }

  /** Reads one endpoint with all that belongs to it; kept until the next refresh unless `fresh`. */
  detail(name: string, options: { fresh?: boolean } = {}): Promise<EndpointDetail> {
    const known = this.details.get(name);
    if (known && !options.fresh) return known;
    const reading = this.read(name);
    this.details.set(name, reading);
    reading.catch(() => {
      if (this.details.get(name) === reading) this.details.delete(name);
    });
    return reading;
  }

  /** Begins to delete it; the list then follows it until it is gone. */
  async remove(name: string): Promise<void> {
    await deleteEndpoint(this.connections.clients(), name);
    await this.refresh();
  }

  /** Nothing is polled while the views are hidden. */
  setVisible(visible: boolean): void {
    if (this.visible === visible) return;
    this.visible = visible;
    if (!visible) clearTimeout(this.timer);
    else if (this.connections.current && this.current.readAtMs === undefined) void this.refresh();
    else this.watch();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.forget();
  }

  private async read(name: string): Promise<EndpointDetail> {
    const clients = this.connections.clients();
    const bare = await describeEndpoint(clients, name);
    const variants = bare.variants.map((v) => v.name);
    // A configuration may have been deleted under a running endpoint; the endpoint is shown all the same.
    const config = await describeEndpointConfig(clients, bare.configName).catch(() => undefined);
    const endpoint = config ? withConfig(bare, config) : bare;
    const modelNames = [...new Set(endpoint.variants.flatMap((v) => (v.modelName ? [v.modelName] : [])))];
    const [targets, models, activities] = await Promise.all([
      describeScaling(clients, name, variants),
      Promise.all(modelNames.map((m) => describeModel(clients, m).catch(() => undefined))),
      Promise.all(variants.map((v) => describeActivities(clients, name, v, { most: ACTIVITIES_SHOWN }))),
    ]);
    return {
      endpoint,
      config,
      models: models.filter((m) => m !== undefined),
      targets,
      activities: activities.flat().sort((a, b) => b.startedAtMs - a.startedAtMs),
      hourlyUsd: endpointHourlyCost(endpoint),
    };
  }

  /** Looks again at what is in transition; the wait doubles while nothing changes. */
  private watch(): void {
    clearTimeout(this.timer);
    if (!this.visible || !this.current.endpoints.some((e) => isInTransition(e.status))) {
      this.waitMs = FIRST_POLL_MS;
      return;
    }
    const sandbox = this.connections.current?.kind === "sandbox";
    this.timer = setTimeout(() => void this.look(), sandbox ? SANDBOX_POLL_MS : this.waitMs);
    this.timer.unref?.();
  }

  private async look(): Promise<void> {
    const generation = this.generation;
    const before = new Map(this.current.endpoints.map((e) => [e.name, e]));
    const watched = this.current.endpoints.filter((e) => isInTransition(e.status));
    const changed: string[] = [];
    for (const { name } of watched) {
      try {
        const { endpoint } = await this.detail(name, { fresh: true });
        if (generation !== this.generation) return;
        this.replace(endpoint);
        changed.push(name);
      } catch {
        // Deleted meanwhile, or unreachable: the list tells which.
        if (generation === this.generation) await this.refresh();
        return;
      }
    }
    const moved = changed.some(
      (name) => before.get(name)?.status !== this.current.endpoints.find((e) => e.name === name)?.status,
    );
    this.waitMs = moved ? FIRST_POLL_MS : Math.min(LONGEST_POLL_MS, this.waitMs * 1.5);
    this.onDidChange.fire(changed);
    this.watch();
  }

  private replace(endpoint: EndpointSummary): void {
    const { name, arn, status, createdAtMs, modifiedAtMs } = endpoint;
    const endpoints = this.current.endpoints.map((e) =>
      e.name === name ? { name, arn, status, createdAtMs, modifiedAtMs } : e,
    );
    this.current = { ...this.current, endpoints };
  }
}
