import type { ProductionVariantServerlessConfig } from "@aws-sdk/client-sagemaker";
import type { Clock } from "../engine/clock.ts";
import type { InstanceType } from "../engine/instanceTypes.ts";
import type { MetricId, MetricStore } from "../engine/metricStore.ts";
import { SimulatedInstance } from "../engine/simulatedInstance.ts";
import { WireError } from "../wire/types.ts";

/** Memory sizes of a serverless variant, MB (SageMaker API reference, ProductionVariantServerlessConfig). */
const MEMORY_SIZES = [4096, 3072, 1024, 5120, 6144, 2048];
/** *Simulated* start of an environment: image, model, ping. AWS publishes no figure. */
const COLD_START_MS = 6_000;
/** *Simulated* time after which an idle environment is taken away. */
const IDLE_MS = 300_000;
/** *Simulated*: compute grows with memory; 3 GB serve a request as fast as a vCPU of an instance. */
const FULL_SPEED_MB = 3_072;
const SERVICE_MS = 3;
/** SageMaker publishes the utilization once a minute. */
const PUBLISH_EVERY_MS = 60_000;

/** One execution environment: it serves one request at a time. */
interface Environment {
  instance: SimulatedInstance;
  busy: boolean;
  provisioned: boolean;
  /** Simulated idle time is counted from here; the clock's epoch ms. */
  usedMs: number;
}

/** What serves one request, until `done` is called. */
export interface Lease {
  instance: SimulatedInstance;
  /** Simulated ms that the environment takes to start; 0 when it was warm. */
  coldStartMs: number;
  done(): void;
}

/** Metrics of a serverless variant beside those of every variant. */
export type ServerlessMetrics = Record<
  | "setupTime"
  | "utilization"
  | "provisionedExecutions"
  | "provisionedUtilization"
  | "provisionedInvocations"
  | "spilloverInvocations",
  MetricId
>;

/** The metrics by their names in AWS/SageMaker (SageMaker developer guide, "Monitor a serverless endpoint"). */
export function serverlessMetrics(dimensions: Record<string, string>): ServerlessMetrics {
  const of = (name: string): MetricId => ({ namespace: "AWS/SageMaker", name, dimensions });
  return {
    setupTime: of("ModelSetupTime"),
    utilization: of("ServerlessConcurrentExecutionsUtilization"),
    provisionedExecutions: of("ServerlessProvisionedConcurrencyExecutions"),
    provisionedUtilization: of("ServerlessProvisionedConcurrencyUtilization"),
    provisionedInvocations: of("ServerlessProvisionedConcurrencyInvocations"),
    spilloverInvocations: of("ServerlessProvisionedConcurrencySpilloverInvocations"),
  };
}

/** The environments of a serverless variant: started when a request finds none free, up to MaxConcurrency. */
export class ServerlessPool {
  private readonly environments: Environment[] = [];
  private publishedMs: number;

  constructor(
    private config: ProductionVariantServerlessConfig,
    private readonly clock: Clock,
    private readonly metrics: ServerlessMetrics,
    private readonly random: () => number,
  ) {
    this.publishedMs = clock.now();
    this.provision();
  }

  /** Another concurrency, by UpdateEndpointWeightsAndCapacities. */
  configure(config: ProductionVariantServerlessConfig): void {
    this.config = config;
    this.provision();
  }

  /**
   * An environment for one request.
   * @returns undefined when as many requests as MaxConcurrency are under way
   */
  take(store: MetricStore): Lease | undefined {
    const now = this.clock.now();
    this.retire(now);
    const free = this.environments.find((e) => !e.busy && e.provisioned) ?? this.environments.find((e) => !e.busy);
    if (!free && this.environments.length >= (this.config.MaxConcurrency ?? 1)) return undefined;
    const environment = free ?? this.add(false);
    environment.busy = true;
    if (this.config.ProvisionedConcurrency)
      store.record(
        environment.provisioned ? this.metrics.provisionedInvocations : this.metrics.spilloverInvocations,
        1,
        "Count",
      );
    const coldStartMs = free ? 0 : COLD_START_MS;
    if (coldStartMs) store.record(this.metrics.setupTime, coldStartMs * 1000, "Microseconds");
    this.publish(store, now);
    return {
      instance: environment.instance,
      coldStartMs,
      done: () => {
        environment.busy = false;
        environment.usedMs = this.clock.now();
      },
    };
  }

  private provision(): void {
    const wanted = this.config.ProvisionedConcurrency ?? 0;
    for (const [i, environment] of this.environments.entries()) environment.provisioned = i < wanted;
    while (this.environments.length < wanted) this.add(true);
  }

  private add(provisioned: boolean): Environment {
    const type = environmentType(this.config.MemorySizeInMB ?? FULL_SPEED_MB);
    const instance = new SimulatedInstance(`serverless-${this.environments.length}`, type, this.random);
    const environment = { instance, busy: false, provisioned, usedMs: this.clock.now() };
    this.environments.push(environment);
    return environment;
  }

  private retire(now: number): void {
    const idleSince = now - (this.clock.toReal(IDLE_MS) || IDLE_MS);
    for (let i = this.environments.length - 1; i >= 0; i--) {
      const e = this.environments[i];
      if (e && !e.busy && !e.provisioned && e.usedMs < idleSince) this.environments.splice(i, 1);
    }
  }

  private publish(store: MetricStore, now: number): void {
    if (now - this.publishedMs < (this.clock.toReal(PUBLISH_EVERY_MS) || PUBLISH_EVERY_MS)) return;
    this.publishedMs = now;
    const busy = this.environments.filter((e) => e.busy);
    store.record(this.metrics.utilization, busy.length / (this.config.MaxConcurrency ?? 1), "None");
    const { ProvisionedConcurrency } = this.config;
    if (!ProvisionedConcurrency) return;
    const provisioned = busy.filter((e) => e.provisioned).length;
    store.record(this.metrics.provisionedExecutions, provisioned, "Count");
    store.record(this.metrics.provisionedUtilization, provisioned / ProvisionedConcurrency, "None");
  }
}

function environmentType(memoryMb: number): InstanceType {
  const serviceMs = SERVICE_MS * Math.max(1, FULL_SPEED_MB / memoryMb);
  return { vcpus: 1, memoryGiB: memoryMb / 1024, concurrency: 1, serviceMs, queueLimit: 1 };
}

/** @throws WireError ValidationException */
export function assertServerless(variant: string | undefined, config: ProductionVariantServerlessConfig): void {
  const refuse = (message: string) => new WireError("ValidationException", message);
  const { MemorySizeInMB = 0, MaxConcurrency = 1, ProvisionedConcurrency = 0 } = config;
  if (!MEMORY_SIZES.includes(MemorySizeInMB))
    throw refuse(
      `1 validation error detected: Value '${MemorySizeInMB}' at 'MemorySizeInMB' failed to satisfy constraint: Member must satisfy enum value set: [${MEMORY_SIZES.join(", ")}]`,
    );
  if (ProvisionedConcurrency > MaxConcurrency)
    throw refuse(
      `ProvisionedConcurrency ${ProvisionedConcurrency} of variant ${variant} must be less than or equal to its MaxConcurrency ${MaxConcurrency}.`,
    );
}

/** What the runtime answers beyond MaxConcurrency: 400, and a message of null (seen in clients' reports). */
export const throttled = () => new WireError("ThrottlingException", "Rate exceeded", 400, { message: null });
