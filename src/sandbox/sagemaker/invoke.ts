import {
  InvokeEndpointCommand,
  ModelError,
  ServiceUnavailable,
  ValidationError,
} from "@aws-sdk/client-sagemaker-runtime";
import type { MetricStore } from "../engine/metricStore.ts";
import type { SimulatedInstance } from "../engine/simulatedInstance.ts";
import { type ContainerResponse, invokeContainer } from "../model/container.ts";
import type { ServiceBuilder } from "../wire/serviceBuilder.ts";
import type { CallContext } from "../wire/types.ts";
import type { World } from "../world.ts";
import { throttled } from "./serverless.ts";
import {
  asyncConfigOf,
  type EndpointRecord,
  endpointNamed,
  type RegionState,
  type RunningVariant,
  type ServingUnit,
} from "./state.ts";

/** The payload limit of InvokeEndpoint in the API model. */
const MAX_BODY_BYTES = 6_291_456;
/** The payload limit of serverless endpoints (SageMaker developer guide, "Serverless Inference"). */
const MAX_SERVERLESS_BYTES = 4_194_304;
/** A container must answer within 60 s (SageMaker developer guide, "How containers respond to inference requests"). */
const CONTAINER_TIMEOUT_MS = 60_000;
const TIMEOUT_TEXT =
  "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.";

const META = { $metadata: {} };
const TAKES_TRAFFIC = new Set(["InService", "Updating", "SystemUpdating", "RollingBack"]);

/** The members of an invocation that all three operations share. */
export interface InvokeInput {
  EndpointName?: string;
  Body?: Uint8Array;
  ContentType?: string;
  Accept?: string;
  TargetVariant?: string;
  InferenceComponentName?: string;
}

/**
 * Runs one invocation; what it throws is what the runtime answers.
 * @param isQueued it comes from the queue of an asynchronous endpoint, which takes no others
 */
export type InvokeService = (
  input: InvokeInput,
  ctx: CallContext,
  isQueued?: boolean,
) => Promise<{ response: ContainerResponse; variant: string }>;

/** Every request really runs the model; only *when* it is answered is simulated. */
export function createInvokeService(
  world: World,
  stateOf: (region: string) => RegionState,
  metricsOf: (region: string) => MetricStore,
): InvokeService {
  return async (input, ctx, isQueued = false) => {
    const endpoint = findEndpoint(stateOf(ctx.region), ctx, input.EndpointName ?? "");
    if (!isQueued && asyncConfigOf(stateOf(ctx.region), endpoint))
      throw new ValidationError({
        ...META,
        message: `Endpoint ${endpoint.name} of account ${ctx.accountId} is asynchronous. Use InvokeEndpointAsync.`,
      });
    const variant = chooseUnit(stateOf(ctx.region), endpoint, input, world.random);
    const body = input.Body ?? new Uint8Array();
    const most = variant.serverless ? MAX_SERVERLESS_BYTES : MAX_BODY_BYTES;
    if (body.byteLength > most)
      throw new ValidationError({
        ...META,
        message: `Request ${body.byteLength} bytes exceeds the maximum payload of ${most} bytes.`,
      });
    const call = new Invocation(world, metricsOf(ctx.region), ctx, endpoint, variant, isQueued);
    variant.inFlight++;
    try {
      return { response: await call.run(body, input), variant: variant.name };
    } finally {
      variant.inFlight--;
    }
  };
}

/** Registers InvokeEndpoint. */
export function registerInvoke(service: ServiceBuilder, invoke: InvokeService): ServiceBuilder {
  return service.on(InvokeEndpointCommand)(async (input, ctx) => {
    const { response, variant } = await invoke({ ...input, Body: input.Body as Uint8Array | undefined }, ctx);
    return {
      Body: response.body,
      ContentType: response.contentType,
      InvokedProductionVariant: variant,
      CustomAttributes: input.CustomAttributes,
    };
  });
}

function findEndpoint(state: RegionState, ctx: CallContext, name: string): EndpointRecord {
  const endpoint = endpointNamed(state, name);
  if (!endpoint || !TAKES_TRAFFIC.has(endpoint.status))
    throw new ValidationError({ ...META, message: `Endpoint ${name} of account ${ctx.accountId} not found.` });
  return endpoint;
}

/** An inference component where the endpoint hosts such, else a variant. */
function chooseUnit(
  state: RegionState,
  endpoint: EndpointRecord,
  input: InvokeInput,
  random: () => number,
): ServingUnit {
  const refuse = (message: string) => new ValidationError({ ...META, message });
  const name = input.InferenceComponentName;
  if (name !== undefined) {
    const component = state.components.get(name);
    if (component?.endpointName !== endpoint.name || component.status === "Failed" || !component.booster)
      throw refuse(`Inference Component ${name} not found for Endpoint ${endpoint.name}.`);
    return component;
  }
  const variant = chooseVariant(endpoint, input.TargetVariant, random);
  if (!variant.booster)
    throw refuse(
      "Inference Component Name header is required for endpoints to which you plan to deploy inference components. Please include Inference Component Name header or consider using SageMaker models.",
    );
  return variant;
}

function chooseVariant(endpoint: EndpointRecord, target: string | undefined, random: () => number): RunningVariant {
  // While an update shifts the traffic, its share of the requests goes to the new fleet.
  const { green } = endpoint;
  const variants = green && random() * 100 < green.percent ? green.variants : endpoint.variants;
  if (target !== undefined) {
    const named = variants.find((v) => v.name === target);
    if (named) return named;
    throw new ValidationError({ ...META, message: `Variant ${target} not found for Endpoint ${endpoint.name}.` });
  }
  const total = variants.reduce((sum, v) => sum + v.currentWeight, 0);
  let at = random() * total;
  for (const v of variants) {
    at -= v.currentWeight;
    if (at < 0) return v;
  }
  const last = variants.at(-1);
  if (!last) throw new ServiceUnavailable({ ...META, message: `Endpoint ${endpoint.name} has no variant.` });
  return last;
}

/** SageMaker's default routing is RANDOM; LEAST_OUTSTANDING_REQUESTS is chosen in the endpoint configuration. */
function chooseInstance(variant: ServingUnit, nowMs: number, random: () => number): SimulatedInstance | undefined {
  const { instances } = variant;
  if (variant.config.RoutingConfig?.RoutingStrategy === "LEAST_OUTSTANDING_REQUESTS")
    return instances.reduce<SimulatedInstance | undefined>(
      (best, i) => (!best || i.backlogMs(nowMs) < best.backlogMs(nowMs) ? i : best),
      undefined,
    );
  return instances[Math.floor(random() * instances.length)];
}

const until = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

class Invocation {
  private readonly startMs = performance.now();

  constructor(
    private readonly world: World,
    private readonly metrics: MetricStore,
    private readonly ctx: CallContext,
    private readonly endpoint: EndpointRecord,
    private readonly variant: ServingUnit,
    /** These have no Invocations, InvocationsPerInstance and OverheadLatency (developer guide, as in asyncQueue.ts). */
    private readonly isQueued: boolean,
  ) {}

  async run(body: Uint8Array, headers: { ContentType?: string; Accept?: string }): Promise<ContainerResponse> {
    const { serverless } = this.variant;
    if (!serverless) return this.runOn(chooseInstance(this.variant, this.startMs, this.world.random), 0, body, headers);
    const lease = serverless.take(this.metrics);
    if (!lease) {
      this.metrics.record(this.variant.metrics.invocation4xx, 1, "Count");
      throw throttled();
    }
    try {
      return await this.runOn(lease.instance, this.world.clock.toReal(lease.coldStartMs), body, headers);
    } finally {
      lease.done();
    }
  }

  /** @param setupMs real ms until the environment is there */
  private async runOn(
    instance: SimulatedInstance | undefined,
    setupMs: number,
    body: Uint8Array,
    headers: { ContentType?: string; Accept?: string },
  ): Promise<ContainerResponse> {
    const { metrics: ids, instances, serverless } = this.variant;
    if (!this.isQueued) this.metrics.record(ids.invocations, 1, "Count");
    if (!serverless && !this.isQueued)
      this.metrics.record(ids.invocationsPerInstance, 1 / Math.max(1, instances.length), "Count");
    if (setupMs > 0.5) await until(setupMs);
    const stands = this.world.timeScale === 0;
    const admission = stands ? instance?.serveAtOnce(this.startMs) : instance?.admit(this.startMs + setupMs);
    const { booster } = this.variant;
    if (!instance || !admission || !booster) {
      this.metrics.record(ids.invocation5xx, 1, "Count");
      throw new ServiceUnavailable({ ...META, message: "Service Unavailable" });
    }
    // The model runs before the simulated wait, so that its real cost is part of the latency and not on top of it.
    const response = invokeContainer(booster, {
      body,
      contentType: headers.ContentType,
      accept: headers.Accept,
    });
    const finishMs = Math.min(admission.finishMs, this.startMs + setupMs + CONTAINER_TIMEOUT_MS);
    const wait = finishMs - performance.now();
    if (wait > 0.5) await until(wait);
    // The start of an environment has a metric of its own.
    const latencyMs = stands ? admission.latencyMs : performance.now() - this.startMs - setupMs;
    this.metrics.record(ids.modelLatency, latencyMs * 1000, "Microseconds");
    if (admission.latencyMs > CONTAINER_TIMEOUT_MS) throw this.modelError(0, TIMEOUT_TEXT, instance);
    this.recordOutcome(response.status, latencyMs);
    if (response.status >= 400) throw this.modelError(response.status, response.body, instance);
    return response;
  }

  private recordOutcome(status: number, latencyMs: number): void {
    const ids = this.variant.metrics;
    // CloudWatch shows zeros for the error counts of successful minutes: SageMaker publishes them with every request.
    this.metrics.record(ids.invocation4xx, status >= 400 && status < 500 ? 1 : 0, "Count");
    this.metrics.record(ids.invocation5xx, status >= 500 ? 1 : 0, "Count");
    this.metrics.record(ids.modelErrors, status >= 400 ? 1 : 0, "Count");
    if (this.isQueued) return;
    const overheadMs = Math.max(0, performance.now() - this.startMs - latencyMs);
    this.metrics.record(ids.overheadLatency, overheadMs * 1000, "Microseconds");
  }

  private modelError(status: number, message: string, instance: SimulatedInstance): ModelError {
    const { region, accountId } = this.ctx;
    const group = `/aws/sagemaker/Endpoints/${this.endpoint.name}`;
    if (status === 0) this.recordOutcome(500, CONTAINER_TIMEOUT_MS);
    this.world.log(region, group, `${this.variant.name}/${instance.id}`, `${status || "timeout"}: ${message}`);
    const kind = status >= 400 && status < 500 ? "client" : "server";
    const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logEventViewer:group=${group}`;
    return new ModelError({
      ...META,
      message: `Received ${kind} error (${status}) from primary with message "${message}". See ${console} in account ${accountId} for more information.`,
      OriginalStatusCode: status,
      OriginalMessage: message,
      LogStreamArn: `arn:aws:logs:${region}:${accountId}:log-group:${group}`,
    });
  }
}
