import * as l10n from "@vscode/l10n";
import type { LoadPlan } from "./loadPlan.ts";

/**
 * Why a request failed. clientError: HTTP 3xx and 4xx; throttled: HTTP 429 or an AWS throttling code; modelError: HTTP
 * 424, ModelError of InvokeEndpoint; serverError: HTTP 5xx; timeout: no answer in time; connection: no or a broken answer.
 */
export type LoadErrorKind = "clientError" | "throttled" | "modelError" | "serverError" | "timeout" | "connection";

/** All kinds, in the order in which reports show them. */
export const loadErrorKinds: readonly LoadErrorKind[] = [
  "clientError",
  "throttled",
  "modelError",
  "serverError",
  "timeout",
  "connection",
];

/** Requests by kind of failure. */
export type LoadErrorCounts = Record<LoadErrorKind, number>;

/** Latencies in ms of `count` requests that were answered (with any status) or timed out. */
export type LatencySummary = {
  count: number;
  p50Ms: number;
  p90Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
};

/** One second of a run. Counts are of that second; latencies are null when nothing was answered in it. */
export type LoadRunPoint = {
  /** Epoch ms of the beginning of the second. */
  atMs: number;
  /** Seconds since the first intended start. */
  second: number;
  /** Requests whose intended start lies in the second. */
  asked: number;
  /** Requests written to a connection. */
  sent: number;
  /** Requests that came to an end, in whatever way. */
  done: number;
  /** Requests answered with HTTP 2xx. */
  ok: number;
  byKind: LoadErrorCounts;
  /** At the end of the second: requests on a connection, requests that wait for one, open connections. */
  inFlight: number;
  queued: number;
  connections: number;
  /** From the intended start: what users would feel. */
  p50Ms: number | null;
  p90Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
  /** From the moment the generator took a connection for the request. */
  serviceP50Ms: number | null;
  serviceP99Ms: number | null;
  /** How late the generator itself was. */
  lagP99Ms: number;
  /** The generator, not the target, was the limit: this second says nothing about the target's latency. */
  generatorLimited: boolean;
  /** CPU time of the generator per wall time; 1 is one core. */
  generatorCpu: number;
};

/** Sums of a run. */
export type LoadRunTotals = {
  /** Requests of the whole plan; `asked` is less when the run was interrupted. */
  planned: number;
  asked: number;
  sent: number;
  /** Sent before the plan's end, with one second of grace: what the achieved ratio counts. */
  sentInTime: number;
  done: number;
  ok: number;
  byKind: LoadErrorCounts;
  /** Still in flight when the run was cut off. */
  abandoned: number;
  seconds: number;
};

/** Latencies of the whole run and per stage of the plan; `clean` leaves out what a busy generator spoiled. */
export type LoadRunLatency = {
  whole: LatencySummary | null;
  clean: LatencySummary | null;
  service: LatencySummary | null;
  stages: { all: LatencySummary | null; clean: LatencySummary | null }[];
};

/** A moment of the scale-out. For alarm marks `value` 1 is ALARM and 0 is any other state; else a number of instances. */
export type ScalingMark = {
  atMs: number;
  kind: "alarm" | "activity" | "desired" | "current" | "inService";
  text: string;
  value?: number;
};

/** Instance counts as DescribeEndpoint told them at `atMs`. */
export type InstancePoint = { atMs: number; current: number; desired: number };

/** One expectation held against what was measured; `measured` is null when there is nothing to judge by. */
export type ExpectationResult = {
  name: string;
  comparison: "atLeast" | "atMost";
  asked: number;
  measured: number | null;
  unit: "ratio" | "ms" | "instances" | "seconds" | "usd";
  stage?: number;
  passed: boolean;
  /** Why it failed although, or because, nothing could be measured. */
  reason?: string;
};

/** What was loaded, as resolved for this run. */
export type LoadRunTarget = {
  type: "endpoint" | "api";
  /** Endpoint name or URL. */
  name: string;
  variant?: string;
  inferenceComponent?: string;
};

/** Where the run took place. `timeScale` is the sandbox's speed-up of scaling; 1 on AWS. */
export type LoadRunConnection = { accountId: string; region: string; sandbox: boolean; timeScale: number };

/** The scaling policy in force, where known. */
export type LoadRunPolicy = {
  targetPerMinute: number;
  minInstances: number;
  maxInstances: number;
  name?: string;
  scaleOutCooldownSeconds?: number;
  scaleInCooldownSeconds?: number;
};

/**
 * Why a run did not reach its rate. generator: this machine's CPU; connections: too few of them for the latency;
 * target: it answered too slowly or with errors. `text` says it with the numbers.
 */
export type RateShortfall = { cause: "generator" | "connections" | "target"; text: string };

/** Facts that make a run repeatable. */
export type LoadRunEnvironment = {
  node: string;
  platform: string;
  extensionVersion?: string;
  autocannonVersion?: string;
  seed?: number;
  /** Processes that sent, and the machine's CPU model and cores. */
  processes?: number;
  cpu?: string;
  endpoint?: string;
  endpointConfig?: string;
  model?: string;
  image?: string;
  variant?: string;
  instanceType?: string;
  policy?: LoadRunPolicy;
};

/**
 * Where the figures come from when another tool measured them. `periodSeconds` is how far its readings are apart: the
 * points of one period are its average, repeated.
 */
export type LoadRunSource = { tool: "Artillery" | "k6"; file: string; periodSeconds?: number };

/** The run in one sentence. passed: every expectation holds; proven: the endpoint was seen to scale out. */
export type LoadRunVerdict = { passed: boolean; proven: boolean; sentence: string };

/** Everything that is known of a run, as kept in its JSON file. */
export type LoadRunReport = {
  reportVersion: 1;
  id: string;
  plan: LoadPlan;
  target: LoadRunTarget;
  connection: LoadRunConnection;
  startedAtMs: number;
  endedAtMs: number;
  interrupted: boolean;
  totals: LoadRunTotals;
  latency: LoadRunLatency;
  /** First message seen of each kind of error, at most 300 characters. */
  errorSamples: Partial<Record<LoadErrorKind, string>>;
  points: LoadRunPoint[];
  instances: InstancePoint[];
  marks: ScalingMark[];
  expectations: ExpectationResult[];
  verdict: LoadRunVerdict;
  warnings: string[];
  /** Only when less was sent than was asked for. */
  shortfall?: RateShortfall;
  /** What the instances cost from start to end by the price table, US dollars; what it would cost, in the sandbox. */
  costUsd?: number;
  environment: LoadRunEnvironment;
  /** Only of imported runs. */
  source?: LoadRunSource;
};

/** Where a run took place, in a few words: `sandbox · us-east-1`, an account and its region, or another tool's file. */
export function runPlace({ connection, source }: Pick<LoadRunReport, "connection" | "source">): string {
  if (source) return `${source.tool} · ${source.file}`;
  return `${connection.sandbox ? l10n.t("sandbox") : connection.accountId} · ${connection.region}`;
}

/** Counts with nothing in them. */
export function noErrors(): LoadErrorCounts {
  return { clientError: 0, throttled: 0, modelError: 0, serverError: 0, timeout: 0, connection: 0 };
}

/** All failures together. */
export function errorCount(byKind: LoadErrorCounts): number {
  return loadErrorKinds.reduce((sum, kind) => sum + byKind[kind], 0);
}
