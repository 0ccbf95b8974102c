import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { ContainerDefinition, ProductionVariant } from "@aws-sdk/client-sagemaker";
import { hasGpu, instanceType } from "../engine/instanceTypes.ts";
import type { MetricId, MetricStore } from "../engine/metricStore.ts";
import { createRandom } from "../engine/random.ts";
import { SimulatedInstance } from "../engine/simulatedInstance.ts";
import { loadModelArchive } from "../model/archive.ts";
import type { Booster } from "../model/booster.ts";
import { randomId, type World } from "../world.ts";
import { parseS3Uri } from "./models.ts";
import { ServerlessPool, serverlessMetrics } from "./serverless.ts";
import type { EndpointRecord, RegionState, RunningVariant, ServingUnit, VariantMetrics } from "./state.ts";

/** Why a variant cannot start: AWS's FailureReason, and what the container would have logged. */
export class StartFailure extends Error {
  constructor(
    readonly failureReason: string,
    readonly logLine: string,
  ) {
    super(failureReason);
  }
}

const pingFailure = (variant: string) =>
  `The primary container for production variant ${variant} did not pass the ping health check. Please check CloudWatch logs for this endpoint.`;

/** The sandbox runs what these images run; their repositories are all named alike. */
const XGBOOST_IMAGE = /\/sagemaker-xgboost:(\d+\.\d+)(-\d+)?/;

/** Bytes of a streamed S3 body as the handlers in this process give it. */
export async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  if (typeof body === "string") return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Loads the model of a container, by the rights of the model's role where there is one. @throws StartFailure */
export async function loadBooster(
  world: World,
  region: string,
  variant: string,
  container: ContainerDefinition,
  roleArn?: string,
): Promise<Booster> {
  if (!XGBOOST_IMAGE.test(container.Image ?? ""))
    throw new StartFailure(
      pingFailure(variant),
      `The sandbox runs models of the SageMaker XGBoost images only (…/sagemaker-xgboost:1.7-1); it cannot run ${container.Image}.`,
    );
  const uri = container.ModelDataUrl ?? "";
  const at = parseS3Uri(uri);
  if (!at)
    throw new StartFailure(pingFailure(variant), `ModelDataUrl is missing: the container has no model to serve.`);
  let archive: Uint8Array;
  let etag: string | undefined;
  try {
    const object = await world.call(
      GetObjectCommand,
      { Bucket: at.bucket, Key: at.key },
      { region, principalArn: roleArn },
    );
    archive = await bytesOf(object.Body);
    etag = object.ETag;
  } catch {
    throw new StartFailure(
      `Failed to download model data for container "container_1" from URL: "${uri}". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object.`,
      `Could not download ${uri}.`,
    );
  }
  try {
    return await sharedBooster(etag, archive);
  } catch (e) {
    throw new StartFailure(pingFailure(variant), `Unable to load model from ${uri}: ${(e as Error).message}`);
  }
}

const boosters = new Map<string, Promise<Booster>>();
const MOST_BOOSTERS = 16;

/** Endpoints that serve the same artifact share one model in memory; it is never changed. */
function sharedBooster(etag: string | undefined, archive: Uint8Array): Promise<Booster> {
  if (etag === undefined) return loadModelArchive(archive);
  let booster = boosters.get(etag);
  if (!booster) {
    booster = loadModelArchive(archive);
    boosters.set(etag, booster);
    booster.catch(() => boosters.delete(etag));
    if (boosters.size > MOST_BOOSTERS) boosters.delete(boosters.keys().next().value ?? "");
  }
  return booster;
}

/** The metrics of a variant's instances, or of an inference component's copies. */
export function unitMetrics(dimensions: Record<string, string>, unit: "Instance" | "Copy"): VariantMetrics {
  const of = (name: string): MetricId => ({ namespace: "AWS/SageMaker", name, dimensions });
  const ofInstance = (name: string): MetricId => ({ namespace: "/aws/sagemaker/Endpoints", name, dimensions });
  return {
    invocations: of("Invocations"),
    invocationsPerInstance: of(`InvocationsPer${unit}`),
    modelLatency: of("ModelLatency"),
    overheadLatency: of("OverheadLatency"),
    invocation4xx: of("Invocation4XXErrors"),
    invocation5xx: of("Invocation5XXErrors"),
    modelErrors: of("InvocationModelErrors"),
    concurrent: of(unit === "Copy" ? "ConcurrentRequestsPerCopy" : "ConcurrentRequestsPerModel"),
    cpu: ofInstance("CPUUtilization"),
    memory: ofInstance("MemoryUtilization"),
    gpu: ofInstance("GPUUtilization"),
    gpuMemory: ofInstance("GPUMemoryUtilization"),
  };
}

/** Adds or removes instances until `count` are there. */
export function resize(world: World, variant: ServingUnit, count: number): void {
  if (variant.serverless) return;
  const type = instanceType(variant.config.InstanceType ?? "ml.m5.large");
  while (variant.instances.length > count) variant.instances.pop();
  while (variant.instances.length < count)
    variant.instances.push(
      new SimulatedInstance(
        `i-${randomId(17).toLowerCase()}`,
        type,
        createRandom(Math.floor(world.random() * 4_294_967_296)),
      ),
    );
}

/**
 * Loads a variant's model; its instances are added by `resize` when their start-up time has passed.
 * @throws StartFailure with AWS's FailureReason
 */
export async function prepareVariant(
  world: World,
  state: RegionState,
  endpoint: string,
  config: ProductionVariant,
): Promise<RunningVariant> {
  const name = config.VariantName ?? "AllTraffic";
  const dimensions = { EndpointName: endpoint, VariantName: name };
  const serverless = config.ServerlessConfig;
  const base = {
    name,
    config,
    instances: [],
    inFlight: 0,
    desiredCount: serverless ? 0 : (config.InitialInstanceCount ?? 1),
    currentWeight: config.InitialVariantWeight ?? 1,
    desiredWeight: config.InitialVariantWeight ?? 1,
    metrics: unitMetrics(dimensions, "Instance"),
    ...(serverless
      ? { serverless: new ServerlessPool(serverless, world.clock, serverlessMetrics(dimensions), world.random) }
      : {}),
  };
  // Without a model the variant's instances wait for inference components.
  if (config.ModelName === undefined) return base;
  const model = state.models.get(config.ModelName ?? "");
  const container = model?.input.PrimaryContainer ?? model?.input.Containers?.[0];
  if (!model || !container)
    throw new StartFailure(`Could not find model "${config.ModelName}".`, `Model ${config.ModelName} does not exist.`);
  return {
    ...base,
    container,
    booster: await loadBooster(world, state.region, name, container, model.input.ExecutionRoleArn),
  };
}

/** Memory of a container that holds a small model: a *simulated* constant, percent. */
const SIMULATED_MEMORY_PERCENT = 12.5;

/** Publishes the instances' CPU and memory, once a simulated minute, as SageMaker does. */
export function publishInstanceMetrics(endpoint: EndpointRecord, metrics: MetricStore, elapsedMs: number): void {
  for (const variant of endpoint.variants)
    for (const instance of variant.instances) {
      metrics.record(variant.metrics.cpu, instance.takeCpuPercent(elapsedMs), "Percent");
      metrics.record(variant.metrics.memory, SIMULATED_MEMORY_PERCENT, "Percent");
      if (!hasGpu(variant.config.InstanceType)) continue;
      // The models run on the CPU: their instances' GPUs are idle.
      metrics.record(variant.metrics.gpu, 0, "Percent");
      metrics.record(variant.metrics.gpuMemory, 0, "Percent");
    }
}

/** Publishes how many requests are under way on each instance or copy, every ten simulated seconds, as SageMaker does. */
export function publishConcurrency(unit: ServingUnit, metrics: MetricStore): void {
  if (unit.instances.length) metrics.record(unit.metrics.concurrent, unit.inFlight / unit.instances.length, "Count");
}
