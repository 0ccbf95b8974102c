import { describeActivities, describeScaling } from "../aws/autoscaling.ts";
import { inferenceComponentNames, listInferenceComponents } from "../aws/inferenceComponents.ts";
import {
  deleteEndpoint,
  describeEndpoint,
  describeEndpointConfig,
  describeModel,
  listEndpoints,
  listTags,
  withConfig,
} from "../aws/sagemaker.ts";
import { endpointHourlyCost } from "../domain/cost.ts";
import {
  type Endpoint,
  type EndpointConfig,
  type EndpointFilter,
  type EndpointSummary,
  type InferenceComponent,
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
  /** Undefined: all are listed. */
  filter?: EndpointFilter;
}

const EMPTY: EndpointsSnapshot = { state: "loading", endpoints: [], hasMore: false };
/** Pages that a refresh reads; SageMaker gives 100 endpoints a page. */
const MOST_PAGES = 10;
/** Pages that are read to show more: some seconds on AWS, and few enough additions for the largest accounts. */
const MOST_MORE_PAGES = 25;
/** Tags are read one resource at a time, this many at once. */
const TAGS_AT_ONCE = 8;
const FIRST_POLL_MS = 2_000;
const LONGEST_POLL_MS = 30_000;
const SANDBOX_POLL_MS = 700;
/**
 * How long an endpoint is followed at most after its load, of AWS's time: its low alarm wants 15 minutes of calm (AWS:
 * "Target tracking scaling policies"), and then instances leave.
 */
const SETTLING_MS = 40 * 60_000;
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
  private readonly tagsByArn = new Map<string, Promise<Record<string, string>>>();
  private readonly costs = new Map<string, Promise<number | undefined>>();
  /** By name: until when instances may still come and go although the status rests, epoch ms. */
  private readonly settling = new Map<string, number>();
  private pages = 1;
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
      this.pages = 1;
      this.details.clear();
      this.costs.clear();
      this.tagsByArn.clear();
      this.settling.clear();
      this.onDidChange.fire([]);
      if (this.visible && connections.current) void this.refresh();
    });
  }

  snapshot(): EndpointsSnapshot {
    return this.current;
  }

  /** Lists only some endpoints from now on; undefined lists all. */
  async setFilter(filter: EndpointFilter | undefined): Promise<void> {
    this.current = { ...EMPTY, filter };
    this.pages = 1;
    this.onDidChange.fire([]);
    await this.refresh();
  }

  /** Reads what is listed anew; a failure becomes part of the snapshot. */
  async refresh(): Promise<void> {
    const generation = this.generation;
    const { filter } = this.current;
    this.details.clear();
    this.costs.clear();
    this.tagsByArn.clear();
    const isStale = () => generation !== this.generation || filter !== this.current.filter;
    try {
      const endpoints: EndpointSummary[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < Math.min(this.pages, MOST_PAGES); page++) {
        const read = await this.readPage(nextToken, filter);
        if (isStale()) return;
        endpoints.push(...read.endpoints);
        nextToken = read.nextToken;
        if (!nextToken) break;
      }
      // A list that was opened further does not collapse: its end stays as it was read.
      if (nextToken && this.pages > MOST_PAGES) {
        endpoints.push(...endOf(this.current.endpoints, endpoints));
        nextToken = this.nextToken;
      }
      this.nextToken = nextToken;
      this.current = { state: "loaded", endpoints, hasMore: nextToken !== undefined, readAtMs: Date.now(), filter };
    } catch (e) {
      if (isStale()) return;
      this.current = { ...this.current, state: "failed", error: toOpsError(e) };
    }
    this.onDidChange.fire([]);
    this.watch();
  }

  /**
   * Appends as many pages as there are, so that a large account is open after a few clicks. VS Code makes all rows of a
   * view anew for each addition, and keeps some of the old ones.
   */
  async loadMore(): Promise<void> {
    const { filter } = this.current;
    const from = this.nextToken;
    // Each endpoint of a page may need a call for its tags.
    const wanted = filter?.tag ? 1 : Math.min(this.pages, MOST_MORE_PAGES);
    const added: EndpointSummary[] = [];
    let token = from;
    let pages = 0;
    for (; token && pages < wanted; pages++) {
      const read = await this.readPage(token, filter);
      // Another click, a refresh, a filter or a connection came before.
      if (this.nextToken !== from || filter !== this.current.filter) return;
      added.push(...read.endpoints);
      token = read.nextToken;
    }
    this.nextToken = token;
    this.pages += pages;
    const endpoints = [...this.current.endpoints, ...added];
    this.current = { ...this.current, endpoints, hasMore: token !== undefined };
    this.onDidChange.fire([]);
  }

  /** Tags of a resource, kept until the next refresh. */
  tags(arn: string): Promise<Record<string, string>> {
    const known = this.tagsByArn.get(arn);
    if (known) return known;
    const reading = listTags(this.connections.clients(), arn);
    this.tagsByArn.set(arn, reading);
    reading.catch(() => this.tagsByArn.delete(arn));
    return reading;
  }

  private async readPage(
    token: string | undefined,
    filter: EndpointFilter | undefined,
  ): Promise<{ endpoints: EndpointSummary[]; nextToken?: string }> {
    const page = await listEndpoints(this.connections.clients(), token, undefined, filter);
    if (!filter?.tag) return page;
    const { key, value } = filter.tag;
    const matching: EndpointSummary[] = [];
    for (let i = 0; i < page.endpoints.length; i += TAGS_AT_ONCE) {
      const some = page.endpoints.slice(i, i + TAGS_AT_ONCE);
      const tags = await Promise.all(some.map(({ arn }) => this.tags(arn)));
      matching.push(
        ...some.filter((_, at) => {
          const found = tags[at]?.[key];
          return found !== undefined && (value === undefined || found === value);
        }),
      );
    }
    return { ...page, endpoints: matching };
  }

  /** Reads one endpoint with all that belongs to it; kept until the next refresh unless `fresh`. */
  detail(name: string, options: { fresh?: boolean } = {}): Promise<EndpointDetail> {
    const known = this.details.get(name);
    if (known && !options.fresh) return known;
    const reading = this.reread(name);
    if (known) void this.tellChange(known, reading);
    return reading;
  }

  private reread(name: string): Promise<EndpointDetail> {
    const reading = this.read(name);
    this.details.set(name, reading);
    reading.catch(() => {
      if (this.details.get(name) === reading) this.details.delete(name);
    });
    return reading;
  }

  /** What an endpoint costs in US dollars an hour, by two calls; undefined when that is not known. Kept like details. */
  hourlyUsd(name: string): Promise<number | undefined> {
    const detail = this.details.get(name);
    if (detail) return detail.then(({ hourlyUsd }) => hourlyUsd).catch(() => undefined);
    const known = this.costs.get(name);
    if (known) return known;
    const clients = this.connections.clients();
    const reading = describeEndpoint(clients, name)
      .then(async (bare) =>
        endpointHourlyCost(withConfig(bare, await describeEndpointConfig(clients, bare.configName))),
      )
      .catch(() => undefined);
    this.costs.set(name, reading);
    return reading;
  }

  /** Names of the inference components that an endpoint hosts; empty also where they may not be listed. */
  inferenceComponents(name: string): Promise<string[]> {
    return inferenceComponentNames(this.connections.clients(), name).catch(() => []);
  }

  /** The inference components that an endpoint hosts. @throws OpsError accessDenied, throttled */
  components(name: string): Promise<InferenceComponent[]> {
    return listInferenceComponents(this.connections.clients(), name);
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

  /** Follows an endpoint whose load has ended, until it is back at its fewest instances. */
  followToRest(name: string): void {
    const timeScale = Math.max(1, this.connections.current?.timeScale ?? 1);
    this.settling.set(name, Date.now() + SETTLING_MS / timeScale);
    this.watch();
  }

  private isMoving({ name, status }: EndpointSummary): boolean {
    return isInTransition(status) || Date.now() < (this.settling.get(name) ?? 0);
  }

  /** Looks again at what is in transition; the wait doubles while nothing changes. */
  private watch(): void {
    clearTimeout(this.timer);
    if (!this.visible || !this.current.endpoints.some((e) => this.isMoving(e))) {
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
    const watched = this.current.endpoints.filter((e) => this.isMoving(e));
    const changed: string[] = [];
    for (const { name, status } of watched) {
      try {
        const known = await this.details.get(name);
        const detail = await this.reread(name);
        if (generation !== this.generation) return;
        this.replace(detail.endpoint);
        if (isAtRest(detail)) this.settling.delete(name);
        // How long a transition takes is shown; what only settles is drawn anew when it has changed.
        if (isInTransition(status) || JSON.stringify(known) !== JSON.stringify(detail)) changed.push(name);
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
    if (changed.length > 0) this.onDidChange.fire(changed);
    this.watch();
  }

  /** What a page or a command has read anew, everybody shows: nobody else asks about what seems to rest. */
  private async tellChange(known: Promise<EndpointDetail>, reading: Promise<EndpointDetail>): Promise<void> {
    const generation = this.generation;
    const [before, now] = await Promise.allSettled([known, reading]);
    if (generation !== this.generation || now.status === "rejected") return;
    if (before.status === "fulfilled" && JSON.stringify(before.value) === JSON.stringify(now.value)) return;
    this.replace(now.value.endpoint);
    this.onDidChange.fire([now.value.endpoint.name]);
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

/** Nothing is under way, and nothing is left that scaling could take away. */
function isAtRest({ endpoint, targets }: EndpointDetail): boolean {
  const fewest = (variant: string) => targets.find(({ variantName }) => variantName === variant)?.minInstances;
  return (
    !isInTransition(endpoint.status) &&
    endpoint.variants.every(({ name, currentInstances }) => currentInstances <= (fewest(name) ?? currentInstances))
  );
}

/** What a list had below the part that was read anew; what is new there has moved the rest down. */
function endOf(list: readonly EndpointSummary[], reread: readonly EndpointSummary[]): EndpointSummary[] {
  const old = new Set(list.map(({ name }) => name));
  const read = new Set(reread.map(({ name }) => name));
  const added = reread.filter(({ name }) => !old.has(name)).length;
  return list.slice(Math.max(0, reread.length - added)).filter(({ name }) => !read.has(name));
}
