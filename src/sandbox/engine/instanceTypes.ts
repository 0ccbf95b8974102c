/**
 * The *simulated* capacity of an instance type. AWS publishes no such figure (it depends on the model); these are
 * plausible for a small gradient-boosted model in the XGBoost container, and are named simulated wherever shown.
 */
export interface InstanceType {
  vcpus: number;
  memoryGiB: number;
  /** Requests served at once by one instance. */
  concurrency: number;
  /** Mean of the log-normal service time of one request, ms. */
  serviceMs: number;
  /** Requests that may wait on one instance before it answers 503. */
  queueLimit: number;
}

/** Shape of the log-normal service time: σ of ln(ms). 0.35 gives p99 about 2.1 × the mean. */
export const SERVICE_TIME_SIGMA = 0.35;

/** Simulated start-up of an instance: provisioning, image pull, model download, ping. */
export const INSTANCE_STARTUP_MS = 240_000;
/** Simulated time until a new endpoint is InService. */
export const ENDPOINT_CREATION_MS = 180_000;
export const ENDPOINT_DELETION_MS = 30_000;
/** Simulated time in which an instance that is scaled in finishes its requests. */
export const INSTANCE_DRAIN_MS = 30_000;

const VCPU_BY_SIZE: Record<string, number> = {
  medium: 2,
  large: 2,
  xlarge: 4,
  "2xlarge": 8,
  "4xlarge": 16,
  "8xlarge": 32,
  "9xlarge": 36,
  "12xlarge": 48,
  "16xlarge": 64,
  "18xlarge": 72,
  "24xlarge": 96,
  "32xlarge": 128,
  "48xlarge": 192,
};
const GIB_PER_VCPU: Record<string, number> = { c: 2, m: 4, r: 8, t: 2, g: 4, p: 8, i: 4, d: 8 };

/**
 * Capacity of `ml.<family>.<size>`: each vCPU serves one request at a time in 3 ms on average, 333 requests/s;
 * an ml.m5.large (2 vCPUs) thus holds about 660 requests/s.
 */
export function instanceType(name: string): InstanceType {
  const [, family = "m5", size = "large"] = name.split(".");
  const vcpus = VCPU_BY_SIZE[size] ?? 4;
  const burst = family.startsWith("t") ? 0.5 : 1;
  return {
    vcpus,
    memoryGiB: vcpus * (GIB_PER_VCPU[family.charAt(0)] ?? 4),
    concurrency: vcpus,
    serviceMs: 3 / burst,
    queueLimit: 500 * vcpus,
  };
}

/** Instances of the families g and p have GPUs. */
export const hasGpu = (name: string | undefined): boolean => /^ml\.[gp]\d/.test(name ?? "");
