import { z } from "zod";
import { loadPlan } from "./loadPlanSchema.ts";
import { type LoadErrorKind, type LoadRunReport, loadErrorKinds } from "./loadRun.ts";

const epochMs = z.number().describe("Epoch milliseconds.");
const count = z.int().min(0);
const milliseconds = z.number().min(0);
const counts = z.strictObject(
  Object.fromEntries(loadErrorKinds.map((kind) => [kind, count])) as Record<LoadErrorKind, typeof count>,
);

const latencySummary = z
  .strictObject({
    count,
    p50Ms: milliseconds,
    p90Ms: milliseconds,
    p95Ms: milliseconds,
    p99Ms: milliseconds,
    p999Ms: milliseconds,
    maxMs: milliseconds,
  })
  .nullable()
  .describe("Latencies in ms of the requests that were answered or timed out; null when there were none.");

const point = z
  .strictObject({
    atMs: epochMs,
    second: count.describe("Seconds since the first intended start."),
    asked: count.describe("Requests whose intended start lies in the second."),
    sent: count,
    done: count.describe("Requests that came to an end, in whatever way."),
    ok: count.describe("Requests answered with HTTP 2xx."),
    byKind: counts,
    inFlight: count,
    queued: count,
    connections: count,
    p50Ms: milliseconds.nullable().describe("From the intended start."),
    p90Ms: milliseconds.nullable(),
    p95Ms: milliseconds.nullable(),
    p99Ms: milliseconds.nullable(),
    maxMs: milliseconds.nullable(),
    serviceP50Ms: milliseconds.nullable().describe("From the actual start."),
    serviceP99Ms: milliseconds.nullable(),
    lagP99Ms: milliseconds.describe("How late the generator itself was."),
    generatorLimited: z.boolean().describe("The generator was the limit: the second says nothing of the target."),
    generatorCpu: z.number().min(0).describe("Cores that the generator used."),
  })
  .describe("One second of the run.");

const totals = z.strictObject({
  planned: count.describe("Requests of the whole plan."),
  asked: count.describe("Requests whose time had come before the run ended."),
  sent: count,
  sentInTime: count,
  done: count,
  ok: count,
  byKind: counts,
  abandoned: count,
  seconds: count,
});

const policy = z.strictObject({
  targetPerMinute: z.number(),
  minInstances: count,
  maxInstances: count,
  name: z.string().optional(),
  scaleOutCooldownSeconds: z.number().optional(),
  scaleInCooldownSeconds: z.number().optional(),
});

const environment = z.strictObject({
  node: z.string(),
  platform: z.string(),
  extensionVersion: z.string().optional(),
  autocannonVersion: z.string().optional(),
  seed: z.number().optional(),
  processes: count.optional(),
  cpu: z.string().optional(),
  endpoint: z.string().optional(),
  endpointConfig: z.string().optional(),
  model: z.string().optional(),
  image: z.string().optional(),
  variant: z.string().optional(),
  instanceType: z.string().optional(),
  policy: policy.optional(),
});

const expectation = z.strictObject({
  name: z.string(),
  comparison: z.enum(["atLeast", "atMost"]),
  asked: z.number(),
  measured: z.number().nullable(),
  unit: z.enum(["ratio", "ms", "instances", "seconds", "usd"]),
  stage: count.optional(),
  passed: z.boolean(),
  reason: z.string().optional(),
});

const mark = z.strictObject({
  atMs: epochMs,
  kind: z.enum(["alarm", "activity", "desired", "current", "inService"]),
  text: z.string(),
  value: z.number().optional(),
});

/** A run's JSON file, version 1. Within a version members are only ever added, and only optional ones. */
export const loadRunReport: z.ZodType<LoadRunReport> = z.strictObject({
  reportVersion: z.literal(1).describe("Version of this format."),
  id: z.string(),
  plan: loadPlan,
  target: z.strictObject({
    type: z.enum(["endpoint", "api"]),
    name: z.string(),
    variant: z.string().optional(),
    inferenceComponent: z.string().optional(),
  }),
  connection: z.strictObject({
    accountId: z.string(),
    region: z.string(),
    sandbox: z.boolean().describe("The instances were simulated."),
    timeScale: z.number().describe("How many times faster than on AWS the scaling passed."),
  }),
  startedAtMs: epochMs,
  endedAtMs: epochMs,
  interrupted: z.boolean(),
  totals,
  latency: z.strictObject({
    whole: latencySummary,
    clean: latencySummary,
    service: latencySummary,
    stages: z.array(z.strictObject({ all: latencySummary, clean: latencySummary })),
  }),
  errorSamples: z.partialRecord(z.enum(loadErrorKinds as [LoadErrorKind, ...LoadErrorKind[]]), z.string()),
  points: z.array(point),
  instances: z.array(z.strictObject({ atMs: epochMs, current: count, desired: count })),
  marks: z.array(mark),
  expectations: z.array(expectation),
  verdict: z.strictObject({ passed: z.boolean(), proven: z.boolean(), sentence: z.string() }),
  warnings: z.array(z.string()),
  shortfall: z.strictObject({ cause: z.enum(["generator", "connections", "target"]), text: z.string() }).optional(),
  costUsd: z.number().optional(),
  environment,
  source: z
    .strictObject({ tool: z.enum(["Artillery", "k6"]), file: z.string(), periodSeconds: z.number().optional() })
    .optional(),
});

/** The JSON schema of a run's JSON file. */
export function loadRunReportJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(loadRunReport, { io: "output" });
}
