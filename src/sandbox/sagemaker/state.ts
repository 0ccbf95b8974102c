import type {
  AsyncInferenceConfig,
  ContainerDefinition,
  CreateDomainRequest,
  CreateEndpointConfigInput,
  CreateModelInput,
  CreateTrainingJobRequest,
  CreateUserProfileRequest,
  DeploymentConfig,
  EndpointStatus,
  InferenceComponentSpecification,
  InferenceComponentStatus,
  MetricData,
  ProductionVariant,
  SecondaryStatus,
  SecondaryStatusTransition,
  Tag,
  TrainingJobStatus,
} from "@aws-sdk/client-sagemaker";
import type { MetricId } from "../engine/metricStore.ts";
import type { SimulatedInstance } from "../engine/simulatedInstance.ts";
import type { Booster } from "../model/booster.ts";
import { WireError } from "../wire/types.ts";
import type { ServerlessPool } from "./serverless.ts";

export interface ModelRecord {
  name: string;
  arn: string;
  createdMs: number;
  input: CreateModelInput;
}

export interface ConfigRecord {
  name: string;
  arn: string;
  createdMs: number;
  input: CreateEndpointConfigInput;
}

/** The metrics that a variant records under; kept, because a metric's identity is cached on the object. */
export interface VariantMetrics {
  invocations: MetricId;
  invocationsPerInstance: MetricId;
  modelLatency: MetricId;
  overheadLatency: MetricId;
  invocation4xx: MetricId;
  invocation5xx: MetricId;
  modelErrors: MetricId;
  /** ConcurrentRequestsPerModel, or PerCopy. */
  concurrent: MetricId;
  cpu: MetricId;
  memory: MetricId;
  gpu: MetricId;
  gpuMemory: MetricId;
}

/** What serves requests: a variant with its instances, or an inference component with its copies. */
export interface ServingUnit {
  /** Name of the variant. */
  name: string;
  config: ProductionVariant;
  /** Absent in a variant that only gives its instances to inference components. */
  booster?: Booster;
  /** InService instances, or copies. */
  instances: SimulatedInstance[];
  /** Requests that have come in and are not answered. */
  inFlight: number;
  metrics: VariantMetrics;
  /** What serves a serverless variant, instead of instances. */
  serverless?: ServerlessPool;
}

/** A variant that takes traffic. */
export interface RunningVariant extends ServingUnit {
  container?: ContainerDefinition;
  desiredCount: number;
  currentWeight: number;
  desiredWeight: number;
  /** Text of the phase that the variant is in, while it is in one. */
  phase?: { status: "Creating" | "Updating" | "Deleting"; startMs: number };
}

/** A model on a share of a variant's instances, with copies of its own. */
export interface ComponentRecord extends ServingUnit {
  componentName: string;
  arn: string;
  endpointName: string;
  status: InferenceComponentStatus;
  failureReason?: string;
  specification: InferenceComponentSpecification;
  desiredCopies: number;
  createdMs: number;
  modifiedMs: number;
  generation: number;
}

export interface EndpointRecord {
  name: string;
  arn: string;
  configName: string;
  status: EndpointStatus;
  failureReason?: string;
  createdMs: number;
  modifiedMs: number;
  variants: RunningVariant[];
  deploymentConfig?: DeploymentConfig;
  /** The configuration that an update moves to, while it does. */
  pending?: { configName: string; retain: boolean; startMs: number };
  /** The new fleet of an update, and the share of the requests that it gets, percent. */
  green?: { variants: RunningVariant[]; percent: number };
  /** Bumped by every transition, so that a late timer of an earlier one does nothing. */
  generation: number;
}

/** A training job; its process is known to `TrainingRuns` only. */
export interface TrainingRecord {
  name: string;
  arn: string;
  input: CreateTrainingJobRequest;
  status: TrainingJobStatus;
  secondary?: SecondaryStatus;
  failureReason?: string;
  stopReason?: "Stopped" | "MaxRuntimeExceeded";
  createdMs: number;
  modifiedMs: number;
  /** When training itself began, and when the job ended. */
  startedMs?: number;
  endedMs?: number;
  transitions: SecondaryStatusTransition[];
  metrics: MetricData[];
}

/** A user profile of a domain. */
export interface ProfileRecord {
  name: string;
  arn: string;
  input: CreateUserProfileRequest;
  status: "Pending" | "InService" | "Updating" | "Deleting";
  createdMs: number;
  modifiedMs: number;
}

/** A domain of SageMaker Studio. */
export interface DomainRecord {
  id: string;
  arn: string;
  input: CreateDomainRequest;
  status: "Pending" | "InService" | "Updating" | "Deleting";
  createdMs: number;
  modifiedMs: number;
  profiles: Map<string, ProfileRecord>;
}

/** Everything SageMaker knows in one region. */
export interface RegionState {
  region: string;
  models: Map<string, ModelRecord>;
  configs: Map<string, ConfigRecord>;
  /** By name in lower case: names are unique ignoring case, though an invocation must spell them exactly. */
  endpoints: Map<string, EndpointRecord>;
  components: Map<string, ComponentRecord>;
  trainings: Map<string, TrainingRecord>;
  domains: Map<string, DomainRecord>;
  /** By resource ARN. */
  tags: Map<string, Tag[]>;
}

export function createRegionState(region: string): RegionState {
  return {
    region,
    models: new Map(),
    configs: new Map(),
    endpoints: new Map(),
    components: new Map(),
    trainings: new Map(),
    domains: new Map(),
    tags: new Map(),
  };
}

/** What makes an endpoint asynchronous; undefined of others. */
export function asyncConfigOf(state: RegionState, { configName }: EndpointRecord): AsyncInferenceConfig | undefined {
  return state.configs.get(configName)?.input.AsyncInferenceConfig;
}

/** The endpoint of exactly this name. */
export function endpointNamed(state: RegionState, name: string): EndpointRecord | undefined {
  const endpoint = state.endpoints.get(name.toLowerCase());
  return endpoint?.name === name ? endpoint : undefined;
}

type Kind = "model" | "endpoint-config" | "endpoint" | "inference-component" | "training-job";
const KIND_WORDS: Record<Kind, string> = {
  model: "model",
  "endpoint-config": "endpoint configuration",
  endpoint: "endpoint",
  "inference-component": "inference component",
  "training-job": "training job",
};

/** ARNs of SageMaker are lower-case in the resource's name. */
export function sagemakerArn(region: string, accountId: string, kind: Kind, name: string): string {
  return `arn:aws:sagemaker:${region}:${accountId}:${kind}/${name.toLowerCase()}`;
}

export const couldNotFind = (kind: Kind, arn: string) =>
  new WireError("ValidationException", `Could not find ${KIND_WORDS[kind]} "${arn}".`);

export const alreadyExists = (kind: Kind, arn: string) =>
  new WireError("ValidationException", `Cannot create already existing ${KIND_WORDS[kind]} "${arn}".`);
