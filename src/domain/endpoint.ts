/** Status of an endpoint as SageMaker's API models it. */
export type EndpointStatus =
  | "OutOfService"
  | "Creating"
  | "Updating"
  | "SystemUpdating"
  | "RollingBack"
  | "InService"
  | "Deleting"
  | "Failed"
  | "UpdateRollbackFailed";

/** One line of the account's list. */
export interface EndpointSummary {
  name: string;
  arn: string;
  status: EndpointStatus;
  createdAtMs: number;
  modifiedAtMs: number;
}

export interface Variant {
  name: string;
  /** Absent for serverless variants. */
  instanceType?: string;
  /** Only of serverless variants. */
  serverless?: Serverless;
  currentInstances: number;
  desiredInstances: number;
  currentWeight: number;
  desiredWeight: number;
  modelName?: string;
  image?: string;
}

export interface Endpoint extends EndpointSummary {
  configName: string;
  failureReason?: string;
  variants: Variant[];
  /** Only of asynchronous endpoints, which are asked by way of S3 and in no other way. */
  isAsync?: boolean;
}

/** A model on a share of a variant's instances. */
export interface InferenceComponent {
  name: string;
  arn: string;
  /** As SageMaker spells it, e.g. `InService`. */
  status: string;
  variantName: string;
}

/** What serves a variant without instances. Memory in MB; concurrencies in requests at once. */
export interface Serverless {
  memoryMb: number;
  maxConcurrency: number;
  provisionedConcurrency?: number;
}

export interface EndpointConfig {
  name: string;
  arn: string;
  createdAtMs: number;
  variants: ConfigVariant[];
  dataCapture: boolean;
  /** Where, and of how many requests, what is captured; also while capturing is off. */
  capture?: { destination?: string; percent?: number };
  /** Only of asynchronous endpoints: where the answers are put, and how many requests an instance takes at once. */
  async?: { output?: string; maxConcurrentPerInstance?: number };
}

export interface ConfigVariant {
  name: string;
  modelName?: string;
  instanceType?: string;
  initialInstances?: number;
  /** Only of serverless variants. */
  serverless?: Serverless;
}

/** Which endpoints of the account are listed; what is absent does not matter. */
export interface EndpointFilter {
  /** Part of the name. */
  name?: string;
  status?: EndpointStatus;
  /** Without a value any value will do. */
  tag?: { key: string; value?: string };
}

/** All states that an endpoint can be in. */
export const endpointStatuses: readonly EndpointStatus[] = [
  "InService",
  "Creating",
  "Updating",
  "SystemUpdating",
  "RollingBack",
  "Deleting",
  "Failed",
  "UpdateRollbackFailed",
  "OutOfService",
];

export interface Model {
  name: string;
  arn: string;
  image?: string;
  /** S3 URI of the artifact. */
  artifact?: string;
  roleArn?: string;
  /** Environment variables of the container. */
  environment?: Record<string, string>;
  createdAtMs: number;
}

/** Does the endpoint's state change by itself soon? */
export function isInTransition(status: EndpointStatus): boolean {
  return ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"].includes(status);
}

/** Does it answer invocations? */
export function takesTraffic(status: EndpointStatus): boolean {
  return ["InService", "Updating", "SystemUpdating", "RollingBack"].includes(status);
}

/** Sum over all variants. */
export function instanceTotals(endpoint: Endpoint): { current: number; desired: number } {
  return endpoint.variants.reduce(
    (sum, v) => ({ current: sum.current + v.currentInstances, desired: sum.desired + v.desiredInstances }),
    { current: 0, desired: 0 },
  );
}
