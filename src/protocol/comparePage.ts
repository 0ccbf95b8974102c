import type { InstancePoint, LoadRunVerdict } from "../domain/loadRun.ts";
import type { RunComparison } from "../domain/runComparison.ts";
import type { RunColumns } from "./runColumns.ts";
import { request } from "./transport.ts";

/** A run as the comparison draws it. */
export interface ComparedRun {
  id: string;
  /** What tells it from the others: `baseline`, `B`, `C`. */
  letter: string;
  planName: string;
  /** Local time of its start. */
  started: string;
  targetName: string;
  place: string;
  simulated: boolean;
  /** Another tool that measured it. */
  tool?: string;
  startedAtMs: number;
  verdict: LoadRunVerdict;
  columns: RunColumns;
  instances: InstancePoint[];
}

/** Everything that the page of a comparison shows; the first run is what the others are held against. */
export interface ComparePageSnapshot {
  runs: ComparedRun[];
  comparisons: RunComparison[];
}

/** What the comparison page asks. */
export const compareRequests = {
  ready: request<null, ComparePageSnapshot>("ready"),
  /** By its place among the runs. */
  openRun: request<number, null>("openRun"),
  copyMarkdown: request<null, null>("copyMarkdown"),
};
