import type {
  ExpectationResult,
  InstancePoint,
  LoadRunTarget,
  LoadRunVerdict,
  ScalingMark,
} from "../domain/loadRun.ts";
import type { RunColumns } from "./runColumns.ts";
import { notification, request, type WireError } from "./transport.ts";

export type LoadRunPhase = "starting" | "running" | "watching" | "done" | "failed";

/** What is expected, in words, before it can be judged. */
export interface ExpectedText {
  name: string;
  /** `≥ 99 %` */
  asked: string;
}

/** What is known of a run whose course is not: another tool's summary. */
export interface RunWithoutCourse {
  sent: number;
  seconds: number;
  p50Ms?: number | undefined;
  p99Ms?: number | undefined;
  /** 0–1 */
  errorShare: number;
}

/** Everything that the page shows; each notification is a whole one. */
export interface LoadRunPageSnapshot {
  id: string;
  planName: string;
  target: LoadRunTarget;
  place: string;
  simulated: boolean;
  /** The tool that measured it, when it was not this one. */
  importedFrom?: string | undefined;
  /** Instead of charts. */
  withoutCourse?: RunWithoutCourse | undefined;
  phase: LoadRunPhase;
  startedAtMs: number;
  /** Length of the plan's stages, seconds. */
  planSeconds: number;
  columns: RunColumns;
  instances: InstancePoint[];
  marks: ScalingMark[];
  /** Target of the scaling policy, invocations per instance and minute. */
  policyTargetPerMinute?: number;
  expected: ExpectedText[];
  /** Only when the run has ended. */
  expectations?: ExpectationResult[];
  verdict?: LoadRunVerdict;
  interrupted?: boolean;
  warnings: string[];
  /** What the instances cost by the price table, US dollars. */
  costUsd?: number;
  hasReport: boolean;
  error?: WireError;
}

/** What the load-run page asks. */
export const loadRunRequests = {
  ready: request<null, LoadRunPageSnapshot>("ready"),
  stop: request<null, null>("stop"),
  openReport: request<null, null>("openReport"),
  explain: request<null, null>("explain"),
  compare: request<null, null>("compare"),
  export: request<null, null>("export"),
  copyMarkdown: request<null, null>("copyMarkdown"),
};

/** What it is told, at most four times a second. */
export const loadRunChanged = notification<LoadRunPageSnapshot>("loadRunChanged");
